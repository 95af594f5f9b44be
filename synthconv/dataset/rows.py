"""Rows: the JSON form of examples and rejections, and its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from synthconv.records import (
    FORMAT_VERSION,
    REASONS,
    DialogueAct,
    Example,
    Expectation,
    Rejection,
    Span,
    Story,
    Turn,
)
from synthconv.scenario.loader import Scenario

Json = dict[str, Any]
SCHEMA = Path(__file__).with_name("data") / "rows.schema.json"


def files_of(scenario: Scenario) -> tuple[str, ...]:
    """The files of rows that a run of the scenario has, even if no row comes to be in one."""
    talks = scenario.model.dialogues and scenario.model.dialogues.count
    return ("intents.jsonl", *(["dialogues.jsonl"] if talks else []), "rejected.jsonl")


def file_and_row(item: Example | Rejection) -> tuple[str, Json]:
    """The file that an item belongs in, and its row there."""
    if isinstance(item, Example) and item.outline.story:
        return "dialogues.jsonl", dialogue_row(item, item.outline.story)
    return ("intents.jsonl", intent_row(item)) if isinstance(item, Example) else ("rejected.jsonl", rejected_row(item))


def intent_row(example: Example) -> Json:
    """The row of intents.jsonl for an utterance."""
    outline, text = example.outline, example.text
    intents = [plan.intent for plan in outline.turns[0].intents if not plan.dropped]
    row: Json = {"id": example.id, "text": text.text, "intent": outline.intent}
    if len(intents) > 1:
        row["intents"] = intents
    row |= {
        "language": outline.cell.language,
        "entities": [entity_row(span) for span in text.spans],
        "persona": outline.cell.persona,
        "edge_case": outline.cell.edge_case,
    }
    if outline.expect:
        row["expect"] = _expected(outline.expect)
    if example.needs_review:
        row["needs_review"] = list(example.needs_review)
    row |= {"group": example.group, "split": outline.split}
    row["provenance"] = _provenance(example)
    return row


def dialogue_row(example: Example, story: Story) -> Json:
    """The row of dialogues.jsonl for a dialogue."""
    outline = example.outline
    row: Json = {
        "id": example.id,
        "task": story.task,
        "language": outline.cell.language,
        "persona": outline.cell.persona,
        "edge_case": outline.cell.edge_case,
        "behaviours": list(story.behaviours),
        "goal": {task: dict(values) for task, values in story.goal.items()},
        "outcome": dict(story.outcomes).get(story.task, "unfinished"),
        "outcomes": dict(story.outcomes),
    }
    if outline.expect:
        row["expect"] = _expected(outline.expect)
    row["turns"] = [_turn_row(turn) for turn in example.turns]
    if example.needs_review:
        row["needs_review"] = list(example.needs_review)
    return row | {"group": example.group, "split": outline.split, "provenance": _provenance(example)}


def _turn_row(turn: Turn) -> Json:
    plan, text = turn.plan, turn.text
    row: Json = {"speaker": plan.speaker, "text": text.text}
    if plan.speaker == "user":
        intents = list(dict.fromkeys(one.intent for one in plan.intents if one.intent))
        row["intent"] = intents[0] if intents else None
        if len(intents) > 1:
            row["intents"] = intents
    row["acts"] = [{name: part for name, part in _act(act) if part is not None} for act in plan.acts]
    row["entities"] = [entity_row(span) for span in text.spans]
    if plan.speaker == "bot":
        return row | {"action": plan.action}
    row |= {"state": dict(plan.state or {}), "edge_case": plan.edge_case}
    return row | ({"expect": _expected(plan.expect)} if plan.expect else {})


def _act(act: DialogueAct) -> Iterable[tuple[str, str | None]]:
    return (("act", act.act), ("slot", act.slot), ("value", act.value))


def _expected(expect: Expectation) -> Json:
    return {"behaviour": expect.behaviour, **({"slots": list(expect.slots)} if expect.slots else {})}


def _provenance(example: Example) -> Json:
    outline = example.outline
    return {
        "method": outline.method,
        "model": example.model,
        **({"turns_by_rules": list(example.by_rules)} if example.by_rules else {}),
        "outline": outline.id,
        "skeleton": outline.turns[0].intents[0].skeleton,
        "augmentations": list(example.augmentations),
    }


def entity_row(span: Span) -> Json:
    """A labelled value in a row."""
    return {"entity": span.entity, "slot": span.slot, "start": span.start, "end": span.end, "value": span.value}


def rejected_row(rejection: Rejection) -> Json:
    """The row of rejected.jsonl for a refused item."""
    outline = rejection.outline
    return {
        "id": rejection.id,
        "stage": rejection.stage,
        "reason": rejection.reason,
        "detail": rejection.detail,
        "evidence": rejection.evidence,
        "text": rejection.text,
        "intent": outline.intent if outline else None,
        "cell": str(outline.cell) if outline else None,
        **({"task": outline.story.task} if outline and outline.story else {}),
    }


def rows_schema() -> Json:
    """The JSON Schema of the rows: $defs.intent_row, $defs.dialogue_row, $defs.rejected_row."""
    schema: Json = json.loads(SCHEMA.read_text(encoding="utf-8"))
    schema["title"] += f", format version {FORMAT_VERSION}"
    schema["$defs"]["rejected_row"]["properties"]["reason"]["enum"] = list(REASONS)
    return schema
