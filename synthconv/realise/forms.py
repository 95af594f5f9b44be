"""Form: capitals, marks and length of texts, as the examples of a scenario have them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from random import Random

from synthconv.lang.models import Pack
from synthconv.lang.packs import capitals
from synthconv.plan.frames import Frames

PLACES = re.compile("[\ue000-\uf8ff]")
"""The private characters that stand for values."""
FINAL_MARK = re.compile(r"\s*[.?!…]+$")
AIM = 0.9
"""The part of an example's length that texts are chosen for: short ones are refused more often, for they repeat."""


@dataclass(frozen=True, slots=True)
class Form:
    """The form of an example: whether it begins with a capital, has none, nothing else, ends in a mark, has a comma."""

    capital: bool = False
    lower: bool = False
    upper: bool = False
    marked: bool = False
    comma: bool = False


USUAL = (Form(), Form(comma=True), Form(capital=True), *2 * (Form(capital=True, marked=True, comma=True),))
"""The forms of messages of which nothing is known: some begin with a capital, fewer end in a mark."""


class Forms:
    """The forms of examples by place, that of their intent in the scenario: a later one changes nothing for it."""

    def __init__(self, pack: Pack, frames: Frames) -> None:
        self.pack, self.frames = pack, frames
        self._forms: dict[bool, list[Form]] = {True: [], False: []}
        self._upto, self._lengths = list[dict[bool, int]](), list[int]()

    def add(self, text: str) -> None:
        """Learn from an example of the place that is not ended yet."""
        self._forms[self.frames.ends_asking(text)].append(_form(text))
        self._lengths.append(len(text.split()))

    def end_place(self) -> None:
        """Go on to the next place."""
        self._upto.append({asks: len(forms) for asks, forms in self._forms.items()})

    def known(self, place: int) -> int:
        """How many examples there are up to a place."""
        return sum(self._upto[place].values())

    def misfit(self, place: int, random: Random) -> Callable[[str], float]:
        """How far a text is from the length of a random example."""
        known = self.known(place)
        length = AIM * self._lengths[int(random.random() * known)] if known else 0
        return lambda text: abs(log((1 + len(text.split())) / (1 + length)))

    def put(self, sentences: Sequence[str], place: int, random: Random) -> str:
        """`sentences` as one text, in the case and with the marks of a random example that ends as they do.

        It ends in a question or in none; where there is no such example, any one gives the form.
        """
        asks = self.frames.ends_asking(sentences[-1])
        kind = asks if self._upto[place][asks] else not asks
        known = self._upto[place][kind]
        form = self._forms[kind][int(random.random() * known)] if known else random.choice(USUAL)
        parts = list[str]()
        for number, sentence in enumerate(map(str.strip, sentences), 1):
            parts.append(_capitalised(self.pack, sentence) if form.capital else sentence)
            if (form.marked or number < len(sentences)) and sentence[-1:] not in ".?!":
                parts[-1] += "?" if self.frames.ends_asking(sentence) else "."
        text = " ".join(parts)
        if known and not form.marked and not form.comma:
            text = text.replace(", ", " ")
        return text.lower() if form.lower else text.upper() if form.upper else text


def _form(text: str) -> Form:
    letters = [char for char in text if char.isalpha() and not PLACES.match(char)]
    lower, upper = ("".join(letters).islower(), "".join(letters).isupper()) if letters else (False, False)
    return Form(text[:1].isupper(), lower, upper and len(letters) > 1, FINAL_MARK.search(text) is not None, "," in text)


def _capitalised(pack: Pack, sentence: str) -> str:
    """`sentence` with a capital at its beginning, and on the words that always have one."""
    pattern, table = capitals(pack.language)
    sentence = pattern.sub(lambda match: table[match.group().lower()], sentence)
    return sentence[:1].upper() + sentence[1:] if len(sentence[:1].upper()) == 1 else sentence
