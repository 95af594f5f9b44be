"""Places: which behaviours a task has room for, and what a user holds back so that his behaviours find theirs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from random import Random

from synthconv.plan.domain import Domain
from synthconv.records import OUT_OF_SCOPE
from synthconv.scenario.models import SlotModel, TaskModel

OUTSIDE = {"indirect_injection": ("prompt_injection", "hijacking"), "crescendo": ("harmful_request",)}
"""Behaviours that say messages of the catalogue's classes, and one of which they need."""


class Places:
    """What a task of a domain offers to behaviours, in a language."""

    def __init__(self, domain: Domain, task: str, tag: str) -> None:
        dialogues = domain.scenario.model.dialogues
        assert dialogues is not None
        self.domain, self.task, self.tag = domain, task, tag
        self.model: TaskModel = dialogues.tasks[task]
        self.others = [name for name in dialogues.tasks if name != task]
        intents = domain.scenario.model.intents
        self.slots = intents[self.model.intent].slots
        self.askable = [name for name, slot in self.slots.items() if may_be_asked(slot) and self._may_be_left_out(name)]
        busy = {self.model.intent}
        self.asides = [name for name in intents if name not in busy and (name, tag, None) in domain.options]
        self.offers = any(
            outcome.results and outcome.results.offers and outcome.results.count[1] > 1
            for outcome in self.model.outcomes.values()
        )
        self.reports = any(outcome.results and not outcome.results.offers for outcome in self.model.outcomes.values())
        self.shared = self._shared()

    def _may_be_left_out(self, slot: str) -> bool:
        every = self.domain.options[self.model.intent, self.tag, None][""].skeletons
        return any(slot not in slots for _, many in every for slots in many)

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

    def held(self, behaviours: Collection[str], random: Random) -> list[str]:
        """The slots that a user of these behaviours must not tell before he is asked for them."""
        wanted = list[str]()
        if "wrong_format" in behaviours:
            wanted += self._one(filter(self.formatted, self.askable), random)
        if "two_values" in behaviours and not any(map(self.varied, wanted)):
            wanted += self._one(filter(self.varied, self.askable), random)
        waits = self.model.confirm or self.offers
        if not wanted and set(behaviours) - {"anaphora", "ambiguous", "multi_intent"}:
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


def may_be_asked(slot: SlotModel) -> bool:
    """Whether a bot may ask for a slot: it is needed, or the author wrote a question for it."""
    return slot.required or slot.ask is not None


def asides(domain: Domain, tag: str, tasks: Iterable[str]) -> Iterator[str]:
    """Intents that a side question may have: those of none of `tasks`."""
    dialogues = domain.scenario.model.dialogues
    busy = {dialogues.tasks[task].intent for task in tasks} if dialogues else set()
    names = domain.scenario.model.intents
    return (name for name in names if name not in busy and name != OUT_OF_SCOPE and (name, tag, None) in domain.options)
