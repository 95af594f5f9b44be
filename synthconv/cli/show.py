"""`synthconv show`: rows of a run, to be read: dialogues as a chat, utterances one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from synthconv.cli.console import guarded, printer
from synthconv.errors import SynthconvError, UsageError, printable

if TYPE_CHECKING:
    from rich.text import Text

FILES = ("dialogues.jsonl", "intents.jsonl")
SIDES = {"user": ("bold cyan", "user"), "bot": ("green", "bot ")}


@guarded
def show(
    run: Path = typer.Argument(help="The directory of a run, or a JSONL file of rows."),
    ident: list[str] = typer.Option([], "--id", help="Show the row of this id, or its beginning; again for several."),
    count: int = typer.Option(5, "--count", help="How many dialogues, and how many utterances.", min=1),
) -> None:
    """Print rows for people: dialogues with acts, changes of the state and edge cases; utterances with their labels."""
    files = [run / name for name in FILES if (run / name).is_file()] if run.is_dir() else [run]
    if not files:
        raise UsageError(f"{run} is not the directory of a run", "name the -o of a `synthconv generate`")
    shown = set[str]()
    with printer() as put:
        for file in files:
            rows = _rows(file)
            for row in _with(rows, ident, shown) if ident else islice(rows, count):
                for line in dialogue_lines(row) if "turns" in row else utterance_lines(row):
                    put(line)
    if missing := [name for name in ident if name not in shown]:
        raise UsageError(f"{run} has no row {', '.join(map(repr, missing))}", "copy the id of a row")


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    row = json.loads(line)
                except ValueError:
                    raise UsageError(f"{file}:{number} is no JSON", "show a file that the tool wrote") from None
                if not isinstance(row, dict) or not ("turns" in row or "text" in row):
                    raise UsageError(f"{file}:{number} has neither text nor turns", "show a file of rows")
                yield row
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror})", "name the directory of a run") from None
    except UnicodeDecodeError:
        raise SynthconvError(f"{file} is not UTF-8", "show a file that the tool wrote") from None


def _with(rows: Iterable[dict[str, Any]], idents: list[str], shown: set[str]) -> Iterator[dict[str, Any]]:
    for row in rows:
        if found := [ident for ident in idents if str(row.get("id", "")).startswith(ident)]:
            shown.update(found)
            yield row


def dialogue_lines(row: dict[str, Any]) -> Iterator[Text]:
    """A dialogue as a chat: a heading, and a few lines a turn."""
    behaviours = ", ".join(row.get("behaviours") or ())
    parts = [row.get("task"), row.get("outcome"), row.get("persona"), row.get("split"), behaviours]
    yield _line(("", ""))
    yield _line((f"{row.get('id', '')}", "bold"), ("  " + "  |  ".join(str(one) for one in parts if one), "dim"))
    before: dict[str, Any] = {}
    for turn in row["turns"]:
        yield from _turn_lines(turn, before)
        before = turn.get("state", before)


def _turn_lines(turn: dict[str, Any], before: dict[str, Any]) -> Iterator[Text]:
    colour, side = SIDES.get(str(turn.get("speaker", "")), ("", str(turn.get("speaker", ""))[:4]))
    yield _line((f"  {side} ", colour), *_marked(turn), (_edge(turn), "bold yellow"))
    notes = [" ".join(_act(act) for act in turn.get("acts", ()))]
    if changes := _changes(before, turn["state"]) if "state" in turn else "":
        notes.append(f"state: {changes}")
    if turn.get("action"):
        notes.append(f"action: {turn['action']}")
    yield _line((f"       {'   '.join(note for note in notes if note)}", "dim"))


def _edge(row: dict[str, Any]) -> str:
    """The edge case of a turn or an utterance, and what a bot should do."""
    return f"   [{row['edge_case']} -> {row.get('expect', {}).get('behaviour', '')}]" if row.get("edge_case") else ""


def _changes(before: dict[str, Any], after: dict[str, Any]) -> str:
    """What a turn changed of the state: +new, ~other value, -gone."""
    new = [
        f"{'~' if slot in before else '+'}{slot}={value}" for slot, value in after.items() if before.get(slot) != value
    ]
    return " ".join([*new, *(f"-{slot}" for slot in before if slot not in after)])


def _act(act: dict[str, Any]) -> str:
    inner = "=".join(str(part) for part in (act.get("slot"), act.get("value")) if part)
    return f"{act.get('act')}({inner})" if inner else str(act.get("act"))


def _marked(turn: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The text with its values underlined; a silent turn as such."""
    text, at = str(turn.get("text", "")), 0
    if not text:
        yield "(silence)", "dim"
    for span in sorted(turn.get("entities", ()), key=lambda span: span["start"]):
        yield text[at : span["start"]], ""
        yield text[span["start"] : span["end"]], "underline"
        at = span["end"]
    yield text[at:], ""


def utterance_lines(row: dict[str, Any]) -> Iterator[Text]:
    """An utterance with its labels."""
    labels = [
        *row.get("intents", [row.get("intent")]),
        *(f"{span['slot']}={span['value']}" for span in row.get("entities", ())),
    ]
    yield _line(("", ""))
    yield _line(*_marked(row), (_edge(row), "bold yellow"))
    parts = [row.get("id"), " ".join(map(str, labels)), row.get("persona"), row.get("split")]
    yield _line(("       " + "  |  ".join(str(one) for one in parts if one), "dim"))


def _line(*parts: tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*((printable(words), style) for words, style in parts))
