"""Journals in and out: JSONL to read and carry, and what can be read of another journal, damaged or not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthconv.errors import UsageError
from synthconv.llm.batches import KEY_LENGTH
from synthconv.llm.journal import COLUMNS, KINDS, Journal

SALVAGE_DEPTH = 3
"""How finely keys are told apart around damaged pages: to so many hex digits."""
MAGIC = b"SQLite format 3\x00"


def journal_lines(journal: Journal, model: str | None = None) -> Iterator[str]:
    """A line for each answer, its request in it."""
    for row in journal.rows(model):
        request = json.loads(row["request"]) if row["request"] else None
        yield json.dumps({**row, "request": request}, ensure_ascii=False) + "\n"


def read_journal(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The rows of a journal in JSONL or SQLite, and how many places in it could not be read.

    Raises UsageError if it is neither, or a line of JSONL is not of a journal.
    """
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
        if head == MAGIC:
            return _salvaged(path)
        with path.open(encoding="utf-8") as lines:
            return [_row(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()], 0
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{path} cannot be read ({reason})", "name a journal, or an export of one") from None


def _row(line: str, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        fits = isinstance(row, dict) and len(row["key"]) == KEY_LENGTH and row["kind"] in KINDS
        fits = fits and all(isinstance(row[name], str) for name in ("key", "model", "content", "finish_reason"))
        counts = ("prompt_tokens", "completion_tokens", "cached_tokens")
        if not fits or not all(isinstance(row[name], int) and 0 <= row[name] < 2**53 for name in counts):
            raise ValueError
        request = row.get("request")
        out = {name: row[name] for name in COLUMNS if name in row and name != "request"}
        return {**out, "request": json.dumps(request, ensure_ascii=False) if request is not None else None}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(
            f"{place}: not a line of a journal", "a line is what `synthconv journal export` writes"
        ) from None


def _salvaged(path: Path) -> tuple[list[dict[str, Any]], int]:
    """What can be read of a journal's table, and how many stretches of keys cannot."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    rows: dict[str, dict[str, Any]] = {}
    try:
        db.execute("pragma writable_schema = on")  # or SQLite would not read a file that is shorter than it says
        broken = sum(1 for _ in _damaged(db, "", rows))
        return list(rows.values()), broken
    except sqlite3.DatabaseError:
        raise UsageError(f"{path} holds no answers that can be read", "name a journal, or an export of one") from None
    finally:
        db.close()


def _damaged(db: sqlite3.Connection, prefix: str, rows: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Put the rows whose keys begin with `prefix` into `rows`; the longer prefixes that lead to damaged pages."""
    try:
        for row in db.execute(
            f"select {', '.join(COLUMNS)} from answers where key >= ? and key < ?", (prefix, prefix + "g")
        ):
            rows[row[0]] = dict(zip(COLUMNS, row, strict=True))
    except sqlite3.OperationalError:
        raise  # no such table: it is no journal
    except sqlite3.DatabaseError:
        if len(prefix) == SALVAGE_DEPTH:
            yield prefix
        else:
            for digit in "0123456789abcdef":
                yield from _damaged(db, prefix + digit, rows)
