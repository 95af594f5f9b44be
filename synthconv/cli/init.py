"""`synthconv init`: a scenario to start from, or one made of what another tool has."""

from __future__ import annotations

from pathlib import Path

import typer

from synthconv.cli.console import guarded, note, put, write_file


@guarded
def init(
    out: Path = typer.Option(None, "-o", "--out", help="The file to write; without it, the scenario goes to stdout."),
    like: str = typer.Option(None, help="Start from a shipped scenario instead of the commented skeleton."),
    from_sgd: Path = typer.Option(None, help="Make it of a schema.json of the Schema-Guided Dialogue data set."),
    from_rasa: Path = typer.Option(None, help="Make it of a folder with a Rasa project (domain, nlu, stories, rules)."),
    from_openapi: Path = typer.Option(None, help="Make it of an OpenAPI 3 or Swagger 2 document, YAML or JSON."),
    service: list[str] = typer.Option([], help="With --from-sgd: only this service of the schema; may be repeated."),
    force: bool = typer.Option(False, "--force", help="Replace the file if it exists."),
) -> None:
    """Write a commented scenario that `generate` runs as it is, to be changed line by line."""
    from synthconv.errors import UsageError

    sources = {"like": like, "sgd": from_sgd, "rasa": from_rasa, "openapi": from_openapi}
    given = [name for name, source in sources.items() if source is not None]
    if len(given) > 1:
        raise UsageError("--like and the --from options are several sources of one scenario", "name one of them")
    if service and given != ["sgd"]:
        raise UsageError("--service picks services of an SGD schema", "add --from-sgd, or leave it out")
    if given and given != ["like"]:
        from synthconv.scenario.imports.formats import imported

        text = imported(given[0], Path(str(sources[given[0]])), service)
    else:
        text = _shipped(like)
    if out is None:
        put(text)
        return
    write_file(out, [text], force=force, mode=0o666)
    note(f"{out} is written; next: synthconv check {out} && synthconv generate {out} -o data")


def _shipped(like: str | None) -> str:
    """The text of a shipped scenario, or of the skeleton."""
    from synthconv.errors import UsageError, did_you_mean
    from synthconv.resources import scenario_names, shipped

    if like is not None and like not in scenario_names():
        raise UsageError(f"no scenario {like!r} is shipped", did_you_mean(like, scenario_names()))
    source = shipped("scenarios") / f"{like}.yaml" if like else Path(__file__).with_name("skeleton.yaml")
    return source.read_text(encoding="utf-8")
