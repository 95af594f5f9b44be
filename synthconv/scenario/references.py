"""What takes two keys to see: undefined names, slots that nothing fills, values that cannot be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from synthconv.errors import EntityError
from synthconv.records import OUT_OF_SCOPE
from synthconv.scenario.catalogue import Where, catalogue
from synthconv.scenario.models import EdgeSharesModel, ScenarioModel
from synthconv.scenario.names import known, names_under
from synthconv.scenario.patterns import Template
from synthconv.scenario.source import KeyPath, Source
from synthconv.scenario.tasks import check_dialogues, check_questions
from synthconv.scenario.values import Locale, build_sampler

MAX_ROWS = 5_000_000
INSIDE: dict[Where, str] = {"utterance": "inside the intents", "dialogue": "of several turns"}
ROWS: dict[Where, str] = {"utterance": "rows", "dialogue": "dialogues"}
"""By scope, edge cases whose rows lie inside a number that is asked for, and what that is a number of."""


def check_references(source: Source, model: ScenarioModel, templates: Mapping[str, tuple[Template, ...]]) -> None:
    """Note every mistake that takes two keys to see; names that stand in a faulty part still count as defined."""
    for name in model.intents:
        _check_name(source, ("intents", name), name)
        _check_intent(source, model, name, templates.get(name, ()))
    for name in model.personas:
        _check_name(source, ("personas", name), name)
    _check_entities(source, model)
    _check_edge_cases(source, model)
    _check_generate(source, model)
    check_questions(source, model)
    if model.dialogues:
        check_dialogues(source, model.dialogues)


def _check_name(source: Source, path: KeyPath, name: str) -> None:
    if not name.isprintable() or name != name.strip():
        source.mistake(
            path,
            f"the name {name!r} has characters that cannot be shown, or blanks at its ends",
            "use printable characters",
            key=True,
        )
    if name == OUT_OF_SCOPE and names_under(source, "edge_cases"):
        source.mistake(
            path,
            "the name out_of_scope is that of the rows outside all intents",
            "rename the intent, or remove edge_cases",
            key=True,
        )


def _check_intent(source: Source, model: ScenarioModel, name: str, templates: tuple[Template, ...]) -> None:
    intent, path = model.intents[name], ("intents", name)
    slots = names_under(source, "intents", name, "slots")
    for slot, wanted in intent.slots.items():
        known(
            source,
            (*path, "slots", slot, "entity"),
            wanted.entity,
            names_under(source, "entities"),
            "entity",
            cure="define it under `entities`",
        )
        if not slot.isprintable() or slot != slot.strip() or set(slot) & set("{}[]()|\\"):
            source.mistake(
                (*path, "slots", slot),
                f"the slot name {slot!r} has brackets, blanks at its ends or characters that cannot be shown",
                "use letters, digits and _",
                key=True,
            )
        if (
            templates
            and len(templates) == len(intent.examples)
            and not any(slot in template.slots for template in templates)
        ):
            source.mistake(
                (*path, "slots", slot),
                f"no example can fill the slot {slot!r}",
                f"write an example with {{{slot}}}, or remove the slot",
                key=True,
            )
    for i, (example, template) in enumerate(zip(intent.examples, templates, strict=False)):
        where = (*path, "examples", source.written((*path, "examples"), i))
        if example.language and example.language not in model.tags:
            source.mistake(
                (*where, "language"),
                f"the language {example.language!r} is not one of the scenario's",
                f"there are: {', '.join(model.tags)}",
            )
        for slot in sorted(template.slots - set(slots)):
            cure = "define it under `slots`, or write {text: ...} to take the example to the letter"
            known(source, where, slot, slots, "slot", cure=cure)
    for i, other in enumerate(intent.confusable_with):
        if (
            known(source, (*path, "confusable_with", i), other, names_under(source, "intents"), "intent")
            and other == name
        ):
            source.mistake((*path, "confusable_with", i), "an intent is confusable with itself", "name another intent")


def _check_entities(source: Source, model: ScenarioModel) -> None:
    locales = [Locale(tag, date(2025, 1, 1), 0) for tag in model.tags]
    for name, entity in model.entities.items():
        path: KeyPath = ("entities", name)
        _check_name(source, path, name)
        try:
            for locale in locales:
                build_sampler(name, entity, locale)
        except EntityError as error:
            source.mistake((*path, error.key), error.cause, error.cure)
        seen: dict[str, str] = {}
        for i, entry in enumerate(entity.values or ()):
            for surface in (entry.value, *entry.synonyms):
                where = (*path, "values", source.written((*path, "values"), i))
                if not surface.isprintable() or surface != surface.strip() or not surface:
                    cause = f"the value {surface!r} has blanks at its ends or characters that cannot be shown"
                    source.mistake(where, cause, "write plain words")
                elif seen.setdefault(surface.casefold(), entry.value) != entry.value:
                    source.mistake(
                        where,
                        f"{surface!r} stands for {seen[surface.casefold()]!r} already",
                        "one surface means one value: remove one of them",
                    )


def _check_edge_cases(source: Source, model: ScenarioModel) -> None:
    for name, share in model.edge_cases.items():
        path = ("edge_cases", name)
        if known(source, path, name, catalogue().edge_cases, "edge case", key=True):
            case = catalogue().edge_cases[name]
            if isinstance(share, EdgeSharesModel) and not (case.alone and case.has("dialogue")):
                rows = ROWS["dialogue" if case.has("dialogue") else "utterance"]
                source.mistake(path, f"{name} is of {rows} only", "write one number for it")
    for scope, what in INSIDE.items():
        if (total := sum(model.shares(scope).values())) > 1 + 1e-9:
            cause = f"the edge cases {what} take {total:.2f} of the {ROWS[scope]}"
            source.mistake(("edge_cases",), cause, "their shares add up to at most 1")
    if "multi_intent" in model.edge_cases and len(names_under(source, "intents")) < 2:
        source.mistake(
            ("edge_cases", "multi_intent"), "multi_intent takes two intents", "add an intent, or remove it", key=True
        )


def _check_generate(source: Source, model: ScenarioModel) -> None:
    settings, path = model.generate, ("generate",)
    if settings.reference_date:
        try:
            day = date.fromisoformat(settings.reference_date)
            if not 1900 < day.year < 2200:
                raise ValueError("out of range")
        except ValueError:
            source.mistake(
                (*path, "reference_date"),
                f"{settings.reference_date!r} is no day of a calendar from 1901 to 2199",
                "write YYYY-MM-DD",
            )
    rows = sum(settings.utterances_per_intent * intent.weight for intent in model.intents.values())
    if rows > MAX_ROWS:
        source.mistake(
            (*path, "utterances_per_intent"),
            f"the scenario asks for {rows:,.0f} rows, the limit is {MAX_ROWS:,}",
            "ask for fewer, or split the scenario",
        )
    tags = model.languages or []
    for i, tag in enumerate(tags):
        if tag in tags[:i]:
            source.mistake(("languages", i), f"the language {tag!r} is here twice", "remove one")
