"""`synthconv generate`: a data set from a scenario."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from synthconv.cli.console import guarded, note, put_json, table
from synthconv.cli.options import (
    ApiKeyEnv,
    BaseUrls,
    Concurrency,
    JournalFile,
    MaxCalls,
    MaxCost,
    MaxTokens,
    Models,
    PriceFile,
    PromptFolder,
    ReplayOnly,
    Timeout,
)
from synthconv.cli.sample import SHOWN, Sample
from synthconv.errors import UsageError

if TYPE_CHECKING:
    from synthconv.dataset.ledger import Ledger
    from synthconv.llm.prices import Meter
    from synthconv.stages import Item

SHORTAGE = 3
OF_MODELS = (
    "model_refusal",
    "bad_answer",
    "context_overflow",
    "prompt_leak",
    "repetitive",
    "slot_ambiguous",
    "slot_missing",
)
"""Reasons that are the model's doing, not the scenario's."""


@guarded
def generate(
    spec: str = typer.Argument(help="The scenario: a YAML file, or the name of a shipped one."),
    out: Path = typer.Option(..., "-o", "--out", help="The directory to write; it must not exist."),
    seed: int = typer.Option(None, help="Another seed than the scenario's.", min=0, max=2**63 - 1),
    force: bool = typer.Option(False, "--force", help="Replace the run that is in the directory."),
    quiet: bool = typer.Option(False, "--quiet", "-q", help="Print errors and shortages only."),
    as_json: bool = typer.Option(False, "--json", help="Print the manifest to stdout."),
    show: int = typer.Option(0, help="Print so many rows, with persona and dials.", min=0, max=1_000),
    rules: bool = typer.Option(False, "--rules", help="Let the rules word the rows, even if the scenario has models."),
    model: Models = [],
    base_url: BaseUrls = [],
    api_key_env: ApiKeyEnv = None,
    concurrency: Concurrency = 32,
    timeout: Timeout = 120.0,
    max_cost: MaxCost = None,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    prices: PriceFile = None,
    prompts: PromptFolder = None,
    journal: JournalFile = None,
    replay_only: ReplayOnly = False,
) -> None:
    """Write intents.jsonl, dialogues.jsonl, rejected.jsonl, manifest.json and a dataset card.

    Exit code 0: all rows asked for; 3: fewer, the directory is written and says which; 2: the scenario or the call has
    a mistake; 1: the disk, a server or a key failed, or an answer is missing in --replay-only; 5: a cap is reached;
    130: interrupted. Answers that were paid for are in the journal whatever happens.
    """
    from synthconv.llm.session import open_session
    from synthconv.pipeline import generate as run
    from synthconv.plan.domain import domain_of
    from synthconv.plan.notes import notes
    from synthconv.plan.rows import quotas
    from synthconv.resources import scenario_path
    from synthconv.scenario.loader import load_scenario, with_seed

    started, sample = time.perf_counter(), Sample(show)
    scenario = with_seed(load_scenario(scenario_path(spec)), seed)
    by_models = _by_models(rules, bool(model or base_url), bool(scenario.model.llm.models), replay_only)
    for line in [] if quiet else notes(domain_of(scenario)):
        note(f"note: {line}")
    asked = scenario.model.dialogues.count if scenario.model.dialogues else 0
    shown = _progress(sum(quotas(scenario).values()) + asked, quiet, sample)
    with shown as (show_rows, show_calls), ExitStack() as stack:
        session = None
        if by_models:
            session = stack.enter_context(
                open_session(
                    scenario,
                    model,
                    base_url,
                    api_key_env=api_key_env,
                    prompts=prompts,
                    journal=journal,
                    prices=prices,
                    concurrency=concurrency,
                    timeout=timeout,
                    max_cost=max_cost,
                    max_calls=max_calls,
                    max_tokens=max_tokens,
                    replay_only=replay_only,
                    tick=show_calls,
                    tell=note,
                )
            )

        facts = run(scenario, out, session, force=force, progress=show_rows)
    if sample.rows:
        table(f"{len(sample.rows)} of the rows", SHOWN, sample.rows, words=True)
    _report(facts, out, time.perf_counter() - started, session.meter if session else None, quiet=quiet, as_json=as_json)


def _report(
    facts: dict[str, Any], out: Path, seconds: float, meter: Meter | None, *, quiet: bool, as_json: bool
) -> None:
    """What was written, for people and for programs; raises the exit of a shortage."""
    if not quiet:
        _summarise(facts, out, seconds)
    if not quiet and meter:
        _tell_usage(meter)
    if as_json:
        put_json(facts)
    if facts["shortage"]:
        _tell_shortage(facts)
        raise typer.Exit(SHORTAGE)


def _by_models(rules: bool, named: bool, declared: bool, replay_only: bool) -> bool:
    """Whether models word the rows: those named in the call, or those of the scenario, unless the rules shall."""
    if rules and named:
        raise UsageError("--rules and --model contradict each other", "leave one of them out")
    if replay_only and (rules or not (named or declared)):
        raise UsageError("--replay-only without a model", "name the --model whose answers are to be replayed")
    return not rules and (named or declared)


@contextmanager
def _progress(
    total: int, quiet: bool, sample: Sample
) -> Iterator[tuple[Callable[[Ledger, Item], None], Callable[[Meter], None]]]:
    """A bar on a terminal, only the sample elsewhere: what to call after each row, and with the meter of calls."""
    if quiet or not sys.stderr.isatty():
        yield lambda _, item: sample.see(item), lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("generating"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[refused]:,} refused{task.fields[spent]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, items, worded = bar.add_task("rows", total=total, refused=0, spent=""), 0, 0

        def rows(ledger: Ledger, item: Item) -> None:
            nonlocal items, worded
            sample.see(item)
            items += 1
            if items % 200 == 0:
                kept = ledger.splits.total() + ledger.dialogues.splits.total()
                bar.update(task, completed=max(kept, worded), refused=items - kept)

        def calls(meter: Meter) -> None:
            nonlocal worded
            worded = min(meter.worded, total)
            answers = sum(usage.calls for usage in meter.paid.values())
            bar.update(task, completed=worded, spent=f", {answers:,} answers, {meter.told}")

        yield rows, calls


def _tell_usage(meter: Meter) -> None:
    """What the rows rest on, by model, and what of it was paid for now."""
    used, paid = meter.facts(meter.used), meter.facts(meter.paid)
    rows = [
        [
            name,
            usage["calls"],
            paid.get(name, {}).get("calls", 0),
            usage["prompt_tokens"],
            usage["completion_tokens"],
            "unknown" if usage["cost_usd"] is None else f"${usage['cost_usd']:.4f}",
        ]
        for name, usage in used.items()
    ]
    table("Models", ["model", "answers", "paid for now", "prompt tokens", "completion tokens", "cost of all"], rows)


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
    if talks := counts.get("dialogues"):
        rows = [[name, both["asked"], both["kept"]] for name, both in talks["tasks"].items()]
        table("Dialogues by task", ["task", "asked", "kept"], rows)
        rows = [[name, count, f"{count / max(1, talks['kept']):.1%}"] for name, count in talks["behaviours"].items()]
        table("Behaviours", ["behaviour", "dialogues", "share"], rows)
    overlap = facts["overlap"]
    shared = sum(both["in_several_splits"] for both in overlap["values"].values())
    values = sum(both["values"] for both in overlap["values"].values())
    skeletons = overlap["skeletons"]
    note(
        f"Splits share {skeletons['in_several_splits']} of {skeletons['skeletons']} examples "
        f"and {shared} of {values} slot values."
    )
    talked = f" and {counts['dialogues']['kept']:,} dialogues" if "dialogues" in counts else ""
    note(f"{counts['kept']:,} rows{talked} in {out} ({seconds:.1f} s)")


def _tell_shortage(facts: dict[str, Any]) -> None:
    """Name every intent and cell that is short, and what to change."""
    counts, short = facts["counts"], facts["shortage"]
    both = [counts, *([counts["dialogues"]] if "dialogues" in counts else [])]
    asked = sum(one["asked"] for one in both)
    note(f"shortage: {asked - sum(one['kept'] for one in both):,} of {asked:,} rows are missing:")
    for cell in short[:40]:
        why = ", ".join(
            f"{reason} {times}" for reason, times in sorted(cell["refused"].items(), key=lambda item: -item[1])[:3]
        )
        note(
            f"  {cell.get('intent') or cell['task']} {cell['cell']}: {cell['kept']} of {cell['asked']}"
            + (f" ({why})" if why else " (no example or text for it)")
        )
    if len(short) > 40:
        note(f"  and {len(short) - 40} more cells, all in manifest.json")
    reasons = {reason for cell in short for reason in cell["refused"]}
    if reasons & set(OF_MODELS):
        note("What the model could not word: try another model, prompts of your own (--prompts), or more llm.attempts.")
    if reasons - set(OF_MODELS) or not reasons:
        note(
            "Add examples, choices (a|b) or slots to these intents, lower generate.utterances_per_intent, "
            "or raise filters.duplicates."
        )
