"""`synthconv journal`: the answers that were paid for."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import typer

from synthconv.cli.console import guarded, note, put, put_json, table
from synthconv.cli.options import JournalFile
from synthconv.errors import UsageError

app = typer.Typer(
    help="List, prune, export and import the answers that were paid for. They hold what was sent and what came back, "
    "personal data included if there was any; the file is readable by its owner only.",
    no_args_is_help=True,
)


@app.command("list")
@guarded
def show(
    journal: JournalFile = None,
    as_json: bool = typer.Option(False, "--json", help="Print the list as JSON to stdout."),
) -> None:
    """Show how many answers of each model there are, their tokens and their age."""
    from synthconv.llm.journal import Journal

    found = Journal(journal, read_only=True)
    if journal and not found.path.exists():
        raise UsageError(f"there is no journal {journal}", "name one with --journal, or leave it out for the usual one")
    rows = found.summary()
    if as_json:
        put_json({"journal": str(found.path), "models": rows})
        return
    columns = [name.replace("_", " ") for name in rows[0]] if rows else ["model"]
    table(f"{found.path}: {sum(row['answers'] for row in rows):,} answers", columns, [[*row.values()] for row in rows])


@app.command()
@guarded
def prune(
    journal: JournalFile = None,
    model: str = typer.Option(None, help="Remove the answers of this model only."),
    older_than: int = typer.Option(None, help="Remove answers older than so many days only.", min=0),
    kind: Literal["text", "refusal", "overflow"] = typer.Option(None, help="Remove answers of this kind only."),
    everything: bool = typer.Option(False, "--all", help="Remove all answers."),
) -> None:
    """Remove answers; they would have to be paid for again."""
    from synthconv.llm.journal import Journal

    chosen = [option for option in (model, older_than, kind) if option is not None]
    if bool(chosen) == everything:
        raise UsageError("say what to remove", "give --model, --older-than or --kind; or --all and none of these")
    found = Journal(journal)
    note(f"{found.prune(model, older_than, kind):,} answers are removed from {found.path}")


@app.command("export")
@guarded
def export_lines(
    out: Path = typer.Option(None, "-o", "--out", help="The file to write; without it, the lines go to stdout."),
    journal: JournalFile = None,
    model: str = typer.Option(None, help="The answers of this model only."),
    force: bool = typer.Option(False, "--force", help="Replace the file if it exists."),
) -> None:
    """Write the answers as JSONL, to be carried elsewhere: a run in CI may then --replay-only them."""
    from synthconv.cli.console import write_file
    from synthconv.llm.journal import Journal
    from synthconv.llm.transfer import journal_lines

    lines = journal_lines(Journal(journal, read_only=True), model)
    if out is None:
        for line in lines:
            put(line)
        return
    note(f"{write_file(out, lines, force=force):,} answers are in {out}")


@app.command("import")
@guarded
def import_lines(
    file: Path = typer.Argument(help="An export, or a journal: of a damaged one, what can be read is taken."),
    journal: JournalFile = None,
) -> None:
    """Take in the answers of another journal; what is there already stays."""
    from synthconv.llm.journal import Journal
    from synthconv.llm.transfer import read_journal

    rows, broken = read_journal(file)
    found = Journal(journal)
    note(f"{found.add(rows):,} of {len(rows):,} answers were new to {found.path}")
    if broken:
        note(f"{file} is damaged: what could not be read is lost")
