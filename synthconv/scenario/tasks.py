"""What takes two keys to see of dialogues: tasks, outcomes, the records that come back, what the bot says of them."""

from __future__ import annotations

from collections.abc import Iterable

from synthconv.scenario.catalogue import catalogue
from synthconv.scenario.models import ScenarioModel
from synthconv.scenario.names import known, names_under
from synthconv.scenario.patterns import PatternError, parse
from synthconv.scenario.source import KeyPath, Source
from synthconv.scenario.task_models import DialoguesModel, OutcomeModel, ResultsModel, TaskModel


def check_dialogues(source: Source, dialogues: DialoguesModel) -> None:
    """Note every mistake of the dialogues that takes two keys to see."""
    path: KeyPath = ("dialogues",)
    if dialogues.count and not names_under(source, "dialogues", "tasks"):
        cause = f"{dialogues.count} dialogues are asked for, and there is no task"
        source.mistake((*path, "count"), cause, "write tasks, or remove count")
    for name, task in dialogues.tasks.items():
        _check_task(source, (*path, "tasks", name), name, task)
    for name in dialogues.behaviours or ():
        known(source, (*path, "behaviours", name), name, catalogue().user_behaviours, "behaviour", key=True)
    ends = sum((dialogues.behaviours or {}).get(name, 0) for name in ("abandon", "early_thanks"))
    if ends > 1 + 1e-9:
        cause = f"abandon and early_thanks end {ends:.2f} of the dialogues"
        source.mistake((*path, "behaviours"), cause, "their rates add up to at most 1")


def check_questions(source: Source, model: ScenarioModel) -> None:
    """Note every mistake of the bot's questions for slots, and of its answers beside a task."""
    for name, intent in model.intents.items():
        for placeholder in _placeholders(source, ("intents", name, "answer"), intent.answer or ""):
            cause = f"the answer to {name} has a slot {{{placeholder}}} in it"
            source.mistake(("intents", name, "answer"), cause, "answer without values, or write \\{ for the character")
        for slot, wanted in intent.slots.items():
            where = ("intents", name, "slots", slot, "ask")
            for placeholder in _placeholders(source, where, wanted.ask or ""):
                cause = f"the question for {slot!r} has a slot {{{placeholder}}} in it"
                source.mistake(where, cause, "ask without values, or write \\{ for the character")


def _check_task(source: Source, path: KeyPath, name: str, task: TaskModel) -> None:
    slots: list[str] | None = None  # of an intent that is unknown nobody can tell them
    if known(source, (*path, "intent"), task.intent, names_under(source, "intents"), "intent"):
        slots = names_under(source, "intents", task.intent, "slots")
    for slot in _placeholders(source, (*path, "read_back"), task.read_back or ""):
        if slots is not None:
            known(source, (*path, "read_back"), slot, slots, "slot", cure="name a slot of the intent")
    if task.read_back and not task.confirm:
        source.mistake((*path, "read_back"), "this task reads nothing back", "add `confirm: true`, or remove read_back")
    for i, other in enumerate(task.next):
        place = (*path, "next", i)
        if known(source, place, other, names_under(source, "dialogues", "tasks"), "task") and other == name:
            source.mistake(place, "a task goes on to itself", "name another task")
    for outcome_name, outcome in task.outcomes.items():
        _check_outcome(source, (*path, "outcomes", outcome_name), outcome, slots)


def _check_outcome(source: Source, path: KeyPath, outcome: OutcomeModel, slots: list[str] | None) -> None:
    fields = list(outcome.results.names) if outcome.results else []
    said = _placeholders(source, (*path, "say"), outcome.say or "")
    if slots is not None:
        for i, slot in enumerate(outcome.reask or []):
            known(source, (*path, "reask", i), slot, slots, "slot")
        for slot in said:
            cure = "name a slot of the intent, or a field of the outcome's results"
            known(source, (*path, "say"), slot, [*slots, *fields], "slot", cure=cure)
    if outcome.results:
        _check_results(source, (*path, "results"), outcome.results)


def _check_results(source: Source, path: KeyPath, results: ResultsModel) -> None:
    entities = names_under(source, "entities")
    for field, entity in results.fields.items():
        if results.records and field in results.records[0]:
            continue  # a given field may be of a kind that no slot has
        known(source, (*path, "fields", field), entity, entities, "entity", cure="define it under `entities`")
    if results.offers is not None:
        known(source, (*path, "offers"), results.offers, results.names, "field")
    if results.records and len(results.records) < results.count[0]:
        cause = f"{results.count[0]} records are to come back, {len(results.records)} are given"
        source.mistake((*path, "count"), cause, "give more records, or lower the count")
    if results.offers and results.records:
        named = [record.get(results.offers, "") for record in results.records]
        if len(set(named)) < len(named):
            source.mistake((*path, "records"), f"two records have the same {results.offers}", "change one of them")


def _placeholders(source: Source, path: KeyPath, text: str) -> Iterable[str]:
    try:
        return sorted(parse(text, "und").slots)
    except PatternError as error:
        source.mistake(path, str(error), error.cure, column=error.column)
        return ()
