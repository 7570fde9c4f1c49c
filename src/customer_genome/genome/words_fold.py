"""Texts as they are read: without HTML, and folded so that spelling differences do not matter."""

from __future__ import annotations

import html
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

LONGEST = 10_000
"""Characters of a text that are read; the rest of it says what the beginning said."""


def readable(texts: pa.Array) -> pa.Array:
    """Return texts as people see them: tags and entities resolved, runs of blanks as one; null is empty."""
    cut = pc.utf8_slice_codeunits(pc.fill_null(texts.cast(pa.string()), ""), 0, LONGEST)
    bare = pc.replace_substring_regex(cut, r"(?is)<(?:script|style)\b.*?</(?:script|style)>|<!--.*?-->", " ")
    bare = pc.replace_substring_regex(bare, r"</?[a-zA-Z][^<>]*>", " ")
    coded = pc.match_substring(bare, "&")
    if pc.any(coded).as_py():
        resolved = pa.array([html.unescape(text) for text in bare.filter(coded).to_pylist()], pa.string())
        bare = pc.replace_with_mask(bare, coded, resolved)
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(bare, r"[\s\x{a0}\x{200b}]+", " "))


def fold(texts: pa.Array) -> pa.Array:
    """Return readable texts in small letters without accents: `Für` is fur, `weiß` weiss, curly quotes straight."""
    small = pc.utf8_lower(pc.utf8_normalize(texts, "NFKD"))
    plain = pc.replace_substring_regex(small, r"\p{Mn}+", "")
    for fancy, simple in (("ß", "ss"), ("’", "'"), ("–", "-"), ("—", "-"), ("æ", "ae"), ("ø", "o")):
        plain = pc.replace_substring(plain, fancy, simple)
    return plain


def unaccented(pattern: str) -> str:
    """Return a pattern in the letters of folded texts; capitals stay, since they mean something in a pattern."""
    letters = unicodedata.normalize("NFKD", pattern)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).replace("ß", "ss")
