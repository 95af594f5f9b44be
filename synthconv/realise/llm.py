"""The LLM realiser: words for many outlines at once, by conversations with models.

What a model answers is proven item by item: a good item is kept whatever became of its siblings, a bad one is asked for
again alone, with the reason. Everything here is pure; who holds the conversations (the engine, or the journal alone) is
the session's business. A conversation plans its outlines when it is begun and finishes its items when they are proven,
so that this work is done while other calls are on their way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from synthconv.errors import SynthconvError
from synthconv.lang.tokens import normalised, phrase_pattern
from synthconv.llm.session import Session
from synthconv.llm.wire import Answer, Conversation, Request, said_items
from synthconv.plan.domain import Domain
from synthconv.plan.rows import Row
from synthconv.realise.proof import REFUSAL, Fault, proven, unplanned
from synthconv.realise.rules import rules_realiser
from synthconv.realise.sheets import Openings, Sheet, Sheets
from synthconv.records import OUT_OF_SCOPE, Example, Outline, Rejection, Turn
from synthconv.scenario.catalogue import catalogue, form_of
from synthconv.stages import Item, Stage, flow

Realise = Callable[[Iterable[Outline], Openings], list[list[Item]]]
Done = dict[str, list[Item]]
"""What became of each outline, by its id."""
TOLD, TOLD_REASONS = 200, ("slot_missing", "slot_ambiguous", "prompt_leak")
"""So many characters of a text that cannot serve are told to the model, where they show what is wrong with it."""
PILOT, PILOT_ITEMS = 8, 20
"""Conversations that come before all others: if so many items or more are in them and none is good, none will be."""


def asks_models(row: Row) -> bool:
    """Whether models word the row: not the author's own examples, nor what is by rules, nor outside of all intents.

    Those come from the catalogue, whose labels are sure: a model would have to know all intents to stay outside them,
    and will not write some of them at all.
    """
    return row.example is None and row.intent != OUT_OF_SCOPE and not _by_rules(row)


def models_may_reword(row: Row) -> bool:
    """Whether models may reword a row of the rules, once those have no new words for it: not an encoded text."""
    return row.example is None and not _by_rules(row) and not catalogue().edge_cases[row.cell.edge_case or ""].verbatim


def _by_rules(row: Row) -> bool:
    return row.cell.edge_case is not None and form_of(row.cell.edge_case).by_rules


def llm_realiser(domain: Domain, session: Session, stages: Sequence[Stage] = ()) -> Realise:
    """A function that words outlines and takes them through pure stages; what became of each, in their order."""
    writer = _Writer(domain, session, stages)

    def realise(outlines: Iterable[Outline], avoid: Openings) -> list[list[Item]]:
        done, first = Done(), list[Done]()
        conversations = writer.conversations(outlines, avoid, done)
        if session.pilot and not session.meter.worded:
            first = session.hold(islice(conversations, PILOT))
            items = chain.from_iterable(chain.from_iterable(results.values() for results in first))
            _check_pilot([item for item in items if isinstance(item, Rejection)], session.meter.worded)
        for results in chain(first, session.hold(conversations)):
            done |= results
        return list(done.values())

    return realise


def _check_pilot(refused: Sequence[Rejection], worded: int) -> None:
    """Raise SynthconvError if the first calls gave nothing that could be used: the others need not be paid for."""
    if worded or len(refused) < PILOT_ITEMS:
        return
    reasons = Counter(item.reason for item in refused)
    told = ", ".join(f"{reason} {times}" for reason, times in reasons.most_common())
    last = " ".join((refused[-1].text or refused[-1].detail).split())[:120]
    raise SynthconvError(
        f"none of the first {len(refused)} rows could be used ({told}); the last answer was {last!r}",
        "use another model, or look at the prompts; `synthconv journal export` shows what was sent and said",
    )


def conversations(domain: Domain, session: Session, outlines: Iterable[Outline]) -> Iterator[Conversation[Done]]:
    """The conversations of a first round for `outlines`, for whoever wants to know what would be sent."""
    return _Writer(domain, session).conversations(outlines, {}, Done())


class _Writer:
    """Holds up its end of the conversations: asks for words, and makes examples of what is good."""

    def __init__(self, domain: Domain, session: Session, stages: Sequence[Stage] = ()) -> None:
        self.session, self.stages = session, stages
        self.scenario, self.settings = domain.scenario, domain.scenario.model.llm
        self.by_rules, self.sheets = rules_realiser(domain), Sheets(domain, session)
        self.listed = {name: self._listed(name) for name in self.scenario.model.intents} | {OUT_OF_SCOPE: {}}

    def conversations(self, outlines: Iterable[Outline], avoid: Openings, done: Done) -> Iterator[Conversation[Done]]:
        """A conversation for each sheet; `done` takes all outlines in order, and what cannot be worded at once."""
        for sheet in self.sheets.of(self._drafted(outlines, done), avoid):
            yield self._worded(sheet)

    def _drafted(self, outlines: Iterable[Outline], done: Done) -> Iterator[tuple[Outline, str]]:
        """Each outline that can be worded, with a draft to reword if models could not word it from its labels alone."""
        for outline in outlines:
            outline, draft = replace(outline, method="llm"), ""
            done[outline.id] = []
            if not all(value.surface for value in outline.turns[0].slots):
                self._close(_refused(outline, Fault("no_words", "a slot has no other value to say")), done)
                continue
            if len(outline.turns[0].intents) > 1 or outline.intent == OUT_OF_SCOPE:
                item = self.by_rules(outline)
                if isinstance(item, Rejection):
                    self._close(item, done)
                    continue
                draft = item.text.text
            yield outline, draft

    def _close(self, item: Item, done: Done) -> None:
        done[item.id] = list(flow([item], self.stages))

    def _worded(self, sheet: Sheet) -> Conversation[Done]:
        """The conversation about a sheet: asked, and asked again for what was not good, until nothing is open."""
        done, sheets = Done(), [sheet]
        while sheets:
            requests = [self.sheets.request(sheet) for sheet in sheets]
            answers = yield requests
            asked = zip(sheets, requests, answers, strict=True)
            sheets = [again for one in asked for again in self._judged(*one, done)]
        return done

    def _judged(self, sheet: Sheet, request: Request, answer: Answer, done: Done) -> Iterable[Sheet]:
        """Put what is good, or past mending, into `done`; the sheets to ask for again."""
        said = said_items(answer.content) if answer.kind == "text" else {}
        prompt = normalised(f"{request.system}\n{request.user}") if said else ""
        missing = list[Outline]()
        for number, outline in enumerate(sheet.outlines, 1):
            if number not in said:
                missing.append(outline)
                continue
            words = said[number]["text"]
            text = proven(outline, words, prompt)
            if isinstance(text, Fault):
                told = replace(text, detail=f"{text.detail}: {words[:TOLD]!r}") if text.reason in TOLD_REASONS else text
                yield from self._again(sheet, [outline], told, words, done)
                continue
            review = ("unplanned_value",) if unplanned(text, self.listed[outline.intent]) else ()
            turn, model = Turn(outline.turns[0], text), self.session.models[sheet.server].name
            self.session.meter.worded += 1
            self._close(Example(outline.id, outline, (turn,), outline.id, model=model, needs_review=review), done)
        if missing:
            yield from self._again(sheet, missing, _fault_of(answer, bool(said)), answer.content, done)

    def _again(self, sheet: Sheet, outlines: list[Outline], fault: Fault, text: str, done: Done) -> Iterable[Sheet]:
        """Sheets for outlines without good words: halves if none of many had any, else together, or each alone."""
        if len(outlines) == 1:
            if sheet.alone < self.settings.retries and not fault.final:
                yield sheet.part(outlines, fault.detail, alone=sheet.alone + 1)
            else:
                self._close(_refused(outlines[0], fault, text), done)
        elif len(outlines) == len(sheet.outlines):
            half = len(outlines) // 2
            yield from (sheet.part(part, fault.detail) for part in (outlines[:half], outlines[half:]))
        else:
            yield sheet.part(outlines, fault.detail)

    def _listed(self, intent: str) -> dict[str, Any]:
        """For each entity of an intent with listed values, a pattern of their surfaces."""
        entities = {slot.entity for slot in self.scenario.model.intents[intent].slots.values()}
        return {
            name: phrase_pattern(surfaces)
            for name in sorted(entities)
            if (surfaces := self.scenario.model.entities[name].listed)
        }


def _fault_of(answer: Answer, some: bool) -> Fault:
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


def _refused(outline: Outline, fault: Fault, text: str = "") -> Rejection:
    return Rejection(outline.id, "realise", fault.reason, fault.detail, outline=outline, text=text[:4000])
