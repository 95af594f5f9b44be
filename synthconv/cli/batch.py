"""`synthconv batch`: the calls of a run as files, for servers and tools that answer in bulk."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, Literal

import typer

from synthconv.cli.console import guarded, note, put_json, write_file
from synthconv.cli.options import ApiKeyEnv, BaseUrls, JournalFile, Models, PromptFolder
from synthconv.errors import SynthconvError, UsageError

app = typer.Typer(
    help="Have the calls of a run answered in bulk: export what is missing, have it answered (submit, poll and fetch "
    "do that on servers with a Batch API), import the answers, and run generate again.",
    no_args_is_help=True,
)
OVER = ("completed", "failed", "expired", "cancelled")


@app.command("export")
@guarded
def export_requests(
    spec: str = typer.Argument(help="The scenario: a YAML file, or the name of a shipped one."),
    out: Path = typer.Option(
        ..., "-o", "--out", help="The JSONL file to write; the model's name is put in for {model}."
    ),
    model: Models = [],
    prompts: PromptFolder = None,
    journal: JournalFile = None,
    seed: int = typer.Option(None, help="Another seed than the scenario's.", min=0, max=2**63 - 1),
    form: Literal["json_schema", "json_object", "text"] = typer.Option(
        "json_schema", "--format", help="How the answers' form is asked for; weaker servers take the later ones."
    ),
    force: bool = typer.Option(False, "--force", help="Replace the file if it exists."),
) -> None:
    """Write the requests of a run that the journal has no answer to, in the form of the OpenAI Batch API."""
    from synthconv.forecast import missing_requests
    from synthconv.llm.batches import batch_lines
    from synthconv.llm.session import open_session
    from synthconv.resources import scenario_path
    from synthconv.scenario.loader import load_scenario, with_seed

    scenario = with_seed(load_scenario(scenario_path(spec)), seed)
    with open_session(scenario, model, prompts=prompts, journal=journal, replay_only=True) as session:
        missing = missing_requests(scenario, session)
    names = sorted({request.model for request in missing})
    if not missing:
        note("no answer is missing: run generate")
        return
    if len(names) > 1 and "{model}" not in out.name:
        raise UsageError(
            f"a batch is for one model, and the run asks {len(names)}", "write {model} into the name of -o"
        )
    paths = {name: out.with_name(out.name.replace("{model}", re.sub(r"[^\w.-]", "_", name))) for name in names}
    if len(set(paths.values())) < len(names):
        raise UsageError("two of the models would have one file", "export them one by one with --model")
    for name, path in paths.items():
        lines = batch_lines([request for request in missing if request.model == name], form)
        note(f"{write_file(path, lines, force=force):,} requests to {name} are in {path}")


@app.command("import")
@guarded
def import_answers(
    file: Path = typer.Argument(help="The output of a batch."),
    journal: JournalFile = None,
) -> None:
    """Put the answers of a batch's output into the journal; generate, or export again, then goes on from there."""
    _take_in(file, journal)


@app.command()
@guarded
def submit(
    file: Path = typer.Argument(help="A file of `batch export`."),
    base_url: BaseUrls = [],
    api_key_env: ApiKeyEnv = None,
) -> None:
    """Upload a file of requests to a server with a Batch API, and print the batch with its id."""
    put_json(_server(base_url, api_key_env).submit(file))


@app.command()
@guarded
def poll(
    batch_id: str = typer.Argument(help="The id that submit printed."),
    base_url: BaseUrls = [],
    api_key_env: ApiKeyEnv = None,
    wait: bool = typer.Option(False, "--wait", help="Ask again until the batch is over."),
    every: float = typer.Option(30.0, help="Seconds between two questions.", min=0.1, max=86_400),
) -> None:
    """Print how far a batch is. Exit code 1 if it failed, expired or was cancelled."""
    server = _server(base_url, api_key_env)
    facts = server.poll(batch_id)
    while wait and facts["status"] not in OVER:
        time.sleep(every)
        facts = server.poll(batch_id)
    put_json(facts)
    if facts["status"] in OVER[1:]:
        raise SynthconvError(
            f"the batch {batch_id} is {facts['status']}", "fetch what it has, and export the rest again"
        )


@app.command()
@guarded
def fetch(
    batch_id: str = typer.Argument(help="The id that submit printed."),
    out: Path = typer.Option(..., "-o", "--out", help="The file to write the output to; it is imported from there."),
    base_url: BaseUrls = [],
    api_key_env: ApiKeyEnv = None,
    journal: JournalFile = None,
    force: bool = typer.Option(False, "--force", help="Replace the file if it exists."),
) -> None:
    """Download the output of a batch and put its answers into the journal."""
    lines = _server(base_url, api_key_env).fetch(batch_id).splitlines(keepends=True)
    write_file(out, lines, force=force)
    _take_in(out, journal)


def _server(base_url: list[str], api_key_env: str | None) -> Any:
    from synthconv.llm.batches import BatchServer
    from synthconv.llm.models import check_keys, models_of
    from synthconv.scenario.models import LlmModel

    if len(base_url) > 1:
        raise UsageError("a batch is on one server", "give --base-url once")
    models = models_of(LlmModel(), ["batches"], base_url, api_key_env)
    check_keys(models)
    return BatchServer(models[0])


def _take_in(file: Path, journal: Path | None) -> None:
    from synthconv.llm.batches import take_in
    from synthconv.llm.journal import Journal

    found = Journal(journal)
    new, answers, wrong = take_in(found, file)
    note(f"{new:,} of {answers:,} answers were new to {found.path}")
    for line in wrong[:20]:
        note(line)
    if wrong:
        note(f"{len(wrong):,} requests have no answer; export again gives them")
