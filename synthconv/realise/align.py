"""Align: the proof that a text says every value that was planned for it, and labels no other."""

from __future__ import annotations

from collections.abc import Iterator

from synthconv.records import Example, Rejection
from synthconv.stages import Item


def align(example: Example) -> Iterator[Item]:
    """The example if every planned value is a span of its text and nothing else is; else the value that is not.

    It goes after realising and again after the last edit: a surface may change its case and lose blanks, no more.
    """
    for turn in example.turns:
        planned = {
            (value.slot, value.value, _folded(value.surface)) for value in turn.plan.slots if value.value is not None
        }
        labelled = {(span.slot, span.value, _folded(turn.text.surface(span))) for span in turn.text.spans}
        if planned != labelled:
            slot, value, surface = min((planned - labelled) or (labelled - planned))
            detail = f"{surface!r} ({slot}={value}) is planned or labelled, and not both"
            yield Rejection(example.id, "align", "slot_missing", detail, outline=example.outline, text=turn.text.text)
            return
        if any(turn.text.surface(span) != turn.text.surface(span).strip() for span in turn.text.spans):
            detail = "a value begins or ends with a blank"
            yield Rejection(example.id, "align", "slot_missing", detail, outline=example.outline, text=turn.text.text)
            return
    yield example


def _folded(surface: str) -> str:
    return "".join(surface.casefold().split())
