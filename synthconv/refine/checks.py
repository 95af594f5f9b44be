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
    """The example if it has visible words, a sane length and no character that cannot be shown."""
    text = example.text.text
    if not text.strip() or not (text.isascii() or any(map(_visible, text))):
        yield _refused(example, "empty", "")
    elif len(text) > MAX_CHARACTERS:
        yield _refused(example, "too_long", f"{len(text)} characters")
    elif not text.isprintable() and (
        bad := [char for char in text if unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn") and char not in "\n\t"]
    ):
        yield _refused(example, "control_character", f"U+{ord(bad[0]):04X}")
    else:
        yield example


def _refused(example: Example, reason: str, detail: str) -> Rejection:
    return Rejection(example.id, "checks", reason, detail, outline=example.outline, text=example.text.text)


def _visible(char: str) -> bool:
    return unicodedata.category(char)[0] not in "ZC" and char not in BLANKS
