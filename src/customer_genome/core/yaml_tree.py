"""YAML read with the line of everything in it, and with less power than YAML has: no aliases, no tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

Path = tuple[str | int, ...]
MAX_BYTES = 256_000
_DEPTH = 30
_PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp")}


@dataclass(frozen=True)
class Flaw:
    """Something that the YAML itself has wrong, at `line` (from 1) and `path`."""

    line: int | None
    path: Path
    found: str
    expected: str


@dataclass(frozen=True)
class YamlTree:
    """A document as plain values, the line on which each path begins, and what was wrong with it."""

    value: Any
    lines: dict[Path, int]
    flaws: tuple[Flaw, ...]

    def line(self, path: Path, /) -> int | None:
        """Return the line of `path`, or of the nearest thing above it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def yaml_tree(text: str, /) -> YamlTree:
    """Read one YAML document; every value is a dict, a list, text, a number, a boolean or None.

    Of a key that stands twice the first counts, and the second is a flaw. What cannot be read at all gives
    the value None and one flaw.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        return YamlTree(None, {}, (_marked(error),))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return YamlTree(None, {}, (_unmarked(error, text),))
    if node is None:
        return YamlTree(None, {}, (Flaw(1, (), "nothing", "a mapping"),))
    reading = _Reading()
    value = reading.value(node, ())
    return YamlTree(value, reading.lines, tuple(reading.flaws))


class _Loader(yaml.SafeLoader):
    """Refuses aliases before they are followed."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(None, None, f"the alias *{event.anchor}", event.start_mark)
        return super().compose_node(parent, index)


class _Reading:
    """One walk over the nodes of a document."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.flaws: list[Flaw] = []
        self._scalars = yaml.constructor.SafeConstructor()

    def value(self, node: yaml.Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if len(path) > _DEPTH:
            return self._flaw(line, path, "values nested too deeply", f"at most {_DEPTH} levels")
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return dict(self._entries(node, path))
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.value(part, (*path, place)) for place, part in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.tag in _PLAIN:
            return self._scalar(node, path)
        return self._flaw(line, path, f"the tag {_short(node.tag)}", "a value without a tag")

    def _entries(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self._key(key_node, path)
            if key is None:
                continue
            if key in seen:
                first = self.lines[*path, key]
                self._flaw(
                    line, (*path, key), "the key a second time", f"it once (it stands in line {first})"
                )
                continue
            seen.add(key)
            self.lines[*path, key] = line
            yield key, self.value(value_node, (*path, key))

    def _key(self, node: yaml.Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.ScalarNode):
            return self._flaw(line, path, "a key that is a list or a mapping", "a key that is text")
        if node.value == "<<":
            return self._flaw(line, path, "the merge key <<", "everything written out")
        if node.tag != "tag:yaml.org,2002:str":
            kind = node.tag.rpartition(":")[2]
            return self._flaw(
                line,
                path,
                f"the key `{_short(node.value)}`, which is a {kind}",
                "a key that is text: quote it",
            )
        return node.value if self._encodable(node, path) else None

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        kind = node.tag.rpartition(":")[2]
        if not self._encodable(node, path):
            return None
        if kind in ("str", "timestamp"):
            return node.value
        try:
            return self._scalars.construct_object(node)
        except (ValueError, KeyError, yaml.YAMLError):
            return self._flaw(
                node.start_mark.line + 1, path, f"`{_short(node.value)}`", f"a {kind} that can be read"
            )

    def _encodable(self, node: yaml.ScalarNode, path: Path) -> bool:
        if any("\ud800" <= character <= "\udfff" for character in node.value):
            self._flaw(node.start_mark.line + 1, path, "half of a character", "whole Unicode characters")
            return False
        return True

    def _flaw(self, line: int, path: Path, found: str, expected: str) -> Any:
        """Note a flaw; the value that stands for what could not be read is None."""
        self.flaws.append(Flaw(line, path, found, expected))
        return None


def _marked(error: yaml.MarkedYAMLError) -> Flaw:
    mark = error.problem_mark or error.context_mark
    expected = "everything written out" if (error.problem or "").startswith("the alias") else "valid YAML"
    words = " ".join(word for word in (error.context, error.problem) if word)
    return Flaw(mark.line + 1 if mark else None, (), words, expected)


def _unmarked(error: Exception, text: str) -> Flaw:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Flaw(line, (), f"the character {error.character!r}", "text without control characters")
    found = "values nested too deeply" if isinstance(error, RecursionError) else _short(str(error))
    return Flaw(None, (), found, "valid YAML")


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 80 else flat[:77] + "..."
