"""The run directory: written under a temporary name, renamed when it is whole, locked against a second run."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from synthconv.errors import RunDirectoryError, SynthconvError

MANIFEST = "manifest.json"
ROWS = ("intents.jsonl", "rejected.jsonl")


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
        self._file(name).write(json.dumps(row, ensure_ascii=False, separators=(", ", ": ")) + "\n")

    def write(self, name: str, content: str | dict[str, Any]) -> None:
        """Write a whole file: text as it is, data as indented JSON."""
        self._file(name).write(
            content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        )

    def _file(self, name: str) -> TextIO:
        if name not in self._open:
            self._open[name] = (self.path / name).open("w", encoding="utf-8", newline="\n")
        return self._open[name]

    def close(self) -> None:
        """Flush every file to the disk."""
        for file in self._open.values():
            file.flush()
            os.fsync(file.fileno())
            file.close()
        self._open = {}

    def abandon(self) -> None:
        """Close the files without a thought for what is in them, and remove them."""
        for file in self._open.values():
            with suppress(OSError):
                file.close()
        shutil.rmtree(self.path, ignore_errors=True)


@contextmanager
def run_directory(target: Path, *, force: bool = False) -> Iterator[RunDirectory]:
    """A directory to write a run into, which becomes `target` when the block ends well, and is gone when it does not.

    Raises RunDirectoryError if `target` exists (with `force`: if it is not a run directory) or another run writes it,
    SynthconvError if the disk refuses.
    """
    target = Path.cwd() / target
    partial, old = target.with_name(f".{target.name}.partial"), target.with_name(f".{target.name}.old")
    try:
        _recover(target, old)
        _check_target(target, force)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(partial, target):
            run = RunDirectory(partial, ROWS)
            try:
                yield run
                run.close()
                _check_target(target, force)
                if target.exists():
                    target.rename(old)
                partial.rename(target)
                shutil.rmtree(old, ignore_errors=True)
            except BaseException:
                run.abandon()
                raise
    except OSError as error:
        place = error.filename or target
        raise SynthconvError(
            f"{place} cannot be written ({error.strerror or error})", "free the disk or choose another -o"
        ) from error


def _recover(target: Path, old: Path) -> None:
    """Put back the run that a kill between two renames left aside."""
    if old.is_dir() and not target.exists():
        old.rename(target)


def _check_target(target: Path, force: bool) -> None:
    if not (target.exists() or target.is_symlink()):
        return
    if not target.is_dir() or target.is_symlink():
        raise RunDirectoryError(f"{target} is not a directory", "choose another -o")
    if not force:
        raise RunDirectoryError(f"{target} exists already", "choose another -o, or replace it with --force")
    if any(target.iterdir()) and not (target / MANIFEST).is_file():
        raise RunDirectoryError(
            f"{target} holds files but no run ({MANIFEST} is missing)", "--force replaces runs only; choose another -o"
        )


@contextmanager
def _locked(partial: Path, target: Path) -> Iterator[None]:
    """The directory `partial`, empty and locked: the lock is on the directory itself, so it dies with the process."""
    try:
        import fcntl
    except ImportError:  # no such lock on this system: the run goes on without
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        yield
        return
    partial.mkdir(exist_ok=True)
    handle = os.open(partial, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not partial.exists() or partial.stat().st_ino != os.fstat(handle).st_ino:
                raise BlockingIOError
        except BlockingIOError:
            raise RunDirectoryError(f"another run is writing {target}", "wait for it, or choose another -o") from None
        for leftover in partial.iterdir():  # of a run that was killed
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        yield
    finally:
        os.close(handle)
