"""Everything wrong with a genome.yaml is said at once: file, line, key, what was found, what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from customer_genome.core.configuration import key_path, load_project, read_project
from customer_genome.core.errors import ConfigError, Problem, ProjectError
from customer_genome.core.project import Project
from customer_genome.core.yaml_tree import MAX_BYTES

GOOD = """\
version: 1
name: Shop
time_zone: Europe/Vienna
currency: EUR
departments: [sales, service]
purposes:
  analytics: {basis: legitimate_interest}
identifiers:
  customer: {direct: false}
verbs:
  buy: {weight: 1, half_life: 120, money: true}
  send-mail: {received: true}
phases:
  - {name: new, when: days_since_first <= 28}
  - {name: known, when: true}
sources:
  sales:
    department: sales
    path: data/sales.csv
    interactions:
      key: [receipt, sku]
      identifiers: {customer: customer_no}
      verb: buy
      item: sku
      occurred_at: sold_at
      value: 1
      properties: [discount]
  survey:
    department: service
    inputs: {answers: data/answers.csv, asked: data/asked.csv}
    query: SELECT * FROM answers JOIN asked USING (id)
    claims:
      identifiers: {customer: customer_no}
      attributes:
        age: age_band
"""


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as error:
        read_project(text)
    assert all(problem.file == "genome.yaml" for problem in error.value.problems)
    return error.value.problems


def only(text: str) -> tuple[int | None, str, str, str]:
    (problem,) = problems(text)
    return problem.line, problem.key, problem.found, problem.expected


def test_a_good_file_is_read() -> None:
    project = read_project(GOOD)
    assert project.sources["sales"].interactions is not None
    assert project.sources["sales"].interactions.value == "1"
    assert project.phases[-1].when == "TRUE"
    assert project.sources["survey"].claims is not None
    assert project.sources["survey"].claims.attributes["age"].value == "age_band"


# What is put into the place of what, and where and how that is reported.
FAULTS = [
    ("version: 1", "version: 2", 1, "version", "`2`", "1"),
    ("name: Shop", "name: 12", 2, "name", "`12`", "text (quote it if it is meant)"),
    ("name: Shop\n", "", 1, "name", "nothing", "a value: the key is required"),
    ("Europe/Vienna", "Europe/Wien", 3, "time_zone", "`Europe/Wien`", "a time zone that the IANA data base knows"),
    ("Europe/Vienna", "../../etc/passwd", 3, "time_zone", "`../../etc/passwd`", "a time zone that the IANA"),
    ("EUR", "euro", 4, "currency", "`euro`", "a currency's three letters"),
    ("[sales, service]", "[sales, service, sales]", 5, "departments[2]", "`sales` a second time", "each department"),
    ("legitimate_interest", "interest", 7, "purposes.analytics.basis", "`interest`", "'consent', 'contract'"),
    ("{direct: false}", "{direct: 'no'}", 9, "identifiers.customer.direct", "`no`", "true or false"),
    ("{direct: false}", "{}", 9, "identifiers.customer.direct", "nothing", "a value: the key is required"),
    ("half_life: 120", "haf_life: 120", 11, "verbs.buy.haf_life", "unknown key `haf_life`", "one of `half_life`"),
    ("half_life: 120", "half_life: 0", 11, "verbs.buy.half_life", "`0`", "more than 0"),
    ("half_life: 120", "half_life: 1.5", 11, "verbs.buy.half_life", "`1.5`", "a whole number"),
    ("half_life: 120", "half_life: '120'", 11, "verbs.buy.half_life", "`120`", "a whole number"),
    ("weight: 1", "weight: -1", 11, "verbs.buy.weight", "`-1`", "0 or more"),
    ("weight: 1", "weight: .nan", 11, "verbs.buy.weight", "`nan`", "a finite number"),
    ("weight: 1", "weight: .inf", 11, "verbs.buy.weight", "`inf`", ""),
    ("  send-mail:", "  Send Mail:", 12, "verbs.Send Mail", "`Send Mail`", "lower-case letters"),
    ("  send-mail:", "  on:", 12, "verbs", "the key `on`, which is a bool", "a key that is text: quote it"),
    ("  send-mail:", "  buy:", 12, "verbs.buy", "the key a second time", "it once (it stands in line 11)"),
    ("days_since_first <=", "days_since_frist <=", 14, "phases[0].when", "column `days_since_frist`", "one of"),
    ("when: days_since_first <= 28", "when: last_send_mail_at > now()", 14, "phases[0].when", "function `now`", "a"),
    ("when: true", "when: purchases > 1", 15, "phases[1].when", "`purchases > 1` in the last phase", "`true`"),
    ("when: days_since_first <= 28", "when: true", 14, "phases[0].when", "`true` before the last phase", "a cond"),
    ("name: known", "name: new", 15, "phases[1].name", "`new` a second time", "each phase once"),
    ("phases:", "accounts: {identifiers: [customer], phases: [{name: a, when: '\"theme:x\" > 1'}, {name: b, when: true}]}\nphases:", 13, "accounts.phases[0].when", "column `theme:x`", "one of"),
    ("department: sales", "department: slaes", 18, "sources.sales.department", "department `slaes`", "one of `sales`"),
    ("    path: data/sales.csv\n", "", 17, "sources.sales", "neither `path` nor `inputs`", "either `path`, or"),
    ("path: data/sales.csv", 'path: ""', 19, "sources.sales.path", "''", "text, not empty"),
    ("{customer: customer_no}\n      verb", "{custmer: customer_no}\n      verb", 22, "sources.sales.interactions.identifiers.custmer", "identifier type `custmer`", "one of `customer`; did you mean `customer`?"),
    ("verb: buy", "verb: by", 23, "sources.sales.interactions.verb", "verb `by`", "one of `buy`, `send-mail`; did"),
    ("      verb: buy\n", "", 20, "sources.sales.interactions", "none of them", "exactly one of `verb`, `verb_from`"),
    ("item: sku", "item: sku sku2", 24, "sources.sales.interactions.item", "`sku AS sku2`", "one scalar SQL"),
    ("item: sku", "item: (SELECT 1)", 24, "sources.sales.interactions.item", "`(SELECT 1)`", "one scalar SQL"),
    ("item: sku", "item: getenv('HOME')", 24, "sources.sales.interactions.item", "function `getenv`", "a function"),
    ("item: sku", "item: [sku]", 24, "sources.sales.interactions.item", "a list of 1", "text"),
    ("item: sku", "item:", 24, "sources.sales.interactions.item", "nothing", "text"),
    ("FROM answers JOIN asked", "FROM anwsers JOIN asked", 31, "sources.survey.query", "table `anwsers`", "one of `answers`, `asked`; did you mean `answers`?"),
    ("FROM answers JOIN asked", "FROM read_csv('x') JOIN asked", 31, "sources.survey.query", "function `read_csv`", "a function"),
    ("USING (id)", "USING (id); DROP TABLE asked", 31, "sources.survey.query", "2 statements", "one SELECT"),
    ("    claims:\n      identifiers: {customer: customer_no}\n      attributes:\n        age: age_band\n", "", 28, "sources.survey", "none of them", "exactly one of `interactions`, `claims`"),
    ("age: age_band", "age: {value: age_band, purposes: [sales]}", 35, "sources.survey.claims.attributes.age.purposes[0]", "purpose `sales`", "one of `analytics`"),
    ("age: age_band", "age: {value: age_band, sensitivity: secret}", 35, "sources.survey.claims.attributes.age.sensitivity", "`secret`", "'ordinary', 'personal' or 'special'"),
    ("properties: [discount]", "properties: discount", 27, "sources.sales.interactions.properties", "`discount`", "a list"),
    ("departments: [sales, service]", "departments: {sales: 1, service: 2}", 5, "departments", "a mapping", "a list"),
    ("phases:", "behaviour: {discounts: [discont]}\nphases:", 13, "behaviour.discounts[0]", "property `discont`", "one of `discount`"),
    ("  sales:\n    department: sales", "  sales: !!python/object/apply:os.system [ls]\n  shop:\n    department: sales", 17, "sources.sales", "the tag", "a value without a tag"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "key", "found", "expected"), FAULTS)
def test_each_fault_is_named_with_its_place(
    old: str, new: str, line: int, key: str, found: str, expected: str
) -> None:
    assert GOOD.count(old) == 1 or old in ("item: sku", "department: sales"), (
        "the fault must be put in one place"
    )
    where = only(GOOD.replace(old, new, 1))
    assert where[:2] == (line, key)
    assert where[2].startswith(found)
    assert where[3].startswith(expected)


def test_all_faults_are_said_at_once_in_the_order_of_the_file() -> None:
    text = GOOD
    for old, new in (
        ("Europe/Vienna", "Mars"),
        ("half_life", "haf_life"),
        ("  send-mail: {received: true}", "  buy: {received: true}"),
        ("when: true", "when: false"),
        ("verb: buy", "verb: by"),
        ("item: sku", "item: now()"),
        ("FROM answers", "FROM anwsers"),
    ):
        text = text.replace(old, new, 1)
    found = problems(text)
    assert [problem.line for problem in found] == [3, 11, 12, 15, 23, 24, 31]
    assert "did you mean `half_life`?" in found[1].expected
    with pytest.raises(ConfigError, match="7 problems in the configuration") as error:
        read_project(text, file="shop/genome.yaml")
    assert (
        str(error.value)
        .splitlines()[1]
        .startswith("  shop/genome.yaml:3: time_zone: found `Mars`; expected ")
    )


@pytest.mark.parametrize(
    ("text", "line", "found", "expected"),
    [
        ("", 1, "nothing", "a mapping"),
        ("# only a comment", 1, "nothing", "a mapping"),
        ("- a", 1, "a list of 1", "a mapping"),
        ("plain", 1, "`plain`", "a mapping"),
        ("a: 1\nb: [1, 2", 2, "while parsing a flow sequence", "valid YAML"),
        ("a: 1\n\tb: 2", 2, "while scanning for the next token", "valid YAML"),
        ("a: 1\n---\nb: 2", 2, "expected a single document", "valid YAML"),
        ("a: &x [1]\nb: *x", 2, "the alias *x", "everything written out"),
        ("a: &x {k: *x}", 1, "the alias *x", "everything written out"),
        ("a: 1\nb: \x07", 2, "the character", "text without control characters"),
        ("[" * 4_000, None, "values nested too deeply", "valid YAML"),
        ("a: " * 3, 1, "mapping values are not allowed here", "valid YAML"),
    ],
)
def test_yaml_that_cannot_be_read_is_one_problem(text: str, line: int, found: str, expected: str) -> None:
    place, key, what, instead = only(text)
    assert (place, key, instead) == (line, "file", expected)
    assert found in what


def test_merge_keys_and_keys_that_are_not_text_are_refused() -> None:
    found = {problem.found for problem in problems(GOOD + "<<: {a: 1}\n? [a]\n: 1\n1: 2\n")}
    assert {"the merge key <<", "a key that is a list or a mapping", "the key `1`, which is a int"} <= found


def test_an_alias_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    assert only(bomb)[0] == 2


def test_half_a_character_is_no_text() -> None:
    assert problems(GOOD.replace("name: Shop", 'name: "\\ud800"'))[0].found == "half of a character"


def test_values_of_the_environment_are_never_put_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "gold")
    text = GOOD.replace("name: Shop", "name: ${SECRET} $SECRET %SECRET%").replace(
        "data/sales", "${SECRET}/sales"
    )
    project = read_project(text)
    assert (project.name, project.sources["sales"].path) == (
        "${SECRET} $SECRET %SECRET%",
        "${SECRET}/sales.csv",
    )


def test_the_file_of_a_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "genome.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_project(tmp_path) == read_project(GOOD)
    assert load_project(str(tmp_path)).name == "Shop"


def test_a_folder_without_the_file_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="is no Customer Genome project") as error:
        load_project(tmp_path / "nowhere")
    assert "genome init" in error.value.fix


@pytest.mark.parametrize(
    ("data", "line", "expected"),
    [
        (b"name: a\ncurrency: \xff", 2, "UTF-8"),
        (b"a" * (MAX_BYTES + 1), None, f"at most {MAX_BYTES:,} bytes"),
    ],
)
def test_a_file_that_is_no_text_or_too_large(tmp_path: Path, data: bytes, line: int, expected: str) -> None:
    (tmp_path / "genome.yaml").write_bytes(data)
    with pytest.raises(ConfigError) as error:
        load_project(tmp_path)
    (problem,) = error.value.problems
    assert (problem.file, problem.line, problem.expected) == (str(tmp_path / "genome.yaml"), line, expected)


def test_a_path_is_written_as_people_read_it() -> None:
    assert key_path(("phases", 0, "when")) == "phases[0].when"
    assert key_path(()) == "file"


plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, part in parts for deeper in paths(part, (*path, key)))][
        0 if path else 1 :
    ]


PLACES = paths(yaml.safe_load(GOOD))


@given(st.lists(st.tuples(st.sampled_from(PLACES), plain_values), min_size=1, max_size=3))
def test_any_value_anywhere_gives_a_project_or_problems(
    changes: list[tuple[tuple[str | int, ...], object]],
) -> None:
    document = yaml.safe_load(GOOD)
    for place, value in changes:
        inner = document
        for key in place[:-1]:
            known = isinstance(inner, dict) and key in inner
            inner = inner[key] if known or (isinstance(inner, list) and key in range(len(inner))) else None
        if isinstance(inner, dict | list) and (isinstance(inner, dict) or place[-1] in range(len(inner))):
            inner[place[-1]] = value
    either(yaml.safe_dump(document, allow_unicode=True))


@given(
    st.text(max_size=200)
    | st.text("abc:-[]{}&*!|>'\"#%@`\n \t,?01.", max_size=60)
    | plain_values.map(yaml.safe_dump)
)
def test_any_text_gives_a_project_or_problems(text: str) -> None:
    either(text)
    either(GOOD + text)


def either(text: str) -> None:
    found: tuple[Problem, ...] = ()
    project = None
    try:
        project = read_project(text)
    except ConfigError as error:
        found = error.problems
    assert isinstance(project, Project) != bool(found)
    assert "\n".join(map(str, found)).encode() or project is not None
