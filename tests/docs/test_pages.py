"""The pages can be read by the tests, and every link of them leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pages import Block, blocks, needs, same

ROOT = Path(__file__).resolve().parents[2]
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
PAGE = """<!-- needs: demo -->
Do this:

```bash
echo 1
```
<!-- output: loose -->
```
2
```
<!-- skip: it would take all day -->

  ```python
  a = 1
    b
  ```
"""


def test_blocks_carry_the_directive_above_them() -> None:
    assert list(blocks(PAGE)) == [
        Block(5, "bash", "echo 1\n"),
        Block(9, "", "2\n", "output", "loose"),
        Block(14, "python", "a = 1\n  b\n", "skip", "it would take all day"),
    ]
    assert needs(PAGE) == {"demo"}


@pytest.mark.parametrize("page", ["```bash\necho\n", "<!-- skipp: a -->\n```\n```\n", "<!-- skip -->\n"])
def test_a_page_with_a_mistake_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        list(blocks(page))


@pytest.mark.parametrize(
    ("shown", "printed", "loose", "expected"),
    [
        ("a  b\n", "a b", False, True),
        ("a ... z", "a b c z", False, True),
        ("a ... z", "a b c", False, False),
        ("12 rows", "13 rows", False, False),
        ("12 rows", "1,300.5 rows", True, True),
        ("12 rows", "13 customers", True, False),
        ("a.c", "abc", False, False),
    ],
)
def test_same(shown: str, printed: str, loose: bool, expected: bool) -> None:
    assert same(shown, printed, loose=loose) is expected


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    missing = [
        target for target in targets if target and ":" not in target and not (page.parent / target).exists()
    ]
    assert missing == []
