"""A small software company from its rows to phases: late rows, accounts, facts and genes, to the row."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

import customer_genome

GENOME = """\
version: 1
name: Journey
time_zone: UTC
currency: EUR
departments: [product]
purposes:
  service: {basis: contract}
  analytics: {basis: legitimate_interest}
  personalisation: {basis: legitimate_interest}
identifiers:
  email: {direct: true, normalise: email}
  user: {direct: false}
  account: {direct: false}
  billing: {direct: false}
accounts:
  identifiers: [account, billing]
  phases:
    - {name: paying, when: "last_pay_at >= coalesce(last_cancel_at, first_pay_at)"}
    - {name: gone, when: cancel_count >= 1}
    - {name: trying, when: true}
verbs:
  use: {weight: 1, half_life: 120}
  sign-up: {weight: 1, half_life: 120}
  pay: {weight: 1, half_life: 120, money: true}
  cancel: {weight: 0, half_life: 120}
phases:
  - {name: boss, when: fact_role = 'boss' AND use_count >= 2}
  - {name: idle, when: days_since_use > 10}
  - {name: user, when: use_count >= 1}
  - {name: lead, when: true}
sources:
  events:
    department: product
    path: data/events.csv
    interactions:
      key: [id]
      identifiers: {account: account, billing: billing, user: person, email: mail}
      verb_from: what
      item: thing
      occurred_at: happened
      known_at: told
      value: paid
  people:
    department: product
    path: data/people.csv
    claims:
      identifiers: {user: person, email: mail, account: account}
      observed_at: said
      attributes: {role: role}
"""
EVENTS = """\
id,account,billing,person,mail,what,thing,happened,told,paid
1,acme,,ann,,use,editor,2024-01-02 08:00,2024-01-02 08:00,
2,acme,,ann,,use,editor,2024-01-20 08:00,2024-01-20 08:00,
3,acme,,bob,,use,editor,2024-01-03 08:00,2024-01-03 08:00,
4,acme,,bob,,use,editor,2024-01-08 08:00,2024-01-16 08:00,
5,,b-1,,boss@acme.example.org,pay,plan,2024-01-05 08:00,2024-01-05 08:00,100
6,acme,b-1,,,cancel,plan,2024-01-25 08:00,2024-01-25 08:00,
7,bolt,,ann,,use,editor,2024-01-28 08:00,2024-01-28 08:00,
8,,,ann,,sign-up,form,2024-01-29 08:00,2024-01-29 08:00,
"""
PEOPLE = """\
person,mail,account,said,role
ann,ann@acme.example.org,acme,2024-01-10 00:00,boss
,boss@acme.example.org,acme,2024-01-01 00:00,owner
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    root = tmp_path_factory.mktemp("journey")
    (root / "data").mkdir()
    (root / "genome.yaml").write_text(GENOME)
    (root / "data" / "events.csv").write_text(EVENTS)
    (root / "data" / "people.csv").write_text(PEOPLE)
    built = customer_genome.open(root)
    built.build()
    return customer_genome.open(root)


def ask(workspace, query: str) -> list[dict]:
    return workspace.sql(query, purpose="service").to_pylist()


def spells(workspace, who: str) -> list[tuple]:
    found = ask(
        workspace,
        f"""SELECT h.phase, h.entered_at, h.left_at, h.corrected_at FROM phase_history AS h
        JOIN identifiers AS i ON h.customer_id = i.customer_id WHERE i.token = 'user:{who}' ORDER BY entered_at, known_at""",
    )
    return [tuple(row.values()) for row in found]


def test_persons_do_not_become_one_because_they_share_an_account(workspace) -> None:
    people = ask(workspace, "SELECT COUNT(*) AS n FROM customers")
    assert people == [{"n": 3}]  # ann, bob and the owner who pays
    kept = ask(workspace, "SELECT status, COUNT(*) AS n FROM edges GROUP BY ALL ORDER BY 1")
    assert {row["status"]: row["n"] for row in kept} == {"active": 2, "member": 6}


def test_two_ids_of_one_account_are_one_account_and_its_people_are_members(workspace) -> None:
    accounts = ask(
        workspace, "SELECT customers, interactions, revenue FROM accounts ORDER BY interactions DESC"
    )
    assert accounts == [
        {"customers": 3, "interactions": 6, "revenue": 100.0},
        {
            "customers": 1,
            "interactions": 2,
            "revenue": 0.0,
        },  # the sign-up names none: it is her newest account's
    ]
    ann = ask(
        workspace,
        """SELECT m.since, m.until FROM account_members AS m JOIN identifiers AS i
        ON m.customer_id = i.customer_id WHERE i.token = 'user:ann' ORDER BY m.since""",
    )
    assert ann == [
        {"since": at("2024-01-02 08:00"), "until": at("2024-01-28 08:00")},
        {"since": at("2024-01-28 08:00"), "until": None},
    ]


