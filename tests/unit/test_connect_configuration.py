"""What `connect` and `connections` accept, and that no secret written into genome.yaml is ever shown."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from customer_genome.core.configuration import read_project
from customer_genome.core.errors import ConfigError
from customer_genome.core.ready_services import SERVICES, about, service_text, with_services
from customer_genome.core.scaffold import TEMPLATES, template_text

SQL = {"sql": "crm", "table": "t"}
REST = {"rest": "api", "path": "/rows"}
CONNECTIONS = {
    "crm": {"url": "sqlite:///data/crm.sqlite"},
    "api": {"base_url": "https://api.example.com", "auth": {"type": "bearer", "secret": "API_KEY"}},
    "bucket": {"options": {"anon": True}},
}


def text(connect: Any, *, connections: Any = CONNECTIONS, **source: Any) -> str:
    mapping = {"identifiers": {"person": "person"}, "verb": "buy", "item": "sku", "occurred_at": "at"}
    return yaml.safe_dump({
        "version": 1, "name": "x", "time_zone": "UTC", "currency": "EUR", "departments": ["sales"],
        "purposes": {name: {"basis": "contract"} for name in ("service", "analytics", "personalisation")},
        "identifiers": {"person": {"direct": False}}, "verbs": {"buy": {"weight": 1}}, "connections": connections,
        "sources": {"orders": {"department": "sales", "connect": connect, "interactions": mapping, **source}},
    })  # fmt: skip


@pytest.mark.parametrize(
    "connect",
    [
        SQL, SQL | {"cursor": "at", "key": ["id"], "columns": ["id", "at"]}, SQL | {"columns": {"id": "integer"}}, REST,
        REST | {"cursor": "at", "since": {"param": "since", "first": 0}}, REST | {"params": {"q": "a >= {since}"}},
        {"rest": "api", "path": "/rows/{each}", "each": {"path": "/parents"}},
        {"files": "s3://bucket/x", "store": "bucket"}, {"files": "data/exports", "glob": "*.csv"},
    ],
)  # fmt: skip
def test_what_is_right_is_read(connect: dict[str, Any]) -> None:
    read = read_project(text(connect)).sources["orders"]
    assert read.connect is not None
    assert read.connect.connection in {*CONNECTIONS, None}
    assert read.place == read.connect.label


def test_a_query_reads_what_was_pulled_and_nothing_else() -> None:
    assert read_project(text(SQL, query="SELECT * FROM received")).sources["orders"].query is not None
    with pytest.raises(ConfigError, match="table `orders`; expected one of `received`"):
        read_project(text(SQL, query="SELECT * FROM orders"))


@pytest.mark.parametrize(
    ("connect", "says"),
    [
        ({}, "none of them; expected exactly one of `sql`, `rest` and `files`"),
        (SQL | REST, "`sql` and `rest`"),
        ({"sql": "crm"}, "connect.table: found nothing"),
        ({"rest": "api"}, "connect.path: found nothing"),
        ({"sql": "cmr", "table": "t"}, "connection `cmr`; expected one of .*did you mean `crm`"),
        ({"sql": "api", "table": "t"}, "`api`, a service; expected a connection that is a database"),
        (SQL | {"path": "/x"}, "`path` beside `sql`; expected it beside `rest` only"),
        ({"files": "x", "cursor": "at"}, "`cursor` beside `files`; expected it beside `sql` or `rest` only"),
        (REST | {"since": {"first": 0}}, "`since` without `cursor`"),
        (REST | {"each": {"path": "/parents"}}, "`{each}` in `path` and `each`, one without the other"),
        (SQL | {"columns": {"id": "date"}}, "connect.columns.id"),
        (SQL | {"tabel": "t"}, "unknown key `tabel`.*did you mean `table`"),
    ],
)
def test_what_is_wrong_is_named(connect: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read_project(text(connect))


def test_a_source_has_one_place_to_read_from() -> None:
    with pytest.raises(
        ConfigError,
        match="`path` and `connect`; expected either `path`, or `inputs` with a `query`, or `connect`",
    ):
        read_project(text(SQL, path="data/x.csv"))


@pytest.mark.parametrize(
    "connection",
    [
        {"url": "postgresql://me:hunter2@db.example.com/crm"},
        {"url": "postgresql://db.example.com/crm?password=hunter2"},
        {"secret": "postgresql://me:hunter2@db.example.com/crm"},
        {"secret": "hunter2"},
        {"base_url": "https://me:hunter2@api.example.com"},
        {"base_url": "https://api.example.com", "auth": {"type": "bearer", "secret": "hunter2"}},
        {"base_url": "https://api.example.com", "headers": {"Authorization": "Bearer hunter2"}},
        {"base_url": "https://api.example.com", "headers": {"X-Api-Key": "hunter2"}},
        {"options": {"secret": "hunter2"}},
        {"secrets": {"key": "hunter2"}},
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_shown(connection: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="not shown") as error:
        read_project(text(SQL, connections=CONNECTIONS | {"mine": connection}))
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("connection", "says"),
    [
        ({}, "found none of them; expected `url` or `secret`"),
        ({"url": "sqlite:///a", "secret": "A"}, "found `url` and `secret`"),
        ({"url": "sqlite:///a", "auth": {"type": "bearer", "secret": "A"}}, "`auth` in a database"),
        ({"url": "data/crm.sqlite"}, "a text without `scheme://`"),
        (
            {"base_url": "http://api.example.com", "auth": {"type": "bearer", "secret": "A"}},
            "sent in the open",
        ),
        (
            {"base_url": "https://a", "auth": {"type": "oauth2", "secret": "A"}},
            "`token_url` and `type: oauth2`",
        ),
    ],
)
def test_a_connection_is_a_database_a_service_or_a_store(connection: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read_project(text(SQL, connections=CONNECTIONS | {"mine": connection}))


def test_a_project_may_change_what_it_connects_to_without_a_trace_of_a_secret() -> None:
    project = read_project(text(REST))
    assert "API_KEY" in project.model_dump_json()  # the name; there is nothing else


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("services", [*([name] for name in SERVICES), list(SERVICES)], ids=" ".join)
def test_ready_mappings_fit_into_every_template(template: str, services: list[str]) -> None:
    before = template_text(template)
    made = with_services(before, services)
    project = read_project(made)
    added = set(project.sources) - set(read_project(before).sources)
    assert {name.partition("_")[0] for name in added} == set(services)
    assert [line for line in before.splitlines() if line not in made.splitlines()] in (
        [], [line for line in before.splitlines() if line.startswith("departments:")],
    )  # fmt: skip
    assert with_services(made, services) == made


@pytest.mark.parametrize("service", SERVICES)
def test_a_ready_mapping_names_its_source_and_stays_readable(service: str) -> None:
    lines = service_text(service).splitlines()
    assert about(service).endswith(".")
    assert any("https://" in line for line in lines[:4])
    assert max(map(len, lines)) <= 120


def test_an_unknown_service_is_named_with_its_neighbour() -> None:
    with pytest.raises(Exception, match="did you mean `stripe`"):
        service_text("strip")
