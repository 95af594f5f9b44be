"""Typing slips as people make them: rarely in the first letter, never in a value, one or two a word at most.

Kinds and shares are those of typed misspellings in English (codespell's 63,839 single-word pairs): deletion 35 %,
insertion 27 %, substitution 20 %, transposition 18 %; a third of the wrong letters are neighbours on the keyboard.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from random import Random

from synthconv.lang.packs import load_pack
from synthconv.records import LabelledText
from synthconv.refine.edits import free_words
from synthconv.seeds import weighted

VOWELS = "aeiou"


def misspell(text: LabelledText, share: float, language: str, random: Random, *, at_least: int = 0) -> LabelledText:
    """`text` with slips in about `share` of its words of three letters or more, and in `at_least` of them."""
    words = [(start, end) for start, end in free_words(text) if end - start >= 3 and text.text[start:end].isalpha()]
    hit = [word for word in words if random.random() < share]
    missing = [word for word in words if word not in hit]
    hit += random.sample(missing, min(max(0, at_least - len(hit)), len(missing)))
    return text.edits([(start, end, _slip(text.text[start:end], language, random)) for start, end in sorted(hit)])


def _slip(word: str, language: str, random: Random) -> str:
    at = random.randrange(1, len(word))
    kind = weighted(random, KINDS)
    return kind(word, at, language, random)


def _delete(word: str, at: int, _language: str, _random: Random) -> str:
    doubled = [i for i in range(1, len(word)) if word[i] == word[i - 1]]
    at = doubled[0] if doubled else at
    return word[:at] + word[at + 1 :]


def _insert(word: str, at: int, language: str, random: Random) -> str:
    doubled = word[at] in (word[at - 1], word[at + 1 : at + 2])
    letter = word[at] if random.random() < 0.5 and not doubled else _neighbour(word[at], language, random)
    return word[:at] + letter + word[at:]


def _substitute(word: str, at: int, language: str, random: Random) -> str:
    if word[at] in VOWELS and random.random() < 0.5:
        letter = random.choice([vowel for vowel in VOWELS if vowel != word[at]])
    else:
        letter = _neighbour(word[at], language, random)
    return word[:at] + letter + word[at + 1 :]


def _transpose(word: str, at: int, language: str, random: Random) -> str:
    at = max(1, min(at, len(word) - 2))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :] if at + 1 < len(word) else word
    return swapped if swapped != word else _delete(word, at, language, random)


KINDS: dict[Callable[[str, int, str, Random], str], float] = {_delete: 35, _insert: 27, _substitute: 20, _transpose: 18}


@lru_cache(maxsize=16)
def _neighbours(language: str) -> dict[str, str]:
    """For every key of the language's keyboard, the keys beside it."""
    rows = load_pack(language).keyboard
    keys = {char: (y, x + 0.3 * y) for y, row in enumerate(rows) for x, char in enumerate(row)}
    return {
        char: "".join(other for other, (v, u) in keys.items() if other != char and abs(v - y) <= 1 and abs(u - x) <= 1)
        for char, (y, x) in keys.items()
    }


def _neighbour(letter: str, language: str, random: Random) -> str:
    near = _neighbours(language).get(letter.lower())
    if not near:
        return letter
    found = random.choice(near)
    return found.upper() if letter.isupper() else found
