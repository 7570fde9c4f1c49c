"""What a next basket is predicted in terms of: items, their category or group, or any attribute of theirs."""

from __future__ import annotations

from customer_genome.core.errors import NotFound
from customer_genome.core.project import Project


def level_expression(project: Project, level: str) -> str:
    """Return SQL over `items AS c` that names the target of an item; raises NotFound, listing the levels there are.

    A level is item, category or group, the catalogue column that fills one of these, or a kept property.
    """
    known = {"item": "c.item_id", "category": "c.category", "group": "c.item_group"}
    for source in project.sources_of("items").values():
        mapping = source.items
        assert mapping is not None
        for expression, column in ((mapping.category, "c.category"), (mapping.group, "c.item_group")):
            if expression is not None and expression.strip('"').isidentifier():
                known.setdefault(expression.strip('"'), column)
        for name in mapping.properties:
            known.setdefault(name, f"JSON_EXTRACT_STRING(c.properties, '$.\"{name}\"')")
    try:
        return known[level]
    except KeyError:
        raise NotFound(f"no level {level!r} to predict in", expected=", ".join(known)) from None


def canonical_level(project: Project, level: str) -> str:
    """Return `item` or `category` where `level` means the same thing under another name."""
    expression = level_expression(project, level)
    return {"c.item_id": "item", "c.category": "category"}.get(expression, level)
