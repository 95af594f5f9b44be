"""A schema of the Schema-Guided Dialogue data set: services with slots and intents, as one scenario."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synthconv.errors import UsageError, did_you_mean
from synthconv.scenario.imports.build import scenario_of
from synthconv.scenario.imports.draft import Draft, shown
from synthconv.scenario.imports.fields import Field
from synthconv.scenario.imports.reading import Document, read_document
from synthconv.scenario.imports.requests import Operation, Service

HEAD = (
    "Made by `synthconv init --from-sgd` out of {file}: it runs as it is, and gets better by what you change:",
    "- examples: put in the words of your users; {slot} is a value, (a|b) a choice, [x] may be left out",
    "- entities: guessed from the slots' names where the schema lists no values; put your own there",
    "- outcomes: what the back end may answer, how often (weight), and what the bot says then",
)
UNSURE = "dontcare"


def from_sgd(path: Path, wanted: Sequence[str] = ()) -> Draft:
    """The scenario of a schema's services, or of the wanted ones. Raises UsageError for what is no such schema."""
    document = read_document(path)
    services = document.data if isinstance(document.data, list) else [document.data]
    if not services or not all(isinstance(one, dict) and "intents" in one for one in services):
        raise document.wrong(
            (),
            "this is no SGD schema",
            "give a schema.json: a list of services with `service_name`, `slots`, `intents`",
        )
    by_name = {_name(document, (i,), service): (i, service) for i, service in enumerate(services)}
    for name in wanted:
        if name not in by_name:
            raise UsageError(f"{path} has no service {name!r}", did_you_mean(name, by_name))
    chosen = {name: by_name[name] for name in dict.fromkeys(wanted)} if wanted else by_name
    found = [_service(document, name, i, service) for name, (i, service) in chosen.items()]
    if not any(service.operations for service in found):
        raise document.wrong((), "no service has an intent", "choose another service")
    title = found[0].name if len(found) == 1 else shown(path.stem)
    about = found[0].description if len(found) == 1 else f"Chat of {len(found)} services."
    return scenario_of(title, about, found, [line.replace("{file}", path.name) for line in HEAD])


def _name(document: Document, path: tuple[Any, ...], service: dict[str, Any]) -> str:
    return document.text((*path, "service_name"), service.get("service_name"))


def _service(document: Document, name: str, i: int, service: dict[str, Any]) -> Service:
    slots = {}
    for k, slot in enumerate(document.entries((i, "slots"), service.get("slots", []))):
        place = (i, "slots", k)
        values = slot.get("possible_values") or []
        listed = document.texts((*place, "possible_values"), values)
        slots[document.text((*place, "name"), slot.get("name"))] = Field(
            document.text((*place, "name"), slot.get("name")),
            document.text((*place, "description"), slot.get("description", "")),
            values=listed if slot.get("is_categorical", True) else (),
            examples=() if slot.get("is_categorical", True) else listed,
        )
    operations = [
        _operation(document, (i, "intents", k), intent, slots)
        for k, intent in enumerate(document.entries((i, "intents"), service["intents"]))
    ]
    return Service(name, shown(service.get("description", "")), tuple(operations))


def _operation(
    document: Document, place: tuple[Any, ...], intent: dict[str, Any], slots: dict[str, Field]
) -> Operation:
    required = document.texts((*place, "required_slots"), intent.get("required_slots", []))
    optional = intent.get("optional_slots", {})
    optional = (
        optional if isinstance(optional, dict) else dict.fromkeys(document.texts((*place, "optional_slots"), optional))
    )
    results = document.texts((*place, "result_slots"), intent.get("result_slots", []))
    for key, names in (("required_slots", required), ("optional_slots", optional), ("result_slots", results)):
        for name in names:
            if name not in slots:
                raise document.wrong((*place, key), f"the slot {name!r} is not defined", did_you_mean(name, slots))
    fields = [Field(**{**vars(slots[name]), "required": True}) for name in required]
    fields += [slots[name] for name in optional if name not in required]
    return Operation(
        document.text((*place, "name"), intent.get("name")),
        shown(intent.get("description", "")),
        fields=tuple(fields),
        results=tuple(slots[name] for name in results),
        acts=bool(intent.get("is_transactional")),
    )
