"""Journals in and out: JSONL to read and carry, and what can be read of another journal, damaged or not."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthconv.errors import UsageError
from synthconv.llm.batches import KEY
from synthconv.llm.journal import COLUMNS, KINDS, Journal

CREATED = re.compile(r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
MAGIC = b"SQLite format 3\x00"


def journal_lines(journal: Journal, model: str | None = None) -> Iterator[str]:
    """A line for each answer, its request in it."""
    for row in journal.rows(model):
        try:
            request = json.loads(row["request"]) if row["request"] else None
        except (ValueError, RecursionError):  # of a damaged journal: the answer counts
            request = None
        yield json.dumps({**row, "request": request}, ensure_ascii=False) + "\n"


def read_journal(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The rows of a journal in JSONL or SQLite, and how many places in it could not be read.

    Raises UsageError if it is neither, or a line of JSONL is not of a journal.
    """
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is not a file", "name a journal, or an export of one")
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
        request = row.get("request")
        row["request"] = json.dumps(request, ensure_ascii=False) if request is not None else None
        if not _fits(row):
            raise ValueError
        row["created"] = row["created"] or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return {name: row[name] for name in COLUMNS}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError(
            f"{place}: not a line of a journal", "a line is what `synthconv journal export` writes"
        ) from None


def _fits(row: dict[str, Any]) -> bool:
    """Whether a row is one that a journal writes."""
    texts = all(isinstance(row[name], str) for name in ("key", "model", "content", "finish_reason", "created"))
    counts = (row[name] for name in ("prompt_tokens", "completion_tokens", "cached_tokens"))
    return (
        texts
        and KEY.fullmatch(row["key"]) is not None
        and row["kind"] in KINDS
        and CREATED.fullmatch(row["created"]) is not None
        and all(isinstance(count, int) and 0 <= count <= 2**40 for count in counts)
        and (row["request"] is None or isinstance(row["request"], str))
    )


def _salvaged(path: Path) -> tuple[list[dict[str, Any]], int]:
    """What can be read of a journal's table, and how many stretches of it cannot."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    db.text_factory = lambda raw: raw.decode("utf-8", "replace")
    rows: dict[int, dict[str, Any]] = {}
    try:
        db.execute("pragma writable_schema = on")  # or SQLite would not read a file that is shorter than it says
        broken = 0
        if not all(_read_rows(db, f"order by number{order}", (), rows) for order in ("", " desc")):
            pages = db.execute("pragma page_count").fetchone()[0]
            broken = _read_range(db, 1, max(rows, default=0) + 64 * pages, rows)
    except sqlite3.DatabaseError:
        raise UsageError(f"{path} holds no answers that can be read", "name a journal, or an export of one") from None
    finally:
        db.close()
    return [row for row in rows.values() if _fits(row)], broken


def _read_rows(db: sqlite3.Connection, which: str, values: tuple[int, ...], rows: dict[int, dict[str, Any]]) -> bool:
    """Put rows of the table into `rows`, as far as they can be read; whether that was all of them."""
    try:
        for number, *row in db.execute(f"select number, {', '.join(COLUMNS)} from answers {which}", values):
            rows[number] = dict(zip(COLUMNS, row, strict=True))
    except sqlite3.DatabaseError as error:
        if "no such table" in str(error):
            raise
        return False
    return True


def _read_range(db: sqlite3.Connection, low: int, high: int, rows: dict[int, dict[str, Any]]) -> int:
    """Put the rows numbered from `low` up to `high` into `rows`, past damaged pages; how many stretches are lost."""
    if _read_rows(db, "where number >= ? and number < ?", (low, high), rows):
        return 0
    if high - low <= 1:
        return 1
    middle = (low + high) // 2
    return _read_range(db, low, middle, rows) + _read_range(db, middle, high, rows)
