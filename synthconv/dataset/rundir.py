"""The run directory: written under a temporary name, renamed when it is whole, locked against a second run."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from synthconv.errors import RunDirectoryError, SynthconvError

MANIFEST = "manifest.json"
ROWS = ("intents.jsonl", "dialogues.jsonl", "rejected.jsonl")
FILES = (*ROWS, MANIFEST, "README.md", "timings.json")
"""Every file that a run may hold."""
SEPARATORS = re.compile("[\x85\u2028\u2029]")
"""Characters that some readers take for the end of a line."""


class RunDirectory:
    """The files of a run while it is written."""

    def __init__(self, path: Path, names: Iterable[str]) -> None:
        """Files of the `names` are made at once, so that a run without a row in one of them has it too."""
        self.path = path
        self._open: dict[str, TextIO] = {}
        for name in names:
            self._file(name)

    def append(self, name: str, row: dict[str, Any]) -> None:
        """Add a JSON line to the file `name`."""
        line = json.dumps(row, ensure_ascii=False)
        with _disk(self.path):
            self._file(name).write(SEPARATORS.sub(lambda match: f"\\u{ord(match[0]):04x}", line) + "\n")

    def write(self, name: str, content: str | dict[str, Any]) -> None:
        """Write a whole file: text as it is, data as indented JSON."""
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        with _disk(self.path):
            self._file(name).write(text)

    def _file(self, name: str) -> TextIO:
        if name not in self._open:
            self._open[name] = (self.path / name).open("w", encoding="utf-8", newline="\n")
        return self._open[name]

    def close(self) -> None:
        """Flush every file to the disk."""
        with _disk(self.path):
            for file in self._open.values():
                file.flush()
                os.fsync(file.fileno())
                file.close()
        self._open = {}

    def abandon(self) -> None:
        """Close the files without a thought for what is in them."""
        for file in self._open.values():
            with suppress(OSError):
                file.close()


@contextmanager
def run_directory(
    target: Path, names: Iterable[str] = ("intents.jsonl", "rejected.jsonl"), *, force: bool = False
) -> Iterator[RunDirectory]:
    """A directory to write a run into, which becomes `target` when the block ends well, and is gone when it does not.

    Files of the `names` are in it from the beginning.
    Raises RunDirectoryError if `target` exists (with `force`: if it is not a run directory) or another run writes it,
    SynthconvError if the disk refuses.
    """
    with _disk(target):
        target = Path.cwd() / target
        if target.name in ("", ".."):
            raise RunDirectoryError(f"{target} has no name of its own", "name the directory to write")
        partial, old = target.with_name(f".{target.name}.partial"), target.with_name(f".{target.name}.old")
        _check_target(target, old, force)
        target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(partial, target):
        with _disk(target):
            _recover(target, old)
            _check_target(target, old, force)
            run = RunDirectory(partial, names)
        try:
            yield run
            run.close()
            with _disk(target):
                _check_target(target, old, force)
                _put_in_place(partial, target, old)
        except BaseException:
            run.abandon()
            raise


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    """What the disk says, in the user's terms: a path that cannot be is a mistake of the call."""
    try:
        yield
    except OSError as error:
        cause = f"{error.filename or path} cannot be written ({error.strerror or error})"
        if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.EISDIR, errno.EINVAL):
            raise RunDirectoryError(cause, "choose another -o") from error
        raise SynthconvError(cause, "free the disk, mend the permissions, or choose another -o") from error


def _put_in_place(partial: Path, target: Path, old: Path) -> None:
    """Rename `partial` to `target`; what is there goes aside first, and comes back if the second rename fails."""
    replaced = target.exists()
    try:
        if replaced:
            target.rename(old)
        partial.rename(target)
    except BaseException:
        if replaced and old.exists() and not target.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _recover(target: Path, old: Path) -> None:
    """Put back the run that a kill between two renames left aside; it is whole, for its removal comes after them."""
    if not old.exists():
        return
    if not target.exists() and (old / MANIFEST).is_file():
        old.rename(target)
    else:
        shutil.rmtree(old)


def _check_target(target: Path, old: Path, force: bool) -> None:
    if old.exists() and not _is_run(old):
        raise RunDirectoryError(f"{old} is in the way", "move it, or choose another -o")
    if not (target.exists() or target.is_symlink()):
        return
    if not target.is_dir() or target.is_symlink():
        raise RunDirectoryError(f"{target} is not a directory", "choose another -o")
    if not force:
        raise RunDirectoryError(f"{target} exists already", "choose another -o, or replace it with --force")
    if any(target.iterdir()) and not (_is_run(target) and (target / MANIFEST).is_file()):
        raise RunDirectoryError(
            f"{target} holds files that are not of a run", "--force replaces runs only; choose another -o"
        )


def _is_run(path: Path) -> bool:
    """Whether a directory holds files of a run and nothing else."""
    return (
        path.is_dir()
        and not path.is_symlink()
        and all(entry.name in FILES and entry.is_file() and not entry.is_symlink() for entry in path.iterdir())
    )


@contextmanager
def _locked(partial: Path, target: Path) -> Iterator[None]:
    """The directory `partial`, empty and locked: the lock is on the directory itself, so it dies with the process."""
    with _disk(target):
        partial.mkdir(exist_ok=True)
        if not _is_run(partial):
            raise RunDirectoryError(f"{partial} is in the way", "move it, or choose another -o")
        handle = os.open(partial, os.O_RDONLY)
    try:
        _lock(handle, partial, target)
        with _disk(target):
            for leftover in partial.iterdir():  # of a run that was killed
                leftover.unlink()
        try:
            yield
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    finally:
        os.close(handle)


def _lock(handle: int, partial: Path, target: Path) -> None:
    try:
        import fcntl
    except ImportError:  # no such lock on this system: the run goes on without
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not partial.exists() or partial.stat().st_ino != os.fstat(handle).st_ino:
            raise BlockingIOError
    except BlockingIOError:
        raise RunDirectoryError(f"another run is writing {target}", "wait for it, or choose another -o") from None
