"""Who belongs to which account: sizes, members, and the changes of jobs, before anything else happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from customer_genome.simulator.company import Company
from customer_genome.simulator.draws import I64, Draws

NEIGHBOURS = 64
"""Accounts that exchange people: who changes the job goes to one of these, so a block holds whole neighbourhoods."""
LARGEST = 40
ALONE = 0.62


@dataclass(frozen=True)
class Roster:
    """`first[a]` is the first person of account a, which is its owner; `first[-1]` is the number of people."""

    first: I64

    @property
    def accounts(self) -> int:
        """Return the number of accounts."""
        return len(self.first) - 1

    def blocks(self, people: int) -> Iterator[tuple[int, int]]:
        """Yield runs of accounts (from, until) that hold about so many people, cut between neighbourhoods."""
        begin = 0
        while begin < self.accounts:
            wanted = int(np.searchsorted(self.first, self.first[begin] + people))
            end = max(wanted // NEIGHBOURS, begin // NEIGHBOURS + 1) * NEIGHBOURS
            end = min(end, self.accounts)
            yield begin, end
            begin = end


def roster(company: Company) -> Roster:
    """Give every account its size, until all customers have one: most are of one person, the tail is Pareto's."""
    fixed = Draws(company.seed, "account size", np.arange(company.customers)).fixed()
    tail = 1 + np.floor((1 - fixed.u(1)) ** (-1 / 1.3))
    size = np.where(fixed.coin(0, ALONE), 1, np.minimum(tail, LARGEST)).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(size)])
    last = int(np.searchsorted(first, company.customers))
    return Roster(np.minimum(first[: last + 1], company.customers))


def moves(company: Company, team: Roster, person: I64, account: I64) -> tuple[I64, I64]:
    """Return the day of each person's change of job (`days` where there is none), and the account they go to.

    Owners stay; 12 % of the others go in the time, to another account of the neighbourhood.
    """
    fixed, owner = Draws(company.seed, "moves", person).fixed(), team.first[account]
    low = account // NEIGHBOURS * NEIGHBOURS
    wide = np.minimum(low + NEIGHBOURS, team.accounts) - low
    target = low + (account - low + 1 + (fixed.u(1) * (wide - 1)).astype(np.int64)) % wide
    goes = fixed.coin(0, 0.12) & (owner != person) & (target != account)
    day = (company.days * (0.15 + 0.75 * fixed.u(2))).astype(np.int64)
    return np.where(goes, day, company.days), np.where(goes, target, account)
