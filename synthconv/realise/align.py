"""Align: the proof that a text says every value that was planned for it, and labels no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from synthconv.records import Example, Rejection


def align(example: Example) -> Iterator[Example | Rejection]:
    """The example if every planned value is a span of its text and nothing else is; else the value that is not."""
    for turn in example.turns:
        planned = Counter((value.slot, value.value) for value in turn.plan.slots if value.value is not None)
        labelled = Counter((span.slot, span.value) for span in turn.text.spans)
        unsaid = [value.surface for value in turn.plan.slots if value.surface not in turn.text.text]
        if planned != labelled or unsaid:
            wrong = unsaid or [f"{slot}={value}" for slot, value in (planned - labelled) + (labelled - planned)]
            yield Rejection(
                example.id,
                "align",
                "slot_missing",
                f"{wrong[0]!r} is planned and not labelled",
                outline=example.outline,
                text=turn.text.text,
            )
            return
    yield example
