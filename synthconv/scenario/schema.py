"""The JSON Schema of the scenario file, with short forms and the names of the edge cases, for editors."""

from __future__ import annotations

from typing import Any

from synthconv.scenario.catalogue import catalogue
from synthconv.scenario.models import ScenarioModel

SHORT_FORMS = {
    "ExampleModel": "A pattern",
    "SlotModel": "The entity that fills it",
    "ValueModel": "The canonical value",
}
"""Parts that may be written as a bare scalar."""


def scenario_schema() -> dict[str, Any]:
    """The schema of a whole scenario file (JSON Schema 2020-12)."""
    schema = ScenarioModel.model_json_schema()
    parts = schema["$defs"]
    for name, meaning in SHORT_FORMS.items():
        parts[name] = {"anyOf": [{"type": ["string", "number", "boolean"], "description": meaning}, parts[name]]}
    cases = catalogue().edge_cases
    share = {"type": "number", "minimum": 0, "maximum": 1}
    each = {"$ref": "#/$defs/EdgeSharesModel"}
    schema["properties"]["edge_cases"] |= {
        "properties": {
            name: {**({"anyOf": [share, each]} if case.alone else share), "description": case.description}
            for name, case in cases.items()
        },
        "additionalProperties": False,
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
