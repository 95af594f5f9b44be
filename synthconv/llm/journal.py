"""The journal: every answer that was paid for, in one SQLite table, kept before anything else is done with it.

It holds what was sent and what came back, personal data included if there was any: the file is its owner's alone.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from synthconv.errors import SynthconvError, UsageError
from synthconv.llm.wire import Answer, Request
from synthconv.stages import batched

TABLES = {
    "answers": """
create table answers (
    number integer primary key, key text not null unique, model text not null,
    created text not null default (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    request text, content text not null, kind text not null, finish_reason text not null,
    prompt_tokens integer not null, completion_tokens integer not null, cached_tokens integer not null
)
""",
    "claims": "create table claims (key text primary key, run text not null) without rowid",
    "runs": "create table runs (run text primary key, seen real not null) without rowid",
}
"""`claims` tells which run is asking for an answer, `runs` when each was last seen: a run of another time asks anew."""
COLUMNS = (
    "key",
    "model",
    "created",
    "request",
    "content",
    "kind",
    "finish_reason",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
)
APPLICATION = 0x53796E63
"""Marks the file as a journal ("Sync" in ASCII)."""
VERSION = 1
ROOM = 4_000_000
"""Bytes that must be free on the disk before a call is sent, and for each call on its way ROOM_EACH more."""
ROOM_EACH = 100_000
ROWS_AT_ONCE = 500
"""Rows that are taken in under one lock."""
KINDS = ("text", "refusal", "overflow")
SEEN_EVERY, SEEN_WITHIN = 1.0, 15.0
"""Seconds: how often a run says that it goes on, and after how much silence its claims are nobody's."""
LOCKED = 60.0
"""Seconds that a journal may be locked by other processes when it is opened."""


def default_path() -> Path:
    """Where the journal lies: $XDG_CACHE_HOME/synthconv/journal.sqlite, by default in ~/.cache."""
    return user_cache_path("synthconv", appauthor=False) / "journal.sqlite"


class JournalBusy(Exception):
    """Another process is writing at this moment; a writer that cannot block comes again."""


class Journal:
    """An open journal. Several processes may use one file; the first answer to a request is the one that stays.

    Raises SynthconvError if the file cannot be used: no room, no permission, damaged, or not a journal. With
    `read_only` nothing is written, and a missing file is an empty journal.
    """

    def __init__(self, path: Path | None = None, *, read_only: bool = False) -> None:
        with self._guarded():
            self.path = (path or default_path()).absolute()
            self.path = self.path.resolve()
            if self.path.exists() and not self.path.is_file():
                raise UsageError(f"the journal {self.path} is not a file", "choose another --journal")
            if read_only:
                self._db = self._opened_to_read()
            else:
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
                self._db = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
                self._prepared()

    def _opened_to_read(self) -> sqlite3.Connection:
        if not self.path.exists():
            db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            db.execute(TABLES["answers"])
            return db
        alone = "" if os.access(self.path.parent, os.W_OK) else "&immutable=1"  # nobody can be writing it either
        left = self.path.with_name(f"{self.path.name}-wal")
        if alone and left.exists() and left.stat().st_size:
            raise SynthconvError(
                f"the journal {self.path} was left in the middle, and its folder cannot be written to mend it",
                "copy all three of its files to a folder that can be written, and name the copy with --journal",
            )
        uri = f"{self.path.as_uri()}?mode=ro{alone}"
        db = sqlite3.connect(uri, uri=True, timeout=60, isolation_level=None, check_same_thread=False)
        self._check(db)
        return db

    def _prepared(self) -> None:
        """Prepare the file; no lock of another process is waited for inside SQLite, where Ctrl-C does not reach."""
        patience = time.monotonic() + LOCKED
        while True:
            try:
                return self._prepare()
            except sqlite3.OperationalError as error:
                if not _locked(error) or time.monotonic() > patience:
                    raise
                time.sleep(0.05)

    def _prepare(self) -> None:
        there = {name for (name,) in self._db.execute("select name from sqlite_master where type = 'table'")}
        if there:
            self._check(self._db)
        else:
            self._db.execute("pragma journal_mode = wal")
            self._db.execute(f"pragma application_id = {APPLICATION}")
            self._db.execute(f"pragma user_version = {VERSION}")
        self._db.execute("pragma synchronous = normal")
        for name, table in TABLES.items():
            if name not in there:
                self._db.execute(table.replace("create table", "create table if not exists", 1))
        for path in (self.path, *(self.path.with_name(self.path.name + end) for end in ("-wal", "-shm"))):
            with suppress(FileNotFoundError, PermissionError):
                path.chmod(0o600)

    def _check(self, db: sqlite3.Connection) -> None:
        found = [db.execute(f"pragma {name}").fetchone()[0] for name in ("application_id", "user_version")]
        if found[0] != APPLICATION:
            raise UsageError(f"{self.path} is a database, but no journal of answers", "choose another --journal")
        if found[1] > VERSION:
            raise UsageError(f"{self.path} was written by a newer version", "choose another --journal")
        db.execute("select count(*) from (select key from answers limit 1)").fetchone()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """What SQLite and the disk say, with what to do about it."""
        try:
            yield
        except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError
            raise SynthconvError(
                f"the journal {self.path} cannot be written ({getattr(error, 'strerror', None) or error})",
                "mend the permissions, or choose another place with --journal",
            ) from None
        except sqlite3.DatabaseError as error:
            raise SynthconvError(f"the journal {self.path} cannot be used ({error})", self._cure(str(error))) from None

    def _cure(self, message: str) -> str:
        if "malformed" in message or "not a database" in message or "corrupt" in message:
            return (
                f"it is damaged: move it away, and `synthconv journal import MOVED_FILE --journal {self.path}` "
                "reads what is left of it"
            )
        if "full" in message:
            return "free the disk, or choose another place with --journal"
        return "wait for the program that uses it, mend the permissions, or choose another place with --journal"

    def get(self, key: str) -> Answer | None:
        """The answer to the request with this key, if there is one."""
        with self._guarded():
            row = self._db.execute(
                "select content, finish_reason, prompt_tokens, completion_tokens, cached_tokens, kind from answers"
                " where key = ?",
                (key,),
            ).fetchone()
        return Answer(*row) if row else None

    def has(self, key: str) -> bool:
        """Whether there is an answer to the request with this key."""
        with self._guarded():
            return self._db.execute("select 1 from answers where key = ?", (key,)).fetchone() is not None

    def put(self, request: Request, answer: Answer) -> Answer:
        """Keep an answer for good; gives the one that is kept, which another process may have been first with."""
        row = {
            "key": request.key,
            "model": request.model,
            "request": json.dumps(request.body("text"), ensure_ascii=False),
            **{name: getattr(answer, name) for name in COLUMNS[4:]},
        }
        return answer if self._insert(row) else self.get(request.key) or answer

    def _insert(self, row: dict[str, Any]) -> bool:
        names = ", ".join(row)
        return self._write(
            f"insert into answers ({names}) values ({', '.join('?' * len(row))}) on conflict (key) do nothing",
            [_storable(value) for value in row.values()],
        )

    def claim(self, key: str, run: str) -> bool:
        """Whether `run` may ask for the answer to a request: no other run that is alive is asking for it.

        A run is alive while it says so with `seen`. Raises JournalBusy.
        """
        return self._write(
            "insert into claims (key, run) values (?, ?) on conflict (key) do update set run = excluded.run"
            " where run = excluded.run or run not in (select run from runs where seen > ?)",
            (key, run, time.time() - SEEN_WITHIN),
        )

    def seen(self, run: str) -> None:
        """Say that `run` goes on. Raises JournalBusy."""
        self._write("insert or replace into runs (run, seen) values (?, ?)", (run, time.time()))

    def disclaim(self, run: str) -> None:
        """Give up all claims of `run`, and of those that have long been silent. Raises JournalBusy."""
        self._write("delete from runs where run = ? or seen < ?", (run, time.time() - SEEN_WITHIN))
        self._write("delete from claims where run not in (select run from runs)", ())

    def _write(self, statement: str, values: Sequence[Any]) -> bool:
        """Whether a statement changed a row."""
        with self._guarded():
            try:
                return self._db.execute(statement, values).rowcount > 0
            except sqlite3.OperationalError as error:
                if not _locked(error):
                    raise
                raise JournalBusy from None

    def rescue(self, request: Request, answer: Answer) -> str:
        """Keep an answer that the file takes no more in a file of its own, and say where."""
        row = {"key": request.key, "model": request.model, "created": "", "request": request.body("text")}
        row |= {name: getattr(answer, name) for name in COLUMNS[4:]}
        for folder in (self.path.parent, Path(tempfile.gettempdir()), Path.home()):
            path = folder / f"synthconv-answers-{os.getpid()}.jsonl"
            with suppress(OSError):
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
                return f"an answer is in {path}: `synthconv journal import` puts it in when there is room"
        return "an answer that was paid for is lost: no folder takes it"

    def check_room(self, calls: int) -> None:
        """Raise SynthconvError if the disk has no room left for the answers of so many calls."""
        with self._guarded():
            free = shutil.disk_usage(self.path.parent).free
        if free < ROOM + ROOM_EACH * calls:
            raise SynthconvError(
                f"the disk of the journal {self.path} is almost full ({free:,} bytes are free): no call is sent",
                "free the disk, or choose another place with --journal",
            )

    def rows(self, model: str | None = None) -> Iterator[dict[str, Any]]:
        """Every answer with its request, in the order of the keys."""
        where = " where model = ?" if model else ""
        with self._guarded():
            cursor = self._db.execute(
                f"select {', '.join(COLUMNS)} from answers{where} order by key", [model] if model else []
            )
            for row in cursor:
                yield dict(zip(COLUMNS, row, strict=True))

    def summary(self) -> list[dict[str, Any]]:
        """For each model: its answers, tokens, and the first and last day."""
        names = ("model", "answers", "prompt_tokens", "completion_tokens", "bytes", "first", "last")
        with self._guarded():
            rows = self._db.execute(
                "select model, count(*), sum(prompt_tokens), sum(completion_tokens),"
                " sum(length(content) + length(coalesce(request, ''))), min(created), max(created)"
                " from answers group by model order by model"
            ).fetchall()
        return [dict(zip(names, row, strict=True)) for row in rows]

    def prune(self, model: str | None = None, days: int | None = None, kind: str | None = None) -> int:
        """Remove the answers of a model, or older than so many days, or of a kind (all that are given must fit)."""
        wanted = [
            ("model = ?", model),
            ("created <= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', ?)", f"-{days} days" if days is not None else None),
            ("kind = ?", kind),
        ]
        given = [(clause, value) for clause, value in wanted if value is not None]
        where = f" where {' and '.join(clause for clause, _ in given)}" if given else ""
        with self._guarded():
            self._db.execute("pragma busy_timeout = 60000")
            removed = self._db.execute(f"delete from answers{where}", [value for _, value in given]).rowcount
            with suppress(sqlite3.OperationalError):  # another process reads it, or the disk is full: it stays larger
                self._db.execute("vacuum")
                self._db.execute("pragma wal_checkpoint(truncate)")
        return removed

    def add(self, rows: Iterable[dict[str, Any]]) -> int:
        """Take in rows of another journal; gives how many were new. A run beside it gets its turn in between."""
        added = 0
        for some in batched(rows, ROWS_AT_ONCE):
            with self._guarded():
                self._db.execute("pragma busy_timeout = 60000")
                self._db.execute("begin immediate")
            try:
                added += sum(self._insert({name: row[name] for name in COLUMNS if name in row}) for row in some)
            except BaseException:
                self._db.execute("rollback")
                raise
            with self._guarded():
                self._db.execute("commit")
        return added

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _locked(error: sqlite3.OperationalError) -> bool:
    """Whether another process holds the file at this moment."""
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _storable(value: Any) -> Any:
    """`value` without lone surrogates, which SQLite does not take."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
