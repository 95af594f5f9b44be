"""The `synthconv` command."""

from __future__ import annotations

import typer

from synthconv import __version__
from synthconv.cli import batch, journal
from synthconv.cli.check import check
from synthconv.cli.generate import generate
from synthconv.cli.init import init
from synthconv.cli.plan import plan
from synthconv.cli.schema import schema
from synthconv.cli.show import show

app = typer.Typer(
    help="Labelled chatbot data from a YAML scenario: utterances with intents and slots, worded by language models or, "
    "with no key and no network, by rules.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"synthconv {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """Options of the command itself."""


for command in (generate, check, plan, schema, init, show):
    app.command()(command)
for name, group in {"journal": journal.app, "batch": batch.app}.items():
    app.add_typer(group, name=name)


def main() -> None:
    """Entry point."""
    app()
