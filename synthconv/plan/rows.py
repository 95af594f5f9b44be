"""Which rows are asked for: so many of each intent, spread over languages, edge cases, personas and splits.

Rows come in rounds, one utterance of every intent (times its weight) in each, and what row k is does not depend on how
many are asked for: asking for more keeps the ones before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from synthconv.plan.domain import Domain
from synthconv.plan.skeletons import Skeleton
from synthconv.records import OUT_OF_SCOPE, Cell
from synthconv.scenario.loader import Scenario
from synthconv.seeds import in_proportion, rng

Quotas = dict[tuple[str, str | None], int]
"""(intent, None) -> its rows; (out_of_scope, edge case) -> the rows that come on top."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is asked for: the `k`-th of its cell; `example` is the authored example that it shall be, if any.

    It comes from a skeleton of `wanted_split` while there is one that has something new to say.
    """

    intent: str
    cell: Cell
    k: int
    wanted_split: str
    example: Skeleton | None = None

    @property
    def address(self) -> tuple[str, Cell]:
        """What it is counted under."""
        return self.intent, self.cell

    @property
    def needs(self) -> tuple[str, Cell]:
        """The intent and the cell that must have words for it."""
        return self.address


def quotas(scenario: Scenario) -> Quotas:
    """How many rows are asked for: utterances_per_intent x weight of each intent, and the outside edge cases on top."""
    return _quotas(scenario, scenario.model.generate.utterances_per_intent)


def _quotas(scenario: Scenario, utterances: int) -> Quotas:
    model = scenario.model
    inside: Quotas = {(name, None): max(1, round(utterances * intent.weight)) for name, intent in model.intents.items()}
    total = sum(inside.values())
    outside = model.shares("outside")
    return inside | {(OUT_OF_SCOPE, name): max(1, round(total * share)) for name, share in outside.items()}


def plan_rows(domain: Domain) -> Iterator[Row]:
    """Every row that the scenario asks for, in plan order, lazily.

    Round u holds what u utterances per intent ask for beyond u - 1, so that rows asked for on top come last.
    """
    sources = {key: _rows_of(domain, *key) for key in quotas(domain.scenario)}
    before = dict.fromkeys(sources, 0)
    for utterances in range(1, domain.scenario.model.generate.utterances_per_intent + 1):
        wanted = _quotas(domain.scenario, utterances)
        for key, source in sources.items():
            yield from islice(source, wanted[key] - before[key])
        before = wanted


def _rows_of(domain: Domain, intent: str, outside: str | None) -> Iterator[Row]:
    """The endless rows of an intent: its examples first, where they are included, then cells in proportion."""
    scenario = domain.scenario
    if scenario.model.generate.include_examples and not outside and scenario.templates[intent]:
        for tag in scenario.model.tags:
            for k, skeleton in enumerate(domain.skeletons[intent, tag, None]):
                if skeleton.authored:
                    yield Row(intent, Cell(tag), k, skeleton.split, skeleton)
    counts: Counter[Cell] = Counter()
    splits: dict[Cell, Iterator[str]] = {}
    found = cells(domain, intent, lambda tag: _edge_shares(domain, intent, tag, outside), outside)
    for cell in found:
        if cell not in splits:
            splits[cell] = in_proportion(shares_of_splits(domain), rng(scenario.seed, "splits", intent, cell))
        yield Row(intent, cell, counts[cell], next(splits[cell]))
        counts[cell] += 1


def shares_of_splits(domain: Domain) -> dict[str, float]:
    """The share of each split that has one."""
    return {split: share for split, share in domain.scenario.model.splits.model_dump().items() if share > 0}


def cells(
    domain: Domain, intent: str, shares: Callable[[str], dict[str | None, float]], outside: str | None = None
) -> Iterator[Cell]:
    """Languages, edge cases (their `shares` by language) and personas, each in proportion inside the one before."""
    model, seed = domain.scenario.model, domain.scenario.seed
    weights: dict[str | None, float] = {name: persona.weight for name, persona in model.personas.items()} or {None: 1.0}
    edges = {tag: in_proportion(shares(tag), rng(seed, "edge_cases", intent, tag, outside)) for tag in model.tags}
    personas: dict[tuple[str, str | None], Iterator[str | None]] = {}
    for tag in in_proportion(dict.fromkeys(model.tags, 1.0), rng(seed, "languages", intent, outside)):
        edge = next(edges[tag])
        if (tag, edge) not in personas:
            personas[tag, edge] = in_proportion(weights, rng(seed, "personas", intent, tag, edge))
        yield Cell(tag, next(personas[tag, edge]), edge)


def _edge_shares(domain: Domain, intent: str, tag: str, outside: str | None) -> dict[str | None, float]:
    """The share of each edge case that the intent can have; the other rows have none."""
    if outside:
        return {outside: 1.0}
    shares: dict[str | None, float] = {
        name: share
        for name, share in domain.scenario.model.shares("utterance").items()
        if (intent, tag, name) in domain.options
    }
    plain = 1 - sum(shares.values())
    return {None: plain, **shares} if plain > 1e-9 else shares
