"""A simulated company, from its databases to its journey: what the product says is what the truth says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import customer_genome
from customer_genome.core.scaffold import init
from customer_genome.serving import demo_saas
from customer_genome.serving.report import render
from customer_genome.serving.report.build_report import build_report
from customer_genome.simulator import Company, simulate

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("saas") / "company"
    init(root, template="saas")
    simulate(Company(customers=700, days=300, seed=5, end=date(2026, 3, 31)), out=root)
    customer_genome.open(root).build()
    return root


@pytest.fixture(scope="module")
def workspace(project):
    return customer_genome.open(project)


def ask(workspace, query: str) -> list[dict]:
    return workspace.sql(query, purpose="service").to_pylist()


def test_every_row_of_every_source_is_accounted_for(workspace) -> None:
    found = workspace.status()
    assert len(found.sources) == len(workspace.folder.project.sources)
    for row in found.sources:
        assert row["received"] == row["stored"] + row["duplicates"] + row["quarantined"] + row["suppressed"]
    assert sum(row["duplicates"] for row in found.sources) > 0
    assert sum(row["quarantined"] for row in found.sources) > 0
    assert not (workspace.folder.root / "landing").exists() or not any(
        (workspace.folder.root / "landing").rglob("*.parquet")
    )


def test_an_account_is_where_its_owner_truly_is(project, workspace) -> None:
    spells = pq.read_table(project / "truth" / "spells.parquet")
    owners = spells.filter(pc.and_(spells["owner"], pc.is_null(spells["left_on"])))
    names = {"lapsed": "prospect", "lead": "prospect", "pre-lead": "prospect"}
    true = {
        f"account:A{row['account']:06d}": names.get(row["phase"], row["phase"]) for row in owners.to_pylist()
    }
    said = ask(
        workspace,
        """SELECT i.token, p.phase FROM account_phases AS p JOIN identifiers AS i
        ON p.account_id = i.customer_id WHERE p.left_at IS NULL AND p.corrected_at IS NULL AND i.type = 'account'""",
    )
    assert len(said) > 30
    assert {row["token"]: row["phase"] for row in said} == {row["token"]: true[row["token"]] for row in said}


def test_every_customer_is_in_exactly_one_phase_from_the_first_to_the_last_day(workspace) -> None:
    gaps = ask(
        workspace,
        """SELECT COUNT(*) AS n FROM (SELECT left_at, LEAD(entered_at) OVER (
        PARTITION BY customer_id ORDER BY entered_at) AS next_at FROM phase_history WHERE corrected_at IS NULL)
        WHERE left_at IS DISTINCT FROM next_at""",
    )
    assert gaps == [{"n": 0}]
    now = ask(workspace, "SELECT COUNT(*) AS n, COUNT(DISTINCT customer_id) AS people FROM phases")
    assert now[0]["n"] == now[0]["people"] == workspace.status().customers


def test_persons_of_an_account_stay_persons(project, workspace) -> None:
    known = pq.read_table(project / "truth" / "identifiers.parquet")
    users = known.filter(pc.and_(pc.equal(known["type"], "user"), pc.equal(known["kind"], "person")))
    person = dict(zip(users["value"].to_pylist(), users["person"].to_pylist(), strict=True))
    rows = ask(
        workspace,
        "SELECT token, customer_id FROM identifiers WHERE type = 'user' AND customer_id IS NOT NULL",
    )
    behind: dict[str, set[int]] = {}
    for row in rows:
        behind.setdefault(row["customer_id"], set()).add(person[row["token"].removeprefix("user:")])
    alone = sum(len(people) == 1 for people in behind.values())
    assert alone / len(behind) > 0.97  # shared browsers and phones still join a few


def test_the_report_says_that_it_is_synthetic_and_tells_the_journey(workspace) -> None:
    page = render(build_report(workspace, terms=(demo_saas.terms(),)))
    assert "Synthetic" in page
    assert "How do they come and go?" in page
    assert "The same for accounts" in page
