"""Simulate a company into a folder: its sources as departments have them, and the truth beside them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from customer_genome.core.progress import Progress, Silent
from customer_genome.simulator.ads import ads
from customer_genome.simulator.billing import billing
from customer_genome.simulator.catalogue import (
    Mailing,
    ad_campaigns,
    designs,
    features,
    mailing,
    pages,
    plans,
)
from customer_genome.simulator.company import Company, Simulated
from customer_genome.simulator.crm import crm
from customer_genome.simulator.forum import forum
from customer_genome.simulator.identities import identities
from customer_genome.simulator.journey import journeys
from customer_genome.simulator.mail import mail
from customer_genome.simulator.people import people
from customer_genome.simulator.product import product
from customer_genome.simulator.roster import Roster, roster
from customer_genome.simulator.rows import Rows
from customer_genome.simulator.support import support
from customer_genome.simulator.truth import Truth, truth
from customer_genome.simulator.website import website
from customer_genome.simulator.write import EVENTS, Writer

BLOCK = 6_000
"""People simulated at once: about a million events, some hundred megabytes."""

Block = tuple[list[Rows], list[Rows]]
"""Tables of the sources, then those of the truth."""


def simulate(
    company: Company, *, out: Path, progress: Progress | None = None, block: int = BLOCK, threads: int = 2
) -> Simulated:
    """Write a company's sources to `out/data` and the truth about it to `out/truth`.

    The content depends on the company alone; `block` (people simulated at once) and `threads` change the order of rows
    and the time it takes. Raises GenomeError where a setting is impossible or data lie there already.
    """
    company.check()
    writer, told = Writer(out, company), Truth(out / "truth", company)
    writer.check()
    shown = progress or Silent()
    team, calendar = roster(company), mailing(company)
    shown.begin("simulating AdLoom (synthetic)", total=company.customers, unit="customers")
    for rows in _catalogues(company, calendar):
        writer.write(rows)
    try:
        for size, (sources, truths) in _blocks(company, team, calendar, block=block, threads=threads):
            for rows in sources:
                writer.write(rows)
            for rows in truths:
                told.write(rows)
            shown.advance(size)
        told.finish(calendar)
    finally:
        writer.close()
        told.close()
    shown.end()
    events = sum(writer.rows[name] for name in EVENTS)
    return Simulated(company, out, out / "truth", dict(writer.rows), dict(told.rows), events)


def _catalogues(company: Company, calendar: Mailing) -> list[Rows]:
    return [
        Rows("pages", pages()), Rows("ad_campaigns", ad_campaigns(company)), Rows("email_campaigns", calendar.table),
        Rows("features", features()), Rows("templates", designs()), Rows("plans", plans()),
    ]  # fmt: skip


def _blocks(
    company: Company, team: Roster, calendar: Mailing, *, block: int, threads: int
) -> Iterator[tuple[int, Block]]:
    """Yield blocks in order, `threads` of them in work at a time."""
    waiting: deque[tuple[int, Future[Block]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for begin, end in team.blocks(block):
            size = int(team.first[end] - team.first[begin])
            waiting.append((size, pool.submit(_block, company, team, calendar, (begin, end))))
            if len(waiting) > threads:
                done, made = waiting.popleft()
                yield done, made.result()
        while waiting:
            done, made = waiting.popleft()
            yield done, made.result()


def _block(company: Company, team: Roster, calendar: Mailing, block: tuple[int, int]) -> Block:
    lived = journeys(people(company, team, block), calendar)
    known = identities(lived)
    sources = [
        *website(lived, known), *ads(lived, known), *mail(lived, known, calendar), *product(lived, known),
        *crm(lived, known), *billing(lived, known), *support(lived, known), *forum(lived, known),
    ]  # fmt: skip
    return sources, truth(lived, known, calendar, sources)
