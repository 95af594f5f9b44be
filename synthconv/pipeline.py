"""READ FIRST. The stages in order, all pure but for dedup; `rounds` plans again what they refuse.

scenario -> plan, simulate -> realise -> replay, align -> edge cases, style -> align, checks -> dedup
         -> intents.jsonl, dialogues.jsonl, rejected.jsonl
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from synthconv.dataset.ledger import Ledger
from synthconv.dataset.manifest import write_summary
from synthconv.dataset.rows import file_and_row, files_of
from synthconv.dataset.rundir import run_directory
from synthconv.llm.session import Session
from synthconv.plan.domain import domain_of
from synthconv.plan.rows import plan_rows
from synthconv.plan.schedule import plan_dialogues
from synthconv.plan.simulator import Simulator
from synthconv.realise.align import align
from synthconv.realise.dialogue import realiser
from synthconv.realise.llm import AnyRow, llm_realiser
from synthconv.refine.checks import check
from synthconv.refine.dedup import Dedup, DistinctDialogues
from synthconv.refine.edge_cases import SAID, WRITTEN, edge_cases
from synthconv.refine.label_check import label_check
from synthconv.refine.replay import replayed
from synthconv.refine.style import style_of
from synthconv.rounds import Attempt, Attempts, fill_all, in_rounds
from synthconv.scenario.loader import Scenario
from synthconv.stages import Item, Stage, flow, flowing

SHARD, DIALOGUES = 2_000, 200  # rows first worded together: the unit that another `map_shards` may send elsewhere


def generate(
    scenario: Scenario,
    out: str | Path,
    session: Session | None = None,
    *,
    force: bool = False,
    progress: Callable[[Ledger, Item], None] = lambda _ledger, _item: None,
) -> dict[str, Any]:
    """Write the data set of `scenario` to the directory `out`, worded by models with a session; give its manifest.

    `progress` is called after every item. Raises RunDirectoryError if `out` is in the way, SynthconvError elsewhere.
    """
    ledger = Ledger()
    with flowing(), run_directory(Path(out), files_of(scenario), force=force) as run:
        for item in generate_items(scenario, ledger, session):
            run.append(*file_and_row(item))
            progress(ledger, item)
        return write_summary(run, domain_of(scenario), ledger, session)


def generate_items(
    scenario: Scenario, ledger: Ledger, session: Session | None = None, *, map_shards: Callable[..., Any] = map
) -> Iterator[Item]:
    """Every kept example and every rejection, counted: utterances, then dialogues, each in the order of their plan."""
    domain, attempt = domain_of(scenario), attempts(scenario)
    if session:
        fill = partial(in_rounds, paid_attempts(scenario, session), attempt, scenario.model.llm.attempts)
    else:
        fill = partial(fill_all, partial(map_shards, partial(firsts, scenario)), attempt)
    rows = ledger.open_rows(plan_rows(domain), domain, given_up_too=session is not None)
    talks = ledger.dialogues.open_rows(plan_dialogues(domain), domain, given_up_too=session is not None)
    admit = Dedup(scenario.model.filters.duplicates, domain.plain_examples).admit
    yield from map(ledger.counted, fill(rows, SHARD, admit, ledger))
    yield from map(ledger.counted, fill(talks, DIALOGUES, DistinctDialogues().admit, ledger.dialogues))


def firsts(scenario: Scenario, rows: Sequence[AnyRow]) -> list[tuple[AnyRow, list[Item]]]:
    """The rows of a shard, each with its first attempt: the work that may be done elsewhere."""
    return [(row, attempts(scenario)(row, 0)) for row in rows]


@lru_cache(maxsize=1)
def attempts(scenario: Scenario) -> Attempt:
    """A function that plans and words one attempt at a row by rules, through all stages that need no memory."""
    simulator, realise, stages = Simulator(domain_of(scenario)), realiser(domain_of(scenario)), pure_stages(scenario)
    return lambda row, number: list(flow([realise(simulator.outline(row, number))], stages))


def paid_attempts(scenario: Scenario, session: Session) -> Attempts:
    """A function that plans attempts at many rows and has models word them, through the same stages."""
    domain, stages = domain_of(scenario), pure_stages(scenario)
    simulator, realise = Simulator(domain), llm_realiser(domain, session, stages)
    return lambda tries, openings: realise((simulator.outline(*one) for one in tries), openings)


def pure_stages(scenario: Scenario) -> list[Stage]:
    """The stages that need no memory, in order."""
    said, written = (edge_cases(scenario.seed, changes) for changes in (SAID, WRITTEN))
    near = [] if scenario.model.filters.label_check == "off" else [label_check(domain_of(scenario))]
    return [replayed(domain_of(scenario)), align, *near, said, style_of(domain_of(scenario)), written, align, check]
