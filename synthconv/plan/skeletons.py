"""Skeletons: the forms that an intent's utterances can take, each in one split, with the slots it can say.

The skeleton of a row worded by rules is its example. A skeleton is never cut by a split: test rows come from examples
that no train row comes from.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from random import Random

from synthconv.lang.tokens import normalised
from synthconv.plan.frames import are_remarks, frames_of
from synthconv.plan.names import said_of, words_of
from synthconv.scenario.loader import Scenario
from synthconv.scenario.patterns import ESCAPABLE, Slots, Template, parse
from synthconv.seeds import by_sums, digest, share_of

WORDINGS = 10
"""Turns that a skeleton with a single text takes: it can be said in other words."""
MAX_TAIL = 4
"""Slots that the frames of an intent without examples say at most."""


@dataclass(frozen=True)
class Skeleton:
    """A template with the split that all its rows go to; `key` names it and survives edits of other examples.

    One that is not `authored` is what the intent's name or description says. `in_scope` marks an out-of-scope text
    whose topic the scenario is about: it is refused when it comes up, so that a topic that becomes in scope changes no
    other row. The words of one that is `fixed` are not exchanged for others.
    """

    key: str
    template: Template
    split: str
    in_scope: bool = False
    authored: bool = True
    fixed: bool = False

    @cached_property
    def texts(self) -> int:
        """About how many texts it has for a cell to choose from, each slot counted as 30 values."""
        return self.template.texts(lambda _slot: 30)

    @cached_property
    def combinations(self) -> tuple[Slots, ...]:
        """The slot combinations that it can say."""
        return tuple(self.template.variants)


@dataclass(frozen=True)
class Options:
    """Skeletons to choose from, each with the slot combinations that are allowed."""

    skeletons: tuple[tuple[Skeleton, tuple[Slots, ...]], ...]

    @cached_property
    def _turns(self) -> tuple[list[int], list[list[int]]]:
        """Rounds of taking turns: where each round of fewer skeletons starts, and which still take part in it.

        A skeleton takes part for as many turns as it has texts to give to one of many cells: a quarter of them.
        """
        turns = [max(WORDINGS, skeleton.texts // 4) for skeleton, _ in self.skeletons]
        starts, alive, position, done = [0], [list(range(len(turns)))], 0, 0
        for level in sorted(set(turns))[:-1]:
            position += (level - done) * len(alive[-1])
            done = level
            starts.append(position)
            alive.append([i for i, count in enumerate(turns) if count > level])
        return starts, alive

    @cached_property
    def _richness(self) -> list[float]:
        return list(accumulate(min(WORDINGS * skeleton.texts, 10**6) ** 0.5 for skeleton, _ in self.skeletons))

    def in_turn(self, position: int) -> tuple[Skeleton, tuple[Slots, ...]]:
        """The option whose turn it is: every one comes up equally often until it has little new to say."""
        starts, alive = self._turns
        level = bisect_right(starts, position) - 1
        return self.skeletons[alive[level][(position - starts[level]) % len(alive[level])]]

    def after(self, position: int, steps: int) -> tuple[Skeleton, tuple[Slots, ...]]:
        """The option so many steps after the one whose turn it is; of the authored ones, if there are any."""
        found = self.in_turn(position)
        if not steps:
            return found
        others, places = self._others
        return others[(places.get(found[0].key, position) + steps) % len(others)]

    @cached_property
    def _others(self) -> tuple[Sequence[tuple[Skeleton, tuple[Slots, ...]]], dict[str, int]]:
        """The options that may follow, the authored ones if there are any, and where each is among them."""
        others = [option for option in self.skeletons if option[0].authored] or self.skeletons
        return others, {skeleton.key: place for place, (skeleton, _) in enumerate(others)}

    def drawn(self, random: Random) -> tuple[Skeleton, tuple[Slots, ...]]:
        """A random option; those that can say more come up more often."""
        return by_sums(random, self.skeletons, self._richness)


def skeletons_of(scenario: Scenario, name: str, language: str) -> tuple[Skeleton, ...]:
    """The skeletons of an intent in a language: its examples, and what its name and description say.

    Nobody says the name of a remark: "affirm", "thank".
    """
    shares = scenario.model.splits.model_dump()
    written = [template for template in scenario.templates[name] if template.language == language]
    derived = tuple(_derived(scenario, name, language))
    if not scenario.templates[name]:
        return tuple(replace(skeleton, authored=False) for skeleton in split_up(derived, shares))
    most = max(shares, key=lambda split: shares[split])
    known = {normalised(template.source) for template in written}
    about = [template for template in derived if normalised(template.source) not in known] if written else []
    if are_remarks([frames_of(language).is_remark(template.source) for template in written]):
        about = []
    return (
        *split_up(written, shares),
        *(Skeleton(digest(template.source, language, "about"), template, most, authored=False) for template in about),
    )


def split_up(templates: Sequence[Template], shares: Mapping[str, float]) -> tuple[Skeleton, ...]:
    """A skeleton for each template, the splits in proportion to `shares`; each gets one if it can, test first."""
    unique = {digest(template.source, template.language): template for template in templates}
    keys = sorted(unique, key=lambda key: (share_of("skeleton", key), key))
    keys.sort(key=lambda key: unique[key].texts(lambda _slot: 30) <= 3)  # those with little to say are no train of few
    wanted = sorted(
        (split for split, share in shares.items() if share > 0), key=lambda split: (-shares[split], split != "test")
    )
    counts = {split: max(1, round(shares[split] * len(keys))) for split in wanted[1:][: max(0, len(keys) - 1)]}
    splits = [split for split, count in counts.items() for _ in range(count)]
    splits = [wanted[0]] * max(1, len(keys) - len(splits)) + splits
    owner = dict(zip(keys, splits, strict=False))
    return tuple(Skeleton(key, template, owner[key]) for key, template in unique.items())


def _derived(scenario: Scenario, name: str, language: str) -> Iterable[Template]:
    """What an intent's name and description say, with its slots where there is no example to say them."""
    intent = scenario.model.intents[name]
    said = list(said_of(scenario, name, language))
    if not said and not scenario.templates[name]:
        said = [words_of(name)]
    slots = [] if scenario.templates[name] else list(intent.slots)[:MAX_TAIL]
    tail = "".join(f"[, {escaped(words_of(slot))} {{{slot}}}]" for slot in slots)
    for text in said:
        yield parse(escaped(text) + tail, language, authored=False)


def escaped(text: str) -> str:
    """A text as a pattern that says it to the letter."""
    return re.sub(f"([{re.escape(ESCAPABLE)}])", r"\\\1", text)
