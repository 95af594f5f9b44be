"""English words and phrases: names taken apart, one and many, articles."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from synthconv import yaml12

DATA = Path(__file__).with_name("data")
BRACKET = re.compile(r"\[[^\[\]]*\]|\(([^()|]*)(?:\|[^()]*)?\)")


@lru_cache(maxsize=8)
def table(name: str) -> Any:
    """A data file of this folder, read once."""
    return yaml12.load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))


def words_of(name: str) -> list[str]:
    """The words of a name, small: `numberOfSeats`, `number_of_seats` and `Number of seats` are the same three."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return re.sub(r"[^\w']+|_", " ", spaced).lower().split()


def plural(word: str) -> str:
    """Many of what `word` is one of."""
    irregular: dict[str, str] = table("acts")["people"]
    if word in irregular:
        return irregular[word]
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(s|x|z|ch|sh)$", word) else "s")


def singular(word: str) -> str:
    """One of what `word` is many of; itself where it is one already."""
    irregular = {many: one for one, many in table("acts")["people"].items()}
    if word in irregular:
        return str(irregular[word])
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(ss|x|z|ch|sh)es$", word):
        return word[:-2]
    return word[:-1] if re.search(r"[^suiS]s$", word) else word


def with_article(phrase: str) -> str:
    """`a phrase` or `an phrase`, by its first letter."""
    vowel = re.match(r"(?!uni|use|eur|one\b|us)[aeiou]|hour", phrase, re.IGNORECASE)
    return f"{'an' if vowel else 'a'} {phrase}"


def plain(pattern: str) -> str:
    """A pattern with its first choices taken and its optional parts left out."""
    while BRACKET.search(pattern):
        pattern = BRACKET.sub(lambda match: match.group(1) or "", pattern)
    return re.sub(r"\s+([,.?!])", r"\1", " ".join(pattern.split()))
