"""Files of other tools as plain data with places; what is no such file is told with place, cause and cure."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthconv import yaml12
from synthconv.errors import Mistake, ScenarioError, UsageError
from synthconv.scenario.imports.draft import shown
from synthconv.scenario.source import KeyPath, Source, parse_source, read_text

CURES = {
    "keep examples that teach something new": "import a part of it",
    "a scenario needs at most eight levels": "make it flatter",
    "put each scenario in a file of its own": "keep the first one",
    "a scenario is a YAML text in UTF-8": "name a YAML or JSON file in UTF-8",
    "run `synthconv init` for a scenario to start from": "name a file with something in it",
    "name the YAML file in it": "name the file in it",
}
"""Cures of the scenario's reader that would mislead here."""
LONGEST_NAME = 120


@dataclass
class Document:
    """A file's data, and where each part stands in it."""

    source: Source

    @property
    def data(self) -> Any:
        """The data as a whole."""
        return self.source.data

    def wrong(self, path: KeyPath, cause: str, cure: str) -> ScenarioError:
        """The error for what stands at `path`."""
        self.source.mistakes = []
        self.source.mistake(path, cause, cure)
        return ScenarioError(self.source.mistakes)

    def text(self, path: KeyPath, value: Any) -> str:
        """A name or a text at `path`, in one line. Raises ScenarioError for another type or an empty name."""
        if not isinstance(value, (str, int, float)):
            raise self.wrong(path, f"expected text, found {_kind(value)}", "write a text")
        said = shown(yaml12.as_text(value))
        if path and path[-1] in ("name", "service_name"):
            if not said:
                raise self.wrong(path, "the name is empty", "give it one")
            if len(said) > LONGEST_NAME:
                raise self.wrong(path, f"the name has {len(said)} characters", f"at most {LONGEST_NAME} are a name")
        return said

    def texts(self, path: KeyPath, value: Any) -> tuple[str, ...]:
        """A list of texts at `path`."""
        if not isinstance(value, list):
            raise self.wrong(path, f"expected a list, found {_kind(value)}", "write a list of texts")
        return tuple(self.text((*path, i), item) for i, item in enumerate(value))

    def entries(self, path: KeyPath, value: Any) -> list[dict[str, Any]]:
        """A list of mappings at `path`."""
        if not isinstance(value, list):
            raise self.wrong(path, f"expected a list, found {_kind(value)}", "write a list of mappings")
        for i, item in enumerate(value):
            if not isinstance(item, dict):
                raise self.wrong((*path, i), f"expected a mapping, found {_kind(item)}", "write `key: value` pairs")
        return value


def _kind(value: Any) -> str:
    return {"dict": "a mapping", "list": "a list", "NoneType": "nothing", "str": "text"}.get(
        type(value).__name__, f"{value}"
    )


def read_document(path: Path) -> Document:
    """The data of a JSON or YAML file. Raises ScenarioError if it is neither, or is hostile."""
    try:
        text = read_text(path)
        is_json = text.lstrip()[:1] in ("{", "[")
        source = parse_source(text.replace("\t", " ") if is_json else text, str(path))
    except ScenarioError as error:
        raise ScenarioError([_recured(mistake) for mistake in error.mistakes]) from None
    if source.mistakes:
        raise ScenarioError(source.mistakes)
    if is_json:
        with suppress(ValueError, RecursionError):  # else it is YAML in brackets
            source.data = json.loads(text)  # JSON's own escapes: pairs of surrogates are one character there
    if not isinstance(source.data, (dict, list)):
        raise UsageError(f"{path}:1:1: expected a mapping or a list, found text", "name a JSON or YAML file")
    return Document(source)


def _recured(mistake: Mistake) -> Mistake:
    cure = CURES.get(mistake.cure, mistake.cure)
    return Mistake(mistake.file, mistake.line, mistake.column, mistake.path, mistake.cause, cure)
