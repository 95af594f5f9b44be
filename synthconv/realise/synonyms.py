"""Synonyms: words of a sentence exchanged for others that mean as much, as often as the examples say them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from random import Random

from synthconv.lang.models import Pack
from synthconv.lang.tokens import WORD, normalised
from synthconv.plan.frames import MOST_READ
from synthconv.plan.liking import Tally
from synthconv.seeds import by_sums

MOST_EXCHANGED = 4
"""Words in a row that are exchanged together at most."""
ITSELF, UNSEEN = 1.0, 0.4
"""What the word that is there, and every synonym that no example has, count beside the counts in the examples."""
POINTED = 0.25
"""The chance of a determiner to be exchanged, where it can be."""
Place = tuple[int, int, Sequence[str], Sequence[float]]
"""Where a text has words with synonyms: start, end, the group, and the sums of how likely each of it is."""


class Synonyms:
    """The synonyms of a language; `said` counts the runs of words of a scenario's examples by place."""

    def __init__(self, pack: Pack, said: Tally) -> None:
        self.said = said
        self.groups = {words.lower(): group for group in pack.wording.synonyms for words in reversed(group)}
        self.sizes: dict[str, list[int]] = {}
        for words in sorted(filter(None, map(WORD.findall, self.groups)), key=len, reverse=True):
            sizes = self.sizes.setdefault(words[0], [])
            sizes += [len(words)] if len(words) not in sizes else []
        self.pointing = defaultdict[str, list[str]](list)
        for group in pack.wording.pointing:
            for word in group:
                self.pointing[word] += [other for other in group if other not in self.pointing[word]]
        self._found = lru_cache(MOST_READ)(self._places)

    def exchanged(self, text: str, place: int, random: Random) -> str:
        """`text` with some of its words exchanged, the longest runs first, and some determiners."""
        out, at = list[str](), 0
        for start, end, group, sums in self._found(text, place):
            new = by_sums(random, group, sums)
            out += [text[at:start], new[:1].upper() + new[1:] if text[start].isupper() else new]
            at = end
        return self._pointed("".join([*out, text[at:]]), place, random)

    def _places(self, text: str, place: int) -> list[Place]:
        lower, found, at = text.lower(), list[Place](), 0
        words = [match.span() for match in WORD.finditer(lower)] if len(lower) == len(text) else []
        for i, (start, first) in enumerate(words):
            sizes = self.sizes.get(lower[start:first], ()) if start >= at else ()
            for end in (words[i + size - 1][1] for size in sizes if i + size <= len(words)):
                if group := self.groups.get(lower[start:end]):
                    found.append((start, end, group, self._likely(lower[start:end], group, place)))
                    at = end
                    break
        return found

    def _likely(self, own: str, group: Sequence[str], place: int) -> list[float]:
        """How likely each of a group stands in the place of `own`, as the examples use them: the sums."""
        seen = (self.said.upto(normalised(word), place) for word in group)
        weights = (count + (ITSELF if word.lower() == own else UNSEEN) for count, word in zip(seen, group, strict=True))
        return list(accumulate(weights))

    def _pointed(self, text: str, place: int, random: Random) -> str:
        """`text` with some determiners exchanged for others that examples say before the same noun."""
        words = text.split(" ")
        if self.pointing.keys().isdisjoint(words):
            return text
        for i, (word, noun) in enumerate(pairwise(words)):
            if (group := self.pointing.get(word)) and random.random() < POINTED:
                seen = [self.said.upto(f"{other} {normalised(noun)}", place) + (other == word) for other in group]
                words[i] = random.choices(group, seen)[0]
        return " ".join(words)