def test_an_account_has_a_journey_of_its_own(workspace) -> None:
    rows = ask(
        workspace,
        """SELECT p.phase, p.entered_at, p.left_at FROM account_phases AS p JOIN identifiers AS i
        ON p.account_id = i.customer_id WHERE i.token = 'account:acme' ORDER BY entered_at""",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("trying", at("2024-01-02 08:00"), at("2024-01-05 08:00")),
        ("paying", at("2024-01-05 08:00"), at("2024-01-25 08:00")),
        ("gone", at("2024-01-25 08:00"), None),
    ]


def test_facts_count_from_the_day_on_which_they_were_claimed_and_phases_can_be_entered_again(
    workspace,
) -> None:
    assert spells(workspace, "ann") == [
        ("user", at("2024-01-02 08:00"), at("2024-01-13 00:00"), None),
        ("idle", at("2024-01-13 00:00"), at("2024-01-20 08:00"), None),
        ("boss", at("2024-01-20 08:00"), None, None),
    ]


def test_what_was_believed_until_a_late_row_came_is_kept_as_corrected(workspace) -> None:
    assert spells(workspace, "bob") == [
        ("user", at("2024-01-03 08:00"), at("2024-01-14 00:00"), at("2024-01-16 08:00")),
        ("user", at("2024-01-03 08:00"), at("2024-01-19 00:00"), None),
        ("idle", at("2024-01-14 00:00"), None, at("2024-01-16 08:00")),
        ("idle", at("2024-01-19 00:00"), None, None),
    ]


def test_every_customer_stands_in_one_phase_and_an_as_of_build_agrees_with_the_belief_of_then(
    workspace,
) -> None:
    standing = ask(workspace, "SELECT phase, COUNT(*) AS n FROM phases GROUP BY ALL ORDER BY 1")
    assert {row["phase"]: row["n"] for row in standing} == {"boss": 1, "idle": 1, "lead": 1}
    then = workspace.at("2024-01-15")
    believed = ask(then, "SELECT customer_id, phase, entered_at FROM phases ORDER BY 1")
    told = ask(
        workspace,
        """SELECT customer_id, phase, entered_at FROM phase_history
        WHERE known_at <= TIMESTAMPTZ '2024-01-15 00:00:00+00' AND entered_at <= TIMESTAMPTZ '2024-01-15 00:00:00+00'
        AND (corrected_at IS NULL OR corrected_at >= TIMESTAMPTZ '2024-01-15 00:00:00+00')
        AND (left_known_at IS NULL OR left_known_at > TIMESTAMPTZ '2024-01-15 00:00:00+00') ORDER BY 1""",
    )
    assert believed == told


def test_a_gene_counts_from_the_build_after_the_one_that_measured_it(tmp_path) -> None:
    (tmp_path / "data").mkdir()
    phases = "  - {name: rich, when: '\"behaviour:spend\" >= 1'}\n  - {name: boss"
    (tmp_path / "genome.yaml").write_text(
        GENOME.replace("  - {name: boss", phases, 1).replace(
            "verbs:\n", "behaviour: {minimum_customers: 1}\nverbs:\n", 1
        )
    )
    (tmp_path / "data" / "events.csv").write_text(EVENTS)
    (tmp_path / "data" / "people.csv").write_text(PEOPLE)
    workspace = customer_genome.open(tmp_path)
    first = workspace.build().snapshot.as_of
    assert "rich" not in {row["phase"] for row in ask(workspace, "SELECT phase FROM phases")}
    measured = ask(
        workspace, "SELECT customer_id FROM expressions WHERE gene = 'behaviour:spend' AND strength >= 1"
    )
    assert len(measured) == 1
    more = EVENTS + "9,,,bob,,use,editor,2024-02-03 08:00,2024-02-03 08:00,\n"
    (tmp_path / "data" / "events.csv").write_text(more)
    workspace.build()
    found = ask(workspace, "SELECT customer_id, phase, entered_at FROM phases WHERE phase = 'rich'")
    assert found == [{**measured[0], "phase": "rich", "entered_at": first}]
    assert isinstance(workspace.show(measured[0]["customer_id"]).phase, str)
    assert pa.types.is_string(
        workspace.sql("SELECT phase FROM phases", purpose="service").schema.field("phase").type
    )
