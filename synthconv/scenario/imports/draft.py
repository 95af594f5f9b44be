"""A scenario in the making: its keys as plain data, remarks at places of it, and the YAML text that it becomes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from textwrap import wrap
from typing import Any

import yaml

from synthconv import yaml12
from synthconv.errors import printable
from synthconv.records import OUT_OF_SCOPE
from synthconv.scenario.patterns import ESCAPABLE
from synthconv.scenario.source import KeyPath

WIDTH = 118
"""Columns that a line of the YAML text takes at most, where its words allow."""
REMARK = 400
"""Characters that a remark has at most."""
LONGEST_NAME = 180
BLOCKS = ("intents", "entities", "personas", "tasks", "examples", "outcomes")
"""Keys whose entries stand one in a line, however short they are."""


@dataclass
class Draft:
    """The keys of a scenario, and what is remarked above a key path; the remarks at () open the file."""

    data: dict[str, Any]
    remarks: dict[KeyPath, list[str]] = field(default_factory=dict)

    def remark(self, path: KeyPath, text: str) -> None:
        """Put `text` in a comment above what stands at `path`, once."""
        said = " ".join(printable(text).split())
        lines = wrap(said if len(said) <= REMARK else said[: REMARK - 3] + "...", WIDTH - 8)
        known = self.remarks.setdefault(path, [])
        known += lines if lines != known[-len(lines) :] else []

    def text(self) -> str:
        """The YAML text of the scenario."""
        head = [f"# {line}".rstrip() for line in self.remarks.get((), ())]
        return "\n".join([*head, *self._mapping(self.data, (), 0)]) + "\n"

    def _mapping(self, data: dict[str, Any], path: KeyPath, indent: int) -> Iterator[str]:
        pad = " " * indent
        for key, value in data.items():
            place = (*path, key)
            if not path and key in ("intents", "entities", "personas", "edge_cases", "dialogues", "generate"):
                yield ""
            yield from (f"{pad}# {line}" for line in self.remarks.get(place, ()))
            yield from self._entry(f"{pad}{_scalar(key)}:", value, place, indent)

    def _entry(self, start: str, value: Any, place: KeyPath, indent: int) -> Iterator[str]:
        flow = _flow(value)
        inside = any(path[: len(place)] == place and len(path) > len(place) for path in self.remarks)
        nested = isinstance(value, (dict, list)) and value and (inside or place[-1] in BLOCKS)
        if not nested and (len(start) + 1 + len(flow) <= WIDTH or not isinstance(value, (dict, list))):
            yield f"{start} {flow if isinstance(value, (dict, list)) else _scalar(value)}"
        elif isinstance(value, dict):
            yield start
            yield from self._mapping(value, place, indent + 2)
        elif place[-1] == "examples":
            yield start
            for i, item in enumerate(value):
                yield from (f"{' ' * (indent + 2)}# {line}" for line in self.remarks.get((*place, i), ()))
                yield f"{' ' * (indent + 2)}- {_flow(item) if isinstance(item, dict) else _scalar(item)}"
        else:
            yield from _wrapped(f"{start} [", [_flow(item) for item in value], " " * (indent + 2))


def _wrapped(start: str, items: list[str], pad: str) -> Iterator[str]:
    """A list in several lines, each as full as it may be."""
    line = start
    for i, item in enumerate(items):
        piece = item + ("," if i < len(items) - 1 else "]")
        if len(line) + 1 + len(piece) > WIDTH and line.strip():
            yield line.rstrip()
            line = pad
        line += piece + " "
    yield line.rstrip()


def _scalar(value: Any) -> str:
    """A scalar in a line of its own."""
    return _quoted(value, flow=False) if isinstance(value, str) else yaml12.as_text(value)


def _flow(value: Any) -> str:
    """A value in brackets, in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _quoted(value, flow=True) if isinstance(value, str) else yaml12.as_text(value)


@lru_cache(maxsize=100_000)
def _quoted(text: str, *, flow: bool) -> str:
    """A text with the quotes that it needs, inside of brackets or in a line; YAML 1.2 reads the same text again."""
    for style in (None, '"'):
        options: dict[str, Any] = {"allow_unicode": True, "width": 10**9, "default_style": style}
        shown_so = str(yaml.safe_dump([text], default_flow_style=flow, **options)).strip()
        written = shown_so[1:-1] if flow else shown_so[2:]
        if "\n" not in written and _reads(shown_so, text):
            break
    return written


def _reads(dumped: str, text: str) -> bool:
    try:
        found = yaml12.load(dumped)
    except yaml.YAMLError:
        return False
    return bool(found == [text] and isinstance(found[0], str))


def escaped(text: str) -> str:
    """`text` with the signs of patterns taken to the letter."""
    return re.sub(f"([{re.escape(ESCAPABLE)}])", r"\\\1", text)


def named(text: str) -> str:
    """`text` as the name of an intent or an entity: short, and not the one that the tool has for itself."""
    name = shown(text)[:LONGEST_NAME].strip() or "unnamed"
    return f"{name}_" if name == OUT_OF_SCOPE else name


def shown(text: object) -> str:
    """`text` in one line of characters that can be shown, as names and values must be."""
    return " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())
