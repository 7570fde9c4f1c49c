"""The SaaS demo: a simulated company's databases, files and exports in a project of the saas template."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from customer_genome.serving.report import DataTerms

NAME = "AdLoom, a company that does not exist: synthetic data, made by customer_genome.simulator"
TERMS = (
    "Synthetic: every person, account, message and event is made up. What was planted lies apart, in truth/."
)
CITATION = "Source: customer_genome.simulator with seed 0; its figures were set after the sources that its page cites."
FORETOLD = ("convert-to-trial", "convert-to-subscription", "churn", "which-plan")
"""The targets that the demo learns at once."""
CUSTOMERS = 3_000
TITLE = "AdLoom (synthetic)"


def begin(directory: Path) -> None:
    """Make the project where it is missing, and simulate its company once."""
    from customer_genome.core.scaffold import init
    from customer_genome.serving.progress import Bars
    from customer_genome.simulator import Company, simulate

    if not (directory / "genome.yaml").exists():
        written = init(directory, template="saas")
        text = written.read_text(encoding="utf-8")
        written.write_text(text.replace("name: SaaS\n", f"name: {TITLE}\n", 1), encoding="utf-8")
    done = directory / "truth" / "people.parquet"
    if not done.exists():
        with Bars() as bars:
            simulate(Company(customers=CUSTOMERS), out=directory, progress=bars)


def terms() -> DataTerms:
    """Return what the demo's data are."""
    from customer_genome.serving.report import DataTerms

    return DataTerms(NAME, TERMS, CITATION)
