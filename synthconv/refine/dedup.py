"""Dedup: the one stage with a memory. It refuses words that an intent has, or almost has, or that another has."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from rapidfuzz import fuzz, process

from synthconv.lang.tokens import normalised
from synthconv.records import Example, Rejection
from synthconv.seeds import digest
from synthconv.stages import Item

NEW_PAIRS, LENIENCE = 0.48, 1.1
"""The share of its pairs of words that a row of the rules should be the first of its intent to say, and the power of
the share of rows kept by which it sinks where few have so many."""


class Dedup:
    """Admits examples one by one, in plan order; keeps their normalised words, not the examples.

    `threshold` is the rapidfuzz ratio (0 to 1) of normalised texts from which two rows of an intent are duplicates.
    `authored` maps the normalised words of plain examples to their intents: rows must not copy them. Rows of one
    `group` are not compared with each other, and a row is known by what it said before any slip. `new_pairs` is
    the share of its pairs of words that a row of the rules should be the first of its intent to say.
    """

    def __init__(self, threshold: float, authored: Mapping[str, Iterable[str]], new_pairs: float = NEW_PAIRS) -> None:
        self.threshold, self.new_pairs = threshold, new_pairs
        self.authored = {words: frozenset(intents) for words, intents in authored.items()}
        self.seen: dict[str, tuple[str, str, str]] = {}
        self.pairs: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self.kept: dict[str, int] = defaultdict(int)
        self.refused: dict[str, int] = defaultdict(int)
        self.by_length: dict[str, dict[int, tuple[list[int], list[str]]]] = defaultdict(
            lambda: defaultdict(lambda: ([], []))
        )

    def admit(self, example: Example) -> Iterator[Item]:
        """The example, remembered; or why it is a duplicate, with the id of the row it repeats."""
        words, intent = normalised(example.said or example.text.text), example.outline.intent
        refusal = self._refusal(example, words)
        if refusal:
            yield refusal
            return
        self.seen.setdefault(words, (intent, example.id, example.group))
        self.pairs[intent] |= _pairs(words)
        self.kept[intent] += 1
        halves, texts = self.by_length[intent][len(words)]
        at = bisect_right(halves, half := _half(words))
        halves.insert(at, half)
        texts.insert(at, words)
        yield example

    def _refusal(self, example: Example, words: str) -> Rejection | None:
        intent = example.outline.intent
        if (found := self.seen.get(words)) and found[2] != example.group:
            other = found[0] != intent
            return _refused(
                example, "other_intent" if other else "duplicate", f"row of {found[0]}" if other else "", found[1]
            )
        if example.outline.method != "example" and (owners := self.authored.get(words)):
            reason = "example_copy" if intent in owners else "other_intent"
            return _refused(example, reason, f"example of {min(owners)}", words)
        near = self._nearest(intent, words)
        if near and self.seen[near[0]][2] != example.group:
            return _refused(example, "near_duplicate", f"ratio {near[1] / 100:.3f}", self.seen[near[0]][1])
        original = example.outline.method == "rules" and example.group == example.id
        if original and self._says_nothing_new(intent, words):
            return _refused(example, "nothing_new", "its pairs of words are in other rows of the intent", words)
        return None

    def _says_nothing_new(self, intent: str, words: str) -> bool:
        """Whether too few pairs of its words are new to the intent; the more were refused for that, the fewer do."""
        pairs = _pairs(words)
        new = sum(pair not in self.pairs[intent] for pair in pairs)
        share = (1 + self.kept[intent]) / (1 + self.kept[intent] + self.refused[intent])
        if new >= self.new_pairs * share**LENIENCE * len(pairs):
            return False
        self.refused[intent] += 1
        return True

    def _nearest(self, intent: str, words: str) -> tuple[str, float] | None:
        """The kept words of the intent that are nearest, if they are as near as the threshold.

        A ratio is one less the insertions and deletions that part two texts over their joint length. Each of them
        changes one letter of the half of the alphabet or of the rest, which bounds how far both counts may lie apart.
        """
        kept, size, half = self.by_length[intent], len(words), _half(words)
        bound = self.threshold / (2 - self.threshold)
        near: list[str] = []
        for length in range(int(size * bound), int(size / bound) + 2):
            gap, edits = length - size, int((1 - self.threshold) * (size + length) + 0.001)
            if found := kept.get(length):
                halves, texts = found
                first = bisect_left(halves, half + (gap - edits + 1) // 2)
                near += texts[first : bisect_right(halves, half + (gap + edits) // 2, first)]
        best = process.extractOne(words, near, scorer=fuzz.ratio, score_cutoff=self.threshold * 100)
        return (best[0], best[1]) if best else None


class DistinctDialogues:
    """Admits dialogues one by one, in plan order, but for those whose words are all those of an earlier one."""

    def __init__(self) -> None:
        self.seen: dict[str, str] = {}

    def admit(self, example: Example) -> Iterator[Item]:
        """The dialogue, remembered by a digest of its words; or the id of the one that it repeats."""
        key = digest(*(normalised(turn.text.text) for turn in example.turns))
        if (known := self.seen.setdefault(key, example.id)) != example.id:
            yield _refused(example, "duplicate", "a dialogue with the same texts", known)
        else:
            yield example


def _pairs(words: str) -> set[tuple[str, str]]:
    return set(pairwise(words.split()))


def _half(words: str) -> int:
    """How many letters and digits of the first halves of their rows are in `words`."""
    code = words.encode("utf-8", "surrogatepass")
    return len(code) - len(code.translate(None, b"abcdefghijklm01234"))


def _refused(example: Example, reason: str, detail: str, evidence: str) -> Rejection:
    return Rejection(example.id, "dedup", reason, detail, evidence, example.text.text, example.outline)
