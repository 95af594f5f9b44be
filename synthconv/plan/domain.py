"""The domain: all that the planner draws from, compiled once out of a scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import cached_property, lru_cache

from synthconv.lang.packs import load_pack
from synthconv.lang.tokens import normalised
from synthconv.plan.outside import Filler, fillers, outside_skeletons
from synthconv.plan.skeletons import Options, Skeleton, skeletons_of
from synthconv.plan.vague import SharedWords
from synthconv.records import OUT_OF_SCOPE, Cell
from synthconv.scenario.catalogue import form_of
from synthconv.scenario.loader import Scenario
from synthconv.scenario.patterns import Slots, expansions
from synthconv.scenario.values import Locale, Sampler, build_sampler
from synthconv.seeds import rng

INJECTION = "prompt_injection"
"""The class of messages that are quoted as orders to the bot."""
MOST_EXPANSIONS = 50
"""Texts of one pattern that are looked at where all that an intent says is."""


class Domain:
    """Skeletons, the choices each kind of row has among them, value samplers and fillers, by language.

    `options[intent, language, edge case]` maps a split to the skeletons of that split, and "" to those of all splits
    (out-of-scope texts whose topic is in scope aside); an edge case that an intent cannot have is not a key.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, model = scenario, scenario.model
        self.reference_date = _reference_date(scenario)
        self.skeletons: dict[tuple[str, str, str | None], tuple[Skeleton, ...]] = {}
        self.options: dict[tuple[str, str, str | None], dict[str, Options]] = {}
        self.samplers: dict[tuple[str, str], Sampler] = {}
        self.fillers: dict[str, Mapping[str, Filler]] = {}
        self._outside: dict[tuple[str, str], dict[str, Skeleton]] = {}
        self._shared: dict[str, SharedWords] = {}
        for tag in model.tags:
            locale = Locale(tag, self.reference_date, scenario.seed)
            self.samplers |= {
                (name, tag): build_sampler(name, entity, locale) for name, entity in model.entities.items()
            }
            self.skeletons |= {(intent, tag, None): skeletons_of(scenario, intent, tag) for intent in model.intents}
            for intent in model.intents:
                self._add_intent(intent, tag)
            if outside := model.shares("outside"):
                self.fillers[tag] = fillers(scenario, locale)
            for name in outside:
                self.skeletons[OUT_OF_SCOPE, tag, name] = skeletons = outside_skeletons(scenario, name, tag)
                self._add_options((OUT_OF_SCOPE, tag, name), skeletons, lambda _slots: True)

    def _add_intent(self, intent: str, tag: str) -> None:
        for name in [None, *self.scenario.model.shares("utterance")]:
            own = form_of(name).needs == "shared_word" if name else False
            if own:
                self.skeletons[intent, tag, name] = self.shared_words(tag).skeletons(intent)
            found = self.skeletons[intent, tag, name if own else None]
            self._add_options((intent, tag, name), found, self._allows(intent, tag, name))

    def shared_words(self, tag: str) -> SharedWords:
        """The words of a language that several intents are about."""
        if tag not in self._shared:
            self._shared[tag] = SharedWords(self.scenario, self.words(tag), tag)
        return self._shared[tag]

    def _add_options(
        self, key: tuple[str, str, str | None], skeletons: Iterable[Skeleton], allows: Callable[[Slots], bool]
    ) -> None:
        allowed = [(skeleton, tuple(filter(allows, skeleton.combinations))) for skeleton in skeletons]
        found = [(skeleton, slots) for skeleton, slots in allowed if slots]
        by_split = {
            split: tuple(row for row in found if row[0].split == split) for split in {row[0].split for row in found}
        }
        if found:
            every = tuple(row for row in found if not row[0].in_scope) or tuple(found)
            self.options[key] = {"": Options(every), **{split: Options(rows) for split, rows in by_split.items()}}

    def _allows(self, intent: str, tag: str, edge_case: str | None) -> Callable[[Slots], bool]:
        """Whether a slot combination can have the edge case, by what the catalogue says that it needs."""
        form, pack = form_of(edge_case) if edge_case else None, load_pack(tag)
        wordless = form and form.words and not getattr(pack.moves, form.words)
        if wordless or (form and form.in_words and pack.language == "und"):
            return lambda _slots: False
        needs = form.needs if form else None
        if needs == "slots":
            return lambda slots: any(self.samplers[self.entity(intent, slot), tag].size > 1 for slot in slots)
        if needs == "formatted_slot":
            return lambda slots: any(self.samplers[self.entity(intent, slot), tag].misword for slot in slots)
        if needs == "missing_slot":
            return lambda slots: bool(self.missing(intent, slots))
        if needs == "two_intents":
            return lambda _slots: self.companion(intent, tag, 0) is not None
        if needs == "injection":
            return lambda _slots: bool(self.outside(INJECTION, tag))
        return lambda _slots: True

    def skeleton(self, intent: str, tag: str, key: str) -> Skeleton:
        """The skeleton of an intent (or of the texts outside of all intents) that `key` names."""
        return self._by_key[intent, tag, key]

    @cached_property
    def _by_key(self) -> dict[tuple[str, str, str], Skeleton]:
        return {
            (intent, tag, skeleton.key): skeleton
            for (intent, tag, _), found in self.skeletons.items()
            for skeleton in found
        }

    def outside(self, edge_case: str, tag: str) -> tuple[Skeleton, ...]:
        """The messages of a class outside of all intents, for the turns of a dialogue; none on a topic in scope."""
        if (edge_case, tag) not in self._outside:
            found = outside_skeletons(self.scenario, edge_case, tag)
            kept = tuple(skeleton for skeleton in found if not skeleton.in_scope)
            self._outside[edge_case, tag] = {skeleton.key: skeleton for skeleton in kept}
        return tuple(self._outside[edge_case, tag].values())

    def outside_by_key(self, tag: str, key: str) -> Skeleton:
        """The message of those classes that `key` names."""
        return next(found[key] for (_, language), found in self._outside.items() if language == tag and key in found)

    def filler(self, tag: str, slot: str) -> Filler:
        """What fills a gap in a message outside of all intents."""
        if tag not in self.fillers:
            self.fillers[tag] = fillers(self.scenario, Locale(tag, self.reference_date, self.scenario.seed))
        return self.fillers[tag][slot]

    def texts(self, intent: str, tag: str) -> int:
        """About how many texts the examples of an intent can give in a language, before style."""

        def size(slot: str) -> float:
            return self.samplers[self.entity(intent, slot), tag].size if intent != OUT_OF_SCOPE else 30

        groups = [found for (name, language, _), found in self.skeletons.items() if (name, language) == (intent, tag)]
        return sum(skeleton.template.texts(size) for found in groups for skeleton in found)

    def entity(self, intent: str, slot: str) -> str:
        """The entity whose values fill a slot."""
        return self.scenario.model.intents[intent].slots[slot].entity

    def missing(self, intent: str, slots: Slots) -> tuple[str, ...]:
        """The required slots of an intent that `slots` leaves out."""
        return tuple(
            name
            for name, slot in self.scenario.model.intents[intent].slots.items()
            if slot.required and name not in slots
        )

    @property
    def plain_examples(self) -> dict[str, set[str]]:
        """The words of every example without slots and choices, with the intents that they stand for."""
        out: dict[str, set[str]] = {}
        for intent, templates in self.scenario.templates.items():
            for template in templates:
                if template.literal:
                    out.setdefault(normalised(template.tree if isinstance(template.tree, str) else ""), set()).add(
                        intent
                    )
        return out

    def words(self, tag: str) -> dict[str, list[str]]:
        """What each intent's examples, name and description say in a language, a blank for each slot."""
        return {
            intent: [
                "".join(piece if isinstance(piece, str) else " " for piece in pieces)
                for skeleton in self.skeletons[intent, tag, None]
                for pieces in expansions(skeleton.template.tree, MOST_EXPANSIONS)
            ]
            for intent in self.scenario.model.intents
        }

    def companion(self, intent: str, tag: str, number: float, split: str = "") -> str | None:
        """The second intent of a multi-intent row, one with skeletons of `split` (any, where it is not given).

        It is one declared before, so that a new last intent changes no row.
        """
        names = list(self.scenario.model.intents)
        before = [
            name
            for name in names[: names.index(intent)] or names[1:2]
            if any(skeleton.split == split or not split for skeleton in self.skeletons[name, tag, None])
        ]
        return before[int(number * len(before))] if before else None

    def has_words(self, intent: str, cell: Cell) -> bool:
        """Whether any skeleton can word the cell."""
        return (intent, cell.language, cell.edge_case) in self.options


@lru_cache(maxsize=2)
def domain_of(scenario: Scenario) -> Domain:
    """The domain of a scenario, compiled once."""
    return Domain(scenario)


def _reference_date(scenario: Scenario) -> date:
    """The day on which "tomorrow" is said: the scenario's, or one that the seed leads to; never today."""
    given = scenario.model.generate.reference_date
    return (
        date.fromisoformat(given)
        if given
        else date(2025, 1, 1) + timedelta(rng(scenario.seed, "reference_date").randrange(365))
    )
