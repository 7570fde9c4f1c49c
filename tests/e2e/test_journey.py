"""The journey through the door and on the command line, on a company small enough to know everybody.

120 people sign up on the first days of January; every second starts a trial, three days later where an ad was clicked
the day before; every fourth subscribes, and one in eight cancels again. Each ten of them belong to one account.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import customer_genome
from command_line import genome

PEOPLE, END = 120, "2024-04-01"
YAML = """\
version: 1
name: Small tool
time_zone: UTC
currency: EUR
departments: [sales]
purposes:
  service: {basis: contract}
  analytics: {basis: legitimate_interest}
  personalisation: {basis: legitimate_interest}
identifiers:
  user: {direct: false}
  account: {direct: false}
verbs:
  sign-up: {weight: 1, half_life: 120}
  start-trial: {weight: 1, half_life: 120}
  subscribe: {weight: 1, half_life: 120, money: true}
  cancel: {weight: 0, half_life: 120}
  see-ad: {weight: 0.1, half_life: 120, received: true}
phases:
  - {name: churned, when: last_cancel_at >= last_subscribe_at}
  - {name: paying, when: first_subscribe_at IS NOT NULL}
  - {name: trial, when: first_start_trial_at IS NOT NULL}
  - {name: lead, when: "true"}
accounts:
  identifiers: [account]
  phases:
    - {name: paying, when: first_subscribe_at IS NOT NULL}
    - {name: prospect, when: "true"}
journey: {goal: paying, funnel: [lead, trial, paying], touches: [see-ad], window_days: 30}
sources:
  acts:
    department: sales
    path: acts.csv
    interactions:
      key: [id]
      identifiers: {user: user, account: account}
      verb_from: what
      item: item
      occurred_at: at
      value: value
      channel: channel
  people:
    department: sales
    path: people.csv
    claims:
      identifiers: {user: user}
      attributes: {country: country}
