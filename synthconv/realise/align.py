"""Align: the proof that a text says every value that was planned for it, and labels no other."""

from __future__ import annotations

from collections.abc import Iterator

from synthconv.records import Example, LabelledText, Rejection, SlotValue, Span
from synthconv.stages import Item


def align(example: Example) -> Iterator[Item]:
    """The example if every planned value is a span of its text and nothing else is; else the value that is not.

    It goes after realising and again after the last edit: a surface may change its case and lose blanks, no more.
    """
    for turn in example.turns:
        planned = [value for value in turn.plan.slots if value.value is not None]
        fault = _unsaid(turn.text, planned) or _unplanned(turn.text, planned)
        if fault:
            yield Rejection(example.id, "align", "slot_missing", fault, outline=example.outline, text=turn.text.text)
            return
    yield example


def _unsaid(text: LabelledText, planned: list[SlotValue]) -> str:
    """The planned value that no span says, if there is one."""
    for value in planned:
        if not any(_says(text, span, value) for span in text.spans):
            return f"{value.surface!r} ({value.slot}={value.value}) is planned and not said"
    return ""


def _unplanned(text: LabelledText, planned: list[SlotValue]) -> str:
    """The span that says no planned value or has a blank at an end, if there is one."""
    for span in text.spans:
        surface = text.surface(span)
        if surface[0].isspace() or surface[-1].isspace() or not any(_says(text, span, value) for value in planned):
            return f"{surface!r} ({span.slot}={span.value}) is labelled and not planned"
    return ""


def _says(text: LabelledText, span: Span, value: SlotValue) -> bool:
    if span.value != value.value or span.slot != value.slot:
        return False
    surface = text.surface(span)
    return surface == value.surface or _folded(surface) == _folded(value.surface)


def _folded(surface: str) -> str:
    return "".join(surface.casefold().split())
