"""`synthconv generate`: a data set from a scenario."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from synthconv.cli.console import guarded, note, put_json, table

if TYPE_CHECKING:
    from synthconv.dataset.ledger import Ledger

SHORTAGE = 3


@guarded
def generate(
    spec: str = typer.Argument(help="The scenario: a YAML file, or the name of a shipped one."),
    out: Path = typer.Option(..., "-o", "--out", help="The directory to write; it must not exist."),
    seed: int = typer.Option(None, help="Another seed than the scenario's.", min=0, max=2**63 - 1),
    force: bool = typer.Option(False, "--force", help="Replace the run that is in the directory."),
    quiet: bool = typer.Option(False, "--quiet", "-q", help="Print errors and shortages only."),
    as_json: bool = typer.Option(False, "--json", help="Print the manifest to stdout."),
) -> None:
    """Write intents.jsonl, rejected.jsonl, manifest.json and a dataset card.

    Exit code 0: all rows asked for; 3: fewer, the directory is written and says which; 2: the scenario or the call has
    a mistake; 1: the disk failed; 130: interrupted.
    """
    from synthconv.pipeline import generate as run
    from synthconv.plan.domain import domain_of
    from synthconv.plan.notes import notes
    from synthconv.plan.rows import quotas
    from synthconv.resources import scenario_path
    from synthconv.scenario.loader import load_scenario

    started = time.perf_counter()
    scenario = load_scenario(scenario_path(spec))
    if seed is not None:
        scenario = replace(
            scenario,
            model=scenario.model.model_copy(
                update={"generate": scenario.model.generate.model_copy(update={"seed": seed})}
            ),
        )
    if not quiet:
        for line in notes(domain_of(scenario)):
            note(f"note: {line}")
    with _progress(sum(quotas(scenario).values()), quiet) as progress:
        facts = run(scenario, out, force=force, progress=progress)
    if not quiet:
        _summarise(facts, out, time.perf_counter() - started)
    if as_json:
        put_json(facts)
    if facts["shortage"]:
        _tell_shortage(facts)
        raise typer.Exit(SHORTAGE)


@contextmanager
def _progress(total: int, quiet: bool) -> Iterator[Callable[[Ledger], None]]:
    """A bar on a terminal, nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("generating"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[refused]:,} refused"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, items = bar.add_task("rows", total=total, refused=0), 0

        def update(ledger: Ledger) -> None:
            nonlocal items
            items += 1
            if items % 200 == 0:
                kept = ledger.splits.total()
                bar.update(task, completed=kept, refused=items - kept)

        yield update


def _summarise(facts: dict[str, Any], out: Path, seconds: float) -> None:
    counts = facts["counts"]
    table(
        "Rows by intent",
        ["intent", "asked", "kept"],
        [[name, both["asked"], both["kept"]] for name, both in counts["intents"].items()],
    )
    table("Splits", ["split", "rows"], [[name, rows] for name, rows in counts["splits"].items()])
    if counts["edge_cases"]:
        table("Edge cases", ["edge case", "rows"], [[name, rows] for name, rows in counts["edge_cases"].items()])
    if counts["reasons"]:
        table(
            "Refused texts",
            ["reason", "texts"],
            [[name, texts] for name, texts in counts["reasons"].items()],
        )
    overlap = facts["overlap"]
    shared = sum(both["in_several_splits"] for both in overlap["values"].values())
    values = sum(both["values"] for both in overlap["values"].values())
    skeletons = overlap["skeletons"]
    note(
        f"Splits share {skeletons['in_several_splits']} of {skeletons['skeletons']} examples "
        f"and {shared} of {values} slot values."
    )
    note(f"{counts['kept']:,} rows in {out} ({seconds:.1f} s)")


def _tell_shortage(facts: dict[str, Any]) -> None:
    """Name every intent and cell that is short, and what to change."""
    counts, short = facts["counts"], facts["shortage"]
    note(f"shortage: {counts['asked'] - counts['kept']:,} of {counts['asked']:,} rows are missing:")
    for cell in short[:40]:
        why = ", ".join(
            f"{reason} {times}" for reason, times in sorted(cell["refused"].items(), key=lambda item: -item[1])[:3]
        )
        note(
            f"  {cell['intent']} {cell['cell']}: {cell['kept']} of {cell['asked']}"
            + (f" ({why})" if why else " (no example or text for it)")
        )
    if len(short) > 40:
        note(f"  and {len(short) - 40} more cells, all in manifest.json")
    note(
        "Add examples, choices (a|b) or slots to these intents, lower generate.utterances_per_intent, "
        "or raise filters.duplicates."
    )
