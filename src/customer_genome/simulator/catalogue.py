"""What AdLoom offers and says: features, designs, pages, plans, ads and e-mail campaigns, each with what it carries.

Catalogues are the same for every seed, but for the calendar of e-mail campaigns, which is as long as the company's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from customer_genome.simulator.company import Company
from customer_genome.simulator.draws import F64, I64, Draws
from customer_genome.simulator.effects import CHANNELS, MAIL_KINDS, MAIL_STRENGTH
from customer_genome.simulator.subjects import subject

AREAS = (
    "designs", "editing", "ai-copy", "brand-kit", "publishing", "analytics", "collaboration", "accessibility",
)  # fmt: skip
ACTIVATING = ("brand-kit", "publishing", "collaboration")
"""Areas whose use makes subscribers of those on trial."""
LEVELS = ("basic", "advanced")
FORMATS = ("banner", "story", "square-post", "video-ad", "poster", "e-mail-header")
THEMES = ("nature", "minimal", "retro", "luxury", "sport", "festive", "pastel", "urban")
PALETTES = ("warm", "cool", "mono", "vivid")
TONES = ("playful", "formal", "urgent", "personal")
PLAN_NAMES, PLAN_PRICES = ("starter", "pro", "business"), (19.0, 49.0, 99.0)
AREA_SHARES = np.array([0.2, 0.24, 0.12, 0.1, 0.14, 0.08, 0.09, 0.03])
PER_AREA, PER_LOOK, PER_TOPIC = 8, 30, 5
TOPICS = (*AREAS, "pricing", "about")
TOPIC_SHARES = np.array([*(AREA_SHARES * 0.7), 0.18, 0.12])
ADS_PER_CHANNEL = 6
OFFERS = ("", "20 % off", "free month")

_WORDS = {
    "designs": ("Template finder", "ready layouts for every format"),
    "editing": ("Canvas", "cut, mask and align pictures and text"),
    "ai-copy": ("Copy writer", "texts and variants written by a language model"),
    "brand-kit": ("Brand kit", "logos, colours and fonts of the company in one place"),
    "publishing": ("Publisher", "send finished ads to networks and schedule them"),
    "analytics": ("Insights", "clicks, reach and tests of every ad"),
    "collaboration": ("Team room", "comments, approvals and shared folders"),
    "accessibility": ("Access check", "contrast, captions and use by keyboard alone"),
}  # fmt: skip
_ACTIONS = ("open", "preview", "duplicate", "resize", "automate", "import", "combine", "schedule")


@dataclass(frozen=True)
class Mailing:
    """The calendar of e-mail campaigns, one place each: its day, kind, theme, tone, offer and strength.

    `strength` is what one real opening adds to the stock of mail; `table` is `campaigns.csv`.
    """

    day: I64
    kind: I64
    theme: I64
    tone: I64
    strength: F64
    table: pa.Table


def popularity(name: str, n: int) -> F64:
    """Return a heavy-tailed popularity of n items: lognormal with sigma 0.8."""
    return np.exp(0.8 * Draws(7, "popularity " + name, np.arange(n)).fixed().normal(0))


def features() -> pa.Table:
    """Return the features: eight in each area, half of them advanced."""
    place = np.arange(len(AREAS) * PER_AREA)
    area, within = place // PER_AREA, place % PER_AREA
    rows = {
        "feature_id": [f"f{p:03}" for p in place],
        "name": [f"{_WORDS[AREAS[a]][0]}: {_ACTIONS[w]}" for a, w in zip(area, within, strict=True)],
        "area": [AREAS[a] for a in area],
        "level": [LEVELS[w // 4] for w in within],
        "plan": [PLAN_NAMES[min(2, int(w) // 3)] for w in within],
        "description": [
            f"{_ACTIONS[w].capitalize()}: {_WORDS[AREAS[a]][1]}" for a, w in zip(area, within, strict=True)
        ],
    }
    return pa.table(rows)


def designs() -> pa.Table:
    """Return the template designs: for every format and every look (theme and palette) three items."""
    place = np.arange(len(FORMATS) * len(THEMES) * len(PALETTES) * PER_LOOK)
    look = place // PER_LOOK % (len(THEMES) * len(PALETTES))
    fmt, theme, palette = place // (PER_LOOK * 32), look // len(PALETTES), look % len(PALETTES)
    names = zip(place, fmt, theme, palette, strict=True)
    rows = {
        "template_id": [f"t{p:04}" for p in place],
        "title": [f"{PALETTES[c]} {THEMES[t]} {FORMATS[f]} {p % PER_LOOK + 1}" for p, f, t, c in names],
        "format": [FORMATS[f] for f in fmt],
        "theme": [THEMES[t] for t in theme],
        "palette": [PALETTES[c] for c in palette],
    }
    return pa.table(rows)


def pages() -> pa.Table:
    """Return the pages of the website: five to each topic."""
    place = np.arange(len(TOPICS) * PER_TOPIC)
    topic, within = place // PER_TOPIC, place % PER_TOPIC
    kinds = ("", "/guide", "/examples", "/faq", "/stories")
    rows = {
        "path": [f"/{TOPICS[t]}{kinds[w]}" for t, w in zip(topic, within, strict=True)],
        "title": [f"{TOPICS[t]} {kinds[w][1:] or 'overview'}" for t, w in zip(topic, within, strict=True)],
        "topic": [TOPICS[t] for t in topic],
    }
    return pa.table(rows)


def plans() -> pa.Table:
    """Return the plans and their monthly price per account, in EUR."""
    return pa.table({"plan_id": PLAN_NAMES, "name": PLAN_NAMES, "monthly_price": PLAN_PRICES})


def ad_looks() -> tuple[I64, I64, I64]:
    """Return theme, tone and offer of every ad campaign, by channel and place."""
    fixed = Draws(7, "ad campaigns", np.arange(len(CHANNELS) * ADS_PER_CHANNEL)).fixed()
    even = np.ones(8)
    return fixed.choice(0, even), fixed.choice(1, even[:4]), fixed.choice(2, np.array([0.6, 0.25, 0.15]))


def ad_campaigns(company: Company) -> pa.Table:
    """Return the ad campaigns: six to each channel, with creative and cost per 1000 impressions (EUR)."""
    theme, tone, offer = ad_looks()
    place = np.arange(len(theme))
    cost = np.array([38.0, 14.0, 9.0, 12.0, 3.0])[place // ADS_PER_CHANNEL]
    each = list(zip(place.tolist(), tone, theme, strict=True))
    rows = {
        "campaign_id": [f"a{p:02}" for p in place],
        "channel": [CHANNELS[p // ADS_PER_CHANNEL] for p in place],
        "headline": [subject("ad", tone=TONES[t], theme=THEMES[h], turn=p) for p, t, h in each],
        "creative": [("still", "carousel", "animation")[p % 3] for p in place],
        "theme": [THEMES[t] for t in theme],
        "tone": [TONES[t] for t in tone],
        "offer": [OFFERS[o] for o in offer],
        "cost_per_thousand": cost,
        "starts_on": [company.start] * len(place),
    }  # fmt: skip
    return pa.table(rows)


def mailing(company: Company) -> Mailing:
    """Return the calendar of e-mail campaigns: one every fifth day or so, on a working day."""
    days = np.arange(2, company.days, 5)
    days += np.array([2, 1])[np.clip((company.start.toordinal() + days - 1) % 7 - 5, 0, 1)] * (
        (company.start.toordinal() + days - 1) % 7 >= 5
    )
    days = days[days < company.days]
    fixed = Draws(company.seed, "mailing", np.arange(len(days))).fixed()
    kind = fixed.choice(0, np.array([0.25, 0.2, 0.15, 0.15, 0.25]))
    theme, tone = fixed.choice(1, np.ones(8)), fixed.choice(2, np.array([0.3, 0.3, 0.15, 0.25]))
    tone = np.where(kind == MAIL_KINDS.index("deadline"), TONES.index("urgent"), tone)
    strength = np.array([MAIL_STRENGTH[k] for k in MAIL_KINDS])[kind] * np.exp(0.25 * fixed.normal(4) - 0.03)
    each = list(zip(kind, tone, theme, range(len(days)), strict=True))
    rows = {
        "campaign_id": [f"m{n:03}" for *_, n in each],
        "subject": [subject(MAIL_KINDS[k], tone=TONES[t], theme=THEMES[h], turn=n) for k, t, h, n in each],
        "kind": [MAIL_KINDS[k] for k in kind],
        "tone": [TONES[t] for t in tone],
        "theme": [THEMES[t] for t in theme],
        "creative": [("text", "one picture", "gallery")[n % 3] for *_, n in each],
        "sent_on": [company.start.fromordinal(company.start.toordinal() + int(d)) for d in days],
    }
    return Mailing(days, kind, theme, tone, strength, pa.table(rows))
