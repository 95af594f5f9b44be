"""YAML read as people mean it: `no`, `on`, 12:30 and 2026-03-01 are text; numbers remember how they were written."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import yaml

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class WrittenInt(int):
    """A whole number with the text it was written as."""

    source: str = ""


class WrittenFloat(float):
    """A decimal number with the text it was written as, so that 2.50 stays 2.50."""

    source: str = ""


def _written(kind: type, parse: Any) -> Any:
    def construct(_loader: Any, node: yaml.ScalarNode) -> Any:
        out = kind(parse(node.value))
        out.source = node.value
        return out

    return construct


def _to_float(text: str) -> float:
    return float(re.sub(r"\.(inf|nan)", r"\1", text, flags=re.IGNORECASE))


class Yaml12Loader(Loader):  # type: ignore[misc]  # its base is the C loader where PyYAML has one
    """PyYAML's safe loader with the scalar rules of the YAML 1.2 core schema."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


for tag, pattern, first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    ("null", r"~|null|Null|NULL|", [*"~nN", ""]),
    ("int", r"[-+]?[0-9]+", [*"-+0123456789"]),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        [*"-+.0123456789"],
    ),
):
    Yaml12Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{pattern})$"), first)
Yaml12Loader.add_constructor("tag:yaml.org,2002:int", _written(WrittenInt, int))
Yaml12Loader.add_constructor("tag:yaml.org,2002:float", _written(WrittenFloat, _to_float))


def load(text: str) -> Any:
    """The data of one trusted YAML document (a file that the tool ships)."""
    return yaml.load(text, Loader=Yaml12Loader)


def as_text(scalar: object) -> str:
    """A scalar as its author wrote it."""
    if isinstance(scalar, bool):
        return str(scalar).lower()
    return str(getattr(scalar, "source", scalar))
