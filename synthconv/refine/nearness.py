"""Nearness: how near a text is to what each intent of a scenario says, by its words or by its meaning."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from math import log, sqrt
from typing import Generic, Protocol, TypeVar

from synthconv.lang.tokens import normalised

BACKGROUND = 20
"""As so many other intents it counts that any intent may use the language's common words."""
STEM = 6
"""Letters by which words are told apart: card and cards, transfer and transferring are one."""
COMMON, COMMON_SHARE = 3, 0.4
"""Words that so many intents, and this share of all, say tell none of them."""

Key = TypeVar("Key", bound=Hashable)


class Measure(Protocol):
    """The nearness of a text to each intent; figures of one text may be compared with each other only.

    A text that is `named`, worded from an intent's name or description, is also compared with each single text: a name
    is short, and all of it may be inside of another intent's.
    """

    def of(self, text: str, named: bool = False) -> dict[str, float]:
        """The figure of each intent, 0 where it is left out."""


class Lexical:
    """The cosine of the words of a text and of all that an intent says, weighted by how few intents use them.

    `common` are words that any intent may use, whether this scenario has many intents to show it or few.
    """

    def __init__(self, texts: Mapping[str, Sequence[str]], common: Iterable[str]) -> None:
        counts = {intent: Counter(stem for text in group for stem in _stems(text)) for intent, group in texts.items()}
        used = Counter(stem for found in counts.values() for stem in found)
        elsewhere = dict.fromkeys((stem for word in common for stem in _stems(word)), BACKGROUND)
        total, most = 1 + BACKGROUND + len(counts), max(COMMON, len(counts) * COMMON_SHARE)
        weights = {stem: log(total / (number + elsewhere.get(stem, 0))) for stem, number in used.items()}
        telling = frozenset(stem for stem, number in used.items() if number <= most)
        self._intents, self._texts = _Index[str](weights, telling), _Index[int](weights, telling)
        for intent, found in counts.items():
            self._intents.add(intent, {stem: 1 + log(number) for stem, number in found.items()})
        said = [(intent, text) for intent, group in texts.items() for text in group]
        for place, (_, text) in enumerate(said):
            self._texts.add(place, dict.fromkeys(_stems(text), 1.0))
        self._owners = [intent for intent, _ in said]

    def of(self, text: str, named: bool = False) -> dict[str, float]:
        """The figure of each intent that shares a telling word with `text`."""
        stems = _stems(text)
        near = self._intents.near(stems)
        return with_best(near, self._texts.near(stems).items(), self._owners) if named else near


class _Index(Generic[Key]):
    """Vectors of words by key, and the cosines of a text with them (but for the text's own length)."""

    def __init__(self, weights: Mapping[str, float], telling: frozenset[str]) -> None:
        self._weights, self._telling = weights, telling
        self._by_stem: dict[str, list[tuple[Key, float]]] = defaultdict(list)

    def add(self, key: Key, counts: Mapping[str, float]) -> None:
        vector = {stem: count * self._weights[stem] for stem, count in counts.items()}
        length = sqrt(sum(weight * weight for weight in vector.values())) or 1.0
        for stem, weight in vector.items():
            if stem in self._telling:
                self._by_stem[stem].append((key, weight * self._weights[stem] / length))

    def near(self, stems: Iterable[str]) -> dict[Key, float]:
        out: dict[Key, float] = defaultdict(float)
        for stem in stems:
            for key, weight in self._by_stem.get(stem, ()):
                out[key] += weight
        return out


def with_best(near: dict[str, float], texts: Iterable[tuple[int, float]], owners: Sequence[str]) -> dict[str, float]:
    """`near` with the figure of each intent's nearest text added; `owners` tells whose each text is."""
    best: dict[str, float] = {}
    for place, figure in texts:
        best[owners[place]] = max(figure, best.get(owners[place], 0.0))
    return {intent: figure + best.get(intent, 0.0) for intent, figure in near.items()}


def _stems(text: str) -> dict[str, None]:
    """The stems of a text, each once, in an order that is the same in every process: sums of floats depend on it."""
    return dict.fromkeys(word[:STEM].rstrip("s") or word for word in normalised(text).split())
