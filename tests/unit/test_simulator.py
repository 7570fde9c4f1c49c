"""The simulated company: repeatable, whole, flawed where it should be, and its truth in agreement with its data."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from customer_genome.core.errors import GenomeError
from customer_genome.simulator import Company, Flaws, simulate

SMALL = Company(customers=700, days=300, seed=3)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("company")
    return simulate(SMALL, out=out)


def read(made, place):
    return ds.dataset(made.out / place, format="parquet").to_table()


def told(made, name):
    return pq.read_table(made.truth / f"{name}.parquet")


def rows_of(made, database, table):
    connection = sqlite3.connect(made.out / f"data/{database}.sqlite")
    connection.row_factory = sqlite3.Row
    found = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
    connection.close()
    return found


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def content(folder):
    """Return every table of a company as sorted rows, so that the order of rows means nothing."""
    found = {}
    for path in sorted(folder.rglob("*.parquet")):
        table = pq.read_table(path)
        found[str(path.relative_to(folder))] = sorted(map(repr, table.to_pylist()))
    for path in sorted((*folder.rglob("*.csv"), *folder.rglob("*.jsonl"))):
        found[str(path.relative_to(folder))] = sorted(path.read_text("utf-8").splitlines())
    for path in sorted(folder.rglob("*.sqlite")):
        connection = sqlite3.connect(path)
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
        for name in names:
            found[f"{path.name}:{name}"] = sorted(map(repr, connection.execute(f"SELECT * FROM {name}")))
        connection.close()
    return found


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_company(tmp_path):
    tiny = Company(customers=150, days=120, seed=5)
    for name in ("one", "two"):
        simulate(tiny, out=tmp_path / name)
    simulate(Company(customers=150, days=120, seed=6), out=tmp_path / "other")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert digests(tmp_path / "one") != digests(tmp_path / "other")


def test_blocks_of_any_size_give_the_same_people_and_events(tmp_path):
    company = Company(customers=500, days=200, seed=8)
    simulate(company, out=tmp_path / "whole", block=100_000, threads=1)
    simulate(company, out=tmp_path / "parts", block=60, threads=2)
    whole, parts = content(tmp_path / "whole"), content(tmp_path / "parts")
    sums = {"truth/population.parquet", "truth/ratios.parquet"}  # of floating-point numbers: in another order
    assert whole.keys() == parts.keys()
    assert [name for name in whole if name not in sums and whole[name] != parts[name]] == []
    one, other = (pq.read_table(tmp_path / name / "truth/ratios.parquet") for name in ("whole", "parts"))
    order = [("person", "ascending"), ("gene", "ascending")]
    np.testing.assert_allclose(one.sort_by(order)["ratio"], other.sort_by(order)["ratio"], rtol=1e-9)


def test_what_is_there_is_never_written_over(made):
    with pytest.raises(GenomeError, match="data already") as error:
        simulate(SMALL, out=made.out)
    assert "another folder" in error.value.fix


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"customers": 0}, "customers"), ({"days": 10}, "days"), ({"days": 9_999}, "days"), ({"activity": 0.0}, "activity"),
        ({"counterfactuals": 1.5}, "counterfactuals"), ({"flaws": Flaws(bots=-1)}, "bots"), ({"flaws": Flaws(typos=2)}, "typos"),
    ],
)  # fmt: skip
def test_an_impossible_company_is_refused_by_name(settings, name, tmp_path):
    with pytest.raises(GenomeError, match=f"`{name}`"):
        simulate(Company(**settings), out=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_counts_are_those_of_the_files(made):
    assert made.sources["website"] == read(made, "data/website/events").num_rows
    assert made.sources["invoices"] == len(rows_of(made, "billing", "invoices"))
    assert made.truths["people"] == SMALL.customers == told(made, "people").num_rows
    assert made.events > 50_000


def test_every_identifier_belongs_to_a_person_or_is_known_to_be_of_nobody(made):
    truth = told(made, "identifiers")
    values = set(zip(truth["type"].to_pylist(), truth["value"].to_pylist(), strict=True))
    website = read(made, "data/website/events")
    seen = [("anonymous", website["anonymous_id"]), ("user", website["user_id"]),
            ("email", read(made, "data/email/events")["recipient"]), ("anonymous", read(made, "data/ads/events")["anonymous_id"]),
            ("user", read(made, "data/product/usage")["user_id"])]  # fmt: skip
    for kind, column in seen:
        assert {(kind, value) for value in pc.unique(column).to_pylist() if value is not None} <= values
    for database, table, column, kind in (
        ("crm", "contacts", "email", "email"),
        ("crm", "contacts", "phone", "phone"),
        ("support", "tickets", "requester_email", "email"),
        ("billing", "invoices", "billing_email", "email"),
    ):
        found = {row[column] for row in rows_of(made, database, table)} - {None}
        if kind == "phone":
            found = {value.replace(" ", "").replace("00", "+", value.startswith("00")) for value in found}
        assert {(kind, value) for value in found} <= values
    nobody = truth.filter(pc.is_null(truth["person"]))
    assert set(nobody["kind"].to_pylist()) <= {"mailbox", "passer-by", "bot"}


def test_every_record_belongs_to_a_person(made):
    truth = told(made, "records")
    whose = {
        (s, r): p
        for s, r, p in zip(*(truth[n].to_pylist() for n in ("source", "record", "person")), strict=True)
    }
    for database, table, key in (("crm", "contacts", "contact_id"), ("support", "tickets", "ticket_id"), ("billing", "invoices", "invoice_id")):  # fmt: skip
        assert {(table, row[key]) for row in rows_of(made, database, table)} <= whose.keys()
    people = set(told(made, "people")["person"].to_pylist())
    assert set(whose.values()) <= people


def test_duplicates_say_the_same_under_one_message_id(made):
    website = read(made, "data/website/events")
    twice = pc.value_counts(website["message_id"])
    again = [one["values"] for one in twice.to_pylist() if one["counts"] > 1]
    assert 0.005 < len(again) / website.num_rows < 0.02
    rows = website.filter(pc.is_in(website["message_id"], pa.array(again)))
    same = rows.group_by("message_id").aggregate([("path", "count_distinct"), ("anonymous_id", "count_distinct"), ("received_at", "count_distinct")])  # fmt: skip
    assert set(same["path_count_distinct"].to_pylist()) == {1}
    assert set(same["anonymous_id_count_distinct"].to_pylist()) == {1}
    assert set(same["received_at_count_distinct"].to_pylist()) == {2}
    corrected = pc.subtract(rows["received_at"], pc.subtract(rows["sent_at"], rows["timestamp"]))
    moments = (
        pa.table({"id": rows["message_id"], "at": corrected})
        .group_by("id")
        .aggregate([("at", "count_distinct")])
    )
    assert set(moments["at_count_distinct"].to_pylist()) <= {0, 1}  # a broken clock tells no time at all


def test_clocks_are_off_events_come_late_and_crawlers_say_that_they_are(made):
    website = read(made, "data/website/events")
    lag = pc.subtract(website["received_at"], website["timestamp"]).cast(pa.int64()).to_numpy() / 1e6
    lag = lag[~np.isnan(lag)]
    assert (lag < 0).any()
    assert (lag > 3600).mean() > 0.01
    assert 0 < pc.sum(pc.match_substring(website["user_agent"], "Bot")).as_py() < website.num_rows / 2
    assert 0 < website["timestamp"].null_count < website.num_rows / 200


def test_who_declined_the_banner_is_not_tracked(made):
    answers = (made.out / "data/website/consent.csv").read_text("utf-8").splitlines()[1:]
    declined = {line.split(",")[0].strip('"') for line in answers if "declined" in line}
    tracked = set(pc.unique(read(made, "data/website/events")["anonymous_id"]).to_pylist())
    assert declined
    assert declined.isdisjoint(tracked)
    assert declined.isdisjoint(pc.unique(read(made, "data/ads/events")["anonymous_id"]).to_pylist())


def test_formats_change_half_way(made):
    first = str(SMALL.start)[:7]
    months = sorted(path.stem for path in (made.out / "data/website/events").glob("*.parquet"))
    schemas = {
        month: pq.read_schema(made.out / f"data/website/events/{month}.parquet").names for month in months
    }
    assert "screen" not in schemas[first]
    assert "screen" in schemas[months[-1]]
    assert "at_time" in read(made, "data/product/usage").column_names
    assert {"occurred_at", "client_version"} <= set(read(made, "data/product/usage-v2").column_names)
    assert set(read(made, "data/email/events")["event"].unique().to_pylist()) == {
        "delivered", "opened", "clicked", "delivery", "open", "click"}  # fmt: skip
    invoices = rows_of(made, "billing", "invoices")
    amounts = {
        v: [r["amount"] for r in invoices if r["schema_version"] == v and r["amount"] > 0] for v in (1, 2)
    }
    assert max(amounts[1]) < 200 < min(amounts[2])


def test_without_drift_nothing_changes(tmp_path):
    done = simulate(Company(customers=120, days=120, flaws=Flaws(drift=False)), out=tmp_path)
    assert read(done, "data/product/usage-v2").num_rows == 0
    assert "screen" not in read(done, "data/website/events").column_names


def test_phases_agree_with_what_billing_says(made):
    spells, people = told(made, "spells"), told(made, "people")
    accounts = dict(zip(people["person"].to_pylist(), people["account_id"].to_pylist(), strict=True))
    owners = spells.filter(spells["owner"])
    entered = {
        phase: sorted(
            (accounts[p], str(on)[:10])
            for p, on in zip(*(owners.filter(pc.equal(owners["phase"], phase))[n].to_pylist() for n in ("person", "entered_on")), strict=True)
        )
        for phase in ("trial", "subscription", "churned", "lapsed")
    }  # fmt: skip
    events = rows_of(made, "billing", "subscriptions")
    words = {
        "trial": "trial_started",
        "subscription": "activated",
        "churned": "canceled",
        "lapsed": "trial_ended",
    }
    for phase, word in words.items():
        assert entered[phase] == sorted(
            (r["account_id"], r["occurred_at"][:10]) for r in events if r["event"] == word
        )


def test_spells_follow_each_other_without_gap(made):
    spells = told(made, "spells").to_pandas()
    following = spells.groupby("person")["entered_on"].shift(-1)
    assert (spells["left_on"].isna() == following.isna()).all()
    assert (spells["left_on"].dropna() == following.dropna()).all()
    assert (spells.groupby("person")["phase"].first() == "pre-lead").all()


def test_accounts_have_members_and_people_change_jobs_and_addresses(made):
    people = told(made, "people").to_pandas()
    assert people.groupby("account")["owner"].sum().eq(1).all()
    assert people.groupby("account").size().max() > 5
    users = [
        line.split(",") for line in (made.out / "data/product/users.csv").read_text("utf-8").splitlines()[1:]
    ]
    assert len({line[0] for line in users}) < len(users)
    assert people["moved_at"].notna().any()


def test_moods_of_tickets_show_in_their_words(made):
    tickets = rows_of(made, "support", "tickets")
    angry = [r for r in tickets if any(w in r["body"] for w in ("annoying", "angry", "Nothing works"))]
    glad = [r for r in tickets if any(w in r["body"] for w in ("Love", "Wonderful", "Thanks"))]
    assert angry
    assert glad
    stars = [np.mean([r["satisfaction"] for r in some if r["satisfaction"]]) for some in (angry, glad)]
    assert stars[0] + 1 < stars[1]


def test_posts_and_members_are_one_json_object_a_line(made):
    members = [
        json.loads(line) for line in (made.out / "data/forum/members.jsonl").read_text("utf-8").splitlines()
    ]
    posts = [
        json.loads(line) for line in (made.out / "data/forum/posts.jsonl").read_text("utf-8").splitlines()
    ]
    assert {post["user_name"] for post in posts} == {member["user_name"] for member in members}


def test_activity_multiplies_events_and_leaves_journeys_alone(tmp_path):
    company = {"customers": 300, "days": 150, "seed": 2, "counterfactuals": 0.0}
    full, calm = (simulate(Company(**company, activity=a), out=Path(tmp_path / str(a))) for a in (1.0, 0.4))
    assert told(full, "spells") == told(calm, "spells")
    assert calm.sources["usage"] + calm.sources["usage_v2"] < 0.6 * (
        full.sources["usage"] + full.sources["usage_v2"]
    )
    assert set(told(calm, "outcomes")["world"].to_pylist()) == {"as it was"}
