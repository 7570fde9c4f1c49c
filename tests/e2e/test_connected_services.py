"""Each ready mapping against a sample of its service: pulled page by page, loaded, accounted for, as computed by hand."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connected_project import Loaded, loaded
from customer_genome.core.ready_services import SERVICES, with_services
from imitated_service import service
from sampled_services import KEY, SAMPLES, Rows, answers, sample

PROJECT = """\
version: 1
name: Connected
time_zone: UTC
currency: EUR
departments: [sales]
purposes: {service: {basis: contract}, analytics: {basis: contract}, personalisation: {basis: contract}}
identifiers:
verbs:
sources:
"""


@contextmanager
def served(name: str, rows: Rows, folder: Path) -> Iterator[Path]:
    """Serve `rows` as the service does, to a project that has its ready mapping."""
    with service(answers(name, rows)) as running:
        text = with_services(PROJECT, [name])
        local = re.sub(r"(base_url|token_url): https://[^/\s]+", rf"\1: {running.url}", text)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "genome.yaml").write_text(local, encoding="utf-8")
        yield folder


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "STRIPE_API_KEY", "HUBSPOT_TOKEN", "SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET", "ZENDESK_API_TOKEN",
        "MAILCHIMP_API_KEY", "KLAVIYO_API_KEY", "SHOPIFY_ACCESS_TOKEN",
    ):  # fmt: skip
        monkeypatch.setenv(name, KEY)


def load_sample(name: str, folder: Path) -> Loaded:
    with served(name, sample(name), folder) as project:
        return loaded(project)


def test_stripe(tmp_path: Path) -> None:
    found = load_sample("stripe", tmp_path)
    assert found.interactions("verb", "item_id", "occurred_at", "value", "currency") == [
        ("start-trial", "plan:price_pro", "2025-01-01T10:00:00+00:00", None, "EUR"),
        ("start-trial", "plan:price_pro", "2025-01-10T10:00:00+00:00", None, "EUR"),
        ("fail-payment", "charge:stripe", "2025-01-15T10:00:00+00:00", 49.0, "EUR"),
        ("subscribe", "plan:price_pro", "2025-01-15T10:00:00+00:00", None, "EUR"),
        ("pay", "charge:stripe", "2025-01-15T10:01:40+00:00", 49.0, "EUR"),
        (
            "cancel",
            "plan:price_pro",
            "2025-01-16T10:00:00+00:00",
            None,
            "EUR",
        ),  # in the trial: it never subscribed
        ("pay", "charge:stripe", "2025-01-17T07:46:40+00:00", 500.0, "JPY"),  # the yen has no hundredths
        ("pay", "charge:stripe", "2025-01-18T11:33:20+00:00", -10.0, "EUR"),
    ]
    assert found.claims() == {("country", "AT")}
    assert found.items() == {"plan:price_pro": ("Pro", "plan")}
    assert found.joined() == [
        ("stripe_customer", "email"), ("stripe_customer", "email"), ("stripe_customer", "email"),
        ("stripe_customer", "phone"),
    ]  # fmt: skip
    assert found.account() == {
        "stripe_customers": (2, 2, 0, 0, 0),
        "stripe_prices": (1, 1, 0, 0, 0),
        "stripe_subscriptions": (4, 4, 0, 0, 0),
        "stripe_charges": (3, 3, 0, 0, 0),
        "stripe_refunds": (1, 1, 0, 0, 0),
    }


def test_hubspot(tmp_path: Path) -> None:
    found = load_sample("hubspot", tmp_path)
    assert found.interactions("verb", "item_id", "occurred_at", "value") == [
        ("sign-up", "form:organic_search", "2025-01-02T09:00:00+00:00", None),
        ("sign-up", "form:unknown", "2025-01-03T09:30:00+00:00", None),
        ("win-deal", "deal:default", "2025-01-20T00:00:00+00:00", 1200.5),
    ]
    assert found.claims() == {
        ("role", "Designer"), ("country", "Austria"), ("industry", "DESIGN"), ("lifecycle_stage", "lead"),
        ("role", "Head of Ads"), ("lifecycle_stage", "customer"),
    }  # fmt: skip
    assert found.account() == {
        "hubspot_contacts": (2, 2, 0, 0, 0), "hubspot_leads": (2, 2, 0, 0, 0), "hubspot_deals": (1, 1, 0, 0, 0),
    }  # fmt: skip


def test_salesforce(tmp_path: Path) -> None:
    found = load_sample("salesforce", tmp_path)
    assert found.interactions("verb", "item_id", "occurred_at", "value", "channel", "properties") == [
        ("sign-up", "form:web", "2025-01-02T09:00:00+00:00", None, "crm", found.interactions("properties")[0][0]),
        ("win-deal", "deal:new business", "2025-01-20T00:00:00+00:00", 1200.5, "crm",
         '{"SystemModstamp":"2025-01-20T10:00:00.000+0000"}'),
        ("ask", "ticket:problem", "2025-02-01T08:00:00+00:00", None, "email",
         '{"Priority":"High","SystemModstamp":"2025-02-02T08:00:00.000+0000"}'),
    ]  # fmt: skip
    assert found.claims() == {("role", "Designer"), ("country", "Austria"), ("role", "Buyer")}
    assert found.account()["salesforce_contacts"] == (3, 3, 0, 0, 0)
    assert (
        sorted(found.joined())
        == [("salesforce_contact", "email")] * 2 + [("salesforce_contact", "phone")] * 2
    )


def test_zendesk(tmp_path: Path) -> None:
    found = load_sample("zendesk", tmp_path)
    assert found.interactions("verb", "item_id", "occurred_at", "channel") == [
        ("ask", "ticket:incident", "2025-01-10T22:55:29+00:00", "web"),
        ("ask", "ticket:unknown", "2025-01-13T08:00:00+00:00", "email"),
    ]
    assert found.claims() == {("language", "de"), ("language", "en-US")}  # the agent is no customer
    assert found.account() == {"zendesk_users": (2, 2, 0, 0, 0), "zendesk_tickets": (2, 2, 0, 0, 0)}
    assert found.joined() == [("zendesk_user", "email"), ("zendesk_user", "email"), ("zendesk_user", "phone")]


def test_mailchimp(tmp_path: Path) -> None:
    found = load_sample("mailchimp", tmp_path)
    assert found.interactions("verb", "item_id", "occurred_at", "properties") == [
        ("open", "email:42694e9e57", "2025-01-10T08:05:00+00:00", '{"url":null}'),
        ("click", "email:42694e9e57", "2025-01-10T08:06:00+00:00", '{"url":"https://example.com/sale"}'),
        ("open", "email:53ffab0000", "2025-01-20T09:00:00+00:00", '{"url":null}'),
    ]
    assert found.items() == {
        "email:42694e9e57": ("Only today: 20 % off!", "email"), "email:53ffab0000": ("New: templates", "email"),
    }  # fmt: skip
    assert ("newsletter", "unsubscribed") in found.claims()
    assert found.account() == {
        "mailchimp_activity": (3, 3, 0, 0, 0), "mailchimp_campaigns": (2, 2, 0, 0, 0),
        "mailchimp_members": (2, 2, 0, 0, 0),
    }  # fmt: skip


def test_klaviyo(tmp_path: Path) -> None:
    found = load_sample("klaviyo", tmp_path)
    assert found.interactions("verb", "item_id", "occurred_at") == [
        ("receive", "email:Only today", "2025-01-10T08:00:00+00:00"),
        ("open", "email:Only today", "2025-01-10T08:05:00+00:00"),
    ]
    assert found.claims() == {("country", "Austria"), ("language", "de-AT")}
    assert found.account() == {"klaviyo_events": (2, 2, 0, 0, 0), "klaviyo_profiles": (2, 2, 0, 0, 0)}


def test_shopify(tmp_path: Path) -> None:
    found = load_sample("shopify", tmp_path)
    assert found.interactions(
        "verb", "item_id", "occurred_at", "quantity", "value", "session_id", "channel"
    ) == [
        ("buy", "632910392", "2025-01-10T16:00:00+00:00", 2.0, 388.0, "450789469", "web"),
        ("buy", "921728736", "2025-01-10T16:00:00+00:00", 1.0, 50.0, "450789469", "web"),
        ("buy", "unknown", "2025-01-12T16:00:00+00:00", 1.0, 5.0, "450789471", "pos"),
    ]
    assert found.items() == {
        "632910392": ("IPod Nano - 8GB", "Cult Products"), "921728736": ("IPod Touch 8GB", "unknown"),
    }  # fmt: skip
    assert found.account()["shopify_orders"] == (3, 3, 0, 0, 0)


def test_ga4(tmp_path: Path) -> None:
    (tmp_path / "data" / "ga4").mkdir(parents=True)
    shutil.copy(SAMPLES / "ga4.jsonl", tmp_path / "data" / "ga4" / "events_20250110.jsonl")
    (tmp_path / "genome.yaml").write_text(with_services(PROJECT, ["ga4"]), encoding="utf-8")
    found = loaded(tmp_path)
    assert found.interactions("verb", "item_id", "occurred_at", "session_id", "channel") == [
        ("view", "page:/pricing", "2025-01-10T08:00:00+00:00", "1000.2000.1736495990", "web"),
        ("sign-up", "page:/", "2025-01-10T08:01:00.500000+00:00", "1000.2000.1736495990", "web"),
    ]
    assert found.joined() == [("ga_client", "user")]
    assert found.account() == {"ga4_events": (2, 2, 0, 0, 0)}


def test_every_service_has_a_test() -> None:
    assert {name.removeprefix("test_") for name in globals()} >= set(SERVICES)


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"ga4"}))
def test_a_second_pull_finds_nothing_new_where_nothing_is(name: str, tmp_path: Path) -> None:
    with served(name, sample(name), tmp_path) as project:
        first = loaded(project, published=True)
        again = loaded(project, published=True)
    assert again.tables["loads"] == first.tables["loads"]
    assert {path.suffix for path in (project / "landing").rglob("*") if path.is_file()} == {".json"}


def test_news_of_salesforce_are_asked_for_in_its_own_words(tmp_path: Path) -> None:
    rows = sample("salesforce")
    with served("salesforce", rows, tmp_path) as project:
        loaded(project, published=True)
        rows["Case"][0] |= {"Priority": "Low", "SystemModstamp": "2025-03-01T08:00:00.000+0000"}
        rows["Case"].append(rows["Case"][0] | {"Id": "500B", "CreatedDate": "2025-03-01T08:00:00.000+0000"})
        found = loaded(project, published=True)
    assert found.account()["salesforce_cases"] == (
        3,
        2,
        1,
        0,
        0,
    )  # the changed case says the same of what counts


def test_an_order_of_shopify_that_changed_replaces_its_lines(tmp_path: Path) -> None:
    rows = sample("shopify")
    with served("shopify", rows, tmp_path) as project:
        loaded(project, published=True)
        order = rows["orders"][0]
        order["updated_at"] = "2025-01-20T00:00:00-05:00"
        order["line_items"][0]["quantity"] = 1
        found = loaded(project, published=True)
    assert found.interactions("item_id", "quantity", "value") == [
        ("632910392", 1.0, 189.0), ("921728736", 1.0, 50.0), ("unknown", 1.0, 5.0),
    ]  # fmt: skip
