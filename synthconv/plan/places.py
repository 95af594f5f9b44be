"""Places: which behaviours a task has room for, and what a user holds back so that his behaviours find theirs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cached_property
from random import Random

from synthconv.plan.domain import Domain
from synthconv.plan.frames import frames_of
from synthconv.plan.skeletons import Skeleton
from synthconv.scenario.models import SlotModel
from synthconv.scenario.patterns import expand, parse
from synthconv.scenario.task_models import TaskModel
from synthconv.seeds import rng

QUESTIONS = ("what", "where", "when", "how_much", "asking", "question")
"""Families of sentences that ask for information."""
FEW = 0.2
"""Below this share of the skeletons, those that are no questions are too few to open all dialogues."""
ABOUT_ASKED = (
    "wrong_format",
    "two_values",
    "refuse_value",
    "ask_back",
    "indirect_injection",
    "over_inform",
    "other_slot",
)
"""Behaviours that answer a question for a value."""
OUTSIDE = {"indirect_injection": ("prompt_injection", "hijacking"), "crescendo": ("harmful_request",)}
"""Behaviours that say messages of the catalogue's classes, and one of which they need."""


class Places:
    """What a task of a domain offers to behaviours, in a language."""

    def __init__(self, domain: Domain, task: str, tag: str) -> None:
        dialogues = domain.scenario.model.dialogues
        assert dialogues is not None
        self.domain, self.task, self.tag = domain, task, tag
        self.model: TaskModel = dialogues.tasks[task]
        intents, said = domain.scenario.model.intents, domain.options
        self.others = [
            name for name, other in dialogues.tasks.items() if name != task and (other.intent, tag, None) in said
        ]
        self.skeletons = said[self.model.intent, tag, None][""].skeletons if self.can_open else ()
        self.slots = intents[self.model.intent].slots
        self.askable = [name for name, slot in self.slots.items() if may_be_asked(slot) and self._may_be_left_out(name)]
        self.asides = asides(domain, tag)
        self.offers = any(
            outcome.results and outcome.results.offers and outcome.results.count[1] > 1
            for outcome in self.model.outcomes.values()
        )
        self.reports = any(outcome.results and not outcome.results.offers for outcome in self.model.outcomes.values())
        self.shared = self._shared()

    def opens(self, skeleton: Skeleton) -> bool:
        """Whether an utterance asks for the task to be done; a question opens only tasks that look something up."""
        return skeleton.key in self._requests

    @cached_property
    def _requests(self) -> frozenset[str]:
        """The skeletons that ask for something to be done rather than for information, with slots that the task has a
        use for; all, if they are few.
        """
        frames = frames_of(self.tag)
        every = [skeleton for skeleton, _ in self.skeletons]
        found = [one for one in every if not any(frames.read(part).family in QUESTIONS for part in _sentences(one))]
        found = found if len(found) >= FEW * len(every) and self.model.confirm else every
        useful = [one for one in found if one.template.slots <= self._of_use]
        return frozenset(skeleton.key for skeleton in (useful if len(useful) >= FEW * len(every) else found))

    @cached_property
    def _of_use(self) -> frozenset[str]:
        """The slots that the task needs, asks for or speaks of; all, where its author wrote no text with a slot."""
        texts = [self.model.read_back, *(outcome.say for outcome in self.model.outcomes.values())]
        spoken = frozenset(slot for text in texts if text for slot in parse(text, "und").slots if slot in self.slots)
        return (
            spoken | {name for name, slot in self.slots.items() if may_be_asked(slot)}
            if spoken
            else frozenset(self.slots)
        )

    def _may_be_left_out(self, slot: str) -> bool:
        return any(slot not in slots for _, many in self.skeletons for slots in many)

    @property
    def can_open(self) -> bool:
        """Whether the language has an utterance for the task."""
        return (self.model.intent, self.tag, None) in self.domain.options

    def _shared(self) -> list[str]:
        """Other tasks that ask for a slot of this one, by the same name and of the same entity."""
        dialogues, intents = self.domain.scenario.model.dialogues, self.domain.scenario.model.intents
        assert dialogues is not None
        out = []
        for name in self.others:
            theirs = intents[dialogues.tasks[name].intent].slots
            if any(
                slot in self.slots
                and self.slots[slot].required
                and wanted.required
                and self.slots[slot].entity == wanted.entity
                for slot, wanted in theirs.items()
            ):
                out.append(name)
        return out

    def varied(self, slot: str) -> bool:
        """Whether a slot has several values."""
        return self.domain.samplers[self.slots[slot].entity, self.tag].size > 1

    def formatted(self, slot: str) -> bool:
        """Whether a slot's value can be said in a wrong form."""
        return self.domain.samplers[self.slots[slot].entity, self.tag].misword is not None

    def fit(self, behaviour: str) -> bool:
        """Whether the task has a place for a behaviour."""
        if not self.can_open:
            return False
        waits = bool(self.askable) or self.model.confirm or self.offers
        if behaviour in OUTSIDE and not any(self.domain.outside(edge, self.tag) for edge in OUTSIDE[behaviour]):
            return False
        if behaviour in ("over_inform", "other_slot"):
            return bool(self.askable) and len(self.slots) > 1
        if behaviour in ("refuse_value", "ask_back", "indirect_injection"):
            return bool(self.askable)
        if behaviour == "wrong_format":
            return any(map(self.formatted, self.askable))
        if behaviour == "two_values":
            return any(map(self.varied, self.askable))
        if behaviour == "correction":
            second = self.model.confirm or self.offers or self.reports or len(self.askable) > 1
            return second and any(slot.required and self.varied(name) for name, slot in self.slots.items())
        if behaviour == "anaphora":
            return self.offers or bool(self.shared)
        if behaviour == "ambiguous":
            return bool(self.others)
        if behaviour == "change_of_mind":
            return waits and bool(self.others)
        if behaviour == "multi_intent":
            return bool(self.asides)
        if behaviour in ("interrupt", "digression"):
            return waits and bool(self.asides)
        return waits

    def asked_for(self, behaviours: Collection[str]) -> frozenset[str]:
        """The optional slots that the bot must ask for, where no required one gives these behaviours their place."""
        out = list[str]()
        for fits, names in ((self.formatted, ("wrong_format",)), (self.varied, ("two_values",)), (None, ABOUT_ASKED)):
            fit = [slot for slot in self.askable if fits is None or fits(slot)]
            if set(names) & set(behaviours) and not any(self.slots[slot].required for slot in fit):
                out += fit
        return frozenset(out)

    def held(self, behaviours: Collection[str], random: Random) -> list[str]:
        """The slots that a user of these behaviours must not tell before he is asked for them."""
        wanted = list[str]()
        if "wrong_format" in behaviours:
            wanted += self._one(filter(self.formatted, self.askable), random)
        if "two_values" in behaviours and not any(map(self.varied, wanted)):
            wanted += self._one(filter(self.varied, self.askable), random)
        waits = self.model.confirm or self.offers
        others = set(behaviours) - {"anaphora", "ambiguous", "multi_intent"}
        if not wanted and others and (others & set(ABOUT_ASKED) or not self.model.confirm):
            wanted += self._one(self.askable, random)
        more = sum(name in behaviours for name in ("over_inform", "other_slot"))
        more += not waits and bool(set(behaviours) & {"abandon", "early_thanks", "escalation", "change_of_mind"})
        more += "correction" in behaviours and (bool(more) or not (waits or self.reports))
        rest = [slot for slot in self.slots if slot not in wanted and self._may_be_left_out(slot)]
        rest.sort(key=lambda slot: (not self.slots[slot].required, slot not in self.askable))
        wanted += rest[:more]
        return wanted

    def _one(self, slots: Iterable[str], random: Random) -> list[str]:
        """One of `slots`, a required one if there is one."""
        found = list(slots)
        return [random.choice([slot for slot in found if self.slots[slot].required] or found)] if found else []


def _sentences(skeleton: Skeleton) -> list[str]:
    """The sentences of one text of a skeleton, without their marks; a value is the word "it"."""
    pieces = expand(skeleton.template.tree, rng(0, skeleton.key))
    text = "".join(piece if isinstance(piece, str) else "it" for piece in pieces)
    bare = (part.strip().rstrip(".?!") for part in re.split(r"(?<=[.?!])\s+", text))
    return [part[:1].lower() + part[1:] for part in bare if part]


def may_be_asked(slot: SlotModel) -> bool:
    """Whether a bot may ask for a slot: it is needed, or the author wrote a question for it."""
    return slot.required or slot.ask is not None


def asides(domain: Domain, tag: str) -> list[str]:
    """Intents that a side question may have: those of no task."""
    dialogues = domain.scenario.model.dialogues
    busy = {task.intent for task in (dialogues.tasks if dialogues else {}).values()}
    return [name for name in domain.scenario.model.intents if name not in busy and (name, tag, None) in domain.options]
