"""Liking: how often the users of a scenario use each frame, as its examples show."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable
from itertools import accumulate
from random import Random

from synthconv.lang.models import FILLS
from synthconv.plan.frames import SHORT, Frame, Frames, Sentence
from synthconv.seeds import by_sums

PRIOR = 12.0
"""The pack's own weights count as so many examples of each fill beside those that the scenario has."""


class Tally:
    """Counts of keys by place, so that what later places say can be left out."""

    def __init__(self) -> None:
        self._places: dict[Hashable, list[int]] = defaultdict(list)

    def add(self, key: Hashable, place: int) -> None:
        """Count `key` at `place`; places come in order."""
        self._places[key].append(place)

    def upto(self, key: Hashable, place: int) -> int:
        """How often `key` was counted at `place` or before."""
        return bisect_right(self._places[key], place) if key in self._places else 0


class Liking:
    """How often the users of a scenario use each frame: the pack's weights, and the counts of its examples.

    A place is that of an intent in the scenario: what a later intent's examples say changes nothing for it.
    """

    def __init__(self, frames: Frames) -> None:
        self.frames, self._seen = frames, Tally()
        self._totals: dict[str, float] = defaultdict(float)
        for family, known in frames.by_family.items():
            self._totals[FILLS[family]] += sum(frame.weight for frame in known)
        self._choices: dict[tuple[tuple[str, ...], bool, bool, int], tuple[list[Frame], list[float]]] = {}

    def add(self, sentence: Sentence, place: int) -> None:
        """Count the frame of a sentence that an example of the intent at `place` says."""
        before, after = (sentence.frame.before, sentence.frame.after) if sentence.frame else ("", "")
        self._seen.add((sentence.family, before, after), place)

    def drawn(self, families: tuple[str, ...], sentence: Sentence, place: int, random: Random) -> Frame | None:
        """A frame of one of `families` for the core of `sentence`; None if none fits it.

        A thing stays in frames that say it is one, or in those that do not, as it was found.
        """
        short, singular = len(sentence.core.split()) <= SHORT, bool(sentence.frame and sentence.frame.singular)
        key = families, short, singular, place
        if key not in self._choices:
            known = (frame for family in families for frame in self.frames.by_family.get(family, ()))
            found = [frame for frame in known if _fits(frame, short, singular)]
            self._choices[key] = found, list(accumulate(self._weight(frame, place) for frame in found))
        frames, sums = self._choices[key]
        return by_sums(random, frames, sums) if frames else None

    def _weight(self, frame: Frame, place: int) -> float:
        seen = self._seen.upto((frame.family, frame.before, frame.after), place)
        return PRIOR * frame.weight / self._totals[FILLS[frame.family]] + seen


def _fits(frame: Frame, short: bool, singular: bool) -> bool:
    return (short or frame.after[:1] != " ") and (FILLS[frame.family] != "thing" or frame.singular == singular)
