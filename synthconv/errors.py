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

_CREDENTIALS = re.compile(r"(?<=://)\S+@")


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


def printable(text: str) -> str:
    """`text` with what a terminal would act on, or not show, as an escape."""
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)


class SynthconvError(Exception):
    """Something outside the scenario failed; `cure` says what to change."""

    exit_code = 1

    def __init__(self, cause: str, cure: str = "") -> None:
        self.cause, self.cure = printable(redact(cause)), printable(redact(cure))
        super().__init__(f"{self.cause}; {self.cure}" if cure else self.cause)


class UsageError(SynthconvError):
    """A command was called in a way that cannot work."""

    exit_code = 2


class RunDirectoryError(UsageError):
    """The output directory exists already, or another run is writing it."""


class EntityError(UsageError):
    """An entity whose values cannot be drawn: the key at fault, and what to change."""

    def __init__(self, key: str, cause: str, cure: str) -> None:
        super().__init__(cause, cure)
        self.key = key


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a scenario: where (file, line, column from 1, key path), what is wrong, and what to change."""

    file: str
    line: int
    column: int
    path: str
    cause: str
    cure: str = ""

    def __post_init__(self) -> None:
        for name in ("file", "path", "cause", "cure"):
            object.__setattr__(self, name, printable(redact(getattr(self, name))))

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" + (f" {self.path}" if self.path else "")
        return f"{place}: {self.cause}" + (f"; {self.cure}" if self.cure else "")


class ScenarioError(UsageError):
    """The scenario has mistakes; `mistakes` holds all that were found, in file order."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(dict.fromkeys(mistakes), key=lambda m: (m.line, m.column)))
        super().__init__("\n".join(map(str, self.mistakes)))


def did_you_mean(name: str, options: Iterable[str]) -> str:
    """A suggestion for a misspelt name, or the list of what there is."""
    known = list(dict.fromkeys(options))
    near = [option for option in known if abs(len(option) - len(name)) <= 4]  # the comparison is slow on long lists
    if close := get_close_matches(name[:100], near[:500], n=1, cutoff=0.6):
        return f"did you mean {close[0]!r}?"
    if not known:
        return "there are none"
    return f"there are: {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}"
