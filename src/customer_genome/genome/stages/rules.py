"""What the configuration says of item DNA, as the small tables that SQL steps join."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from customer_genome.core.item_mappings import DnaRule
from customer_genome.core.project import Project
from customer_genome.core.verbs import money_table


@dataclass(frozen=True)
class Rule:
    """One DNA rule under its name `source:position`, or a source of declared DNA under the source's name."""

    name: str
    source: str
    family: str
    how: str
    unit: str
    minimum_items: int
    minimum_customers: int
    sensitivity: str
    owner: str
    rule: DnaRule | None


def rules(project: Project) -> tuple[Rule, ...]:
    """Return every rule of the project, in the order of the configuration."""
    return tuple(_rules(project))


def _rules(project: Project) -> Iterator[Rule]:
    for name, source in project.sources.items():
        for place, rule in enumerate(source.items.dna if source.items is not None else ()):
            yield Rule(
                f"{name}:{place}", name, rule.family, rule.how, rule.unit, rule.minimum_items,
                rule.minimum_customers, rule.sensitivity, source.department, rule,
            )  # fmt: skip
        if source.dna is not None:
            declared = source.dna
            yield Rule(
                name, name, declared.family, "declared", declared.unit, declared.minimum_items,
                declared.minimum_customers, declared.sensitivity, source.department, None,
            )  # fmt: skip


def rule_tables(project: Project) -> dict[str, pa.Table]:
    """Return dna_rules, dna_terms, dna_bins and money_verbs."""
    known = rules(project)
    named = [(r, r.rule) for r in known if r.rule is not None]
    return {
        "dna_rules": pa.Table.from_pylist(
            [
                {
                    "rule": r.name, "source": r.source, "family": r.family, "how": r.how, "unit": r.unit,
                    "minimum_items": r.minimum_items, "has_value": r.rule is not None and r.rule.value is not None,
                }
                for r in known
            ],
            pa.schema(
                [("rule", pa.string()), ("source", pa.string()), ("family", pa.string()), ("how", pa.string()),
                 ("unit", pa.string()), ("minimum_items", pa.int64()), ("has_value", pa.bool_())]
            ),
        ),
        "dna_terms": pa.Table.from_pylist(
            [
                {"rule": r.name, "label": label, "pattern": f"(?i){pattern}"}
                for r, rule in named
                for label, pattern in (rule.terms or {}).items()
            ],
            pa.schema([("rule", pa.string()), ("label", pa.string()), ("pattern", pa.string())]),
        ),
        "dna_bins": pa.Table.from_pylist(
            [
                {"rule": r.name, "position": position, "label": label}
                for r, rule in named
                if rule.how in ("bins", "price_tiers")
                for position, label in enumerate(rule.bins)
            ],
            pa.schema([("rule", pa.string()), ("position", pa.int64()), ("label", pa.string())]),
        ),
        "money_verbs": money_table(project),
    }  # fmt: skip
