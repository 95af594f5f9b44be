"""What both speakers of one dialogue draw from: values with their words, openings, and the back end's records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from random import Random
from typing import Any

from synthconv.lang.speech import load_speech
from synthconv.plan.domain import Domain
from synthconv.plan.outlines import Planner, Taken
from synthconv.plan.places import Places
from synthconv.plan.skeletons import Options, Skeleton
from synthconv.records import IntentPlan, SlotValue
from synthconv.scenario.models import SlotModel
from synthconv.scenario.patterns import Slots
from synthconv.scenario.task_models import ResultsModel, TaskModel
from synthconv.scenario.values import Sampler
from synthconv.seeds import weighted

OPENING_DRAWS = 12
"""Skeletons that are looked at for one that leaves out what is held back and says about as much as people do."""
BY_NAME = 0.2
"""How often a skeleton that is drawn may be of an intent's name or description, where an example will do."""
TOLD_AT_ONCE = {0: 0.5, 1: 0.35, 2: 0.12, 3: 0.03}
"""How many values people give with their first request, by weight, as in service dialogues."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A value of a slot or a field: what a user may call it, and what a bot shows."""

    slot: str
    entity: str
    value: str
    word: Callable[[Random], str]
    plain: Callable[[], str]

    def said(self, random: Random) -> SlotValue:
        """The fact in a user's words."""
        return SlotValue(self.slot, self.entity, self.word(random), self.value)

    @property
    def shown(self) -> SlotValue:
        """The fact in a bot's words."""
        return SlotValue(self.slot, self.entity, self.plain(), self.value)


class Record(Mapping[str, Fact]):
    """What the back end returns, field -> fact: one that nobody speaks of is never drawn."""

    def __init__(self, names: Iterable[str], known: dict[str, Fact], draw: Callable[[str], Fact]) -> None:
        self._names, self.known, self._draw = dict.fromkeys(names), known, draw

    def __getitem__(self, name: str) -> Fact:
        """The fact of a field."""
        if name not in self.known:
            if name not in self._names:
                raise KeyError(name)
            self.known[name] = self._draw(name)
        return self.known[name]

    def __iter__(self) -> Iterator[str]:
        """The names of the fields."""
        return iter(self._names)

    def __len__(self) -> int:
        """How many fields there are."""
        return len(self._names)


NO_RECORD = Record((), {}, lambda name: given_fact(name, name, ""))
"""Where there is nothing to tell."""


