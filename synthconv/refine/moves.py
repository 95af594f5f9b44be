"""Moves on words: what users do besides asking, in the message that asks, in the words of a pack's `moves`.

They are the edge cases of several turns as far as a single utterance can have them; the slots that they are about are
in the outline's expectation, or are those with a second surface.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from synthconv.lang.models import Pack
from synthconv.plan.names import words_of
from synthconv.records import Example, LabelledText, SlotValue, Span, Turn
from synthconv.refine.edits import Change, after, before, contrasted
from synthconv.scenario.catalogue import form_of

JOINTS = (". ", ". ", " - ", "... ", ", ")
"""What stands between a request and the sentence after it."""


def _words(example: Example, pack: Pack, random: Random) -> str:
    """A text of the pack for the edge case; a {name} in it is that of the slot that it is about."""
    edge, expect = example.outline.cell.edge_case or "", example.outline.expect
    words: str = random.choice(getattr(pack.moves, form_of(edge).words or ""))
    slot = expect.slots[0] if expect and expect.slots else ""
    return words.replace("{name}", words_of(slot))


def _lead(text: LabelledText, example: Example, pack: Pack, random: Random) -> LabelledText:
    return before(text, _words(example, pack, random), pack)


def _tail(text: LabelledText, example: Example, pack: Pack, random: Random) -> LabelledText:
    return _ended(text, _words(example, pack, random), random)


def _ended(text: LabelledText, words: str, random: Random, *, unended: bool = False) -> LabelledText:
    """`text` with a sentence after it, or its beginning, which has a capital where the first has one."""
    joint = random.choice(JOINTS)
    if joint != ", " and text.text[:1].isupper():
        words = words[:1].upper() + words[1:]
    return after(text, words, joint, unended=unended)


def _changed(text: LabelledText, example: Example, pack: Pack, random: Random) -> LabelledText | None:
    """The wrong value in the place of the right one, which a second sentence says."""
    found = contrasted(text, example)
    if not found:
        return None
    span, wrong = found
    surface = text.surface(span)
    rest = LabelledText(text.text, tuple(one for one in text.spans if one != span))
    lead, _, end = _words(example, pack, random).partition("{value}")
    said = _ended(rest.edit(span.start, span.end, wrong.other or ""), lead, random, unended=True)
    start = len(said.text)
    value = Span(start, start + len(surface), span.entity, span.slot, span.value)
    return LabelledText(f"{said.text}{surface}{end}", (*said.spans, value))


def _either(text: LabelledText, example: Example, pack: Pack, random: Random) -> LabelledText | None:
    """Another value after the one that is said, with a label of its own."""
    found = contrasted(text, example)
    if not found or found[1].other_value is None:
        return None
    span, value = found
    lead, _, end = _words(example, pack, random).partition("{other}")
    other = value.other or ""
    end = end if text.text[span.end : span.end + 1] == " " else end.rstrip(" -,")
    start = span.end + len(lead)
    both = text.edit(span.end, span.end, f"{lead}{other}{end}")
    second = Span(start, start + len(other), span.entity, span.slot, value.other_value or "")
    return LabelledText(both.text, tuple(sorted((*both.spans, second), key=lambda one: one.start)))


def with_others(example: Example) -> Example:
    """The example with the second values that are meant, and are now said, among those planned for it."""
    turn = example.turns[0]
    first, *rest = turn.plan.intents
    meant = tuple(
        SlotValue(value.slot, value.entity, value.other or "", value.other_value)
        for value in first.slots
        if value.other_value is not None
    )
    if not meant:
        return example
    plan = replace(turn.plan, intents=(replace(first, slots=(*first.slots, *meant)), *rest))
    return replace(example, turns=(Turn(plan, turn.text), *example.turns[1:]))


MOVES: dict[str, Change] = {
    "correction": _changed,
    "anaphora": _tail,
    "repeated_question": _lead,
    "refuse_value": _tail,
    "two_values": _either,
    "ask_back": _tail,
    "come_back": _lead,
    "premature_goodbye": _tail,
    "false_claim": _tail,
    "escalation": _tail,
}
"""Edge cases of several turns on one utterance. Those of two intents are in the outline itself."""
