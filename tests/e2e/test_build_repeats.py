"""A build is repeatable, incremental and as-of: the road to a state does not show in it."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import customer_genome
from customer_genome.core.errors import BuildRunning
from customer_genome.engine import Lake
from same_tables import assert_same, contents
from small_project import (
    CUSTOMERS,
    DAYS,
    EARLIER,
    FIRST_DAY,
    PURCHASES,
    Row,
    purchases,
    small_project,
    write_csv,
)

LATE = tuple(range(0, 60, 7))
"""Places, in the list of all lines, of those that the shop delivers late."""


def project(folder: Path, *, keys: Path | None = None) -> Path:
    """Write the small shop with a folder of purchases (one file for all but the last day), under the keys of another."""
    small_project(folder)
    text = (folder / "genome.yaml").read_text(encoding="utf-8")
    (folder / "genome.yaml").write_text(
        text.replace("data/purchases.csv", "data/purchases"), encoding="utf-8"
    )
    (folder / "data" / "purchases").mkdir()
    (folder / "data" / "purchases.csv").unlink()
    if keys is not None:
        shutil.copytree(keys / "keys", folder / "keys")
    return folder


def deliver(folder: Path, name: str, rows: Iterable[Row]) -> None:
    write_csv(folder / "data" / "purchases" / name, PURCHASES, rows)


def lines() -> list[Row]:
    return purchases(FIRST_DAY, days=DAYS)


def last_day() -> list[Row]:
    return purchases(FIRST_DAY + timedelta(days=DAYS), days=1, seed=7)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop built from all its lines; copy it before changing it."""
    folder = project(tmp_path_factory.mktemp("shop") / "shop")
    deliver(folder, "all.csv", lines())
    customer_genome.open(folder).build()
    return folder


@pytest.fixture
def copy(shop: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shop, tmp_path / "copy"))


def test_the_same_input_gives_the_same_tables(shop: Path, tmp_path: Path) -> None:
    other = project(tmp_path / "other", keys=shop)
    deliver(other, "all.csv", lines())
    customer_genome.open(other).build()
    assert_same(contents(shop), contents(other), tolerance=1e-12)  # threads add up in any order


def test_shuffled_rows_in_files_of_another_order_give_the_same_tables(shop: Path, tmp_path: Path) -> None:
    other = project(tmp_path / "other", keys=shop)
    rows = lines()
    random.Random(3).shuffle(rows)  # noqa: S311
    for part in range(3):
        deliver(other, f"{9 - part}.csv", rows[part::3])
    customer_genome.open(other).build()
    assert_same(contents(shop), contents(other))


def test_a_build_without_news_changes_and_publishes_nothing(copy: Path) -> None:
    workspace = customer_genome.open(copy)
    before = workspace.snapshot
    versions = {
        name: Lake(copy / "lake").latest(name, branch=branch) for name, (branch, _) in before.pins.items()
    }
    built = workspace.build()
    assert (built.changed, built.touched, built.snapshot.id) == (False, 0, before.id)
    assert versions == {
        name: Lake(copy / "lake").latest(name, branch=b) for name, (b, _) in before.pins.items()
    }


def test_increments_give_what_a_full_build_under_the_same_reference_gives(tmp_path: Path) -> None:
    folder = project(tmp_path / "shop")
    everything = lines()
    deliver(folder, "1.csv", [row for place, row in enumerate(everything) if place not in LATE])
    workspace = customer_genome.open(folder)
    assert workspace.build().touched == CUSTOMERS
    deliver(folder, "2.csv", last_day())
    day = workspace.build()
    assert day.touched == len({row[1] for row in last_day()})
    deliver(folder, "3.csv", [everything[place] for place in LATE])
    assert 0 < workspace.build().touched < CUSTOMERS
    increments = contents(folder)
    assert workspace.build(full=True, hold_reference=True).touched == CUSTOMERS
    assert_same(increments, contents(folder))
    assert workspace.status().revenue == pytest.approx(
        sum(float(str(row[5])) for row in everything + last_day())
    )


def test_a_corrected_item_is_corrected_for_everyone(copy: Path, tmp_path: Path) -> None:
    catalogue = copy / "data" / "products.csv"
    with catalogue.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    write_csv(catalogue, head, [(*row[:4], "Own") if row[0] == "tea-1" else row for row in rows])
    workspace = customer_genome.open(copy)
    assert workspace.build().touched == CUSTOMERS
    fresh = project(tmp_path / "fresh", keys=copy)
    deliver(fresh, "all.csv", lines())
    shutil.copy(catalogue, fresh / "data" / "products.csv")
    customer_genome.open(fresh).build()
    assert_same(contents(copy), contents(fresh))


