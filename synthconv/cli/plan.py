"""`synthconv plan`: what a run would make, before it makes anything."""

from __future__ import annotations

from typing import Any

import typer

from synthconv.cli.console import guarded, note, put_json, table
from synthconv.cli.options import JournalFile, Models, PriceFile, PromptFolder


@guarded
def plan(
    spec: str = typer.Argument(help="The scenario: a YAML file, or the name of a shipped one."),
    as_json: bool = typer.Option(False, "--json", help="Print the plan as JSON to stdout."),
    seed: int = typer.Option(None, help="Another seed than the scenario's.", min=0, max=2**63 - 1),
    rules: bool = typer.Option(False, "--rules", help="Plan for the rules, even if the scenario has models."),
    model: Models = [],
    prices: PriceFile = None,
    prompts: PromptFolder = None,
    journal: JournalFile = None,
) -> None:
    """Show the rows of every intent and what they are spread over; for models, the calls, tokens and cost.

    The estimate counts four bytes a token, and the first round of calls: what is refused is asked for again on top. The
    calls that the journal has the answers to are not to be paid for again. Nothing is sent.
    """
    from synthconv.plan.coverage import coverage
    from synthconv.plan.domain import domain_of
    from synthconv.plan.notes import notes
    from synthconv.resources import scenario_path
    from synthconv.scenario.loader import load_scenario, with_seed

    scenario = with_seed(load_scenario(scenario_path(spec)), seed)
    facts = coverage(domain_of(scenario))
    by_models = not rules and bool(model or scenario.model.llm.models)
    if by_models:
        from synthconv.forecast import estimate
        from synthconv.llm.session import open_session

        with open_session(
            scenario, model, prompts=prompts, journal=journal, prices=prices, replay_only=True
        ) as session:
            facts["models"] = estimate(scenario, session)
    if as_json:
        put_json(facts)
        return
    for line in notes(domain_of(scenario)):
        note(f"note: {line}")
    _show_rows(facts, "worded by models" if by_models else "0 calls, no cost (worded by rules)")
    if by_models:
        _show_models(facts["models"])


def _show_rows(facts: dict[str, Any], how: str) -> None:
    columns = ["intent", "rows", "examples", "slot combinations", "texts about", "cells"]
    rows = [
        [name, row["rows"], row["examples"], row["slot_combinations"], row["texts"], row["cells"]]
        for name, row in facts["intents"].items()
    ]
    table(f"{facts['scenario']}: {facts['rows']:,} rows, {how}", columns, rows, to_stdout=True)
    for title in ("dialogues", "behaviours", "edge_cases", "personas", "languages", "splits"):
        if facts[title]:
            table(
                title.replace("_", " ").capitalize(),
                ["task" if title == "dialogues" else title.rstrip("s").replace("_", " "), _unit(title)],
                [[name, count] for name, count in facts[title].items()],
                to_stdout=True,
            )


def _unit(title: str) -> str:
    return "dialogues" if title in ("dialogues", "behaviours") else "rows"


def _show_models(models: list[dict[str, Any]]) -> None:
    rows = [
        [
            row["model"],
            row["calls"],
            row["prompt_tokens"],
            row["completion_tokens"],
            _dollars(row["cost_usd"]),
            row["calls_to_pay"],
            _dollars(row["cost_to_pay_usd"]),
        ]
        for row in models
    ]
    columns = ["model", "calls", "prompt tokens", "completion tokens", "cost about", "calls to pay", "cost to pay"]
    table("Models, first round", columns, rows, to_stdout=True)
    if any(row["cost_usd"] is None for row in models):
        note("note: a model without a price; --prices FILE gives one (prices: {MODEL: {input: 0.15, output: 0.60}})")


def _dollars(cost: float | None) -> str:
    return "unknown" if cost is None else f"${cost:,.4f}"
