"""The demo: real data, a genome for every household, a report that stands alone."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from customer_genome.core.errors import SourceError
from customer_genome.serving import demo_retail as demonstration

pytestmark = pytest.mark.slow


def test_it_leaves_a_project_with_every_household(demo, genome_command) -> None:
    asked = [str(genome_command), "status", "--dir", str(demo), "--json"]
    status = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    assert status["customers"] == 2469
    assert all(
        row["received"] == row["stored"] + row["duplicates"] + row["quarantined"] + row["suppressed"]
        for row in status["sources"]
    )


def test_the_report_answers_and_stands_alone(demo) -> None:
    page = (demo / "report.html").read_text(encoding="utf-8")
    assert page.count("stands out by") == 1
    assert "Household" in page
    assert "84.51" in page
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    assert str(Path.home()) not in page


def test_the_data_are_linked_or_copied_and_not_changed(demo) -> None:
    files = sorted((demo / "data").glob("*.parquet"))
    assert len(files) == 8
    source = demonstration.installed_data()
    assert all(file.read_bytes() == (source / file.name).read_bytes() for file in files)


def test_without_the_data_it_says_how_to_install_them(monkeypatch) -> None:
    monkeypatch.setattr(demonstration, "find_spec", lambda _name: None)
    with pytest.raises(SourceError, match="customer-genome\\[demo\\]"):
        demonstration.installed_data()


def test_preparing_again_leaves_what_is_there_and_mends_broken_links(tmp_path) -> None:
    data = tmp_path / "installed"
    data.mkdir()
    for name in ("transactions", "products"):
        (data / f"{name}.parquet").write_bytes(b"rows")
    project = tmp_path / "demo"
    demonstration.prepare(project, data=data)
    own = (project / "genome.yaml").read_text() + "# mine\n"
    (project / "genome.yaml").write_text(own)
    link = project / "data" / "products.parquet"
    link.unlink()
    link.symlink_to(tmp_path / "gone")
    demonstration.prepare(project, data=data)
    assert (project / "genome.yaml").read_text() == own
    assert link.read_bytes() == b"rows"


def test_data_are_copied_where_links_cannot_be_made(tmp_path, monkeypatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError("no links here")

    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "products.parquet").write_bytes(b"rows")
    monkeypatch.setattr(Path, "symlink_to", refuse)
    demonstration.prepare(tmp_path / "demo", data=tmp_path / "installed")
    copied = tmp_path / "demo" / "data" / "products.parquet"
    assert copied.read_bytes() == b"rows"
    assert not copied.is_symlink()
