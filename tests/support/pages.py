"""Documentation pages as tests see them: fenced blocks, and the comments that say how to treat them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

DIRECTIVES = ("skip", "output", "file", "fails", "needs")

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w+-]*)\s*$")
_COMMENT = re.compile(r"^ *<!--\s*(?P<name>[\w-]+)(?::\s*(?P<value>.*?))?\s*-->\s*$")
_NUMBER = re.compile(r"-?\d[\d,]*(\.\d+)?")
_DRAWN = re.compile(r"[─━═│┃╭╮╰╯├┤┬┴┼┏┓┗┛┡┩╇╈█▏▎▍▌▋▊▉░▒▓]+")
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class Block:
    """One fenced block: the line its code starts on, its language and text, and the directive above it."""

    line: int
    language: str
    text: str
    directive: str = ""
    value: str = ""


def blocks(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page in order; an unclosed fence or unknown directive is an error."""
    lines, above, start = page.splitlines(), None, 0
    for number, line in enumerate(lines, start=1):
        if start:
            if line.strip() == "```":
                yield _block(lines[start - 1 : number - 1], start=start, directive=above)
                above, start = None, 0
        elif _FENCE.match(line):
            start = number
        elif line.strip():
            above = _directive(line, number)
    if start:
        raise ValueError(f"line {start}: the block is never closed")


def needs(page: str) -> set[str]:
    """Return what a page asks for with `<!-- needs: NAME -->`."""
    comments = (_COMMENT.match(line) for line in page.splitlines())
    return {comment["value"] for comment in comments if comment and comment["name"] == "needs"}


def same(shown: str, printed: str, *, loose: bool = False) -> bool:
    """Tell whether a page shows what was printed: `...` is anything, loose numbers are equal."""
    parts = _plain(shown, loose=loose).split("...")
    pattern = r"\s?.*\s?".join(re.escape(part.strip()) for part in parts)
    return re.fullmatch(pattern, _plain(printed, loose=loose), re.DOTALL) is not None


def _block(lines: list[str], *, start: int, directive: tuple[str, str] | None) -> Block:
    fence = _FENCE.match(lines[0])
    assert fence
    text = "".join(line[len(fence["indent"]) :] + "\n" for line in lines[1:])
    name, value = directive or ("", "")
    return Block(start + 1, fence["language"], text, "" if name == "needs" else name, value)


def _directive(line: str, number: int) -> tuple[str, str] | None:
    comment = _COMMENT.match(line)
    if comment is None:
        return None
    if comment["name"] not in DIRECTIVES:
        raise ValueError(
            f"line {number}: unknown directive {comment['name']!r}; known: {', '.join(DIRECTIVES)}"
        )
    if comment["name"] == "skip" and not comment["value"]:
        raise ValueError(f"line {number}: skip needs a reason: <!-- skip: REASON -->")
    return comment["name"], comment["value"] or ""


def _plain(text: str, *, loose: bool) -> str:
    text = _COLOUR.sub("", text)
    if loose:
        text = _NUMBER.sub("0", _DRAWN.sub(" ", text))
    return " ".join(text.split())
