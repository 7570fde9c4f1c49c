"""Sources that fall silent, double, come late, twice or broken, or change their shape: said by name, no row lost."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from customer_genome.core.errors import SourceError
from tiny_company import HEAD, Company

FIRST, DAYS = date(2024, 1, 1), 182
COLUMNS = ("id", "person", "verb", "item", "at", "paid", "referrer", "received")
NAMES = ("quiet", "silent", "doubled", "cents", "late", "twice", "broken", "drifting")
SOURCE = """\
  {name}:
    department: shop
    path: data/{name}/*.csv
    interactions:
      key: [id]
      identifiers: {{person: person}}
      verb_from: verb
      item: item
      occurred_at: at
      known_at: received
      value: paid
      channel: {channel}
"""


def sources(*, channel: str = "referrer") -> str:
    listed = [SOURCE.format(name=name, channel="referrer") for name in NAMES[:-1]]
    return "sources:\n" + "".join([*listed, SOURCE.format(name="drifting", channel=channel)])


def rows(name: str, *, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of one source in the order of days, with what is planted in the last of them."""
    chance = np.random.default_rng(seed)
    for day in range(DAYS):
        today, ends = FIRST + timedelta(days=day), DAYS - day
        count = int(chance.poisson(14 if today.weekday() < 5 else 6))
        count *= 0 if name == "silent" and ends <= 4 else 2 if name == "doubled" and ends <= 10 else 1
        for place in range(count):
            at = datetime.combine(today, datetime.min.time()) + timedelta(
                minutes=int(chance.integers(0, 1440))
            )
            received = at + timedelta(days=2) if name == "late" and ends <= 9 and place % 3 == 0 else at
            factor = 100 if name == "cents" and today.month == 6 else 1
            broken = name == "broken" and today.month == 6 and place % 4 == 0
            yield {
                "id": f"{name}-{day}-{place}", "person": f"p{chance.integers(0, 60)}", "verb": "buy",
                "item": f"i{chance.integers(0, 8)}", "at": "never" if broken else at.isoformat(),
                "paid": f"{chance.gamma(9, 3) * factor:.2f}", "referrer": ("mail", "search")[int(chance.integers(0, 2))],
                "received": min(received, datetime(2024, 6, 30, 23)).isoformat(),
            }  # fmt: skip


def write(folder: Path, name: str, *, seed: int) -> int:
    """Write a source's files by month; returns how many rows they have."""
    (folder / "data" / name).mkdir(parents=True)
    months: dict[str, list[dict[str, Any]]] = {}
    for row in rows(name, seed=seed):
        day = FIRST + timedelta(days=int(row["id"].split("-")[1]))
        months.setdefault(f"{day:%Y-%m}", []).append(row)
    if name == "twice":
        months["2024-06"] += months["2024-06"][:100]
    for month, its in months.items():
        columns = COLUMNS
        if name == "drifting" and month == "2024-06":
            columns = tuple("referrer_url" if column == "referrer" else column for column in COLUMNS)
        cells = ([*row.values()] for row in its)
        _write(folder / "data" / name / f"{month}.csv", columns, cells)
    return sum(len(its) for its in months.values())


def _write(path: Path, columns: Sequence[str], cells: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *cells])


@pytest.fixture(scope="module")
def received() -> dict[str, int]:
    """Rows written, by source."""
    return {}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, received: dict[str, int]) -> Company:
    """A company of eight sources, seven of which go wrong in June, built once."""
    folder = tmp_path_factory.mktemp("drift") / "company"
    folder.mkdir()
    (folder / "genome.yaml").write_text(HEAD + sources(), encoding="utf-8")
    for seed, name in enumerate(NAMES):
        received[name] = write(folder, name, seed=seed)
    company = Company(folder)
    company.open().build()
    return company


def alarms(company: Company) -> list[dict[str, Any]]:
    """Return the alarms that last."""
    text = "SELECT * FROM alarms WHERE until IS NULL ORDER BY source, kind, about"
    found: list[dict[str, Any]] = company.open().sql(text, purpose="service").to_pylist()
    return found


def test_each_alarm_names_its_source_and_what_is_wrong(built: Company) -> None:
    found = {(row["source"], row["kind"], row["about"]) for row in alarms(built)}
    assert found == {
        ("silent", "silent", ""),
        ("doubled", "doubled", ""),
        ("cents", "unit", "paid"),
        ("late", "late", ""),
        ("twice", "duplicates", ""),
        ("broken", "quarantine", ""),
        ("broken", "type", "at"),
        ("drifting", "renamed", "referrer"),
        ("drifting", "quarantine", ""),
        ("drifting", "silent", ""),
    }


def test_every_row_is_accounted_for(built: Company, received: dict[str, int]) -> None:
    for name in NAMES:
        total, stored, duplicates, quarantined, suppressed = built.account(name)
        assert total == received[name]
        assert suppressed == 0
        assert duplicates == (100 if name == "twice" else 0)
        assert (quarantined > 0) == (name in ("broken", "drifting"))
        assert stored == total - duplicates - quarantined


def test_a_drifted_file_is_set_aside_whole_with_its_reason(built: Company) -> None:
    rows = [row for row in built.quarantine() if row["source"] == "drifting"]
    assert {row["file"] for row in rows} == {"data/drifting/2024-06.csv"}
    assert {row["reason"] for row in rows} == {"column referrer missing since data/drifting/2024-06.csv"}
    assert len(rows) == built.account("drifting")[3]


def test_the_status_says_it(built: Company) -> None:
    said = [row["said"] for row in built.open().status().alarms]
    assert any(text.startswith("silent is silent since 2024-06-2") for text in said)
    assert any("column referrer is missing, with column referrer_url in its place" in text for text in said)
    assert [row["severity"] for row in built.open().status().alarms] == sorted(
        row["severity"] for row in built.open().status().alarms
    )


def test_a_mapping_that_names_both_columns_replays_the_file(built: Company, tmp_path: Path) -> None:
    folder = shutil.copytree(built.folder, tmp_path / "mended")
    (folder / "genome.yaml").write_text(
        HEAD + sources(channel="COALESCE(referrer_url, referrer)"), encoding="utf-8"
    )
    mended = Company(folder)
    mended.open().build()
    total, stored, *others = mended.account("drifting")
    assert (stored, others) == (total, [0, 0, 0])
    known = mended.open().sql(
        "SELECT COUNT(*) AS n, COUNT(channel) AS said FROM interactions WHERE source = 'drifting'",
        purpose="service",
    )
    assert known.to_pylist() == [{"n": total, "said": total}]
    assert not [
        row
        for row in alarms(mended)
        if row["source"] == "drifting" and row["kind"] in ("silent", "quarantine")
    ]


def test_a_mapping_that_fits_no_file_stops_the_build(built: Company, tmp_path: Path) -> None:
    folder = shutil.copytree(built.folder, tmp_path / "wrong")
    (folder / "genome.yaml").write_text(HEAD + sources(channel="medium"), encoding="utf-8")
    with pytest.raises(SourceError, match="lacks 1 column"):
        Company(folder).open().build()


def test_a_mapping_that_no_longer_fits_what_is_stored_stops_the_build(built: Company, tmp_path: Path) -> None:
    folder = shutil.copytree(built.folder, tmp_path / "half")
    (folder / "genome.yaml").write_text(HEAD + sources(channel="referrer_url"), encoding="utf-8")
    with pytest.raises(SourceError, match="lacks 1 column") as told:
        Company(folder).open().build()
    assert "COALESCE" in str(told.value)


def test_profiles_hold_no_value_of_a_text(built: Company) -> None:
    from customer_genome.app.readers import access_to

    workspace = built.open()
    access = access_to(workspace.folder, workspace.snapshot)
    rows = access.read("profiles", purpose="service").to_pylist()
    access.engine.close()
    assert len(rows) == len(NAMES) * 6 * len(COLUMNS)
    assert not [row for row in rows if "search" in str(row) or "p17" in str(row)]
