"""What a figure of the report shows, read back from its markup."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET


def parse(fragment: str) -> ET.Element:
    """The fragment as a tree; raises where it is not well-formed."""
    return ET.fromstring(f"<div>{fragment}</div>")  # noqa: S314


def words(fragment: str) -> str:
    """All text of the fragment, titles too, with single spaces."""
    return re.sub(r"\s+", " ", " ".join(parse(fragment).itertext()))


def marks(fragment: str, name: str, kind: str) -> list[ET.Element]:
    """The elements of this name and class."""
    return [item for item in parse(fragment).iter(name) if item.get("class") == kind]
