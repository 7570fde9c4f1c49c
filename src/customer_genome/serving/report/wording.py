"""How numbers, dates and genes are said in words: the same everywhere, raw values in, plain text out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from customer_genome.serving.report.picture import Band, GenomePicture

UNKNOWN = "unknown"
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}


def count(number: float | None) -> str:
    """A whole number with thousands marked."""
    return UNKNOWN if number is None else f"{number:,.0f}"


def money(amount: float | None, currency: str, *, cents: bool = True) -> str:
    """An amount with its currency, to the cent unless said otherwise."""
    if amount is None:
        return UNKNOWN
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    digits = f"{abs(amount):,.2f}" if cents else f"{abs(amount):,.0f}"
    return f"{'−' if amount < 0 else ''}{symbol}{digits}"


def share(part: float | None, *, digits: int | None = None) -> str:
    """A share of 0..1 as a percentage; small ones keep a digit, and none but 0 and 1 reads as 0 % or 100 %."""
    if part is None:
        return UNKNOWN
    if digits is None:
        digits = 1 if part < 0.0995 else 0
    text = f"{100 * part:.{digits}f}"
    if part > 0 and float(text) == 0:
        return f"under {10.0**-digits:.{digits}f}%"
    return f"over {100 - 10.0**-digits:.{digits}f}%" if part < 1 and float(text) == 100 else f"{text}%"


def times(ratio: float | None) -> str:
    """A strength as a multiple of what one would expect, exact enough to tell 1.04× from 0.97×."""
    if ratio is None:
        return UNKNOWN
    if 0 < ratio < 0.005:
        return "<0.01×"
    digits = 0 if ratio == 1 or ratio >= 9.95 else 2 if ratio < 1.095 else 1
    return f"{ratio:.{digits}f}×"


def brief(ratio: float) -> str:
    """A strength in at most five letters, for a picture whose colour says the rest; only nothing reads as 0."""
    if 0 < ratio < 0.05:
        return "<0.1×"
    return f"{ratio:.0f}×" if ratio >= 9.95 else f"{ratio:.1f}×"


def signed(value: float | None, digits: int = 2) -> str:
    """A number that always shows its sign."""
    if value is None:
        return UNKNOWN
    text = f"{abs(value):.{digits}f}"
    return text if float(text) == 0 else f"{'+' if value > 0 else '−'}{text}"


def discovery(q: float | None) -> str:
    """A false-discovery rate to three digits; none is ever called nought."""
    return "–" if q is None else "<0.001" if q < 0.0005 else f"{q:.3f}"


def day(moment: date | None) -> str:
    """A date as people write it."""
    return UNKNOWN if moment is None else f"{moment.day} {moment:%B} {moment.year}"


def instant(moment: datetime | None) -> str:
    """A date, with the time of day unless it is midnight."""
    if moment is None:
        return UNKNOWN
    return day(moment) if (moment.hour, moment.minute) == (0, 0) else f"{day(moment)}, {moment:%H:%M}"


def listing(words: Sequence[str]) -> str:
    """Words joined as in a sentence."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def strength(band: Band) -> str:
    """What a gene says in one phrase: "2.3× (1.6 to 3.1)", a value, or that it is unknown."""
    if band.strength is None:
        if not band.value:
            return UNKNOWN
        return band.value if band.precision is None else f"{band.value} ({share(band.precision)} sure)"
    known = times(band.strength)
    if band.low is not None and band.high is not None:
        known += f" ({times(band.low)[:-1]} to {times(band.high)[:-1]})"
    return f"{band.value}, {known}" if band.value else known


def explain(band: Band) -> str:
    """The whole tooltip of a band: name, strength with interval, evidence in words."""
    parts = [f"{band.label}: {strength(band)}"]
    if band.strength is None and not band.value and band.reason:
        parts[0] += f", {band.reason}"
    elif crosses(band):
        parts.append("too close to 1× to tell")
    if band.evidence_words:
        parts.append(band.evidence_words)
    return ". ".join(part[0].upper() + part[1:] for part in parts) + "."


def crosses(band: Band) -> bool:
    """Whether the interval holds 1, so that neither more nor less than expected can be said."""
    return band.low is not None and band.high is not None and band.low <= 1 <= band.high


def clear(band: Band) -> bool:
    """Whether a gene is surely above or below what one would expect."""
    return band.strength is not None and band.low is not None and band.high is not None and not crosses(band)


def extremes(genome: GenomePicture, *, most: int = 10) -> tuple[tuple[Band, ...], tuple[Band, ...]]:
    """The strongest and the weakest genes, surest ends first: as given, else the clear ones that are drawn."""
    drawn = [band for chromosome in genome.chromosomes for band in chromosome.bands if clear(band)]
    ranked = sorted(drawn, key=lambda band: (-_level(band), band.gene))
    strong = genome.strongest or [band for band in ranked if _level(band) > 0]
    weak = genome.weakest or [band for band in reversed(ranked) if _level(band) < 0]
    return tuple(strong[:most]), tuple(weak[:most])


def sentence(genome: GenomePicture, *, most: int = 10) -> str:
    """The picture in words: its strongest and weakest genes."""
    strong, weak = extremes(genome, most=most)
    if not strong and not weak:
        return f"Too little is known to say what sets {genome.name} apart."
    parts = []
    if strong:
        parts.append(f"More than one would expect: {_named(strong)}.")
    if weak:
        parts.append(f"Less: {_named(weak)}.")
    return " ".join(parts)


def _named(bands: Iterable[Band]) -> str:
    return listing([f"{band.label} {times(band.strength)}" for band in bands])


def _level(band: Band) -> float:
    return math.log2(max(band.strength or 1.0, 1e-6))
