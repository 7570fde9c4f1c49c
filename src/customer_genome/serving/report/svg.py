"""Markup by construction: every tag and attribute is escaped here, so that no figure pastes text itself."""

from __future__ import annotations

from markupsafe import Markup, escape

Attribute = str | float | None


def svg(*content: str, width: float, height: float, **attributes: Attribute) -> Markup:
    """An inline picture drawn at its own size, one unit one pixel."""
    box = f"0 0 {_number(width)} {_number(height)}"
    return tag("svg", *content, width=width, height=height, viewBox=box, **attributes)


def strip(*content: str, height: float, **attributes: Attribute) -> Markup:
    """An inline picture as wide as its place: horizontal positions in it are percentages, text stays unscaled."""
    return tag("svg", *content, width="100%", height=height, aria_hidden="true", **attributes)


def tag(name: str, *content: str, **attributes: Attribute) -> Markup:
    """One element; text is escaped unless it is Markup, `class_` is class, other underscores are hyphens."""
    parts = [Markup("<"), name]
    for key, value in attributes.items():
        if value is None:
            continue
        shown = value if isinstance(value, str) else _number(value)
        parts.append(Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), shown))
    inside = Markup("").join(escape(part) for part in content)
    return Markup("").join(parts) + Markup(">") + inside + Markup("</{}>").format(name)


def percent(share: float) -> str:
    """A position as a percentage of the width, held inside it."""
    return f"{_number(100 * min(max(share, 0.0), 1.0))}%"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
