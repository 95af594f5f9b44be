"""From a YAML file to a `Scenario`: all mistakes of the file at once, each with place, cause and cure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from synthconv.errors import ScenarioError, did_you_mean, redact
from synthconv.scenario import models
from synthconv.scenario.patterns import PatternError, Template, literal, parse
from synthconv.scenario.references import check_references
from synthconv.scenario.source import KeyPath, Pruned, Source, dotted, parse_source, read_source


@dataclass(frozen=True, eq=False)
class Scenario:
    """A scenario that holds together: what the author wrote, its parsed examples, and where it came from."""

    model: models.ScenarioModel
    templates: dict[str, tuple[Template, ...]]
    file: str
    sha256: str

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.model.scenario

    @property
    def seed(self) -> int:
        """The seed of every random choice."""
        return self.model.generate.seed


def with_seed(scenario: Scenario, seed: int | None) -> Scenario:
    """The same scenario with another seed, or as it is without one."""
    if seed is None:
        return scenario
    settings = scenario.model.generate.model_copy(update={"seed": seed})
    return replace(scenario, model=scenario.model.model_copy(update={"generate": settings}))


def load_scenario(path: str | Path) -> Scenario:
    """The scenario in the YAML file at `path`. Raises ScenarioError with all mistakes that the file has."""
    return _checked(read_source(Path(path)))


def read_scenario(text: str, file: str = "scenario.yaml") -> Scenario:
    """The scenario in a YAML text. Raises ScenarioError with all mistakes that it has."""
    return _checked(parse_source(text, file))


def _checked(source: Source) -> Scenario:
    if not isinstance(source.data, dict):
        source.mistake((), "a scenario is a mapping of keys", "begin with `scenario: my_bot`")
        raise ScenarioError(source.mistakes)
    model = _model(source)
    templates = _templates(source, model) if model else {}
    if model:
        check_references(source, model, templates)
    if source.mistakes or model is None:
        raise ScenarioError(source.mistakes)
    # the hash is of the meaning, so that a comment or an indent does not make another data set
    canonical = model.model_dump_json(exclude_unset=True)
    return Scenario(model, templates, source.file, sha256(canonical.encode()).hexdigest())


def _model(source: Source) -> models.ScenarioModel | None:
    """The typed scenario; parts with mistakes are noted and left out, so that the rest is checked too."""
    source.pruned = source.data
    for _ in range(4):
        try:
            return models.ScenarioModel.model_validate(source.pruned)
        except ValidationError as error:
            noted = [mistake.path for mistake in source.mistakes]
            details = error.errors()
            for detail in details:
                place = dotted(_written_path(source.pruned, detail["loc"]))
                if not any(path.startswith(place) for path in noted):
                    _note(source, detail)
            source.pruned = _without(source.pruned, [_data_path(source.pruned, detail["loc"]) for detail in details])
    return None


def _note(source: Source, detail: ErrorDetails) -> None:
    """The mistake that a pydantic error tells of, in the author's terms."""
    path = _written_path(source.pruned, detail["loc"])
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        name = str(detail["loc"][-1])
        cure = did_you_mean(name, _siblings(source.data, path))
        if detail["input"] is None:
            cure += " (a text with a comma needs quotes inside {...})"
        source.mistake(path, f"unknown key {name!r}", cure, key=True)
    elif kind == "missing":
        source.mistake((*path, str(detail["loc"][-1])), f"the key {detail['loc'][-1]!r} is missing", "add it")
    elif kind == "literal_error":
        given = detail["input"]
        options = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        found = did_you_mean(str(given), options)
        cure = found if "did you mean" in found else "write one of them"
        source.mistake(path, f"{_shown(given)} is not one of {', '.join(options)}", cure)
    else:
        cause, cure = _plain(kind, context, detail)
        source.mistake(path, cause, cure)


FORMS = {
    "currency": "write its three capitals, such as USD",
    "reference_date": "write YYYY-MM-DD",
    "languages": "write a tag such as en, en-US or pt-BR",
}
"""What a text of a fixed form looks like, by its key."""


