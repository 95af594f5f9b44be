"""The records every stage reads and writes: plain frozen data, standard library only.

Offsets are Unicode code points, end exclusive. A `value` is canonical ("40.00 USD"), a surface is what is said ("$40").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

FORMAT_VERSION = 1
"""Version of the row and manifest format; it rises when a reader of older rows would break."""

OUT_OF_SCOPE = "out_of_scope"
"""The intent of rows that belong to none of the scenario's intents."""

StageName = Literal["realise", "align", "refine", "checks", "dedup"]

REASONS = {
    "model_refusal": "the model would not word the row, however often it was asked",
    "bad_answer": "the model's answer was not the JSON asked for, was cut off, or lacked the item",
    "context_overflow": "the request for this row alone is too long for the model's context",
    "prompt_leak": "the model's text holds a placeholder, markup or a name with underscores, or is copied",
    "repetitive": "the model's text says the same words over and over, or again in its dialogue",
    "slot_ambiguous": "a planned slot value is said more than once, or two values are said by the same words",
    "no_words": "no example can word this outline, or its edge case cannot be put on these words",
    "in_scope": "the out-of-scope text is on a topic that the scenario itself is about",
    "slot_missing": "a planned slot value is not in the text, or another one is",
    "empty": "the text has no visible character, or a model's has no word",
    "too_long": "the text is longer than 2,000 characters",
    "control_character": "the text has a character that cannot be shown",
    "example_copy": "the words are those of an authored example",
    "duplicate": "the same words are in the intent already",
    "near_duplicate": "almost the same words are in the intent already (filters.duplicates)",
    "nearer_intent": "the words are nearer to another intent's examples than to those of its own (filters.label_check)",
    "nothing_new": "almost all its pairs of neighbouring words are in rows of the intent already",
    "other_intent": "the same words are in another intent already",
    "behaviour_missed": "the dialogue had no place for a behaviour that was planned for it",
    "state_mismatch": "the states, actions or goal of the dialogue are not those that its acts lead to",
}
"""Why a stage may refuse an item: the closed set of reasons in rejected.jsonl."""


class EditRefused(ValueError):
    """The edit would cut a span, empty it, or lies outside the text."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text that says a slot's value: `text[start:end]` is the surface, `value` the canonical value."""

    start: int
    end: int
    entity: str
    slot: str
    value: str


Edit = tuple[int, int, str]
"""(start, end, new): put `new` in place of `text[start:end]`."""


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text with its spans, in order and apart from each other; `edit` is the one way to change it."""

    text: str
    spans: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        at = 0
        for span in self.spans:
            if not at <= span.start < span.end <= len(self.text):
                raise ValueError(f"span {span.start}:{span.end} does not fit a text of {len(self.text)} characters")
            at = span.end

    def surface(self, span: Span) -> str:
        """The words of `span`."""
        return self.text[span.start : span.end]

    @staticmethod
    def joined(texts: Iterable[LabelledText]) -> LabelledText:
        """`texts` one after the other, each with its spans."""
        words, spans = "", list[Span]()
        for text in texts:
            spans += [replace(span, start=span.start + len(words), end=span.end + len(words)) for span in text.spans]
            words += text.text
        return LabelledText(words, tuple(spans))

    def edit(self, start: int, end: int, new: str) -> LabelledText:
        """The text with `new` in place of `text[start:end]`.

        Spans before the edit stay, spans after it shift, a span that encloses it stretches; an insertion at the
        edge of a span stays outside it. Raises EditRefused if the edit cuts or empties a span.
        """
        return self.edits([(start, end, new)])

    def edits(self, changes: Sequence[Edit]) -> LabelledText:
        """All `changes` at once; each counts in offsets of this text, and none may overlap another."""
        if not changes:
            return self
        changes = sorted(changes, key=lambda change: change[:2])
        pieces, at = [], 0
        for start, end, new in changes:
            if not at <= start <= end <= len(self.text):
                raise EditRefused(
                    f"edit {start}:{end} overlaps another or leaves a text of {len(self.text)} characters"
                )
            pieces += [self.text[at:start], new]
            at = end
        text = "".join([*pieces, self.text[at:]])
        return LabelledText(text, tuple(_moved(span, changes) for span in self.spans))


def _moved(span: Span, changes: Iterable[Edit]) -> Span:
    """`span` after `changes`; raises EditRefused if one of them cuts it or all of it is gone."""
    shift = stretch = 0
    for start, end, new in changes:
        grown = len(new) - (end - start)
        if end <= span.start:
            shift += grown
        elif start >= span.end:
            break
        elif start == end or (span.start <= start and end <= span.end):
            stretch += grown
        else:
            raise EditRefused(f"edit {start}:{end} cuts the span {span.start}:{span.end} of slot {span.slot!r}")
    if shift == stretch == 0:
        return span
    if span.end + stretch <= span.start:
        raise EditRefused(f"the edits empty the span {span.start}:{span.end} of slot {span.slot!r}")
    return Span(span.start + shift, span.end + shift + stretch, span.entity, span.slot, span.value)


@dataclass(frozen=True, slots=True)
class Style:
    """The dials of one user's way of writing; "as_written" leaves the example's own form.

    Shares are of the words that can be abbreviated or misspelt, and, for `emoji`, of the messages that have one.
    """

    verbosity: Literal["terse", "normal", "wordy"] = "normal"
    formality: Literal["low", "normal", "high"] = "normal"
    politeness: Literal["low", "normal", "high"] = "normal"
    emotion: Literal["calm", "worried", "annoyed"] = "calm"
    channel: Literal["chat", "email", "voice", "search"] = "chat"
    casing: Literal["as_written", "lower", "upper", "sentence"] = "as_written"
    punctuation: Literal["as_written", "none", "full", "heavy"] = "as_written"
    abbreviations: float = 0.0
    emoji: float = 0.0
    typos: float = 0.0


@dataclass(frozen=True, slots=True)
class SlotValue:
    """A value planned for a slot and the words for it; `value` is None for words that are no value of the entity.

    `other` is a second surface of the same entity, for edge cases that name a wrong value beside the right one;
    where that is meant too, `other_value` is its value.
    """

    slot: str
    entity: str
    surface: str
    value: str | None
    other: str | None = None
    other_value: str | None = None


@dataclass(frozen=True, slots=True)
class DialogueAct:
    """What a turn does: an act such as "inform" or "request", the slot it is about, and the canonical value."""

    act: str
    slot: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class IntentPlan:
    """One intent that a turn is to express, from one skeleton (an example, or a set of slots), with these values.

    What is `dropped` is said and not meant: taken back, or another's words. Without a skeleton it has no words.
    """

    intent: str
    skeleton: str
    slots: tuple[SlotValue, ...] = ()
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a bot should do with an edge case: a behaviour of the catalogue, and the slots it is about."""

    behaviour: str
    slots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnPlan:
    """A turn before its words: who speaks, the intents in order (several in a multi-intent turn), the acts.

    In a dialogue a user's turn has the `state` after it, slot -> value, and the edge case that it is, with what the
    bot should do; a bot's turn has its `action`, the task that it called the back end for. `again` is the number of the
    turn whose words a user says once more.
    """

    speaker: Literal["user", "bot"]
    intents: tuple[IntentPlan, ...]
    acts: tuple[DialogueAct, ...] = ()
    state: Mapping[str, str] | None = None
    action: str | None = None
    edge_case: str | None = None
    expect: Expectation | None = None
    again: int | None = None

    @property
    def slots(self) -> tuple[SlotValue, ...]:
        """All values of the turn, in the order of the intents."""
        if len(self.intents) == 1:
            return self.intents[0].slots
        return tuple(value for intent in self.intents for value in intent.slots)


