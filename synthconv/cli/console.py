"""What the commands share: messages to stderr, data to stdout, and an exit code for every error."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ParamSpec

import typer

from synthconv.errors import SynthconvError, UsageError, printable

P = ParamSpec("P")
INTERRUPTED = 130


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """`command`, with the errors a user can meet shown without a traceback and turned into exit codes."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        _mend_streams()
        try:
            command(*args, **kwargs)
            with _stdout():
                sys.stdout.flush()
        except SynthconvError as error:
            note(f"error: {error}" if "\n" not in str(error) else str(error))
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            note("interrupted: nothing was written")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:  # the reader of a pipe went away, which is its right
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None

    return run


@contextmanager
def _stdout() -> Iterator[None]:
    """A stdout that takes no more, a full disk say, is an error of the environment."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SynthconvError(f"the output cannot be written ({error.strerror})", "free the disk") from None


def _mend_streams() -> None:
    """A closed stream swallows what it is told, and one of a narrow encoding shows escapes."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # it stays open
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def note(message: str) -> None:
    """A line for the user, to stderr; a stream that takes none stops nothing."""
    with suppress(OSError):
        typer.echo(printable(message), err=True)


def put(text: str) -> None:
    """Text for a program, to stdout."""
    with _stdout():
        typer.echo(text, nl=False)


def put_json(data: Any) -> None:
    """Data for a program, to stdout."""
    put(json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def write_file(path: Path, lines: Iterable[str], *, force: bool, mode: int = 0o600) -> int:
    """Write a file whole or not at all; gives how many lines it has.

    What a model said is for its owner's eyes only: so is the file, unless its `mode` says otherwise.
    """
    if not path.name or path.name == "..":
        raise UsageError(f"{str(path)!r} is not the name of a file", "choose another -o")
    partial, count = path.with_name(f".{path.name}.partial"), 0
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is no regular file", "choose another -o, or leave it out where stdout will do")
        if path.exists() and not force:
            raise UsageError(f"{path} exists already", "choose another -o, or replace it with --force")
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
            for line in lines:
                file.write(line)
                count += 1
        partial.replace(path)
    except OSError as error:
        raise SynthconvError(f"{path} cannot be written ({error.strerror})", "choose another -o") from None
    finally:
        with suppress(OSError):
            partial.unlink()
    return count


@contextmanager
def printer() -> Iterator[Callable[[Any], None]]:
    """What prints rich text to stdout, in colour where a terminal reads it, plain and unwrapped in a pipe."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=100_000, no_color=True, color_system=None)
    with _stdout():
        yield lambda text: console.print(text, soft_wrap=True, highlight=False)


def table(
    title: str, columns: list[str], rows: list[list[Any]], *, to_stdout: bool = False, words: bool = False
) -> None:
    """A table, of `words` or of figures after the first column; in colour on a terminal, plain in a pipe."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=Text(printable(title)), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        shown.add_column(column, justify="left" if words or i == 0 else "right", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(f"{cell:,}" if isinstance(cell, int) else printable(str(cell))) for cell in row))
    console = Console(stderr=not to_stdout)
    if not console.is_terminal:
        console = Console(stderr=not to_stdout, width=200, no_color=True)
    with _stdout() if to_stdout else suppress(OSError):
        console.print(shown)
