"""Services as one scenario: operations as intents and tasks side by side, entities shared where they are the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from synthconv.scenario.imports.draft import Draft, escaped, named, shown
from synthconv.scenario.imports.english import words_of
from synthconv.scenario.imports.examples import examples_of, read_back, summary
from synthconv.scenario.imports.fields import Slot, guessed, renamed, slot_name
from synthconv.scenario.imports.requests import Operation, Request, Service, request_of
from synthconv.scenario.patterns import PatternError, parse

PERSONAS = {
    "hurried": {
        "description": "Types on a phone and leaves out what can be left out.",
        "style": {"verbosity": "terse", "casing": "lower", "punctuation": "none", "typos": 0.03},
        "weight": 2,
    },
    "careful": {
        "description": "Writes whole sentences.",
        "style": {"politeness": "high", "casing": "sentence", "punctuation": "full"},
    },
    "plain": {"description": "Writes as most people do.", "weight": 2},
}
DIALOGUES = 100
TELLING = ("find", "get", "check")
"""Acts that change nothing."""
MOST_RESULTS, MOST_TOLD = 5, 4
"""Records that a search gives at most, and fields of one that the bot tells."""
MOST_NEAR, MOST_NEXT = 3, 6
"""Intents that are told apart from one, and tasks that a user may go on to."""


@dataclass
class Entities:
    """The entities so far; one definition has one name."""

    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)

    def add(self, slot: Slot, service: str) -> Slot:
        """The slot with the name under which its definition is kept."""
        own = slot_name(slot.field.name)
        names = [*map(named, (slot.entity, own, f"{service[:80]}_{own}")), *(f"{own}_{n}" for n in range(2, 1000))]
        name = next(name for name in names if self.known.get(name, slot.definition) == slot.definition)
        if name not in self.known:
            self.known[name] = slot.definition
            self.remarks[name] = slot.remark
        return renamed(slot, name)


def scenario_of(name: str, description: str, services: Sequence[Service], head: Sequence[str]) -> Draft:
    """The scenario of some services, with remarks on what to improve."""
    draft = Draft({"scenario": name, "description": description, "language": "en-US", "intents": {}}, {(): [*head]})
    entities, tasks = Entities(), dict[str, Any]()
    for names, service in zip(_names(services), services, strict=True):
        requests = _own_things([request_of(operation) for operation in service.operations])
        for intent, operation, request in zip(names, service.operations, requests, strict=True):
            slots = _slots(operation, service, request, entities)
            draft.data["intents"][intent] = _intent(draft, intent, operation, request, slots)
            tasks[intent] = _task(intent, operation, request, slots, service, entities)
            tasks[intent]["next"] = [other for other in names if other != intent][:MOST_NEXT]
            for remark in operation.remarks:
                draft.remark(("intents", intent), remark)
        _apart(draft, names, requests)
    _once(draft)
    _finish(draft, entities, tasks)
    return draft


def _own_things(requests: Sequence[Request]) -> list[Request]:
    """The requests, those that look for something without the names of what others do something with.

    "I need a hotel room" is said to book one, where a service does that.
    """
    taken = {thing.one for request in requests if request.act not in TELLING for thing in request.things}
    out = list[Request]()
    for request in requests:
        kept = tuple(thing for thing in request.things if request.act not in TELLING or thing.one not in taken)
        out.append(replace(request, things=kept or request.things[:1]))
    return out


def _apart(draft: Draft, names: Sequence[str], requests: Sequence[Request]) -> None:
    """Tell intents of a service that are about the same thing to be kept apart."""
    heads = [{thing.head for thing in request.things} for request in requests]
    for i, name in enumerate(names):
        near = [other for k, other in enumerate(names) if k != i and heads[i] & heads[k]]
        if near:
            draft.data["intents"][name]["confusable_with"] = near[:MOST_NEAR]


def _once(draft: Draft) -> None:
    """Leave an example without slots to the first intent that has it, and remark on intents that ask for the same."""
    owners: dict[str, str] = {}
    for name, intent in draft.data["intents"].items():
        kept = [text for text in intent["examples"] if "{" in text or owners.setdefault(text, name) == name]
        if len(kept) < len(intent["examples"]):
            other = next(owners[text] for text in intent["examples"] if text not in kept)
            draft.remark(
                ("intents", name), f"Users ask for {other} in the same words: keep one of the two, or tell them apart"
            )
        intent["examples"] = kept or intent["examples"]


def finish(draft: Draft, tasks: dict[str, Any]) -> None:
    """The keys that every imported scenario has beside its intents and entities."""
    data = draft.data
    data["personas"] = PERSONAS
    data["edge_cases"] = {"out_of_scope": 0.1, "typo_heavy": 0.05}
    if len(data["intents"]) > 1:
        data["edge_cases"]["multi_intent"] = 0.05
    draft.remark(("edge_cases",), "Shares of the rows; `synthconv schema` lists all names.")
    if tasks:
        data["dialogues"] = {"count": DIALOGUES, "tasks": tasks}
    data["generate"] = {"utterances_per_intent": 50, "seed": 7}


def _finish(draft: Draft, entities: Entities, tasks: dict[str, Any]) -> None:
    draft.data["entities"] = entities.known
    for name, remark in entities.remarks.items():
        if remark:
            draft.remark(("entities", name), remark)
    if not entities.known:
        del draft.data["entities"]
    for task in tasks.values():
        if not task["next"]:
            del task["next"]
    draft.remark(("dialogues",), "What the bot gets done: say how it answers, and which outcomes the back end has.")
    finish(draft, tasks)


def _names(services: Sequence[Service]) -> list[list[str]]:
    """The intents' names, with their service's before those that several have."""
    own = [[shown(operation.name) for operation in service.operations] for service in services]
    counts = Counter(name for names in own for name in names)
    out, taken = list[list[str]](), set[str]()
    for service, names in zip(services, own, strict=True):
        out.append([])
        for name in names:
            full = named(f"{shown(service.name)[:80]}_{name}" if counts[name] > 1 else name)
            while full in taken:
                full += "_"
            taken.add(full)
            out[-1].append(full)
    return out


def _slots(operation: Operation, service: Service, request: Request, entities: Entities) -> list[Slot]:
    about = f"{service.name} {service.description} {operation.name} {operation.description}"
    return [entities.add(guessed(one, _about(about), request.act), shown(service.name)) for one in operation.fields]


def _about(text: str) -> str:
    return " ".join(words_of(text))


def _intent(draft: Draft, name: str, operation: Operation, request: Request, slots: Sequence[Slot]) -> dict[str, Any]:
    thing = request.things[0]
    verb = request.verbs[0]
    many = request.act == "find" or (request.act == "get" and request.lists)
    what = thing.many if many and not thing.mass else thing.a
    intent: dict[str, Any] = {"description": f"{verb.capitalize()} {what}."}
    told = shown(operation.description or operation.title)
    if told and told.rstrip(".").lower() != intent["description"].rstrip(".").lower():
        draft.remark(("intents", name), f"In the schema: {told}")
    intent["examples"] = [pattern for pattern in examples_of(request, slots) if _reads(pattern)]
    said = {slot: wanted for slot, wanted in ((slot_name(slot.field.name), slot) for slot in slots)}
    if said:
        intent["slots"] = {slot: _slot(wanted) for slot, wanted in said.items()}
    return intent


def _reads(pattern: str) -> bool:
    try:
        parse(pattern, "en")
    except PatternError:
        return False
    return True


def _slot(slot: Slot) -> dict[str, Any]:
    out: dict[str, Any] = {"entity": slot.entity}
    if slot.field.required:
        out["required"] = True
    out["ask"] = slot.ask
    if slot.field.description:
        out["description"] = shown(slot.field.description)[:300]
    return out


def _task(
    intent: str, operation: Operation, request: Request, slots: Sequence[Slot], service: Service, entities: Entities
) -> dict[str, Any]:
    task: dict[str, Any] = {"intent": intent, **({"confirm": True} if operation.acts else {})}
    said = summary(request, slots) if operation.acts and any(slot.field.required for slot in slots) else ""
    if said:
        task["read_back"] = read_back(request, slots)
    results: dict[str, Any] = {}
    if operation.results:
        about = _about(f"{service.name} {service.description} {operation.name} {operation.description}")
        found = [entities.add(guessed(one, about, request.act), shown(service.name)) for one in operation.results]
        asked = {slot.field.name for slot in slots}
        results = results_of(found, asked, request, choose=request.act == "find" and operation.many)
        if not operation.acts and "offers" not in results:
            new = [slot for slot in found if slot.field.name not in asked][:MOST_TOLD]
            said = ", ".join(f"{escaped(slot.field.words)} {slot.said('{}')}" for slot in new)
    done = str(request.rules["done"])
    success: dict[str, Any] = {"weight": 8, "say": _told(done, said, operation)}
    failures = operation.outcomes or {"failure": str(request.rules["failed"])}
    task["outcomes"] = {"success": success | ({"results": results} if results else {})} | {
        name: {"weight": 2 if i == 0 else 1, "say": say} for i, (name, say) in enumerate(failures.items())
    }
    return task


def _told(done: str, said: str, operation: Operation) -> str:
    """What the bot says of a success; what was read back before may be left out."""
    if not said:
        return done
    return f"{done.rstrip('.')}[: {said}]." if operation.acts else f"{done.rstrip('.')}: {said}."


def results_of(slots: Sequence[Slot], asked: Collection[str], request: Request, *, choose: bool) -> dict[str, Any]:
    """The records that the back end gives: how many, the entity of each field, and by which field one is offered.

    Where users choose, that is the name of the thing, or a time that was not `asked` for; else there is one record.
    """
    heads = {thing.head for thing in request.things}
    named = sorted((slot for slot in slots if slot.offer), key=lambda slot: slot.rank)
    times = [slot for slot in slots if slot.definition.get("type") == "time" and slot.field.name not in asked]
    offered = [*(slot for slot in named if heads & set(slot.field.words.split())), *named, *times]
    results: dict[str, Any] = {"count": [1, MOST_RESULTS if choose and offered else 1]}
    results["fields"] = {slot_name(slot.field.name): slot.entity for slot in slots}
    if choose and offered:
        results["offers"] = slot_name(offered[0].field.name)
    return results
