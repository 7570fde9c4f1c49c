"""A small shop for tests that need a whole project: 80 customers, some 3,000 purchases, built in seconds.

What is planted: odd customers prefer the brand Own, even ones Makers; every fourth loves tea; the first ten come
most often; a letter was sent to every third customer; a survey asked the first forty.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

CUSTOMERS = 80
FIRST_DAY, DAYS = date(2024, 1, 1), 180
CATEGORIES = ("tea", "coffee", "bread", "cheese", "fruit", "soap", "pasta", "rice")
AFTER_ALL = "2024-06-29"
"""The as-of of a build of everything: the midnight after the last day."""
EARLIER = "2024-05-01"

GENOME_YAML = """\
version: 1
name: Small shop
time_zone: Europe/Berlin
currency: EUR
departments: [shop, marketing, research]
purposes:
  service: {basis: contract}
  analytics: {basis: legitimate_interest}
  personalisation: {basis: legitimate_interest}
  marketing: {basis: consent}
identifiers:
  card: {direct: false, type: integer}
  email: {direct: true, normalise: email}
verbs:
  buy: {weight: 1, half_life: 120, money: true}
  receive: {weight: 0.1, half_life: 240, received: true}
phases:
  - {name: prospect, when: first_purchase_at IS NULL}
  - {name: active, when: days_since_last <= 28}
  - {name: lapsed, when: true}
sources:
  purchases:
    department: shop
    path: data/purchases.csv
    interactions:
      key: [basket, product]
      identifiers: {card: card}
      verb: buy
      item: product
      occurred_at: bought_at
      quantity: quantity
      value: paid
      session: basket
      channel: shop
  products:
    department: shop
    path: data/products.csv
    items:
      item: product
      kind: product
      title: title
      category: category
      group: department
      dna:
        - {family: category, how: one_hot, value: category, unit: session, minimum_customers: 5}
        - {family: brand, how: one_hot, value: brand, minimum_customers: 5}
        - {family: price, label: Price tier, how: price_tiers, bins: [low, mid, high], minimum_customers: 5}
  letters:
    department: marketing
    path: data/letters.csv
    interactions:
      key: [card, letter]
      identifiers: {card: card}
      verb: receive
      item: "'letter:' || letter"
      occurred_at: sent_on
  letter_texts:
    department: marketing
    path: data/letter_texts.csv
    items:
      item: "'letter:' || letter"
      kind: letter
      title: title
      category: "'letter'"
      dna: [{family: offer, how: one_hot, value: offer, minimum_customers: 5}]
  survey:
    department: research
    purposes: [analytics, service]
    path: data/survey.csv
    claims:
      identifiers: {card: card, email: email}
      attributes: {age: age}
"""

Row = Sequence[object]


def small_project(folder: Path, *, customers: int = CUSTOMERS) -> Path:
    """Write genome.yaml and its CSV files into `folder` (made if missing); the same every time. Returns `folder`."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    (folder / "genome.yaml").write_text(GENOME_YAML, encoding="utf-8")
    write_csv(data / "purchases.csv", PURCHASES, purchases(FIRST_DAY, days=DAYS, customers=customers))
    write_csv(data / "products.csv", ("product", "title", "category", "department", "brand"), products())
    write_csv(data / "letters.csv", ("card", "letter", "sent_on"), letters())
    texts = [("spring", "Spring letter", "tea"), ("summer", "Summer letter", "fruit")]
    write_csv(data / "letter_texts.csv", ("letter", "title", "offer"), texts)
    asked = [(card, f"card{card}@example.org", ("18-34", "35-54", "55+")[card % 3]) for card in range(1, 41)]
    write_csv(data / "survey.csv", ("card", "email", "age"), asked)
    return folder


PURCHASES = ("basket", "card", "product", "bought_at", "quantity", "paid", "shop")


def purchases(first: date, *, days: int, seed: int = 20240101, customers: int = CUSTOMERS) -> list[Row]:
    """Return the lines of `days` days from `first` in the columns PURCHASES; one day more is a call with days=1."""
    chance = random.Random(f"{seed} {first}")  # noqa: S311 - a made-up shop, not a secret
    catalogue = products()
    lines: list[Row] = []
    for day in range(days):
        for card in range(1, customers + 1):
            if chance.random() < (0.12 if card <= 10 else 0.05):
                lines += _basket(chance, card, first + timedelta(days=day), catalogue)
    return lines


def products() -> list[tuple[str, str, str, str, str]]:
    """Return the catalogue: six products a category, of two brands, every third dear."""
    return [
        (
            f"{category}-{n}",
            f"{category.title()} no. {n}",
            category,
            _department(category),
            ("Own", "Makers")[n % 2],
        )
        for category in CATEGORIES
        for n in range(6)
    ]


def letters() -> list[Row]:
    """Return who received which letter: every third customer both of them."""
    sent = (("spring", "2024-03-15"), ("summer", "2024-06-01"))
    return [(card, letter, day) for card in range(3, CUSTOMERS + 1, 3) for letter, day in sent]


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write one file with a header line."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def _basket(
    chance: random.Random, card: int, day: date, catalogue: list[tuple[str, str, str, str, str]]
) -> list[Row]:
    loved = [3.0 if (brand == "Own") == (card % 2 == 1) else 1.0 for *_, brand in catalogue]
    if card % 4 == 0:
        loved = [weight * (5 if row[2] == "tea" else 1) for weight, row in zip(loved, catalogue, strict=True)]
    chosen = {row[0] for row in chance.choices(catalogue, loved, k=chance.randint(2, 5))}
    moment = datetime(day.year, day.month, day.day, chance.randint(8, 18), chance.randint(0, 59), tzinfo=UTC)
    lines: list[Row] = []
    for product in sorted(chosen):
        pieces, dear = chance.randint(1, 3), int(product[-1]) % 3 == 0
        paid = f"{pieces * (2.5 if dear else 1.25):.2f}"
        lines.append(
            (f"{day:%m%d}-{card}", card, product, moment.isoformat(), pieces, paid, f"shop {card % 3}")
        )
    return lines


def _department(category: str) -> str:
    return "drinks" if category in ("tea", "coffee") else "household" if category == "soap" else "food"
