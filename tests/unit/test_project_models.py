"""A Project made in Python is as sound as one that was read, cannot be changed, and knows when it changed."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from customer_genome.core.journey_settings import JOURNEY_COLUMNS
from customer_genome.core.project import Project, Verb


def content(**changes: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "name": "Shop",
        "time_zone": "Etc/GMT+5",
        "currency": "USD",
        "departments": ["sales"],
        "purposes": {"analytics": {"basis": "contract"}, "marketing": {"basis": "consent"}},
        "identifiers": {"customer": {"direct": False}, "email": {"direct": True}},
        "verbs": {"buy": {"money": True}, "send-mail": {"received": True}},
        "sources": {
            "sales": {
                "department": "sales",
                "path": "sales.csv",
                "interactions": {
                    "identifiers": {"customer": "id"},
                    "verb": "buy",
                    "item": "sku",
                    "occurred_at": "t",
                },
            },
            "people": {
                "department": "sales",
                "purposes": ["analytics"],
                "path": "people.csv",
                "claims": {"identifiers": {"customer": "id"}, "attributes": {"age": "age"}},
            },
        },
    } | changes


def rule(**keys: Any) -> dict[str, Any]:
    items = {"item": "id", "kind": "product", "dna": [keys]}
    return content(sources={"goods": {"department": "sales", "path": "goods.csv", "items": items}})


def test_what_others_ask_of_a_project() -> None:
    project = Project.model_validate(content())
    assert project.tz == ZoneInfo("Etc/GMT+5")
    assert project.money_verbs == ("buy",)
    assert project.purposes_of("sales") == ("analytics", "marketing")
    assert project.purposes_of("people") == ("analytics",)
    assert list(project.sources_of("claims")) == ["people"]
    assert project.sources["people"].kind == "claims"
    assert project.sources["people"].mapping is project.sources["people"].claims
    assert project.journey_columns[: len(JOURNEY_COLUMNS)] == JOURNEY_COLUMNS
    made = ("first_send_mail_at", "last_send_mail_at", "send_mail_count", "days_since_send_mail")
    assert project.journey_columns[-5:] == (*made, "fact_age")


def test_a_project_cannot_be_changed() -> None:
    project = Project.model_validate(content())
    with pytest.raises(ValidationError, match="frozen"):
        project.name = "other"  # type: ignore[misc]


def test_a_project_made_of_models_is_checked_like_one_that_was_read() -> None:
    read = Project.model_validate(content())
    parts = {name: getattr(read, name) for name in Project.model_fields}
    assert Project(**parts) == read
    with pytest.raises(ValidationError, match="found verb `buy`"):
        Project(**parts | {"verbs": {"sell": Verb()}})


def test_the_fingerprint_follows_the_content_and_not_its_spelling() -> None:
    base = Project.model_validate(content())
    same = Project.model_validate(
        dict(reversed(content(phases=[{"name": "customer", "when": "TRUE -- all"}]).items()))
    )
    assert same.fingerprint() == base.fingerprint()
    assert Project.model_validate(content(engine={"threads": 8})).fingerprint() == base.fingerprint()


@pytest.mark.parametrize(
    "change",
    [
        {"time_zone": "UTC"},
        {"verbs": {"buy": {"money": True, "weight": 2.0}, "send-mail": {"received": True}}},
        {"verbs": {"buy": {"money": True, "half_life": 121}, "send-mail": {"received": True}}},
        {"phases": [{"name": "new", "when": "purchases = 0"}, {"name": "customer", "when": True}]},
        {"phases": [{"name": "someone", "when": True}]},
        {"best": {"share": 0.1}},
    ],
)
def test_the_fingerprint_changes_with_what_results_depend_on(change: dict[str, Any]) -> None:
    assert (
        Project.model_validate(content(**change)).fingerprint()
        != Project.model_validate(content()).fingerprint()
    )


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"how": "one_hot"}, "expected an expression: `how: one_hot` looks at it"),
        ({"how": "terms", "value": "title"}, "expected label to pattern"),
        (
            {"how": "terms", "value": "title", "terms": {"a": "("}},
            "expected a regular expression in RE2's syntax",
        ),
        (
            {"how": "terms", "value": "title", "terms": {"a": "(?=b)"}},
            "expected a regular expression in RE2's syntax",
        ),
        ({"how": "terms", "value": "title", "terms": {}}, "at least 1"),
        ({"how": "bins", "value": "size", "terms": {"a": "b"}}, "found `terms` beside `how: bins`"),
        (
            {"how": "one_hot", "value": "size", "within": "unit"},
            "it beside `how: bins` or `price_tiers` only",
        ),
        ({"how": "bins", "value": "size", "bins": ["low", "low"]}, "found a label twice"),
        ({"how": "bins", "value": "size", "bins": ["low"]}, "at least 2"),
        ({"how": "many_hot", "value": "size"}, "'one_hot', 'terms', 'bins', 'price_tiers' or 'words'"),
        ({"how": "words"}, "`how: words` looks at it"),
        ({"how": "one_hot", "value": "name", "read": ["terms"]}, "found `read` beside `how: one_hot`"),
        ({"how": "words", "value": "name", "read": ["offer", "offer"]}, "found `offer` a second time"),
        ({"how": "words", "value": "name", "read": []}, "at least one thing to read"),
        ({"how": "words", "value": "name", "read": ["moods"]}, "'style', 'traits', 'scent' or 'pack'"),
        (
            {"how": "words", "value": "name", "lexicon": {"offer": {"vip": "vip"}}},
            "found `offer`, which is not read",
        ),
        (
            {"how": "words", "value": "name", "read": ["offer"], "lexicon": {"offer": {"vip": "(?=b)"}}},
            "expected a regular expression in RE2's syntax",
        ),
    ],
)
def test_a_rule_of_dna_has_what_its_way_of_reading_needs(keys: dict[str, Any], found: str) -> None:
    with pytest.raises(ValidationError) as error:
        Project.model_validate(rule(family="f", **keys))
    assert error.value.error_count() == 1
    assert found in str(error.value)


def test_price_tiers_may_look_at_what_was_paid() -> None:
    project = Project.model_validate(rule(family="price", how="price_tiers", bins=["cheap", "dear"]))
    assert project.sources["goods"].items is not None
    assert project.sources["goods"].items.dna[0].value is None


def test_a_family_is_declared_once() -> None:
    twice = rule(family="brand", how="one_hot", value="brand")
    twice["sources"]["goods"]["items"]["dna"] *= 2
    with pytest.raises(ValidationError, match="`brand` a second time"):
        Project.model_validate(twice)


@pytest.mark.parametrize("encoding", ["utf-9", "hex", "rot13", ""])
def test_an_encoding_is_one_of_text(encoding: str) -> None:
    with pytest.raises(ValidationError, match="expected a text encoding"):
        Project.model_validate(
            content(sources={"s": content()["sources"]["sales"] | {"csv": {"encoding": encoding}}})
        )


def test_names_that_would_share_a_column_of_the_journey_are_refused() -> None:
    with pytest.raises(ValidationError, match="names that differ in more than - and _"):
        Project.model_validate(content(verbs={"buy": {}, "send-mail": {}, "send_mail": {}}))
