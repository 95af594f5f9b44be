"""`synthconv init`: a scenario to start from."""

from __future__ import annotations

from pathlib import Path

import typer

from synthconv.cli.console import guarded, note, put


@guarded
def init(
    out: Path = typer.Option(None, "-o", "--out", help="The file to write; without it, the scenario goes to stdout."),
    like: str = typer.Option(None, help="Start from a shipped scenario instead of the commented skeleton."),
    force: bool = typer.Option(False, "--force", help="Replace the file if it exists."),
) -> None:
    """Write a commented scenario that `generate` runs as it is, to be changed line by line."""
    from synthconv.errors import SynthconvError, UsageError, did_you_mean
    from synthconv.resources import scenario_names, shipped

    if like is not None and like not in scenario_names():
        raise UsageError(f"no scenario {like!r} is shipped", did_you_mean(like, scenario_names()))
    source = shipped("scenarios") / f"{like}.yaml" if like else Path(__file__).with_name("skeleton.yaml")
    text = source.read_text(encoding="utf-8")
    if out is None:
        put(text)
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{out} exists already", "choose another -o, or replace it with --force") from None
    except OSError as error:
        raise SynthconvError(f"{out} cannot be written ({error.strerror})", "choose another -o") from None
    note(f"{out} is written; next: synthconv check {out} && synthconv generate {out} -o data")
