"""The JSON Schemas of an OpenAPI document: references followed so far, properties flattened into fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from synthconv import yaml12
from synthconv.scenario.imports.draft import shown
from synthconv.scenario.imports.fields import Field
from synthconv.scenario.imports.reading import Document
from synthconv.scenario.source import KeyPath

MOST_STEPS = 20
"""References that are followed one after the other."""
MOST_DEPTH = 3
"""How deep properties may lie inside of each other."""
MOST_FIELDS = 40
"""Fields that one schema gives at most."""
FORMATS = {"date", "date-time", "time", "email", "uuid"}


class Schemas:
    """Finds what a `$ref` of the document stands for, and lists the fields of a schema."""

    def __init__(self, document: Document) -> None:
        self.document, self.left_out, self.asked = document, list[str](), False

    def resolved(self, node: Any, place: KeyPath) -> dict[str, Any]:
        """`node`, or what its local `$ref` leads to. Raises ScenarioError for one that leads nowhere or in a circle."""
        seen = list[str]()
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            if reference in seen or len(seen) >= MOST_STEPS:
                raise self.document.wrong(
                    place, f"the $ref {reference!r} leads in a circle", "point it at a definition"
                )
            seen.append(reference)
            if not reference.startswith("#"):
                self.left_out.append(reference)
                return {}
            node = self._found(reference, place)
        return node if isinstance(node, dict) else {}

    def _found(self, reference: str, place: KeyPath) -> Any:
        node = self.document.data
        for part in reference[1:].strip("/").split("/"):
            key = part.replace("~1", "/").replace("~0", "~").replace("%7B", "{").replace("%7D", "}")
            if isinstance(node, dict) and key in node:
                node = node[key]
            elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
                node = node[int(key)]
            else:
                raise self.document.wrong(
                    place, f"the $ref {reference!r} leads nowhere", f"define {part!r}, or mend it"
                )
        return node

    def fields(self, schema: Any, place: KeyPath, *, required: bool = True) -> list[Field]:
        """The properties of a schema as fields, those of objects inside of it with its name before theirs.

        Those of a request (`required`) are without what only an answer has.
        """
        self.asked = required
        found: dict[str, Field] = {}
        for field in self._properties(schema, place, "", required, 0, ()):
            found.setdefault(field.name, field)
            if len(found) >= MOST_FIELDS:
                break
        return list(found.values())

    def _properties(
        self, schema: Any, place: KeyPath, prefix: str, required: bool, depth: int, open_: tuple[int, ...]
    ) -> Iterator[Field]:
        node = self.resolved(schema, place)
        if depth > MOST_DEPTH or id(node) in open_:
            self.left_out.append(f"{prefix or 'a schema'} inside of itself")
            return
        inside = (*open_, id(node))
        for part in [*_listed(node.get("allOf")), *_listed(node.get("oneOf"))[:1], *_listed(node.get("anyOf"))[:1]]:
            yield from self._properties(part, place, prefix, required, depth + 1, inside)
        needed = {str(name) for name in _listed(node.get("required"))} if required else set()
        if node.get("type") == "array" or "items" in node:
            yield from self._properties(node.get("items"), place, prefix, required, depth + 1, inside)
        properties = node.get("properties")
        for name, inner in (properties if isinstance(properties, dict) else {}).items():
            child = self.resolved(inner, place)
            if self.asked and child.get("readOnly") is True:
                continue
            full = f"{prefix}_{name}" if prefix else str(name)
            item = self.resolved(child.get("items"), place) if _type(child) == "array" else child
            if "properties" in item or "allOf" in item:
                yield from self._properties(item, place, full, required and name in needed, depth + 1, inside)
            elif _type(item) != "object":
                field = self.field(full, item, str(child.get("description") or ""), name in needed)
                yield replace(field, inside=shown(prefix))

    def field(self, name: str, schema: dict[str, Any], description: str = "", required: bool = False) -> Field:
        """A parameter or a property with what its schema tells."""
        schema = self._alternative(schema)
        kind, form = _type(schema), str(schema.get("format") or "")
        examples = [schema.get("example"), schema.get("default"), *_listed(schema.get("examples"))]
        known = [yaml12.as_text(one) for one in examples if isinstance(one, (str, int, float))]
        low, high = (_number(schema.get(key)) for key in ("minimum", "maximum"))
        values = tuple(yaml12.as_text(one) for one in _listed(schema.get("enum")) if isinstance(one, (str, int, float)))
        field = Field(
            shown(name),
            shown(description or schema.get("description") or ""),
            kind=form if form in FORMATS else kind,
            values=tuple(shown(value) for value in values),
            examples=tuple(known) if kind in ("", "string") and form not in FORMATS else (),
            required=required,
            low=low,
            high=high,
            pattern=str(schema.get("pattern") or "") if kind in ("", "string") else "",
        )
        return replace(field, name="value") if not field.name else field

    def _alternative(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The first of a schema's alternatives that is a value."""
        for key in ("allOf", "oneOf", "anyOf"):
            for part in _listed(schema.get(key)):
                inner = self.resolved(part, ())
                if _type(inner) not in ("null", "object"):
                    return {**inner, **{name: item for name, item in schema.items() if name != key}}
        return schema


def _type(schema: dict[str, Any]) -> str:
    found = schema.get("type")
    kinds = [kind for kind in (found if isinstance(found, list) else [found]) if kind != "null"]
    return str(kinds[0]) if kinds and kinds[0] else ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any) -> float | None:
    return (
        float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e9 else None
    )
