"""What the writers of utterances and of dialogues share: a session, the stages after it, what went wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence

from synthconv.lang.tokens import phrase_pattern
from synthconv.llm.session import Session
from synthconv.llm.wire import Answer
from synthconv.plan.domain import Domain
from synthconv.realise.proof import REFUSAL, Fault
from synthconv.realise.sheets import Sheets
from synthconv.records import OUT_OF_SCOPE, Outline, Rejection
from synthconv.stages import Item, Stage, flow

Done = dict[str, list[Item]]
"""What became of each outline, by its id."""
TOLD, TOLD_REASONS = 200, ("slot_missing", "slot_ambiguous", "prompt_leak")
"""So many characters of a text that cannot serve are told to the model, where they show what is wrong with it."""
MOST_KEPT = 4000
"""Characters of an answer that a rejection keeps."""


class Writer:
    """Holds up its end of conversations: asks for words, and makes examples of what is good.

    `proven` counts the texts that were.
    """

    def __init__(self, domain: Domain, session: Session, stages: Sequence[Stage] = ()) -> None:
        self.session, self.stages = session, stages
        self.scenario, self.settings = domain.scenario, domain.scenario.model.llm
        self.sheets, self.proven = Sheets(domain, session), 0
        self.listed = {name: self._listed(name) for name in self.scenario.model.intents} | {OUT_OF_SCOPE: {}}

    def close(self, item: Item, done: Done) -> None:
        """Take what became of an outline through the stages into `done`."""
        done[item.id] = list(flow([item], self.stages))

    def _listed(self, intent: str) -> dict[str, re.Pattern[str]]:
        """For each entity of an intent with listed values, a pattern of their surfaces."""
        entities = {slot.entity for slot in self.scenario.model.intents[intent].slots.values()}
        return {
            name: phrase_pattern(surfaces)
            for name in sorted(entities)
            if (surfaces := self.scenario.model.entities[name].listed)
        }


def as_told(fault: Fault, words: str) -> str:
    """What a model is told of its fault."""
    return f"{fault.detail}: {words[:TOLD]!r}" if fault.reason in TOLD_REASONS else fault.detail


def fault_of(answer: Answer, some: bool) -> Fault:
    """Why items are not in an answer."""
    if answer.kind == "overflow":
        return Fault("context_overflow", "the request was too long for the model's context", final=True)
    if answer.kind == "refusal" or REFUSAL.match(answer.content):
        return Fault("model_refusal", "the answer was a refusal; the messages are users', harmless, and made up")
    if answer.finish_reason == "length":
        return Fault("bad_answer", "the answer was cut off at the limit of its length; write less for each item")
    if some or re.match(r'\s*\{\s*"items"', answer.content):
        return Fault("bad_answer", "the answer did not have these items")
    return Fault("bad_answer", "the answer was not the JSON object that was asked for")


def refused(outline: Outline, fault: Fault, text: str = "") -> Rejection:
    """The rejection of an outline for a fault of the text, or of the answer, that was to word it."""
    return Rejection(outline.id, "realise", fault.reason, fault.detail, outline=outline, text=text[:MOST_KEPT])
