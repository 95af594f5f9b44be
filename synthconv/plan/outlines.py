"""Outlines: the labels of one attempt at a row, fixed before any word.

Everything random about an outline comes from its id, the hash of (intent, cell, k, attempt).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import accumulate, pairwise, product
from math import prod
from random import Random
from typing import Any
from zlib import crc32

from synthconv.plan.domain import INJECTION, Domain
from synthconv.plan.rows import Row
from synthconv.plan.skeletons import Skeleton
from synthconv.records import OUT_OF_SCOPE, DialogueAct, Expectation, IntentPlan, Outline, SlotValue, Style, TurnPlan
from synthconv.scenario.catalogue import form_of
from synthconv.scenario.patterns import Slots
from synthconv.scenario.values import Sampler
from synthconv.seeds import by_sums, digest, share_of, stream

OPEN_ENTITY = 100
"""An entity with at least so many values keeps those of one split out of the others."""
Taken = set[tuple[str, str]]
"""(entity, value): what is said already."""
Styles = tuple[list[Style], list[float]]
"""Styles to choose from, and the sums of their weights."""
SAME_SPLIT_ATTEMPTS = 4
"""Attempts at a row that stay in the split planned for it, before any skeleton of the intent may serve."""
SAME_SKELETON, LOYAL = 3, 12
"""Attempts at a row in a row that say the same skeleton in other words, and those until any may come up."""
PLAIN, CARRIED = 14, 30
"""Attempts at a row of no persona after which any greeting may come up, before all are as in the examples; and those
after which nearly every one has some."""
VALUE_DRAWS = 120
CONTRASTED = ("self_correction", "negated_value", "correction", "two_values")
"""Edge cases with a second value of the same entity."""
MISWORDED = ("wrong_format", "wrong_format_then_right")
"""Edge cases with a value in a wrong form."""
NOTHING = IntentPlan("", "", (SlotValue("", "", "", None),))
"""An intent with nothing to say: the realiser refuses it."""
DIALS: dict[str, dict[str, float]] = {
    "verbosity": {"normal": 80, "terse": 13, "wordy": 7},
    "formality": {"normal": 60, "low": 20, "high": 20},
    "politeness": {"normal": 75, "low": 15, "high": 10},
}
"""How the dials that a persona leaves open are set, by weight; all others are in the middle, or follow the example."""
PLAIN_DIALS = {"verbosity": "normal", "politeness": "normal"}
LOUD_DIALS: dict[str, dict[str, float]] = {
    "verbosity": {"normal": 60, "terse": 15, "wordy": 25},
    "formality": DIALS["formality"],
    "politeness": {"normal": 50, "low": 15, "high": 35},
}
LOUDEST_DIALS: dict[str, dict[str, float]] = {
    "verbosity": {"normal": 25, "wordy": 75},
    "formality": DIALS["formality"],
    "politeness": {"normal": 25, "high": 75},
}
"""The dials of no persona where other words alone give no new text: without courtesies, with many, with most."""
CHANNELS: dict[str, dict[str, Any]] = {
    "chat": {},
    "email": {"formality": "high", "politeness": "high", "casing": "sentence", "punctuation": "full"},
    "voice": {"casing": "lower", "punctuation": "none"},
    "search": {"verbosity": "terse", "politeness": "low", "casing": "lower", "punctuation": "none"},
}
"""The dials that a channel sets where a persona leaves them open."""


class Planner:
    """Makes outlines for the rows of a domain; pure, but for what it has worked out once."""

    def __init__(self, domain: Domain) -> None:
        self.domain, self.scenario = domain, domain.scenario
        model, self._stream = self.scenario.model, stream(self.scenario.seed, "outline")
        edges = [0.0, *accumulate(model.splits.model_dump().values())]
        self._bounds = dict(zip(model.splits.model_dump(), pairwise(edges), strict=True))
        self._styles: dict[str | None, Styles] = {None: ([Style()], [1.0])}
        self._plain, self._carried = _styles(PLAIN_DIALS), _styles({}, LOUD_DIALS)
        self._loudest = _styles({}, LOUDEST_DIALS)
        for name, persona in model.personas.items():
            self._styles[name] = _styles(persona.style.model_dump(exclude_none=True))

    def outline(self, row: Row, attempt: int) -> Outline:
        """The outline of the `attempt`-th try at `row`; the domain must have words for its cell."""
        ident = digest(row.intent, row.cell, f"example {row.k}" if row.example else row.k, attempt)
        if row.example and attempt == 0:
            return self._as_written(row, row.example, ident)
        options = self.domain.options[row.intent, row.cell.language, row.cell.edge_case]
        random = self._stream(ident)
        pool = options.get(row.wanted_split if attempt < SAME_SPLIT_ATTEMPTS else "", options[""])
        start = int(share_of(self.scenario.seed, row.intent, row.cell) * 29)
        if attempt < LOYAL:
            skeleton, combinations = pool.after(start + row.k, attempt // SAME_SKELETON)
        else:
            skeleton, combinations = pool.drawn(random)
        slots = random.choice(combinations)
        taken: Taken = set()
        intents = [self._intent(row, row.intent, skeleton, slots, taken, random)]
        if others := SECONDS.get(row.cell.edge_case or ""):
            intents += others(self, row, skeleton, taken, random)
        expect = self._expectation(row, slots, intents[0], random)
        return Outline(
            ident,
            row.intent,
            row.cell,
            self.style(row.cell.persona, attempt, random),
            skeleton.split,
            (_turn(intents),),
            expect,
        )

    def _as_written(self, row: Row, skeleton: Skeleton, ident: str) -> Outline:
        """An authored example as it stands: no persona, no style; a pattern is filled once."""
        random = self._stream(ident)
        slots = random.choice(skeleton.combinations)
        intent = self._intent(row, row.intent, skeleton, slots, set(), random)
        expect = self._expectation(row, slots, intent, random)
        return Outline(
            ident, row.intent, row.cell, Style(), skeleton.split, (_turn([intent]),), expect, method="example"
        )

    def _second(self, row: Row, skeleton: Skeleton, taken: Taken, random: Random) -> list[IntentPlan]:
        """The other intent of a row of two, from a skeleton of the same split."""
        split, tag = skeleton.split, row.cell.language
        other = self.domain.companion(row.intent, tag, random.random(), split)
        if other is None:
            return [NOTHING]
        skeleton, combinations = self.domain.options[other, tag, None][split].drawn(random)
        return [self._intent(row, other, skeleton, random.choice(combinations), taken, random, split)]

    def _dropped(self, row: Row, skeleton: Skeleton, taken: Taken, random: Random) -> list[IntentPlan]:
        """The same as it is taken back: its values are words."""
        (plan,) = self._second(row, skeleton, taken, random)
        values = tuple(replace(value, value=None) for value in plan.slots)
        return [replace(plan, slots=values, dropped=True)]

    def _injected(self, row: Row, _skeleton: Skeleton, _taken: Taken, random: Random) -> list[IntentPlan]:
        """Orders to the bot, as another's words."""
        tag = row.cell.language
        skeleton = random.choice(self.domain.outside(INJECTION, tag))
        slots = random.choice(skeleton.combinations)
        words = [SlotValue(slot, slot, self.domain.filler(tag, slot)(random), None) for slot in slots]
        return [IntentPlan(OUT_OF_SCOPE, skeleton.key, tuple(words), dropped=True)]

    def _others(self, row: Row, skeleton: Skeleton, _taken: Taken, _random: Random) -> list[IntentPlan]:
        """The other intents that vague words fit."""
        return [IntentPlan(name, "") for name in self.domain.shared_words(row.cell.language).others(skeleton.key)]

    def _intent(
        self,
        row: Row,
        intent: str,
        skeleton: Skeleton,
        slots: Slots,
        taken: Taken,
        random: Random,
        split: str = "",
    ) -> IntentPlan:
        """One intent of a row with its values, those of `split` (the skeleton's own where it is not given)."""
        tag = row.cell.language
        if intent == OUT_OF_SCOPE:
            filled = [SlotValue(slot, slot, self.domain.fillers[tag][slot](random), None) for slot in slots]
            return IntentPlan(intent, skeleton.key, tuple(filled))
        edge = row.cell.edge_case if intent == row.intent else None
        chosen = self._edge_slot(edge, intent, tag, slots, random)
        values = [
            self._value(intent, slot, tag, split or skeleton.split, taken, random, edge if position == chosen else None)
            for position, slot in enumerate(slots)
        ]
        return IntentPlan(intent, skeleton.key, tuple(values))

    def _edge_slot(self, edge: str | None, intent: str, tag: str, slots: Slots, random: Random) -> int | None:
        """Which of the slots the edge case is about."""
        if edge not in (*CONTRASTED, *MISWORDED):
            return None
        samplers = [self.domain.samplers[self.domain.entity(intent, slot), tag] for slot in slots]
        if edge in CONTRASTED:
            return random.choice([i for i, sampler in enumerate(samplers) if sampler.size > 1])
        return random.choice([i for i, sampler in enumerate(samplers) if sampler.misword])

    def _value(
        self,
        intent: str,
        slot: str,
        tag: str,
        split: str,
        taken: Taken,
        random: Random,
        edge: str | None,
    ) -> SlotValue:
        """A value for a slot, other than those of its entity in the utterance; without words if there is none."""
        entity = self.domain.entity(intent, slot)
        sampler = self.domain.samplers[entity, tag]
        drawn = self.draw(entity, sampler, split, taken, random)
        if drawn is None:
            return SlotValue(slot, entity, "", None)
        value, native = drawn
        state = random.getstate()
        surface = sampler.word(native, random)
        if edge in MISWORDED:
            wrong = (sampler.misword and sampler.misword(native, random)) or ""
            return SlotValue(slot, entity, *((wrong, None) if edge == "wrong_format" else (surface, value, wrong)))
        if edge in CONTRASTED:
            second = self.draw(entity, sampler, split, taken, random)
            random.setstate(state)  # both in the same form: "12/3, no, 12/5", not "12/3, no, 5 December"
            other = sampler.word(second[1], random) if second else None
            meant = second[0] if second and edge == "two_values" else None
            return SlotValue(slot, entity, surface, value, other, meant)
        return SlotValue(slot, entity, surface, value)

    def draw(self, entity: str, sampler: Sampler, split: str, taken: Taken, random: Random) -> tuple[str, Any] | None:
        """A value that the utterance does not have yet, None if there is no other.

        One of an open entity belongs to a split by its hash; another is taken only where none of that split turns up.
        """
        low, high = self._bounds[split] if sampler.size >= OPEN_ENTITY else (0.0, 1.0)
        base, other = crc32(entity.encode()), None
        for _ in range(VALUE_DRAWS):
            value, native = sampler.draw(random)
            if (entity, value) not in taken:
                other = value, native
                if low <= crc32(value.encode(), base) / 2**32 < high:
                    break
        if other:
            taken.add((entity, other[0]))
        return other

    def style(self, persona: str | None, attempt: int, random: Random) -> Style:
        """A style of the persona; of no one's where there is none, until other words alone give no new text."""
        varied = self._plain if attempt < PLAIN else self._carried if attempt < CARRIED else self._loudest
        styles, weights = self._styles[persona] if persona or attempt < LOYAL else varied
        return by_sums(random, styles, weights)

    def _expectation(self, row: Row, slots: Slots, intent: IntentPlan, random: Random) -> Expectation | None:
        """What the bot should do: the catalogue's behaviour, or ask for the required slots that are not said."""
        edge = row.cell.edge_case
        missing = () if row.intent == OUT_OF_SCOPE else self.domain.missing(row.intent, slots)
        if edge is None:
            return Expectation("ask", missing) if missing else None
        about: tuple[str, ...] = ()
        if edge == "missing_entity":
            about = missing
        elif edge in (*CONTRASTED, *MISWORDED):
            about = tuple(value.slot for value in intent.slots if value.other is not None or value.value is None)
        elif form_of(edge).needs == "missing_slot":
            about = (random.choice(missing),)
        behaviour = form_of(edge).behaviour
        if behaviour in ("fulfil", "ask") and missing:  # however it is written, what it lacks must be asked for
            return Expectation("ask", tuple(dict.fromkeys((*about, *missing))))
        return Expectation(behaviour, about)


SECONDS: Mapping[str, Callable[[Planner, Row, Skeleton, Taken, Random], list[IntentPlan]]] = {
    "multi_intent": Planner._second,
    "interruption": Planner._second,
    "digression": Planner._second,
    "change_of_mind": Planner._dropped,
    "indirect_injection": Planner._injected,
    "ambiguous": Planner._others,
}
"""Edge cases of more than one intent, with what the others are."""


def _styles(given: dict[str, Any], dials: dict[str, dict[str, float]] = DIALS) -> Styles:
    """Every style that a persona's dials leave open, and the sums of their weights."""
    given = {**CHANNELS[given.get("channel", "chat")], **given}
    free = {dial: weights for dial, weights in dials.items() if dial not in given}
    chosen = [dict(zip(free, settings, strict=True)) for settings in product(*free.values())]
    weights = [prod(free[dial][setting] for dial, setting in dials.items()) for dials in chosen]
    return [Style(**{**given, **dials}) for dials in chosen], list(accumulate(weights))


def _turn(intents: list[IntentPlan]) -> TurnPlan:
    values = [value for intent in intents for value in intent.slots if value.value is not None]
    return TurnPlan("user", tuple(intents), tuple(DialogueAct("inform", value.slot, value.value) for value in values))
