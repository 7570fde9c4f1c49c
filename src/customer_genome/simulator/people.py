"""Who the customers truly are: attributes, tastes and traits of the people of a block, drawn before they do anything.

Tastes follow from what people are (proxies): each theme leans towards an age, a gender or parents, and those with a
disability use the area `accessibility` more. Nothing of that is read by the product.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from customer_genome.simulator.catalogue import AREAS, PALETTES, THEMES, TONES
from customer_genome.simulator.company import Company
from customer_genome.simulator.draws import F64, I64, Bool, Draws, Fixed
from customer_genome.simulator.effects import EXPERIMENTS
from customer_genome.simulator.names import COUNTRY_SHARES, INDUSTRIES
from customer_genome.simulator.roster import Roster, moves

SPREAD = {"area": 0.7, "theme": 0.8, "palette": 0.5, "tone": 0.6, "level": 0.6}
"""Standard deviation of people's log-multipliers of the odds of items."""
LEANING = {
    "nature": (0.0, 0.2, 0.3), "minimal": (0.3, -0.2, 0.0), "retro": (0.5, -0.1, -0.2), "luxury": (0.4, 0.3, -0.2),
    "sport": (-0.4, -0.6, 0.1), "festive": (-0.1, 0.2, 0.6), "pastel": (-0.5, 0.7, 0.3), "urban": (-0.6, -0.2, -0.3),
}  # fmt: skip
"""What is added to the log-odds of a theme: per step of age (-1 to 1), for women (men: its opposite), for parents."""
ACCESS = 1.4
"""What a disability adds to the log-odds of the area `accessibility`."""


@dataclass(frozen=True)
class People:
    """The people of a block, one place each; accounts are numbered in the company, and `home` within the block.

    `age`, `gender`, `country`, `industry` are places in their lists; `children` and `disability` are true or false;
    `employees` is the size of their company; traits (`intent`, `thrift`: price sensitivity, `zeal`) are standard
    normal. Tastes are log-multipliers: `area` (n × 8), `theme` (n × 8), `palette` (n × 4), `tone` (n × 4), `level`
    (n: for advanced features). `arrives` is the first day on which they may appear. `arms` says who is in the
    treated arm of each experiment (by account, n × 3).
    """

    company: Company
    person: I64
    account: I64
    first_account: int
    owner: I64
    move_day: I64
    next_account: I64
    age: I64
    gender: I64
    children: Bool
    disability: Bool
    country: I64
    industry: I64
    employees: I64
    intent: F64
    thrift: F64
    zeal: F64
    area: F64
    theme: F64
    palette: F64
    tone: F64
    level: F64
    arrives: I64
    arms: Bool

    def __len__(self) -> int:
        return len(self.person)

    @cached_property
    def is_owner(self) -> Bool:
        """Return who decides about their account."""
        return np.asarray(self.owner == self.person)

    def draws(self, stream: str) -> Fixed:
        """Return random numbers of a stream, one row a person."""
        return Draws(self.company.seed, stream, self.person).fixed()

    def account_draws(self, stream: str) -> Fixed:
        """Return random numbers of a stream that all people of an account share."""
        return Draws(self.company.seed, stream, self.account).fixed()


def people(company: Company, team: Roster, block: tuple[int, int]) -> People:
    """Draw the people of the accounts from `block[0]` until `block[1]`."""
    begin, end = block
    person = np.arange(team.first[begin], team.first[end])
    account = np.repeat(np.arange(begin, end), np.diff(team.first[begin : end + 1]))
    owner = team.first[account]
    day, target = moves(company, team, person, account)
    one, firm = (
        Draws(company.seed, "person", person).fixed(),
        Draws(company.seed, "account", account).fixed(),
    )
    age = one.choice(0, np.array([0.12, 0.32, 0.27, 0.17, 0.09, 0.03]))
    gender = one.choice(1, np.array([0.49, 0.49, 0.02]))
    children = one.coin(2, np.array([0.04, 0.25, 0.6, 0.5, 0.15, 0.03])[age])
    disability = one.coin(3, np.asarray(0.03 + 0.02 * age))
    members = team.first[account + 1] - team.first[account]
    size = np.round(members * np.exp(0.9 * np.abs(firm.normal(3)) * (members > 1))).astype(np.int64)
    sides = np.array([1.0, -1.0, 0.0])[gender]
    tastes = _tastes(one, np.stack([(age - 2.0) / 2.5, sides, children - 0.35], axis=1), disability)
    arms = np.stack([firm.coin(10 + k, 0.5) for k in range(len(EXPERIMENTS))], axis=1)
    return People(
        company, person, account, begin, owner, day, target, age, gender, children, disability,
        firm.choice(1, np.array(COUNTRY_SHARES)), firm.choice(2, np.ones(len(INDUSTRIES))), size,
        one.normal(4), 0.85 * one.normal(5) - 0.25 * (age - 1.9) / 1.2, one.normal(6), *tastes,
        (one.u(7) * company.days * 0.92).astype(np.int64) * one.coin(8, 0.75), arms,
    )  # fmt: skip


def _tastes(one: Fixed, causes: F64, disability: Bool) -> tuple[F64, F64, F64, F64, F64]:
    theme = 0.6 * _normals(one, 200, len(THEMES)) + causes @ np.array([LEANING[name] for name in THEMES]).T
    area = SPREAD["area"] * _normals(one, 220, len(AREAS))
    area[:, AREAS.index("accessibility")] += ACCESS * disability
    palette = SPREAD["palette"] * _normals(one, 240, len(PALETTES))
    tone = SPREAD["tone"] * _normals(one, 260, len(TONES))
    return area, theme, palette, tone, SPREAD["level"] * one.normal(280)


def _normals(one: Fixed, which: int, n: int) -> F64:
    return np.stack([one.normal(which + k) for k in range(n)], axis=1)
