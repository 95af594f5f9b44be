"""Notes: what a scenario asks for that will not happen, or not as its author may expect. None of it is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator

from synthconv.lang.packs import load_pack, split_tag
from synthconv.lang.tokens import phrase_pattern
from synthconv.plan.domain import Domain
from synthconv.plan.rows import quotas
from synthconv.scenario.catalogue import catalogue
from synthconv.scenario.models import ScenarioModel

LATER = {
    "augment": "augmentation",
    "privacy": "the privacy settings",
    "gates": "the quality gates",
    "bot": "the bot's voice",
}


NEEDS = {
    "slots": "an example with a slot of several values",
    "missing_slot": "a required slot, and an example that does not say it",
    "formatted_slot": "an example with a date, time, phone, email, id or pattern",
    "two_intents": "a second intent",
}
"""What an intent must have for an edge case, by the `needs` of the catalogue."""
STYLES = 3
"""About how many rows the styles make of one text."""


def notes(domain: Domain) -> Iterator[str]:
    """One sentence for each thing to know before a run."""
    model = domain.scenario.model
    if model.dialogues:
        yield f"dialogues are checked, but not generated yet ({model.dialogues.count} asked for)"
    yield from (
        f"{what} under `{key}` are read, but not applied yet" for key, what in LATER.items() if getattr(model, key)
    )
    for tag in model.tags:
        if load_pack(tag).language != split_tag(tag)[0]:
            yield f"there is no language pack for {tag}: no styles, number words, dates in words or out-of-scope texts"
        if bare := [name for name in model.intents if not domain.skeletons[name, tag, None]]:
            yield f"no example in {tag} for {_listed(bare)}: their rows in that language will be missing"
    if named := [name for name in model.intents if not domain.scenario.templates[name]]:
        yield f"worded from the name and description, for want of examples: {_listed(named)}"
    yield from _example_notes(domain)
    yield from _edge_case_notes(domain)
    used = {slot.entity for intent in model.intents.values() for slot in intent.slots.values()} | _results(model)
    if unused := [name for name in model.entities if name not in used]:
        yield f"entities that no slot uses: {_listed(unused)}"


def _results(model: ScenarioModel) -> set[str]:
    """The entities of the records that outcomes give."""
    tasks = model.dialogues.tasks.values() if model.dialogues else ()
    found = [outcome.results for task in tasks for outcome in task.outcomes.values()]
    fields = [results["fields"] for results in found if isinstance(results.get("fields"), dict)]
    return {str(one.get("entity") if isinstance(one, dict) else one) for given in fields for one in given.values()}


def _example_notes(domain: Domain) -> Iterator[str]:
    model = domain.scenario.model
    splits = sum(share > 0 for share in model.splits.model_dump().values())
    for (intent, _), rows in quotas(domain.scenario).items():
        texts = sum(domain.texts(intent, tag) for tag in model.tags)
        if intent in model.intents and texts * STYLES < rows:
            yield f"{rows} rows of {intent} are asked for, its examples say about {texts} texts: some may be missing"
    for intent, templates in domain.scenario.templates.items():
        if 0 < len(templates) < splits:
            yield f"{intent} has too few examples for its {splits} splits: all rows of an example go to one split"
    for words, intents in domain.plain_examples.items():
        if len(intents) > 1:
            yield f"the example {words!r} stands for {_listed(sorted(intents))}: one of the labels is wrong"
    yield from _unlabelled(domain)


def _unlabelled(domain: Domain) -> Iterator[str]:
    """Examples that say a listed value of one of their intent's slots in plain words."""
    for name, intent in domain.scenario.model.intents.items():
        for slot, wanted in intent.slots.items():
            surfaces = domain.scenario.model.entities[wanted.entity].listed
            pattern = phrase_pattern(surfaces)
            plain = (re.sub(r"\{[^{}]*\}", "", template.source) for template in domain.scenario.templates[name])
            if surfaces and (found := sorted({match.group() for text in plain for match in pattern.finditer(text)})):
                yield f"examples of {name} say {_listed(found)} without a label; write {{{slot}}} if it is meant"


def _edge_case_notes(domain: Domain) -> Iterator[str]:
    model = domain.scenario.model
    for name in model.edge_cases:
        case = catalogue().edge_cases[name]
        if case.scope == "dialogue":
            yield f"the edge case {name} takes several turns: it comes with the dialogues"
        elif case.scope == "outside":
            for tag in model.tags:
                if not domain.skeletons["out_of_scope", tag, name]:
                    yield f"there are no texts for the edge case {name} in {tag}: its rows will be missing"
        else:
            fits = {intent for intent, _tag, edge in domain.options if edge == name}
            if unfit := [intent for intent in model.intents if intent not in fits]:
                why = NEEDS.get(case.needs or "", "words of a language pack")
                yield f"the edge case {name} needs {why}; plain rows instead for {_listed(unfit)}"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
