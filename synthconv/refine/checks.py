"""Checks: what no row may be, whoever worded it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from synthconv.records import Example, Rejection
from synthconv.stages import Item

MAX_CHARACTERS = 2000
BLANKS = "\u2800\u3164\u115f\u1160\uffa0"
"""Characters that count as letters or signs and show nothing."""


def check(example: Example) -> Iterator[Item]:
    """The example if all its turns have visible words, a sane length and no character that cannot be shown."""
    for turn in example.turns:
        silent = any(act.act == "silence" for act in turn.plan.acts)
        if not silent and (fault := _fault(turn.text.text)):
            reason, detail = fault
            yield Rejection(example.id, "checks", reason, detail, outline=example.outline, text=turn.text.text)
            return
    yield example


def _fault(text: str) -> tuple[str, str] | None:
    """Why a text may be no turn, with the detail; None if it may."""
    if not text.strip() or not (text.isascii() or any(map(_visible, text))):
        return "empty", ""
    if len(text) > MAX_CHARACTERS:
        return "too_long", f"{len(text)} characters"
    if not text.isprintable() and (bad := [char for char in text if _uncontrolled(char)]):
        return "control_character", f"U+{ord(bad[0]):04X}"
    return None


def _uncontrolled(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn") and char not in "\n\t"


def _visible(char: str) -> bool:
    return unicodedata.category(char)[0] not in "ZC" and char not in BLANKS
