"""The back end: what it answers to a task, by weight, and the records that come with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from synthconv.plan.world import Fact, Record, World
from synthconv.scenario.task_models import OutcomeModel
from synthconv.seeds import weighted

RETRIES = 2
"""Failures of one task that a bot asks other values after; then the back end gives in, or the bot gives up."""


@dataclass(frozen=True)
class Result:
    """An outcome by its name, what its author says of it, and its records."""

    outcome: str
    model: OutcomeModel
    fails: bool
    records: Sequence[Record] = ()

    @property
    def offers(self) -> str | None:
        """The field by which the user chooses among the records."""
        return self.model.results.offers if self.model.results and self.records else None


def call(world: World, task: str, told: Mapping[str, Fact], failures: int, *, listed: bool = False) -> Result:
    """What the back end answers about what was told; after RETRIES failures a success, where the task has one.

    With `listed`, records to choose from, where the task has any.
    """
    model = world.tasks[task]
    outcomes = dict(model.outcomes) or {"success": OutcomeModel()}
    outcomes = _those(outcomes, [name for name in outcomes if failures < RETRIES or not model.fails(name)])
    if listed:
        outcomes = _those(
            outcomes, [name for name, found in outcomes.items() if found.results and found.results.offers]
        )
    name = weighted(world.random, {name: outcome.weight for name, outcome in outcomes.items()})
    results = outcomes[name].results
    records = world.records(results, told, at_least=2 if listed else 1) if results else []
    return Result(name, outcomes[name], model.fails(name), records)


def _those(outcomes: dict[str, OutcomeModel], names: Collection[str]) -> dict[str, OutcomeModel]:
    """The outcomes of those names; all, if there are none."""
    return {name: outcome for name, outcome in outcomes.items() if name in names} if names else outcomes
