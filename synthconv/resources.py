"""The scenarios and prompts that ship with the tool: in the wheel beside the package, in a checkout at its top."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from synthconv.errors import UsageError, did_you_mean

PACKAGE = Path(__file__).parent


def shipped(kind: Literal["scenarios", "prompts"]) -> Path:
    """The folder of the shipped scenarios or prompts."""
    packaged = PACKAGE / "shipped" / kind
    return packaged if packaged.is_dir() else PACKAGE.parent / kind


def scenario_names() -> tuple[str, ...]:
    """The names of the shipped scenarios."""
    return tuple(sorted(path.stem for path in shipped("scenarios").glob("*.yaml")))


def scenario_path(spec: str) -> Path:
    """The file that `spec` means: a path, or the name of a shipped scenario where no such file exists.

    Raises UsageError for a bare name that is neither.
    """
    path = Path(spec)
    if not path.exists() and path.name == spec and not path.suffix and spec not in scenario_names():
        raise UsageError(f"there is no file and no shipped scenario {spec!r}", did_you_mean(spec, scenario_names()))
    return shipped("scenarios") / f"{spec}.yaml" if spec in scenario_names() and not path.is_file() else path
