"""Which dialogues are asked for: evenly spread over tasks, languages, edge cases and personas, with their behaviours.

What dialogue k is does not depend on how many are asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

from synthconv.plan.behaviours import BEHAVIOURS, BY_EDGE_CASE, DEFAULTS, ENDS
from synthconv.plan.domain import Domain
from synthconv.plan.rows import cells, shares_of_splits
from synthconv.plan.world import places_of, tasks_of
from synthconv.records import Cell
from synthconv.seeds import in_proportion, rng

PRIMES = (2, 3, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103)
"""Their roots are the steps by which behaviours are dealt out: each evenly, and no two in step."""


@dataclass(frozen=True, slots=True)
class DialogueRow:
    """A dialogue that is asked for: the `k`-th of its cell, with its behaviours; `intent` is that of its task."""

    task: str
    intent: str
    cell: Cell
    k: int
    wanted_split: str
    behaviours: tuple[str, ...] = ()

    @property
    def address(self) -> tuple[str, Cell]:
        """What it is counted under."""
        return self.task, self.cell

    @property
    def needs(self) -> tuple[str, Cell]:
        """The intent and the cell that must have words for it."""
        return self.intent, Cell(self.cell.language)


def behaviours_of(row: DialogueRow) -> tuple[str, ...]:
    """The behaviours of a dialogue, that of its edge case too."""
    edge = row.cell.edge_case
    return tuple(dict.fromkeys([*([BY_EDGE_CASE.get(edge, edge)] if edge else []), *row.behaviours]))


def plan_dialogues(domain: Domain) -> Iterator[DialogueRow]:
    """Every dialogue that the scenario asks for, in plan order, lazily: one of each task in turn."""
    dialogues = domain.scenario.model.dialogues
    if not dialogues or not dialogues.tasks:
        return
    sources = [_rows_of(domain, task) for task in dialogues.tasks]
    for number in range(dialogues.count):
        yield next(sources[number % len(sources)])


def _rows_of(domain: Domain, task: str) -> Iterator[DialogueRow]:
    counts: Counter[Cell] = Counter()
    splits: dict[Cell, Iterator[str]] = {}
    seed, where, intent = domain.scenario.seed, f"dialogues of {task}", tasks_of(domain)[task].intent
    for number, cell in enumerate(cells(domain, where, lambda tag: _edge_shares(domain, task, tag))):
        if cell not in splits:
            splits[cell] = in_proportion(shares_of_splits(domain), rng(seed, "splits", where, cell))
        yield DialogueRow(task, intent, cell, counts[cell], next(splits[cell]), _behaviours(domain, task, cell, number))
        counts[cell] += 1


def several_turns(domain: Domain) -> dict[str, float]:
    """The edge cases of several turns that the scenario asks for, with their shares of the dialogues."""
    return domain.scenario.model.shares("dialogue")


def _edge_shares(domain: Domain, task: str, tag: str) -> dict[str | None, float]:
    """The share of each edge case among the dialogues of a task: more, where other tasks have no place for it."""
    shares: dict[str | None, float] = {
        name: _of_those_that_can(domain, task, tag, BY_EDGE_CASE.get(name, name), share)
        for name, share in several_turns(domain).items()
    }
    shares = {name: share for name, share in shares.items() if share}
    plain = 1 - sum(shares.values())
    return {None: plain, **shares} if plain > 1e-9 else shares


def rates(domain: Domain) -> dict[str, float]:
    """The share of dialogues that each behaviour shall show in."""
    dialogues = domain.scenario.model.dialogues
    given = dialogues.behaviours if dialogues else None
    return dict(DEFAULTS if given is None else given)


@lru_cache(maxsize=50_000)
def _of_those_that_can(domain: Domain, task: str, tag: str, behaviour: str, rate: float) -> float:
    """The rate of a behaviour in a task, such that its rate in all is `rate`; 0 where the task has no place for it."""
    tasks = tasks_of(domain)
    can = [name for name in tasks if places_of(domain, name, tag).fit(behaviour)]
    return min(1.0, rate * len(tasks) / len(can)) if task in can else 0.0


def _behaviours(domain: Domain, task: str, cell: Cell, number: int) -> tuple[str, ...]:
    """The behaviours of the `number`-th dialogue of a task; those that end a dialogue are dealt out as one."""
    found, ends = list[str](), 0.0
    own = BY_EDGE_CASE.get(cell.edge_case or "", cell.edge_case)
    last = _point(domain, task, "ends", number)
    for name, rate in rates(domain).items():
        share = _of_those_that_can(domain, task, cell.language, name, rate)
        if name in ENDS:
            if ends <= last < ends + share and own not in ENDS:
                found.append(name)
            ends += share
        elif share and _point(domain, task, name, number) < share and name != own:
            found.append(name)
    return tuple(found)


def _point(domain: Domain, task: str, behaviour: str, number: int) -> float:
    """A number in [0, 1), evenly spread over the dialogues of a task."""
    step = sqrt(PRIMES[list(BEHAVIOURS).index(behaviour) if behaviour in BEHAVIOURS else -1])
    return (_start(domain.scenario.seed, task, behaviour) + number * step) % 1


@lru_cache(maxsize=50_000)
def _start(seed: int, task: str, behaviour: str) -> float:
    return rng(seed, "behaviour", task, behaviour).random()
