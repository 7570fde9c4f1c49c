"""Genes from words: what people would read in a text is what is found, with the words that say so."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_genome.genome.words import Reading, lexicon, patterns, words
from customer_genome.genome.words_fold import fold, readable
from customer_genome.genome.words_pack import amount
from customer_genome.genome.words_stem import stem

MESSAGE = Reading(read=("offer", "urgency", "personal", "tone", "style"))
PRODUCT = Reading(read=("traits", "scent", "pack"))

SUBJECTS = {
    "Save 20% today only": {"percent off", "today only", "short", "digits"},
    "Nur heute: 15 % Rabatt auf alles!": {"percent off", "today only", "medium", "digits", "exclamation"},
    "Bis zu 50 % reduziert – Endspurt im Sale": {"percent off", "last chance", "medium", "digits"},
    "$10 off your next order": {"money off", "you", "short", "digits"},
    "10 € Gutschein für dich": {"money off", "you", "short", "digits"},
    "Free shipping ends tonight 🚚": {"free shipping", "ends soon", "short", "emoji"},
    "Versandkostenfrei bestellen, solange der Vorrat reicht": {"free shipping", "ends soon", "medium"},
    "A free gift with your purchase": {"gift", "you", "medium"},
    "Ihr Geschenk wartet": {"gift", "you", "short"},
    "Buy one, get one free": {"buy one get one", "short"},
    "3 für 2 auf alle Bücher": {"buy one get one", "short", "digits"},
    "Start your free trial": {"trial", "you", "short"},
    "Jetzt 30 Tage kostenlos testen": {"trial", "medium", "digits"},
    "Double points this week": {"points", "short"},
    "500 Bonuspunkte sammeln": {"points", "short", "digits"},
    "LAST CHANCE: hurry, {{first_name}}": {
        "no offer",
        "last chance",
        "hurry",
        "first name",
        "medium",
        "capitals",
    },
    "*|FNAME|*, wir vermissen dich": {"no offer", "first name", "you", "reminder", "short", "capitals"},
    "Where is my order?": {"no offer", "short", "question"},
    "Neu: unser Frühlingskatalog": {"no offer", "news", "short"},
    "You're invited: webinar on Tuesday": {"no offer", "you", "event", "medium"},
    "Thank you for 10 years": {"no offer", "you", "thanks", "short", "digits"},
    "How to plan a garden that needs little water, little time and no chemicals": {
        "no offer",
        "how to",
        "long",
    },
    "<p>Save&nbsp;20&#37; off <b>today</b> only</p>": {"percent off", "today only", "short", "digits"},
    "🎉🎉🎉": {"no offer", "short", "emoji"},
    "": set(),
    "   ": set(),
    "<p></p>": set(),
    "Yesterday's offices, tomorrow's ideas": {"no offer", "medium"},
    "Today only matters if you begin": {"no offer", "today only", "you", "medium"},
}
"""Subject lines and the labels that a person gave them; of the last one the lexicon knows no better."""

PRODUCTS = {
    "Organic Vanilla Yogurt 500 g": {"organic", "vanilla", "500 g"},
    "Bio-Vollmilch 1 l": {"organic", "1000 ml"},
    "Hypo-allergenic body lotion, fragrance free, 8.5 fl oz": {"hypo-allergenic", "fragrance-free", "251 ml"},
    "Waschmittel ohne Duftstoffe für empfindliche Haut 1,5 kg": {
        "fragrance-free",
        "hypo-allergenic",
        "1500 g",
    },
    "Lavender hand soap refill": {"lavender", "recycled"},
    "Lavendel Duftkerze": {"lavender"},
    "Coke Zero Sugar 6 x 330 ml": {"light", "330 ml", "multi-pack"},
    "Cola Light 1,5 l": {"light", "1500 ml"},
    "Sixpack Mineralwasser": {"multi-pack"},
    "Eier 10er Packung": {"multi-pack"},
    "Gluten-free pasta 1 lb": {"gluten-free", "454 g"},
    "Glutenfreie Nudeln, vegan": {"gluten-free", "vegan"},
    "Kids toothpaste mint 2.5 oz": {"kids", "mint", "70.9 g"},
    "Kinderzahnpasta": {"kids"},
    "Store brand paper towels 12 ct": {"private label", "12 pieces"},
    "Eigenmarke Küchenrolle 4 Stück": {"private label", "4 pieces"},
    "Light bulb 60 W": set(),
    "Rosé wine 0.75 l": {"750 ml"},
    "Bread": set(),
    "": set(),
}


@pytest.mark.parametrize(
    ("how", "golden"), [(MESSAGE, SUBJECTS), (PRODUCT, PRODUCTS)], ids=["subjects", "products"]
)
def test_texts_have_the_labels_that_a_person_gave_them(how: Reading, golden: dict[str, set[str]]) -> None:
    assert labels(list(golden), how=how) == golden


def labels(texts: list[str], *, how: Reading) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {text: set() for text in texts}
    for row in words(pa.array(texts, pa.string()), how=how).to_pylist():
        found[texts[row["text"]]].add(row["label"])
    return found


def test_every_label_comes_with_the_words_that_made_it() -> None:
    rows = words(
        pa.array(["Hurry: SAVE 20% on organic Käse"]), how=Reading(read=("offer", "urgency", "traits"))
    ).to_pylist()
    assert [(row["label"], row["words"]) for row in rows] == [
        ("hurry", "hurry"),
        ("organic", "organic"),
        ("percent off", "save 20%"),
    ]


def test_a_text_of_ten_thousand_characters_and_one_of_nothing_are_read() -> None:
    long = labels(["x" * 10_000 + " 20% off", "x " * 4_000 + "20% off"], how=MESSAGE)
    assert list(long.values()) == [{"no offer", "long"}, {"percent off", "digits", "long"}]
    assert words(pa.array([None, ""], pa.string()), how=MESSAGE).num_rows == 0
    assert (
        words(pa.array([], pa.string()), how=Reading(read=("terms", "offer", "style", "pack"))).num_rows == 0
    )


def test_terms_are_those_that_tell_items_of_a_category_apart() -> None:
    texts = (
        [f"yogurt {'greek style' if n % 2 else 'plain'} no {n}" for n in range(40)]
        + ["milk whole"] * 10
        + ["odd word"]
    )
    strata = pa.array(["yogurt"] * 40 + ["milk"] * 11)
    unique = sorted(set(texts))
    items = pa.array([unique.index(text) for text in texts])
    found = words(pa.array(unique), how=Reading(most=10), items=items, strata=strata)
    assert set(found["label"].to_pylist()) == {"greek style", "plain", "milk whole"}
    assert set(
        words(pa.array(unique), how=Reading(most=1), items=items, strata=strata)["label"].to_pylist()
    ) == {"greek style"}


def test_a_pair_of_words_takes_the_place_of_words_that_stand_only_in_it() -> None:
    texts = ["ice cream", "ice cream", "ice cream", "cream cheese", "cream cheese", "cheese", "bread"]
    found = set(words(pa.array(texts), how=Reading(fewest=2))["label"].to_pylist())
    assert found == {"ice cream", "cream", "cream cheese", "cheese"}


def test_pairs_do_not_reach_over_stop_words_and_stops() -> None:
    texts = ["soap, towel", "soap and towel", "soap - towel"] * 2 + ["bread"] * 5
    assert set(words(pa.array(texts), how=Reading(fewest=2))["label"].to_pylist()) == {
        "soap",
        "towel",
        "bread",
    }


@pytest.mark.parametrize(
    ("word", "stemmed"),
    [("batteries", "battery"), ("boxes", "box"), ("juices", "juice"), ("glass", "glass"), ("zeitungen", "zeitung"),
     ("gateaux", "gateau"), ("flores", "flor"), ("bus", "bus"), ("gas", "gas"), ("camiones", "camion")],
)  # fmt: skip
def test_plural_endings_go_and_words_stay(word: str, stemmed: str) -> None:
    assert stem(word) == stemmed


@pytest.mark.parametrize(
    ("number", "unit", "said"),
    [("1,5", "l", "1500 ml"), (".5", "kg", "500 g"), ("16", "oz", "454 g"), ("16", "fl oz", "473 ml"),
     ("12", "ct", "12 pieces"), ("0", "g", None), ("33", "cl", "330 ml"), ("1.75", "lt", "1750 ml")],
)  # fmt: skip
def test_amounts_come_in_one_unit(number: str, unit: str, said: str | None) -> None:
    assert amount(number, unit=unit) == said


def test_a_project_overrides_extends_and_drops_markers() -> None:
    own = {"offer": {"percent off": None, "für vips": r"\bVIPs?\b|müsli"}}
    how = Reading(read=("offer",), lexicon=own)
    found = labels(["20% off", "for vip customers", "MÜSLI", "free shipping"], how=how)
    assert list(found.values()) == [{"no offer"}, {"für vips"}, {"für vips"}, {"free shipping"}]
    assert ("offer", "percent off") not in patterns(("offer",), own=own)


def test_every_line_of_the_lexicon_has_english_and_german_or_any() -> None:
    assert set(lexicon()) == {"offer", "urgency", "personal", "tone", "traits", "scent"}
    assert all(lines for lines in lexicon().values())
    marked = [marker for lines in lexicon().values() for marker in lines]
    assert len(set(marked)) == len(marked)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=6))
def test_any_text_is_read_and_the_same_way_each_time(texts: list[str]) -> None:
    how = Reading(
        read=("terms", "offer", "urgency", "personal", "tone", "style", "traits", "scent", "pack"), fewest=1
    )
    distinct = pa.array(sorted(set(texts)), pa.string())
    found = words(distinct, how=how)
    assert found.equals(words(distinct, how=how))
    assert found.group_by(["text", "label"]).aggregate([]).num_rows == found.num_rows
    assert None not in found["label"].to_pylist()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    once = fold(readable(pa.array([text], pa.string())))
    assert fold(once).equals(once)


def test_a_hundred_thousand_titles_take_seconds() -> None:
    parts = ["Organic", "Käse", "20% off", "today only", "yogurt", "vanilla", "500 g", "deal", "your"]
    texts = pa.array(
        [f"{parts[n % 9]} {parts[n % 7]} word{n % 3_001} {parts[n % 5]} {n}" for n in range(100_000)]
    )
    how = Reading(read=("terms", "offer", "urgency", "personal", "tone", "style", "traits", "scent", "pack"))
    started = time.process_time()
    assert words(texts, how=how).num_rows > 100_000
    assert time.process_time() - started < 25  # about 4 s on an idle core