def _plain(kind: str, context: dict[str, Any], detail: ErrorDetails) -> tuple[str, str]:
    shown = _shown(detail["input"])
    expected = {
        "string_type": ("text", "put it in quotes"),
        "bool": ("true or false", "write true or false"),
        "int": ("a whole number", "write digits without quotes"),
        "float": ("a number", "write digits without quotes"),
        "finite": ("a number", "write a finite number"),
        "dict_type": ("a mapping of keys", "write `key: value` lines under it"),
        "model": ("a mapping of keys", "write `key: value` lines under it"),
        "list_type": ("a list", "write `- item` lines under it"),
    }
    for start, (what, cure) in expected.items():
        if kind.startswith(start):
            return f"expected {what}, found {shown}", cure
    limits = {
        "greater_than": "more than {gt}",
        "greater_than_equal": "at least {ge}",
        "less_than_equal": "at most {le}",
    }
    if kind in limits:
        return f"{shown} is out of range", f"it must be {limits[kind].format(**context)}"
    if kind == "too_short":
        return "nothing is listed here", "add at least one entry"
    if kind == "string_pattern_mismatch":
        return f"{shown} has not the form asked for", FORMS.get(str(detail["loc"][-1]), FORMS["languages"])
    cause = f"{detail['msg']}, found {shown}" if kind.startswith("string") else detail["msg"]
    return cause, context.get("cure", "run `synthconv schema` for the keys and their types")


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = redact(repr(value) if isinstance(value, str) else str(value))
    return text if len(text) <= 60 else text[:57] + "..."


def _data_path(data: Any, loc: tuple[int | str, ...]) -> KeyPath:
    """`loc` as far as it leads in the data (pydantic names union branches and missing keys too)."""
    return tuple(part for part, _ in _walked(data, loc))


def _written_path(data: Any, loc: tuple[int | str, ...]) -> KeyPath:
    """The same in the places of the file, where faulty entries of lists still count."""
    return tuple(written for _, written in _walked(data, loc))


def _walked(data: Any, loc: tuple[int | str, ...]) -> Iterator[tuple[int | str, int | str]]:
    for part in loc:
        if isinstance(data, dict) and part in data:
            yield part, part
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            yield part, data.written[part] if isinstance(data, Pruned) else part
        else:
            continue
        data = data[part]


def _siblings(data: Any, path: KeyPath) -> list[str]:
    """The keys that may stand where the unknown key at `path` stands."""
    model: Any = models.ScenarioModel
    for part in path[:-1]:
        model = _step(model, part)
    return [*model.model_fields] if isinstance(model, type) and issubclass(model, BaseModel) else []


def _step(annotation: Any, part: str | int) -> Any:
    """The model that `part` leads to, out of a model, or of a mapping or a list of them; else None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        found = annotation.model_fields.get(str(part))
        return _inner(found.annotation) if found else None
    return _inner(get_args(annotation)[-1]) if get_args(annotation) else None


def _inner(annotation: Any) -> Any:
    """`annotation` without Annotated and None around it; of several, the one that has keys."""
    if get_origin(annotation) is Annotated:
        return _inner(get_args(annotation)[0])
    if get_origin(annotation) in (UnionType, Union):
        options = [_inner(option) for option in get_args(annotation)]
        return next((one for one in options if isinstance(one, type) and issubclass(one, BaseModel)), options[0])
    return annotation


def _without(data: Any, paths: list[KeyPath]) -> Any:
    """`data` without what stands at `paths`; None if that is all of it."""
    drop = set(paths)
    if () in drop:
        return None

    def pruned(value: Any, path: KeyPath) -> Any:
        if isinstance(value, dict):
            return {key: pruned(item, (*path, key)) for key, item in value.items() if (*path, key) not in drop}
        if isinstance(value, list):
            kept = [i for i in range(len(value)) if (*path, i) not in drop]
            out = Pruned(pruned(value[i], (*path, i)) for i in kept)
            out.written = [value.written[i] if isinstance(value, Pruned) else i for i in kept]
            return out
        return value

    return pruned(data, ())


def _templates(source: Source, model: models.ScenarioModel) -> dict[str, tuple[Template, ...]]:
    """The examples of every intent, parsed."""
    out = {}
    for name, intent in model.intents.items():
        parsed = []
        for i, example in enumerate(intent.examples):
            language = example.language or model.tags[0]
            if example.text is not None:
                parsed.append(literal(example.text.strip(), language))
                continue
            try:
                parsed.append(parse((example.pattern or "").strip(), language))
            except PatternError as error:
                place: KeyPath = ("intents", name, "examples")
                source.mistake((*place, source.written(place, i)), str(error), error.cure, column=error.column)
        out[name] = tuple(parsed)
    return out
