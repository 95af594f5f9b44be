"""Planning again what was refused: row by row where rules word, round by round where models do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count

from synthconv.dataset.ledger import Ledger
from synthconv.realise.llm import AnyRow, asks_models, models_may_reword
from synthconv.realise.sheets import Openings
from synthconv.records import Example, Rejection
from synthconv.stages import Item, Stage, batched, flow

Attempt = Callable[[AnyRow, int], list[Item]]
"""What became of the n-th attempt at a row, of an utterance or of a dialogue."""
Firsts = Callable[[Iterable[list[AnyRow]]], Iterable[Iterable[tuple[AnyRow, list[Item]]]]]
"""Shards of rows, each row with what became of the first attempt at it."""
Attempts = Callable[[Sequence[tuple[AnyRow, int]], Openings], list[list[Item]]]
"""What became of attempts at rows, each with its number, made together; they avoid the given openings."""
AFTER_RULES = 100_000
"""Added to the number of a model's attempt at a row that the rules have had theirs at."""
UNASKED = "behaviour_missed"
"""The reason of dialogues that no model was asked to word."""
SHARDS = 10
"""Shards that models are asked for together at most. No smaller intent is cut: the calls of one depend on no other."""


def fill(row: AnyRow, first: list[Item], attempt: Attempt, admit: Stage, ledger: Ledger) -> Iterator[Item]:
    """Attempts at one row until one is kept; all come before the next row's, so that no row depends on a later one."""
    for number in count():
        if not ledger.may_try(row.address, row.k):
            return
        results = list(flow(attempt(row, number) if number else first, [admit]))
        yield from results
        if _kept(results):
            return


def fill_all(
    firsts: Firsts, attempt: Attempt, rows: Iterable[AnyRow], size: int, admit: Stage, ledger: Ledger
) -> Iterator[Item]:
    """Every row filled, in their order; `firsts` makes the first attempts of shards of `size` rows."""
    for shard in firsts(batched(rows, size)):
        for row, first in shard:
            yield from fill(row, first, attempt, admit, ledger)


def in_rounds(
    attempts: Attempts,
    attempt: Attempt,
    per_row: int,
    rows: Iterable[AnyRow],
    size: int,
    admit: Stage,
    ledger: Ledger,
) -> Iterator[Item]:
    """A first attempt at every row, then another at all that were refused, and so on, about `per_row` times at most.

    Rules fill their rows in the first round; where they have no new words left, models are given theirs to reword.
    Models are asked for about SHARDS shards of `size` rows together.
    """
    for number in count():
        refused, openings = list[AnyRow](), ledger.openings()
        for some in by_intent(rows, SHARDS * size):
            paid = []
            for row in some:
                if number or asks_models(row):
                    paid += [row] if ledger.may_pay(row.address, number, per_row) else []
                    continue
                results = list(fill(row, attempt(row, 0), attempt, admit, ledger))
                yield from results
                refused += [row] if not _kept(results) and models_may_reword(row) else []
            tries = [(row, number if asks_models(row) else AFTER_RULES + number) for row in paid]
            for row, worded in zip(paid, attempts(tries, openings), strict=True):
                if all(isinstance(item, Rejection) and item.reason == UNASKED for item in worded):
                    ledger.take_back(row.address)
                results = list(flow(worded, [admit]))
                yield from results
                refused += [] if _kept(results) else [row]
        if not refused:
            return
        rows = refused


def by_intent(rows: Iterable[AnyRow], at_most: int) -> Iterator[list[AnyRow]]:
    """The rows to ask for together: whole intents, or a stretch of a very large one, each in the order of the plan."""
    groups: dict[str, list[AnyRow]] = {}
    for row in rows:
        groups.setdefault(row.intent, []).append(row)
    some = list[AnyRow]()
    for group in groups.values():
        for part in batched(group, at_most):
            if some and len(some) + len(part) > at_most:
                yield some
                some = []
            some += part
    if some:
        yield some


def _kept(results: list[Item]) -> bool:
    return any(isinstance(item, Example) for item in results)
