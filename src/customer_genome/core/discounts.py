"""What was taken off the price of an interaction, from the properties that the configuration names."""

from __future__ import annotations

from customer_genome.core.project import Project

PLACEHOLDER = "CAST(NULL AS DOUBLE) /* discounts */"
"""What stands for the amount in a .sql file, over interactions AS i."""


def discount_expression(project: Project) -> str:
    """Return SQL over `interactions AS i` for the discount in money; null where the project names no such property."""
    amounts = [
        f"COALESCE(TRY_CAST(JSON_EXTRACT_STRING(i.properties, {_path(name)}) AS DOUBLE), 0)"
        for name in project.behaviour.discounts
    ]
    return " + ".join(amounts) or "CAST(NULL AS DOUBLE)"


def _path(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("'", "''")
    return f"'$.\"{escaped}\"'"
