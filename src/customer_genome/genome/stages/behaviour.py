"""Genes of behaviour: how a customer shops, beside the population's median."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from customer_genome.core.discounts import PLACEHOLDER, discount_expression
from customer_genome.core.project import Project
from customer_genome.core.step import Sql, SqlStep, sql_file
from customer_genome.core.verbs import verb_table

PURPOSE = "analytics"

DEFINITIONS = {
    "recency": "days since the last purchase",
    "frequency": "purchases a week since the first one",
    "spend": "revenue a purchase",
    "basket": "different items a purchase",
    "gap": "days between purchases, median",
    "regularity": "how even the days between purchases are: their mean over their standard deviation",
    "discounts": "share of the shelf price that discounts took off",
    "novelty": "share of purchase lines that were new items for the customer",
    "breadth": "different categories a purchase",
    "response": "messages answered for each one received",
}


def behaviour_steps(project: Project, *, as_of: datetime | None) -> tuple[SqlStep, ...]:
    """Return the steps: habits of the customers touched, then behaviour of all at this as-of."""
    read = sql_file(__package__, "behaviour", as_of=as_of, minimum=project.behaviour.minimum_customers)
    return (
        SqlStep("habits", _habits(project), "habits", PURPOSE, tables={"verbs": verb_table(project)}),
        SqlStep("behaviour", read, "behaviour", PURPOSE),
    )


def behaviour_genes(project: Project) -> list[dict[str, Any]]:
    """Return the catalogue rows of the behaviour genes."""
    owner = next(iter(project.sources_of("interactions").values())).department
    return [
        {
            "gene": f"behaviour:{name}", "family": "behaviour", "owner": owner, "sensitivity": "ordinary",
            "definition": f"{definition}, over the median of all customers", "unit": "customer", "standing": "gene",
        }
        for name, definition in DEFINITIONS.items()
    ]  # fmt: skip


def _habits(project: Project) -> Sql:
    """Return the SELECT of habits; its shape varies with the properties that hold discounts."""
    file = sql_file(__package__, "habits")
    return replace(file, text=file.text.replace(PLACEHOLDER, discount_expression(project)))