@dataclass(frozen=True, slots=True)
class Cell:
    """What must be covered evenly inside an intent: the language, the persona and the edge case of a row."""

    language: str
    persona: str | None = None
    edge_case: str | None = None

    def __str__(self) -> str:
        return "/".join([self.language, self.persona or "-", self.edge_case or "-"])


@dataclass(frozen=True, slots=True)
class Story:
    """What a dialogue is about: its first task, what the user wants, and what became of it.

    `goal` maps each task to the values that the user means in the end, by slot; `outcomes` tells how each task ended,
    in that order; `missed` names planned behaviours for which there was no place.
    """

    task: str
    goal: Mapping[str, Mapping[str, str]]
    outcomes: tuple[tuple[str, str], ...]
    behaviours: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """The labels of an example, fixed before any word: an utterance is an outline of one turn.

    `id` is the hash of (intent, cell, k, attempt); `method` says who words it ("rules", "llm", "example"). A dialogue
    has a `story`.
    """

    id: str
    intent: str
    cell: Cell
    style: Style
    split: str
    turns: tuple[TurnPlan, ...]
    expect: Expectation | None = None
    method: Literal["rules", "llm", "example"] = "rules"
    story: Story | None = None

    @property
    def name(self) -> str:
        """What the row is counted under: the task of a dialogue, the intent of an utterance."""
        return self.story.task if self.story else self.intent


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn in words: the labelled text of its plan."""

    plan: TurnPlan
    text: LabelledText


@dataclass(frozen=True, slots=True)
class Example:
    """An outline in words. Augmented siblings of one outline share `group`, which no split may cut.

    `said` is the text before it was misspelt or disfigured: what duplicates are told by, for a slip makes no new row.
    `model` worded it, if one did, but for the turns `by_rules`, whose words it did not get right; `needs_review` names
    what a person should look at.
    """

    id: str
    outline: Outline
    turns: tuple[Turn, ...]
    group: str
    augmentations: tuple[str, ...] = ()
    model: str | None = None
    by_rules: tuple[int, ...] = ()
    said: str | None = None
    needs_review: tuple[str, ...] = ()

    @property
    def text(self) -> LabelledText:
        """The labelled text of the first turn: for an utterance, all of it."""
        return self.turns[0].text

    def with_text(self, text: LabelledText, *augmentations: str, said: str | None = None) -> Example:
        """The utterance with other words; `augmentations` names what changed them, `said` the text before slips."""
        turn = Turn(self.turns[0].plan, text)
        augmentations = self.augmentations + augmentations
        return replace(self, turns=(turn, *self.turns[1:]), augmentations=augmentations, said=self.said or said)


@dataclass(frozen=True, slots=True)
class Rejection:
    """An item that a stage refused: `reason` is a key of REASONS, `evidence` the id or words that prove it."""

    id: str
    stage: StageName
    reason: str
    detail: str = ""
    evidence: str = ""
    text: str = ""
    outline: Outline | None = field(default=None, repr=False)