class World:
    """One dialogue's language, split and randomness over a domain."""

    def __init__(self, planner: Planner, tag: str, split: str, random: Random) -> None:
        self.planner, self.domain, self.tag, self.split, self.random = planner, planner.domain, tag, split, random
        self.taken: Taken = set()
        self._addressed = load_speech(tag).addressed

    @property
    def tasks(self) -> Mapping[str, TaskModel]:
        """The tasks of the scenario."""
        return tasks_of(self.domain)

    def places(self, task: str) -> Places:
        """What a task offers to behaviours."""
        return places_of(self.domain, task, self.tag)

    def slots(self, task: str) -> Mapping[str, SlotModel]:
        """The slots of a task."""
        return self.domain.scenario.model.intents[self.tasks[task].intent].slots

    def fields(self, task: str) -> list[str]:
        """What the back end tells of a task that is done, where all goes as it mostly does."""
        usual = max(self.tasks[task].outcomes.values(), key=lambda outcome: outcome.weight, default=None)
        results = usual.results if usual else None
        return list(results.names) if results and not results.offers else []

    def sampler(self, entity: str) -> Sampler:
        """The values of an entity in the language of the dialogue."""
        return self.domain.samplers[entity, self.tag]

    def fact(self, slot: str, entity: str, *, other_than: Collection[str] = ()) -> Fact | None:
        """A value that the dialogue has not had for the entity; None if there is none, or only those not wanted."""
        sampler = self.sampler(entity)
        drawn = self.planner.draw(entity, sampler, self.split, self.taken, self.random)
        if drawn is None or drawn[0] in other_than:
            return None
        return self._fact(slot, entity, *drawn)

    def _fact(self, slot: str, entity: str, value: str, native: Any) -> Fact:
        sampler, addressed = self.sampler(entity), self._addressed
        return Fact(
            slot, entity, value, lambda random: sampler.word(native, random), lambda: addressed(sampler.plain(native))
        )

    def opening(
        self, intent: str, held: Collection[str], facts: Mapping[str, Fact], task: str = ""
    ) -> tuple[IntentPlan, list[Fact]]:
        """An utterance of an intent that leaves out the slots that are `held`, with its facts, known or new ones.

        With a task, it is one that asks for the task to be done, if there is one.
        """
        skeleton, slots = self._skeleton(intent, held, task)
        said: dict[str, Fact] = {}
        for slot in dict.fromkeys(slots):
            said[slot] = facts.get(slot) or self.field(slot, self.domain.entity(intent, slot))
        words = tuple(said[slot].said(self.random) for slot in slots)
        return IntentPlan(intent, skeleton.key, words), list(said.values())

    def _skeleton(self, intent: str, held: Collection[str], task: str) -> tuple[Skeleton, Slots]:
        options, wanted = self.domain.options[intent, self.tag, None], weighted(self.random, TOLD_AT_ONCE)
        for pool, by_name in product((options.get(self.split), options[""]), (BY_NAME, 1.0)):
            best: tuple[Skeleton, Slots] | None = None
            for _ in range(OPENING_DRAWS if pool else 0):
                assert pool is not None
                skeleton, combinations = self.random.choice(pool.skeletons)
                if not skeleton.authored and self.random.random() >= by_name:
                    continue
                if task and not self.places(task).opens(skeleton):
                    continue
                fit = [one for one in combinations if not set(held) & set(one) and len(set(one)) == len(one)]
                slots = min(fit, key=lambda one: abs(len(one) - wanted), default=None)
                if slots is not None and (best is None or abs(len(slots) - wanted) < abs(len(best[1]) - wanted)):
                    best = skeleton, slots
                if slots is not None and len(slots) == wanted:
                    return skeleton, slots
            if best:
                return best
        found = _first_without(options[""], held)
        return found or (options[""].skeletons[0][0], options[""].skeletons[0][1][0])

    def records(self, results: ResultsModel, told: Mapping[str, Fact], at_least: int = 1) -> list[Record]:
        """Records as an outcome's results describe them, no two of the same name.

        A field that is a slot too has the value that was `told` for it; of the one that the user chooses by, so has
        the first record.
        """
        low, high = results.count
        count = self.random.randint(max(low, min(at_least, high)), high)
        rows: list[Record] = []
        given = self.random.sample(results.records, min(count, len(results.records)))
        for number in range(count):
            fixed = given[number] if number < len(given) else {}
            if results.records and not fixed:
                break
            known = {name: given_fact(name, results.entity(name), value) for name, value in fixed.items()}
            for name, entity in results.fields.items():
                same = told.get(name) if name != results.offers or number == 0 else None
                if name not in known and same and same.entity == entity:
                    known[name] = same
            record = Record((*fixed, *results.fields), known, lambda name: self.field(name, results.entity(name)))
            if not results.offers or record[results.offers].value not in {row[results.offers].value for row in rows}:
                rows.append(record)
        return rows

    def field(self, name: str, entity: str) -> Fact:
        """A value of an entity, a new one to the dialogue while there are some."""
        if fact := self.fact(name, entity):
            return fact
        return self._fact(name, entity, *self.sampler(entity).draw(self.random))


def given_fact(name: str, entity: str, value: str) -> Fact:
    """A fact whose one surface is its value."""
    return Fact(name, entity, value, lambda _random: value, lambda: value)


def renamed(fact: Fact, slot: str) -> Fact:
    """The same value in another slot."""
    return replace(fact, slot=slot)


@lru_cache(maxsize=2000)
def places_of(domain: Domain, task: str, tag: str) -> Places:
    """The places of a task, worked out once."""
    return Places(domain, task, tag)


def tasks_of(domain: Domain) -> Mapping[str, TaskModel]:
    """The tasks of a scenario, by name."""
    dialogues = domain.scenario.model.dialogues
    return dialogues.tasks if dialogues else {}


def _first_without(options: Options, held: Collection[str]) -> tuple[Skeleton, Slots] | None:
    found = ((skeleton, slots) for skeleton, many in options.skeletons for slots in many if not set(held) & set(slots))
    return next(found, None)
