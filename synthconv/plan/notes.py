"""Notes: what a scenario asks for that will not happen, or not as its author may expect. None of it is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator

from synthconv.lang.packs import load_pack, split_tag
from synthconv.lang.speech import spoken_languages
from synthconv.lang.tokens import phrase_pattern
from synthconv.plan.behaviours import BY_EDGE_CASE
from synthconv.plan.domain import Domain
from synthconv.plan.rows import quotas
from synthconv.plan.schedule import rates, several_turns
from synthconv.plan.world import places_of, tasks_of
from synthconv.scenario.catalogue import form_of

LATER = {
    "augment": "augmentation",
    "privacy": "the privacy settings",
    "gates": "the quality gates",
}


NEEDS = {
    "slots": "an example with a slot of several values",
    "missing_slot": "a required slot, and an example that does not say it",
    "formatted_slot": "an example with a date, time, phone, email, id or pattern",
    "two_intents": "a second intent",
    "shared_word": "a noun that the examples of several intents share",
    "injection": "words of a language pack",
}
"""What an intent must have for an edge case, by the `needs` of the catalogue."""
SHORTEST = 12
"""Turns that a dialogue should be allowed to take."""
STYLES = 3
"""About how many rows the styles make of one text."""


def notes(domain: Domain) -> Iterator[str]:
    """One sentence for each thing to know before a run."""
    model = domain.scenario.model
    yield from _dialogue_notes(domain)
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
    used = {slot.entity for intent in model.intents.values() for slot in intent.slots.values()}
    for task in tasks_of(domain).values():
        used |= {found for one in task.outcomes.values() if one.results for found in one.results.fields.values()}
    if unused := [name for name in model.entities if name not in used]:
        yield f"entities that no slot and no result uses: {_listed(unused)}"


def _dialogue_notes(domain: Domain) -> Iterator[str]:
    """What of the dialogues will not happen, or not as asked."""
    dialogues, model = domain.scenario.model.dialogues, domain.scenario.model
    if not dialogues or not dialogues.count:
        if dialogues and dialogues.tasks:
            named = _listed(list(dialogues.tasks))
            yield f"no dialogues are asked for, though there are tasks ({named}): set dialogues.count"
        return
    if dialogues.bot_turns == "llm" and not model.llm.models:
        yield "dialogues.bot_turns llm counts only where models word the rows (llm.models, or --model)"
    for tag in model.tags:
        if split_tag(tag)[0] not in spoken_languages():
            yield f"dialogues have no words of their own in {tag}: bare values, signs, and the texts under ask and say"
        asked = rates(domain) if dialogues.behaviours is not None else {}
        wanted = {**asked, **{BY_EDGE_CASE.get(name, name): share for name, share in several_turns(domain).items()}}
        for name, rate in wanted.items():
            can, tasks = sum(places_of(domain, task, tag).fit(name) for task in dialogues.tasks), len(dialogues.tasks)
            if rate and not can:
                yield f"no task has a place for {name} in {tag}: it will be missing"
            elif rate * tasks > can:
                yield f"{can} of {tasks} tasks have a place for {name}: at most {can / tasks:.0%} of the dialogues"
    if dialogues.max_turns < SHORTEST:
        yield f"dialogues.max_turns {dialogues.max_turns} cuts dialogues short: most take 8 to 20 turns"


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
    alone = model.shares("utterance")
    for name in model.shares("dialogue"):
        if name not in alone and not (model.dialogues and model.dialogues.count):
            yield f"the edge case {name} takes several turns, and no dialogues are asked for: it will be missing"
    for name in model.shares("outside"):
        for tag in model.tags:
            if not domain.skeletons["out_of_scope", tag, name]:
                yield f"there are no texts for the edge case {name} in {tag}: its rows will be missing"
    for name in alone:
        fits = {intent for intent, _tag, edge in domain.options if edge == name}
        if unfit := [intent for intent in model.intents if intent not in fits]:
            why = NEEDS.get(form_of(name).needs or "", "words of a language pack")
            yield f"the edge case {name} needs {why}; plain rows instead for {_listed(unfit)}"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
