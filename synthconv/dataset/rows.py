"""Rows: the JSON form of examples and rejections, and its JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from synthconv.records import FORMAT_VERSION, REASONS, Example, Rejection, Span

Json = dict[str, Any]
SCHEMA = Path(__file__).with_name("data") / "rows.schema.json"


def file_and_row(item: Example | Rejection) -> tuple[str, Json]:
    """The file that an item belongs in, and its row there."""
    return ("intents.jsonl", intent_row(item)) if isinstance(item, Example) else ("rejected.jsonl", rejected_row(item))


def intent_row(example: Example) -> Json:
    """The row of intents.jsonl for an utterance."""
    outline, text = example.outline, example.text
    intents = [plan.intent for plan in outline.turns[0].intents]
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
        row["expect"] = {
            "behaviour": outline.expect.behaviour,
            **({"slots": list(outline.expect.slots)} if outline.expect.slots else {}),
        }
    if example.needs_review:
        row["needs_review"] = list(example.needs_review)
    row |= {"group": example.group, "split": outline.split}
    row["provenance"] = {
        "method": outline.method,
        "model": example.model,
        "outline": outline.id,
        "skeleton": outline.turns[0].intents[0].skeleton,
        "augmentations": list(example.augmentations),
    }
    return row


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
    }


def rows_schema() -> Json:
    """The JSON Schema of the rows: $defs.intent_row, $defs.dialogue_row, $defs.rejected_row."""
    schema: Json = json.loads(SCHEMA.read_text(encoding="utf-8"))
    schema["title"] += f", format version {FORMAT_VERSION}"
    schema["$defs"]["rejected_row"]["properties"]["reason"]["enum"] = list(REASONS)
    return schema
