"""The errors a user can meet, each with its exit code.

SynthconvError           exit 1   the environment failed: disk, network, key
├── UsageError           exit 2   a command was called in a way that cannot work
│   └── ScenarioError    exit 2   the scenario file has mistakes; carries all of them
└── RunDirectoryError    exit 2   the output directory exists or is in use
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


class Secret:
    """A value that no message, log, manifest or traceback may show; only `reveal` gives it back."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one place that must send it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        """A pickled secret is an empty one: what leaves the process carries no key."""
        return (Secret, ("",))


def redact(text: str) -> str:
    """`text` without the credentials of any URL in it."""
    return _CREDENTIALS.sub("***@", text)


class SynthconvError(Exception):
    """Something outside the scenario failed; `cure` says what to change."""

    exit_code = 1

    def __init__(self, cause: str, cure: str = "") -> None:
        self.cause, self.cure = redact(cause), redact(cure)
        super().__init__(f"{self.cause}; {self.cure}" if cure else self.cause)


class UsageError(SynthconvError):
    """A command was called in a way that cannot work."""

    exit_code = 2


class RunDirectoryError(UsageError):
    """The output directory exists already, or another run is writing it."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a scenario: where (file, line, column from 1, key path), what is wrong, and what to change."""

    file: str
    line: int
    column: int
    path: str
    cause: str
    cure: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" + (f" {self.path}" if self.path else "")
        return redact(f"{place}: {self.cause}" + (f"; {self.cure}" if self.cure else ""))


class ScenarioError(UsageError):
    """The scenario has mistakes; `mistakes` holds all that were found, in file order."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda m: (m.line, m.column)))
        super().__init__("\n".join(map(str, self.mistakes)))


def did_you_mean(name: str, options: Iterable[str]) -> str:
    """A suggestion for a misspelt name, or the list of what there is."""
    known = list(dict.fromkeys(options))
    if close := get_close_matches(name, known, n=1, cutoff=0.6):
        return f"did you mean {close[0]!r}?"
    if not known:
        return "there are none"
    return f"there are: {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}"
