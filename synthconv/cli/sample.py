"""A sample of a run for people to read: texts with who wrote them, and how."""

from __future__ import annotations

from dataclasses import fields
from heapq import heappush, heappushpop

from synthconv.records import Example, Rejection, Style

SHOWN = ["text", "intent", "persona", "dials", "edge case"]


class Sample:
    """So many of the rows that it is shown, each as likely as another, the same ones in every run."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._kept: list[tuple[str, Example]] = []

    def see(self, item: Example | Rejection) -> None:
        """Take notice of an item; ids are hashes, so that the first ones in their order are a random sample."""
        if not self.size or isinstance(item, Rejection):
            return
        push = heappush if len(self._kept) < self.size else heappushpop
        push(self._kept, (_turned(item.id), item))

    @property
    def rows(self) -> list[list[str]]:
        """The rows of a table, a cell for each of SHOWN."""
        return [_shown(example) for _, example in sorted(self._kept, key=lambda kept: kept[1].outline.intent)]


def _turned(ident: str) -> str:
    """`ident` so that a heap drops the greatest first."""
    return ident.translate(str.maketrans("0123456789abcdef", "fedcba9876543210"))


def _shown(example: Example) -> list[str]:
    outline = example.outline
    cell = outline.cell
    return [example.text.text, outline.intent, cell.persona or "", dials(outline.style), cell.edge_case or ""]


def dials(style: Style) -> str:
    """The dials of a style that are not in the middle."""
    usual = Style()
    turned = {dial.name: getattr(style, dial.name) for dial in fields(style)}
    return ", ".join(f"{dial} {setting}" for dial, setting in turned.items() if setting != getattr(usual, dial))
