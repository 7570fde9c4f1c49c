"""How fast customers are scored: a simulated company of a million, all questions about a customer as a whole at once.

Customers come at gamma-distributed rates (about 20 sessions in two years), some leave, and spend differs; some of the
four messages are answered. Models are trained on a small company of the kind; then batch after batch is simulated (not
timed) and scored (timed, from the history to the scores), so that memory is that of one batch. The unit is a bare
group-by over the same rows: sessions, spend and last day by customer. Run:

    python benchmarks/customers.py [--customers 1000000] [--threads 2]
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
from scipy import sparse

from customer_genome.core.targets import Target
from customer_genome.predictions.customers import CustomerModel, score_customers
from customer_genome.predictions.history import Acts, Catalogue, History, Level, Lines, Mask, arrange
from customer_genome.predictions.panel import Panel

DAYS, TRAINED, BATCH, ITEMS, GROUPS, MESSAGES, SESSIONS = 728.0, 300, 100_000, 2_000, 100, 4, 20.0
TARGETS = {
    "lapse": Target(predict="absence"),
    "lapse-active": Target(predict="absence"),
    "spend-drop": Target(predict="drop"),
    "spend": Target(predict="sum", statistic="median"),
    "spend-mean": Target(predict="sum"),
    "lifetime-value": Target(predict="sum", horizon=364),
    "offer-redemption": Target(predict="event", verbs=("redeem",)),
}


def catalogue() -> Catalogue:
    """Return products in categories, then messages; one gene of four on each."""
    names = np.array([f"i{k:05d}" for k in range(ITEMS)] + [f"m{k}" for k in range(MESSAGES)])
    code = np.append(np.arange(ITEMS) % GROUPS, np.full(MESSAGES, -1))
    levels = {
        "item": Level(np.arange(len(names)), names),
        "category": Level(code, np.array([f"c{k:03d}" for k in range(GROUPS)])),
    }
    places = np.arange(len(names))
    dna = sparse.csr_matrix((np.ones(len(names)), (places, places % 4)), shape=(len(names), 4))
    return Catalogue(names, levels, dna, np.array([f"trait:{k}" for k in range(4)]))


def company(customers: int, *, seed: int) -> History:
    """Return a simulated history of so many customers."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.5, 1 / 1.5, customers)
    born, life = (
        rng.uniform(0, DAYS, customers) * (rng.random(customers) < 0.4),
        rng.exponential(3 * DAYS, customers),
    )
    count = rng.poisson(1.6 * SESSIONS * rate)
    who = np.repeat(np.arange(customers), count)
    day = rng.uniform(0, DAYS, len(who))
    alive = (day >= born[who]) & (day < born[who] + life[who])
    who, day = who[alive], np.round(day[alive], 3)
    basket = 1 + (rng.random(len(who)) < 0.5)
    line = np.repeat(np.arange(len(who)), basket)
    n, nan = len(line), np.nan
    value = rng.gamma(2.0, 1.0, n) * (5 + 20 * rng.random(customers))[who[line]]
    lines = arrange(
        Lines(
            who[line], line, rng.integers(0, ITEMS, n), day[line], day[line], day[line],
            np.ones(n), value, np.full(n, nan), rng.integers(0, 5, n),
        )
    )  # fmt: skip
    return History(
        np.array([f"{k:07d}" for k in range(customers)]), catalogue(), ("buy", "receive", "redeem"), ("buy",),
        lines, acts(lines, customers, rng),
    )  # fmt: skip


def acts(lines: Lines, customers: int, rng: np.random.Generator) -> Acts:
    """Return the purchases, one message to half of the customers each, and the answers to them."""
    sent = [np.flatnonzero(rng.random(customers) < 0.5) for _ in range(MESSAGES)]
    who = np.concatenate(sent)
    message = np.repeat(np.arange(MESSAGES), [len(one) for one in sent])
    day = DAYS - 40.0 * (message + 1)
    answer = rng.random(len(who)) < 0.1 + 0.1 * (who % 4 == 0)
    columns = [
        np.concatenate([lines.customer, who, who[answer]]),
        np.repeat([0, 1, 2], [len(lines.customer), len(who), answer.sum()]),
        np.concatenate([lines.item, ITEMS + message, ITEMS + message[answer]]),
        np.concatenate([lines.day, day, day[answer] + np.round(rng.exponential(20, answer.sum()), 3)]),
    ]
    order = np.lexsort((columns[3], columns[0]))
    customer, verb, item, when = (column[order] for column in columns)
    return Acts(customer, verb, item, when, when)


def population(history: History, moment: float) -> Mask:
    """Return who has at least three sessions."""
    del moment
    return np.bincount(history.visits.customer, minlength=len(history.customers)) >= 3


def active(history: History, moment: float) -> Mask:
    """Return who also had one in the last 28 days."""
    recent = history.visits.customer[history.visits.day >= moment - 28]
    return population(history, moment) & (np.bincount(recent, minlength=len(history.customers)) > 0)


def group_by(history: History) -> float:
    """Return the seconds that a bare group-by over the lines takes."""
    start, lines, n = time.perf_counter(), history.lines, len(history.customers)
    np.bincount(lines.customer, minlength=n)
    np.bincount(lines.customer, lines.value, minlength=n)
    np.maximum.at(np.zeros(n), lines.customer, lines.day)
    return time.perf_counter() - start


def main() -> None:
    """Train on the first batch, score all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    first = Panel(company(TRAINED, seed=0), as_of=DAYS)
    models, start = [], time.perf_counter()
    for name, target in TARGETS.items():
        who = active if name == "lapse-active" else population
        models.append(CustomerModel(target, population=who, threads=asked.threads).fit(first))
    print(f"trained {len(models)} models in {time.perf_counter() - start:.0f} s", flush=True)
    del first
    bare = spent = busy = lines = 0.0
    for batch in range(-(-asked.customers // BATCH)):
        history = company(min(BATCH, asked.customers - batch * BATCH), seed=batch)
        bare += group_by(history)
        start, cpu = time.perf_counter(), time.process_time()
        score_customers(models, Panel(history, as_of=DAYS), threads=asked.threads)
        spent, busy = spent + time.perf_counter() - start, busy + time.process_time() - cpu
        lines += len(history.lines.day)
        print(
            f"{min((batch + 1) * BATCH, asked.customers):>10,} {spent:6.1f} s {spent / bare:5.0f} group-bys",
            flush=True,
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{asked.customers:,} customers, {lines / 1e6:.1f} M lines, {len(models)} targets")
    print(
        f"{spent:.1f} s on {asked.threads} threads, {spent / bare:.0f} times a bare group-by ({bare:.2f} s)"
    )
    print(f"{busy:.1f} s of one processor, which is what counts where others use the machine too")
    print(f"peak memory {peak:.1f} GB")


if __name__ == "__main__":
    main()
