"""Each section's answer in a sentence or two, said before the evidence; honest where there is none."""

from __future__ import annotations

from customer_genome.serving.report.foretold import Targets
from customer_genome.serving.report.journey_answer import journey_answer
from customer_genome.serving.report.model import BestCustomers, Report, Section
from customer_genome.serving.report.picture import Comparison
from customer_genome.serving.report.wording import (
    clear,
    count,
    day,
    extremes,
    listing,
    money,
    share,
    signed,
    times,
)

QUESTIONS: dict[Section, str] = {
    "customers": "Who are our customers?",
    "journey": "How do they come and go?",
    "genomes": "What does a customer’s genome look like?",
    "compare": "How alike are two customers?",
    "best": "What sets our best customers apart?",
    "next": "What will they probably buy next?",
    "sure": "How sure are we?",
}

ASSOCIATION = (
    "This is association, not cause: these genes go with being among the best, and no experiment says that giving "
    "other customers these habits would make them best."
)
HONESTY = (
    f"{ASSOCIATION} Who will be best next is mostly said by what they have spent already; the genome helps "
    "where spending says little yet, with newcomers and prospects."
)


def answers(report: Report) -> dict[Section, str]:
    """The answer to every question, in the order of the report."""
    return {
        "customers": _customers(report),
        "journey": journey_answer(report.journey),
        "genomes": _genomes(report),
        "compare": _compare(report.comparison),
        "best": _best(report.best),
        "next": _next(report),
        "sure": _sure(report),
    }


def _customers(report: Report) -> str:
    seen = report.overview
    if not seen.customers:
        return "Nobody yet: no interaction has been stored."
    spent = (
        f" spent {money(seen.revenue, report.currency, cents=False)}"
        if seen.revenue is not None
        else " are known"
    )
    visits = f" in {count(seen.sessions)} {seen.session_word}" if seen.sessions is not None else ""
    said = f"{count(seen.customers)} customers{spent}{visits} from {day(seen.first)} to {day(seen.last)}."
    if seen.median_spend is not None:
        who = "them" if seen.buyers is None else f"the {count(seen.buyers)} who bought"
        said += f" Half of {who} spent less than {money(seen.median_spend, report.currency, cents=False)}"
        if seen.best_share and seen.best_revenue_share:
            said += f", while the top {share(seen.best_share)} brought {share(seen.best_revenue_share)} of revenue"
        said += "."
    return said


def _genomes(report: Report) -> str:
    phrases = []
    for genome in report.genomes:
        strong, weak = extremes(genome, most=1)
        if strong:
            phrases.append(f"{genome.name} by “{strong[0].label}” ({times(strong[0].strength)})")
        elif weak:
            phrases.append(f"{genome.name} by little “{weak[0].label}” ({times(weak[0].strength)})")
    if not phrases:
        return "Too little is known yet to draw what sets any customer apart."
    phrases[0] = phrases[0].replace(" by ", " stands out by ", 1)
    said = f"{listing(phrases)}, as multiples of what one would expect."
    bands = [band for genome in report.genomes for part in genome.chromosomes for band in part.bands]
    sure, known = sum(map(clear, bands)), sum(band.strength is not None for band in bands)
    return _begin(f"{said} Of the {count(known)} known genes drawn below, {count(sure)} clearly differ.")


def _compare(comparison: Comparison | None) -> str:
    if comparison is None or comparison.similarity is None:
        why = (
            comparison.reason
            if comparison is not None and comparison.reason
            else "no two customers were compared"
        )
        return f"Too few to say: {why}."
    pair = f"{comparison.left.name} and {comparison.right.name}"
    figure = f"similarity {signed(comparison.similarity).lstrip('+')}, where 1 is the same and 0 unrelated"
    if comparison.percentile is None:
        return _begin(f"{pair}: {figure}.")
    return _begin(f"{pair} are more alike than {share(comparison.percentile)} of all pairs: {figure}.")


def _best(best: BestCustomers | None) -> str:
    if best is None or not best.genes:
        why = (
            best.reason
            if best is not None and best.reason
            else "no gene separates the best from the rest surely"
        )
        return f"Too few to say: {why}."
    null = 1.0 if best.scale == "ratio" else 0.0
    more = [f"“{gene.label}”" for gene in best.genes if gene.low > null][:3]
    less = [f"“{gene.label}”" for gene in best.genes[::-1] if gene.high < null][:3]
    parts = [f"more {listing(more)}" if more else "", f"less {listing(less)}" if less else ""]
    said = "; ".join(part for part in parts if part) or "no sure difference"
    return f"The {count(best.best)} best customers show {said}."


def _next(report: Report) -> str:
    wanted = report.next_items
    tested = _tested(wanted.targets) if wanted and wanted.targets else ""
    firsts = [
        (person, person.predictions[0])
        for person in (wanted.customers if wanted else ())
        if person.predictions
    ]
    if not wanted or not firsts:
        return f"Too few to say: nobody shown has bought often enough.{tested}"
    said = listing(
        [f"“{first.label}” for {person.name} ({share(first.probability)})" for person, first in firsts]
    )
    return f"Likeliest in the {wanted.question}: {said}.{tested}"


def _tested(targets: Targets) -> str:
    """How many of the declared predictions were learned, and how many of them beat the naive rules."""
    found = [target for target in targets.learned if target.metric]
    learned, shown, proven = len(found), sum(one.shown for one in found), sum(one.proven for one in found)
    if not learned:
        return ""
    surely = "" if not shown else ", surely" if proven == shown else f", {count(proven)} of them surely"
    more = (
        f"Of {count(learned)} more predictions that were tested"
        if learned > 1
        else "Of one more prediction tested"
    )
    return f" {more}, {count(shown) if shown else 'none'} beat every naive rule{surely}."


def _sure(report: Report) -> str:
    sure, sources = report.sureness, report.overview.sources
    received = sum(source.received for source in sources)
    aside = sum(source.quarantined for source in sources)
    left = count(aside) if aside else "none"
    hidden = sum(genes.count for genes in sure.hidden)
    parts = []
    if sources:
        open_ = [source.name for source in sources if not source.closes]
        parts.append(
            f"The accounts of {listing(open_)} do not close" if open_
            else f"Every one of {count(received)} rows received is accounted for; {left} were set aside"
        )  # fmt: skip
    if hidden:
        parts.append(f"{count(hidden)} genes are hidden because they cannot be trusted")
    return (
        ". ".join(parts) + "."
        if parts
        else "Nothing has been received yet, so there is nothing to be sure of."
    )


def _begin(said: str) -> str:
    return said[:1].upper() + said[1:]
