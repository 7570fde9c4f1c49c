"""The size of a pack in one unit whatever the catalogue writes, and whether it is several packs in one."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

GRAM, MILLILITRE, PIECE = "g", "ml", "pieces"
UNITS = {
    "mg": (0.001, GRAM), "g": (1.0, GRAM), "gr": (1.0, GRAM), "gramm": (1.0, GRAM), "kg": (1000.0, GRAM),
    "oz": (28.349523125, GRAM), "ounce": (28.349523125, GRAM), "lb": (453.59237, GRAM), "lbs": (453.59237, GRAM),
    "ml": (1.0, MILLILITRE), "cl": (10.0, MILLILITRE), "dl": (100.0, MILLILITRE), "l": (1000.0, MILLILITRE),
    "lt": (1000.0, MILLILITRE), "liter": (1000.0, MILLILITRE), "litre": (1000.0, MILLILITRE),
    "fl oz": (29.5735295625, MILLILITRE), "pt": (473.176473, MILLILITRE), "qt": (946.352946, MILLILITRE),
    "gal": (3785.411784, MILLILITRE), "ct": (1.0, PIECE), "pk": (1.0, PIECE), "pcs": (1.0, PIECE),
    "pieces": (1.0, PIECE), "stk": (1.0, PIECE), "stuck": (1.0, PIECE), "st": (1.0, PIECE),
}  # fmt: skip
"""How much of the common unit one is (NIST Handbook 44, appendix C; US measures); `oz` alone is a weight."""
_NUMBER = r"[0-9]{1,5}(?:[.,][0-9]{1,3})?|[.,][0-9]{1,3}"
_NAMES = "|".join(sorted((name.replace(" ", r"\.? ?") for name in UNITS), key=len, reverse=True))
_SIZE = (
    rf"(?s)(?:^|[^0-9a-z.,])(?P<whole>(?:(?P<times>[0-9]{{1,3}}) ?[x*] ?)?(?P<number>{_NUMBER})[ -]?(?P<unit>{_NAMES}))"
    r"(?:[^a-z0-9]|$)"
)
_SEVERAL = (
    r"(?s)(?P<words>\bmulti-? ?packs?\b|\b[2-9][0-9]{0,2} ?x ?[0-9.,]*[0-9]|\b(?:[2-9]|[1-9][0-9])[ -]?packs?\b|"
    r"\b(?:[2-9]|[1-9][0-9])er-?(?:[ -]?pack(?:ung)?)?\b|\bpack of (?:[2-9]|[1-9][0-9])\b|"
    r"\b(?:twin|double|triple|family|value|vorrats|doppel|familien|gross)-?[ ]?pack(?:ung)?\b|\bsixpack\b)"
)


def pack(folded: pa.Array) -> pa.Table:
    """Return rows (text, label, words) of folded texts: `500 g`, `1500 ml`, `12 pieces`, and `multi-pack`.

    Of several sizes the first counts; `6 x 330 ml` is 330 ml, several times. Amounts have three digits that count.
    """
    found = pc.extract_regex(folded, _SIZE)
    places = pc.indices_nonzero(pc.is_valid(found))
    parts = found.take(places)
    whole, number, unit = (pc.struct_field(parts, name).to_pylist() for name in ("whole", "number", "unit"))
    labels = [amount(n, unit=u) for n, u in zip(number, unit, strict=True)]
    sized = pa.table(
        {
            "text": places.cast(pa.int64()),
            "label": pa.array(labels, pa.string()),
            "words": pa.array(whole, pa.string()),
        }
    )
    several = pc.extract_regex(folded, _SEVERAL)
    where = pc.indices_nonzero(pc.is_valid(several))
    words = pc.struct_field(several.take(where), "words").cast(pa.string())
    many = pa.table(
        {
            "text": where.cast(pa.int64()),
            "label": pa.array(["multi-pack"] * len(where), pa.string()),
            "words": words,
        }
    )
    return pa.concat_tables([sized.filter(pc.is_valid(sized["label"])), many])


def amount(number: str, *, unit: str) -> str | None:
    """Return a written amount in grams, millilitres or pieces: `1,5` and `l` are `1500 ml`; nothing of it is None.

    >>> amount("1,5", unit="l")
    '1500 ml'
    """
    factor, common = UNITS["fl oz" if unit.startswith("fl") else unit]
    value = float(number.replace(",", ".")) * factor
    return f"{float(f'{value:.3g}'):,.12g} {common}".replace(",", "") if value > 0 else None
