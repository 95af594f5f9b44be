"""READ FIRST. The stages in order, and the loop that plans again what they refuse.

    scenario -> plan -> realise -> align -> edge cases, style -> align, checks -> dedup -> intents.jsonl, rejected.jsonl

All but dedup is pure: an attempt at a row gives the same result wherever it is made. A refused row is planned again
until it is kept or its cell has had its attempts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import count, islice
from pathlib import Path
from typing import Any

from synthconv.dataset.card import dataset_card
from synthconv.dataset.ledger import Ledger
from synthconv.dataset.manifest import manifest
from synthconv.dataset.rows import file_and_row
from synthconv.dataset.rundir import run_directory
from synthconv.plan.domain import domain_of
from synthconv.plan.outlines import Planner
from synthconv.plan.rows import Row, plan_rows
from synthconv.realise.align import align
from synthconv.realise.rules import rules_realiser
from synthconv.records import Example
from synthconv.refine.checks import check
from synthconv.refine.dedup import Dedup
from synthconv.refine.edge_cases import SAID, WRITTEN, edge_cases
from synthconv.refine.style import style
from synthconv.scenario.loader import Scenario
from synthconv.stages import Item, Stage, flow

Attempt = Callable[[Row, int], list[Item]]
SHARD = 2_000  # rows whose first attempts are worded together: the unit that another `map_shards` may send elsewhere


def generate(
    scenario: Scenario, out: str | Path, *, force: bool = False, progress: Callable[[Ledger], None] = lambda _: None
) -> dict[str, Any]:
    """Write the data set of `scenario` to the directory `out` and return its manifest.

    `progress` is called after every item. Raises RunDirectoryError if `out` may not be replaced, SynthconvError if the
    disk fails.
    """
    ledger = Ledger()
    with run_directory(Path(out), force=force) as run:
        for item in generate_items(scenario, ledger):
            run.append(*file_and_row(item))
            progress(ledger)
        facts = manifest(domain_of(scenario), ledger)
        run.write("manifest.json", facts)
        run.write("README.md", dataset_card(scenario, facts))
        run.write("timings.json", ledger.timings())
    return facts


def generate_items(scenario: Scenario, ledger: Ledger, map_shards: Callable[..., Any] = map) -> Iterator[Item]:
    """Every kept example and every rejection, in plan order; `ledger` counts them."""
    domain, attempt = domain_of(scenario), attempts(scenario)
    dedup = Dedup(scenario.model.filters.duplicates, domain.plain_examples)
    rows = ledger.open_rows(plan_rows(domain), domain)
    shards = iter(lambda: list(islice(rows, SHARD)), [])
    for shard in map_shards(partial(first_attempts, scenario), shards):
        for row, first in shard:
            for item in fill(row, first, attempt, dedup, ledger):
                ledger.count(item)
                yield item


def fill(row: Row, first: list[Item], attempt: Attempt, dedup: Dedup, ledger: Ledger) -> Iterator[Item]:
    """Attempts at one row until one is kept; all come before the next row's, so that no row depends on a later one."""
    for number in count():
        if not ledger.may_try((row.intent, row.cell), row.k):
            return
        results = list(flow(attempt(row, number) if number else first, [dedup.admit]))
        yield from results
        if any(isinstance(item, Example) for item in results):
            return


def first_attempts(scenario: Scenario, rows: Sequence[Row]) -> list[tuple[Row, list[Item]]]:
    """The rows of a shard, each with its first attempt: the work that may be done elsewhere."""
    return [(row, attempts(scenario)(row, 0)) for row in rows]


@lru_cache(maxsize=1)
def attempts(scenario: Scenario) -> Attempt:
    """A function that plans and words one attempt at a row, through all stages that need no memory."""
    planner, realise, seed = Planner(domain_of(scenario)), rules_realiser(domain_of(scenario)), scenario.seed
    stages: list[Stage] = [align, edge_cases(seed, SAID), style(seed), edge_cases(seed, WRITTEN), align, check]
    return lambda row, number: list(flow([realise(planner.outline(row, number))], stages))
