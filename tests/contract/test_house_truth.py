"""Nothing in the product reads the truth of a simulated company, and the simulator reads nothing of the product."""

from __future__ import annotations

import re
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "customer_genome"


def test_only_the_simulator_knows_where_the_truth_lies() -> None:
    named = [
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        if re.search(r"""["'/]truth["'/]""", file.read_text(encoding="utf-8"))
    ]
    others = {name for name in named if not name.startswith("simulator/")}
    assert others <= {
        "serving/demo_saas.py",
        "core/scaffold.py",
        "predictions/honesty/backtest.py",
    }  # the last has a column of that name


def test_the_simulator_knows_the_core_alone() -> None:
    imported = {
        match
        for file in (PACKAGE / "simulator").rglob("*.py")
        for match in re.findall(r"from customer_genome\.(\w+)", file.read_text(encoding="utf-8"))
    }
    assert imported <= {"core", "simulator"}