def test_a_genome_as_of_a_day_is_the_one_that_day_would_have_seen(copy: Path, tmp_path: Path) -> None:
    main = contents(copy)
    workspace = customer_genome.open(copy)
    current = workspace.snapshot.id
    workspace.build(as_of=EARLIER, publish=False)
    then = project(tmp_path / "then", keys=copy)
    midnight = datetime.fromisoformat(f"{EARLIER}T00:00:00+02:00")
    deliver(then, "all.csv", [row for row in lines() if datetime.fromisoformat(str(row[3])) < midnight])
    letters = then / "data" / "letters.csv"
    text = letters.read_text(encoding="utf-8").splitlines()
    letters.write_text("\n".join(line for line in text if "2024-06-01" not in line) + "\n", encoding="utf-8")
    customer_genome.open(then).build(as_of=EARLIER)
    assert_same(contents(copy, as_of=EARLIER), contents(then))
    assert workspace.snapshot.id == current
    assert_same(contents(copy), main, tolerance=0)
    assert not workspace.build().changed


def test_what_happened_before_but_was_known_after_is_not_seen(tmp_path: Path) -> None:
    folder = project(tmp_path / "shop")
    text = (folder / "genome.yaml").read_text(encoding="utf-8")
    late = text.replace("occurred_at: bought_at\n", "occurred_at: bought_at\n      known_at: known\n")
    (folder / "genome.yaml").write_text(late, encoding="utf-8")
    rows = [(*row, row[3]) for row in purchases(FIRST_DAY, days=60)]
    hidden = [
        (f"x{n}", 900 + n % 3, "tea-0", "2024-01-10T10:00:00", 1, "9.00", "shop 1", "2024-03-20")
        for n in range(9)
    ]
    write_csv(folder / "data" / "purchases" / "all.csv", (*PURCHASES, "known"), rows + hidden)
    workspace = customer_genome.open(folder)
    workspace.build()
    assert workspace.status().customers == len({row[1] for row in rows} | set(range(1, 41)) | {900, 901, 902} |
                                               set(range(3, CUSTOMERS + 1, 3)))  # fmt: skip
    before = workspace.at("2024-03-20")
    assert before.status().revenue == pytest.approx(sum(float(str(row[5])) for row in rows))
    for name in ("customers", "identifiers", "interactions", "expressions", "phases", "best", "predictions"):
        ids = set(before.sql(f"SELECT customer_id FROM {name}", purpose="service")["customer_id"].to_pylist())
        assert not ids & {workspace.show(f"card:{card}").customer_id for card in (900, 901, 902)}, name
    assert workspace.at("2024-03-21").status().revenue == pytest.approx(workspace.status().revenue)


def test_one_build_at_a_time_and_readers_meanwhile_see_what_is_published(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(copy)
    deliver(copy, "new.csv", last_day())
    met: list[str] = []
    write = Lake._write

    def reading(lake: Lake, *args: object, **kwargs: object) -> object:
        done = write(lake, *args, **kwargs)  # type: ignore[arg-type]
        if len(met) in (0, 6, 12):
            assert customer_genome.open(copy).status().interactions == before["interactions"].num_rows
            with pytest.raises(BuildRunning, match="another build"):
                customer_genome.open(copy).build()
        met.append(str(args[0]))
        return done

    monkeypatch.setattr(Lake, "_write", reading)
    built = customer_genome.open(copy).build()
    assert built.changed
    assert len(met) > 12
    after = customer_genome.open(copy).status()
    assert after.interactions == before["interactions"].num_rows + len(last_day())


def test_an_opened_snapshot_stays_as_it_is_while_builds_follow(copy: Path) -> None:
    reader = customer_genome.open(copy)
    held = reader.access()
    before = held.read("customers", purpose="service").num_rows
    total = held.read("customers", purpose="service")["revenue"].to_pylist()
    deliver(copy, "new.csv", last_day())
    customer_genome.open(copy).build()
    assert held.read("customers", purpose="service").num_rows == before
    assert held.read("customers", purpose="service")["revenue"].to_pylist() == total
    assert reader.status().revenue > sum(total)


def test_days_pass_and_phases_move_on(shop: Path) -> None:
    phases = contents(shop)["phases"].to_pylist()
    people = contents(shop)["customers"].to_pylist()
    last = {row["customer_id"]: row["last_at"] for row in people}
    bought = {row["customer_id"]: row["last_purchase_at"] for row in people}
    as_of = customer_genome.open(shop).snapshot.as_of
    for row in phases:
        age = as_of - last[row["customer_id"]]
        assert row["phase"] in ("active", "lapsed", "prospect")
        assert row["entered_at"] <= as_of
        assert row["phase"] != "lapsed" or row["entered_at"] > bought[row["customer_id"]]
        assert row["phase"] != "active" or age <= timedelta(days=29)
    assert date.fromisoformat(EARLIER) < as_of.date()
