"""The templates load, teach, and begin a project without ever writing over one."""

from __future__ import annotations

from pathlib import Path

import pytest

from customer_genome.core.configuration import load_project
from customer_genome.core.errors import ProjectError
from customer_genome.core.scaffold import TEMPLATES, init, template_text


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_loads_and_stays_readable(template: str, tmp_path: Path) -> None:
    written = init(tmp_path / "new" / "shop", template=template)
    project = load_project(written.parent)
    assert project.template == template
    lines = template_text(template).splitlines()
    assert len(lines) < {"retail": 300, "saas": 430}[template]  # five departments have twenty sources
    assert max(map(len, lines)) <= 120
    assert sum("#" in line for line in lines) >= 20
    assert (written.parent / "data").is_dir()
    ignored = (written.parent / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/data/", "/lake/", "/keys/", "/ledger.db*"} <= set(ignored)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_uses_every_verb_department_and_identifier_that_it_declares(
    template: str, tmp_path: Path
) -> None:
    init(tmp_path, template=template)
    project = load_project(tmp_path)
    mappings = [source.interactions for source in project.sources.values() if source.interactions]
    written = " ".join(f"{one.verb} {one.verb_from}" for one in mappings)
    claims = [source.claims for source in project.sources.values() if source.claims]
    assert [verb for verb in project.verbs if verb not in written] == []
    assert set(project.departments) == {source.department for source in project.sources.values()}
    assert set(project.identifiers) == {kind for one in (*mappings, *claims) for kind in one.identifiers}
    assert {"service", "analytics", "personalisation", "marketing", "research"} <= set(project.purposes)


@pytest.mark.parametrize("template", TEMPLATES)
def test_half_lives_and_phases_are_those_that_were_found_good(template: str, tmp_path: Path) -> None:
    init(tmp_path, template=template)
    project = load_project(tmp_path)
    assert min(verb.half_life for verb in project.verbs.values()) >= 120
    names = {
        "retail": "prospect newcomer active lapsing lapsed",
        "saas": "churned subscription member trial lead pre-lead",
    }
    assert [phase.name for phase in project.phases] == names[template].split()


def test_what_was_told_of_people_is_not_open_for_advertising(tmp_path: Path) -> None:
    init(tmp_path, template="retail")
    project = load_project(tmp_path)
    assert set(project.purposes_of("demographics")) == {"analytics", "research"}
    claims = project.sources["demographics"].claims
    assert claims is not None
    assert {attribute.sensitivity for attribute in claims.attributes.values()} == {"personal"}
    assert claims.attributes["kids"].purposes == ("research",)


def test_a_project_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "genome.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(ProjectError, match="is a project already") as error:
        init(tmp_path, template="retail")
    assert "another folder" in error.value.fix
    assert [path.name for path in tmp_path.iterdir()] == ["genome.yaml"]
    assert (tmp_path / "genome.yaml").read_text(encoding="utf-8") == "mine"


def test_data_and_an_ignore_file_that_are_there_already_stay(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sales.csv").write_text("a", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("mine", encoding="utf-8")
    init(tmp_path, template="saas")
    assert (tmp_path / "data" / "sales.csv").read_text(encoding="utf-8") == "a"
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "mine"


def test_an_unknown_template_is_named_with_its_neighbour(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="did you mean `retail`") as error:
        init(tmp_path / "shop", template="retial")
    assert error.value.found == "`retial`"
    assert not (tmp_path / "shop").exists()


def test_a_file_where_the_folder_should_be_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("", encoding="utf-8")
    with pytest.raises(ProjectError, match="cannot begin a project in"):
        init(tmp_path / "shop", template="retail")
