"""What the keys of a scenario may hold: texts, names, shares, weights, and the strict mapping they stand in."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from synthconv import yaml12


def _scalar_text(value: Any) -> str:
    if isinstance(value, (str, int, float, bool)):
        return yaml12.as_text(value)
    raise PydanticCustomError(
        "text",
        "expected text, found {kind}",
        {"kind": _kind(value), "cure": "write plain text, in quotes if need be"},
    )


def _kind(value: Any) -> str:
    return {"dict": "a mapping", "list": "a list", "NoneType": "nothing"}.get(
        type(value).__name__, type(value).__name__
    )


def short_form(key: str) -> BeforeValidator:
    """Accepts a bare scalar for the mapping {key: scalar}."""
    return BeforeValidator(lambda value: value if isinstance(value, (dict, BaseModel)) else {key: value})


Text = Annotated[str, PlainValidator(_scalar_text), WithJsonSchema({"type": ["string", "number", "boolean"]})]
"""Text, or a number or boolean taken as it was written."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _number_only(value: Any) -> Any:
    if isinstance(value, (str, bool)):
        raise PydanticCustomError("float", "expected a number, found {value!r}", {"value": value})
    return value


def no_bool(value: Any) -> Any:
    """A value that is not true or false. Raises PydanticCustomError."""
    if isinstance(value, bool):
        raise PydanticCustomError("float", "expected a number, found {value}", {"value": str(value).lower()})
    return value


Number = BeforeValidator(_number_only)
"""Keeps texts and booleans, which would pass for numbers, out of numeric keys."""
Share = Annotated[float, Number, Field(ge=0, le=1)]
Weight = Annotated[float, Number, Field(gt=0, le=1_000_000)]
Loose = dict[str, Any]


class Part(BaseModel):
    """A mapping of a scenario: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