"""


def _rows():
    """Return who did what when: id, user, account, verb, item, time, value, channel."""
    begin = datetime(2024, 1, 1, 9, tzinfo=UTC)
    for who in range(PEOPLE):
        came = begin + timedelta(days=who % 5, minutes=who)
        found = [("sign-up", came, "web" if who % 3 else "fair")]
        if who % 2 == 0:
            tried = came + timedelta(days=4)
            found += [("see-ad", tried - timedelta(days=1), "search" if who % 8 else "social")]
            found += [("start-trial", tried, "web")]
        else:
            found += [("see-ad", came + timedelta(days=40), "search")]
        if who % 4 == 0:
            found += [("subscribe", came + timedelta(days=14), "web")]
        if who % 8 == 0:
            found += [("cancel", came + timedelta(days=44), "web")]
        for verb, at, channel in found:
            value = 20 if verb == "subscribe" else ""
            yield who, f"u{who}", f"a{who // 10}", verb, f"{verb}:one", at.isoformat(), value, channel


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("journey") / "tool"
    folder.mkdir()
    (folder / "genome.yaml").write_text(YAML, encoding="utf-8")
    with (folder / "acts.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "user", "account", "what", "item", "at", "value", "channel"))
        writer.writerows((number, *row[1:]) for number, row in enumerate(_rows()))
    with (folder / "people.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("user", "country"))
        writer.writerows((f"u{who}", "AT" if who < 116 else "LI") for who in range(PEOPLE))
    built = genome("build", "--dir", folder, "--as-of", END)
    assert built.code == 0, built.err
    return folder


def ask(company: Path, *arguments: object):
    ran = genome("journey", *arguments, "--dir", company, "--as-of", END, "--json")
    assert ran.code == 0, ran.err
    return ran.json


def test_everybody_stands_somewhere(company) -> None:
    found = ask(company)
    assert {row["phase"]: row["now"] for row in found["now"]} == {
        "lead": 60,
        "trial": 30,
        "paying": 15,
        "churned": 15,
    }
    assert found["moves"] == []
    assert len(ask(company, "now", "--days", 90)["moves"]) == 3
    everything = {
        (row["from"], row["to"]): row["moves"] for row in ask(company, "now", "--days", 91)["moves"]
    }
    assert everything == {("lead", "trial"): 60, ("trial", "paying"): 30, ("paying", "churned"): 15}


def test_rates_and_the_funnel_count_everybody(company) -> None:
    rates = {(row["from"], row["to"]): row for row in ask(company, "rates")["moves"]}
    assert rates["trial", "paying"]["moves"] == 30
    assert rates["lead", "trial"]["share"] == 1
    steps = ask(company, "funnel")["funnel"]
    assert [(row["step"], row["customers"]) for row in steps] == [
        ("lead", 120),
        ("trial", 60),
        ("paying", 30),
    ]
    assert steps[1]["median_days"] == pytest.approx(4)
    assert steps[1]["others_are"] == "lead 60"


def test_the_curve_is_told_by_segment_and_small_ones_are_left_out(company) -> None:
    found = ask(company, "curve", "lead", "--by", "fact:country", "--days", 10)
    at = {(row["segment"], row["to"], row["day"]): row["value"] for row in found["curve"]}
    assert at["AT", "trial", 3] == 0
    assert at["AT", "trial", 7] == pytest.approx(0.5)
    assert at["AT", "still there", 7] == pytest.approx(0.5)
    assert "LI: too few to say: 4 customers, 10 are needed" in found["notes"]
    by_channel = ask(company, "curve", "lead", "--by", "channel", "--days", 10)
    assert {row["segment"] for row in by_channel["curve"]} == {"fair", "web"}
    assert by_channel["differences"][0]["p"] > 0.2


def test_what_precedes_a_move_and_what_does_not(company) -> None:
    found = ask(company, "before", "lead", "trial", "--days", 3)
    by_name = {row["what"]: row for row in found["before"]}
    assert by_name["see-ad"]["of_moves"] == 1
    assert by_name["see-ad"]["of_others"] < 0.5
    assert by_name["see-ad"]["q"] < 0.001
    assert by_name["see-ad"]["odds_ratio"] is None
    assert "start-trial" not in {row["what"] for row in found["before"] if row["moves"]}
    assert "not what brings it about" in found["notes"][-1]


def test_attribution_stands_side_by_side(company) -> None:
    found = ask(company, "attribution")
    shares = {(row["model"], row["channel"]): row["share"] for row in found["attribution"]}
    assert shares["last", "social"] == pytest.approx(0.5)
    assert len({model for model, _ in shares}) >= 6
    assert "None of these models measures an effect" in found["notes"][-1]
    assert "30 conversions with a touch, 0 without" in found["notes"][0]


def test_paths_and_retention(company) -> None:
    paths = {row["path"]: row for row in ask(company, "paths")["paths"]}
    assert paths["lead > trial > paying"]["customers"] == 15
    assert paths["lead"]["to_goal"] == 0
    first = ask(company, "retention")["retention"][0]
    assert (first["came_from"], first["period"], first["value"]) == ("2024-01-01", 0, 1)


def test_what_they_do_until_they_convert(company) -> None:
    paths = {row["path"]: row for row in ask(company, "verbs")["paths"]}
    assert paths["sign-up > start-trial > subscribe"]["customers"] == 30
    assert paths["sign-up > start-trial"]["to_goal"] == 0


def test_every_view_can_be_asked_of_each_segment(company) -> None:
    for view in ("now", "verbs", "retention", "before lead trial", "attribution", "rates", "paths", "funnel"):
        found = ask(company, *view.split(), "--by", "fact:country")
        rows = [row for name, part in found.items() if name != "notes" for row in part]
        assert {row["segment"] for row in rows if "segment" in row} == {"AT"}, view
        assert any("LI: too few to say: 4 customers" in note for note in found["notes"]), view
    standing = {row["phase"]: row["now"] for row in ask(company, "now", "--by", "fact:country")["now"]}
    assert sum(standing.values()) == 116


def test_accounts_go_through_their_own_journey(company) -> None:
    found = ask(company, "--accounts")
    assert {row["phase"]: row["now"] for row in found["now"]} == {"prospect": 0, "paying": 12}
    assert ask(company, "funnel", "prospect", "paying", "--accounts")["funnel"][1]["customers"] == 12
    assert ask(company, "before", "prospect", "paying", "--accounts", "--days", 20)["before"]
    refused = genome(
        "journey", "rates", "--accounts", "--by", "fact:country", "--dir", company, "--as-of", END
    )
    assert refused.code == 1
    assert "accounts have no fact" in refused.err


def test_tables_for_people(company) -> None:
    for arguments in (
        (),
        ("rates",),
        ("curve", "lead"),
        ("funnel",),
        ("paths",),
        ("retention",),
        ("attribution",),
    ):
        ran = genome("journey", *arguments, "--dir", company, "--as-of", END)
        assert ran.code == 0, ran.err
        assert "nan" not in ran.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("curve",), 1, "the phase that is entered must be named"),
        (("curve", "won"), 6, "no phase 'won'"),
        (("before", "lead"), 1, "from and to must be named"),
        (("rates", "--by", "fact:shoes"), 6, "nobody has shoes"),
        (("rates", "--by", "shoes"), 1, "nothing can be told apart by 'shoes'"),
        (("rates", "--purpose", "fun"), 5, "fun"),
    ],
)
def test_what_cannot_be_answered_says_why(company, arguments, code, said) -> None:
    ran = genome("journey", *arguments, "--dir", company, "--as-of", END)
    assert (ran.code, said in ran.err) == (code, True), ran.err


def test_a_gene_tells_customers_apart(company) -> None:
    journey = customer_genome.open(company, as_of=END).journey
    genes = journey.workspace.sql("SELECT DISTINCT gene FROM expressions ORDER BY gene", purpose="analytics")
    if genes.num_rows:
        found = journey.rates(by=f"gene:{genes['gene'][0].as_py()}")
        assert set(found) == {"low", "between", "high"}
