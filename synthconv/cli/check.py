"""`synthconv check`: is the scenario sound?"""

from __future__ import annotations

import typer

from synthconv.cli.console import guarded, note, put_json


@guarded
def check(
    spec: list[str] = typer.Argument(help="Scenarios: YAML files, or names of shipped ones."),
    as_json: bool = typer.Option(False, "--json", help="Print the mistakes as JSON to stdout."),
) -> None:
    """Name every mistake of a scenario with its place, its cause and its cure; exit code 2 if there is one."""
    from synthconv.errors import ScenarioError
    from synthconv.plan.domain import domain_of
    from synthconv.plan.notes import notes
    from synthconv.resources import scenario_path
    from synthconv.scenario.loader import load_scenario

    mistakes = []
    for name in spec:
        try:
            scenario = load_scenario(scenario_path(name))
        except ScenarioError as error:
            mistakes += [*error.mistakes]
            continue
        model = scenario.model
        counts = {
            "intents": len(model.intents),
            "examples": sum(map(len, scenario.templates.values())),
            "entities": len(model.entities),
            "personas": len(model.personas),
        }
        note(f"{scenario.file}: ok, {', '.join(f'{count} {what}' for what, count in counts.items())}")
        for line in notes(domain_of(scenario)):
            note(f"  note: {line}")
    for mistake in mistakes:
        note(str(mistake))
    if as_json:
        keys = ("file", "line", "column", "path", "cause", "cure")
        put_json([{key: getattr(mistake, key) for key in keys} for mistake in mistakes])
    if mistakes:
        note(f"{len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''}")
        raise typer.Exit(2)
