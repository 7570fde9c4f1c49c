"""The words of the report that are not plain English, explained."""

from __future__ import annotations

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("as of", "Everything is computed from what was known at this moment, and nothing later."),
    ("best", "The top share of customers by value; the section says how value is counted."),
    (
        "band",
        "The strip around a curve: at each day it holds the true value in 95 of 100 cases.",
    ),
    ("evidence", "How many different products, or baskets for a category, a strength rests on."),
    (
        "expected",
        "What the same purchases would show had the customer chosen, inside each category, as everybody does.",
    ),
    (
        "gene",
        "A named trait that can be read from what a customer does: a brand, a category, a price level, a rhythm.",
    ),
    ("genome", "All genes of one customer together, with the facts known and the phase."),
    ("interaction", "One thing a customer did or received: a purchase, a coupon used, a mailing."),
    ("interval", "The range that holds the true value in nine of ten cases, unless another share is named."),
    (
        "naive rule",
        "A prediction that learns next to nothing, such as “as much as usual”; a model has to beat it.",
    ),
    (
        "odds ratio",
        "How many times as large the odds of something are among those who moved as among comparable others.",
    ),
    ("phase", "Where a customer stands in the journey with us; everybody is in exactly one."),
    ("precision", "The probability that a fact is true."),
    ("q", "Of the genes shown with this figure or a smaller one, the share that is expected to be chance."),
    (
        "quarantine",
        "Rows that break the source’s contract wait here with the reason, to be mended and brought back.",
    ),
    (
        "reliability",
        "How well a gene read in one part of the data tells the same gene in another: 0 not at all, 1 fully.",
    ),
    ("similarity", "How closely two genomes point the same way: 1 the same, 0 unrelated, below 0 opposed."),
    ("strength", "How many times what one would expect: 2× is twice as much, 0.5× half."),
    ("touch", "A message or visit before a conversion, by which models share out the credit."),
    ("suppressed", "Rows of people who asked to be forgotten; they are not stored again."),
)
