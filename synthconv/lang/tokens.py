"""The one notion of a word: its boundaries, and the words of a text as duplicates compare them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

WORD = re.compile(r"\w+(?:['’]\w+)*")
"""A word: letters, digits and marks in a row, with apostrophes inside."""


@lru_cache(maxsize=20_000)
def normalised(text: str) -> str:
    """The words of `text` without case, punctuation and spacing; a text without a word is compared as it is."""
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    return " ".join(WORD.findall(folded)) or folded


Substitution = tuple[re.Pattern[str], dict[str, str]]
"""What to look for, and what to put in its place, by the words in lower case."""


def substitution(table: dict[str, str]) -> Substitution:
    """What puts the values of `table` in the place of its keys, in any case."""
    return phrase_pattern(tuple(table)), {old.lower(): new for old, new in table.items()}


@lru_cache(maxsize=256)
def phrase_pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Matches any of `phrases` at word boundaries, the longest first, in any case."""
    return re.compile(any_phrase(phrases), re.IGNORECASE)


def any_phrase(phrases: Iterable[str]) -> str:
    """The regular expression of a `phrase_pattern`, to be a part of another.

    Phrases are grouped by their first letter: an alternation is tried branch by branch at every place of a text.
    """
    by_letter: dict[str, list[str]] = {}
    for phrase in sorted(phrases, key=lambda phrase: (-len(phrase), phrase)):
        by_letter.setdefault(phrase[:1].lower(), []).append(re.escape(phrase[1:]))
    groups = (f"{re.escape(first)}(?:{'|'.join(rests)})" for first, rests in by_letter.items())
    return rf"(?<!\w)(?:{'|'.join(groups) or '(?!)'})(?!\w)"
