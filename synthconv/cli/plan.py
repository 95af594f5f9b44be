"""`synthconv plan`: what a run would make, before it makes anything."""

from __future__ import annotations

import typer

from synthconv.cli.console import guarded, note, put_json, table


@guarded
def plan(
    spec: str = typer.Argument(help="The scenario: a YAML file, or the name of a shipped one."),
    as_json: bool = typer.Option(False, "--json", help="Print the plan as JSON to stdout."),
) -> None:
    """Show the rows of every intent, what they are spread over, and how many texts its examples can give."""
    from synthconv.plan.coverage import coverage
    from synthconv.plan.domain import domain_of
    from synthconv.plan.notes import notes
    from synthconv.resources import scenario_path
    from synthconv.scenario.loader import load_scenario

    domain = domain_of(load_scenario(scenario_path(spec)))
    facts = coverage(domain)
    if as_json:
        put_json(facts)
        return
    for line in notes(domain):
        note(f"note: {line}")
    columns = ["intent", "rows", "examples", "slot combinations", "texts about", "cells"]
    rows = [
        [name, row["rows"], row["examples"], row["slot_combinations"], row["texts"], row["cells"]]
        for name, row in facts["intents"].items()
    ]
    table(
        f"{facts['scenario']}: {facts['rows']:,} rows, 0 calls, no cost (worded by rules)",
        columns,
        rows,
        to_stdout=True,
    )
    for title in ("edge_cases", "personas", "languages", "splits"):
        if facts[title]:
            table(
                title.replace("_", " ").capitalize(),
                [title.rstrip("s").replace("_", " "), "rows"],
                [[name, count] for name, count in facts[title].items()],
                to_stdout=True,
            )
