"""Notes: what a scenario asks for that will not happen, or not as its author may expect. None of it is an error."""

from __future__ import annotations

from collections.abc import Iterator

from synthconv.lang.packs import load_pack, split_tag
from synthconv.plan.domain import Domain, scope_of

LATER = {
    "augment": "augmentation",
    "privacy": "the privacy settings",
    "gates": "the quality gates",
    "bot": "the bot's voice",
}


def notes(domain: Domain) -> Iterator[str]:
    """One sentence for each thing to know before a run."""
    model = domain.scenario.model
    if model.dialogues:
        yield f"dialogues are checked, but not generated yet ({model.dialogues.count} asked for)"
    yield from (
        f"{what} under `{key}` are read, but not applied yet" for key, what in LATER.items() if getattr(model, key)
    )
    if "label_check" in model.filters.model_fields_set and model.filters.label_check != "off":
        yield f"filters.label_check {model.filters.label_check} is read, but not applied yet"
    for tag in model.tags:
        if load_pack(tag).language != split_tag(tag)[0]:
            yield f"there is no language pack for {tag}: no styles, number words, dates in words or out-of-scope texts"
        if bare := [name for name in model.intents if not domain.skeletons[name, tag, None]]:
            yield f"no example in {tag} for {_listed(bare)}: their rows in that language will be missing"
    if named := [name for name in model.intents if not domain.scenario.templates[name]]:
        yield f"worded from the name and description, for want of examples: {_listed(named)}"
    yield from _edge_case_notes(domain)
    used = {slot.entity for intent in model.intents.values() for slot in intent.slots.values()}
    if unused := [name for name in model.entities if name not in used]:
        yield f"entities that no slot uses: {_listed(unused)}"


def _edge_case_notes(domain: Domain) -> Iterator[str]:
    model = domain.scenario.model
    for name in model.edge_cases:
        if scope_of(name) == "dialogue":
            yield f"the edge case {name} takes several turns: it comes with the dialogues"
        elif scope_of(name) == "outside":
            for tag in model.tags:
                if not domain.skeletons["out_of_scope", tag, name]:
                    yield f"there are no texts for the edge case {name} in {tag}: its rows will be missing"
        elif without := [
            intent for intent in model.intents if all((intent, tag, name) not in domain.options for tag in model.tags)
        ]:
            yield f"the edge case {name} does not fit {_listed(without)}: these have plain rows instead"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
