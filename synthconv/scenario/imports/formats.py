"""The formats that a scenario is made out of, and the proof that what was made is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from synthconv.errors import ScenarioError, UsageError
from synthconv.scenario.imports.draft import Draft
from synthconv.scenario.imports.openapi import from_openapi
from synthconv.scenario.imports.rasa import from_rasa
from synthconv.scenario.imports.sgd import from_sgd
from synthconv.scenario.loader import read_scenario

FORMATS: dict[str, Callable[[Path, Sequence[str]], Draft]] = {
    "sgd": from_sgd,
    "rasa": lambda path, _services: from_rasa(path),
    "openapi": lambda path, _services: from_openapi(path),
}


def imported(form: str, path: Path, services: Sequence[str] = ()) -> str:
    """The YAML text of the scenario that a file or folder of another tool makes.

    Raises UsageError for what cannot be read, and where what was made is no sound scenario.
    """
    text = FORMATS[form](path, services).text()
    try:
        read_scenario(text, "the scenario made of it")
    except ScenarioError as error:
        cure = "rename or remove what it names there, or tell us"
        raise UsageError(f"{path} gives no sound scenario: {error.mistakes[0]}", cure) from None
    return text
