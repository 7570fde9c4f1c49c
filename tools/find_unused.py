"""Run vulture with what it cannot read: names that the report's templates use are used."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from vulture import Vulture
from vulture.config import make_config

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "src" / "customer_genome"
_EXPRESSION = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)


def names_in_templates() -> set[str]:
    """Return every name that stands in an expression or statement of a Jinja template."""
    texts = (path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    return {name for text in texts for part in _EXPRESSION.findall(text) for name in re.findall(r"\w+", part)}


def main() -> None:
    """Report unused code by the settings of pyproject.toml; end with vulture's exit code."""
    with (ROOT / "pyproject.toml").open("rb") as settings:
        config = make_config([], settings)
    finder = Vulture(ignore_names=config["ignore_names"], ignore_decorators=config["ignore_decorators"])
    finder.scavenge(config["paths"], exclude=config["exclude"])
    finder.used_names.update(names_in_templates())
    sys.exit(finder.report(min_confidence=config["min_confidence"]))


if __name__ == "__main__":
    main()
