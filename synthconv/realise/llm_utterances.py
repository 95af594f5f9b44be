"""Utterances in a model's words: several to a call, each proven, and what is bad asked for again alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from synthconv.lang.tokens import normalised
from synthconv.llm.session import Session
from synthconv.llm.wire import Answer, Conversation, Request, said_items
from synthconv.plan.domain import Domain
from synthconv.realise.proof import Fault, proven, unplanned
from synthconv.realise.rules import rules_realiser
from synthconv.realise.sheets import Openings, Sheet
from synthconv.realise.writer import Done, Writer, as_told, fault_of, refused
from synthconv.records import OUT_OF_SCOPE, Example, Outline, Rejection, Turn
from synthconv.stages import Stage


class UtteranceWriter(Writer):
    """Has models word utterances, several to a call."""

    def __init__(self, domain: Domain, session: Session, stages: Sequence[Stage] = ()) -> None:
        super().__init__(domain, session, stages)
        self.by_rules = rules_realiser(domain)

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
                self.close(refused(outline, Fault("no_words", "a slot has no other value to say")), done)
                continue
            if len(outline.turns[0].intents) > 1 or outline.intent == OUT_OF_SCOPE:
                item = self.by_rules(outline)
                if isinstance(item, Rejection):
                    self.close(item, done)
                    continue
                draft = item.text.text
            yield outline, draft

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
            text = proven(outline.turns[0], words, prompt)
            if isinstance(text, Fault):
                fault = replace(text, detail=as_told(text, words))
                yield from self._again(sheet, [outline], fault, words, done)
                continue
            review = ("unplanned_value",) if unplanned(text, self.listed[outline.intent]) else ()
            turn, model = Turn(outline.turns[0], text), self.session.models[sheet.server].name
            self.session.meter.worded += 1
            self.proven += 1
            self.close(Example(outline.id, outline, (turn,), outline.id, model=model, needs_review=review), done)
        if missing:
            yield from self._again(sheet, missing, fault_of(answer, bool(said)), answer.content, done)

    def _again(self, sheet: Sheet, outlines: list[Outline], fault: Fault, text: str, done: Done) -> Iterable[Sheet]:
        """Sheets for outlines without good words: halves if none of many had any, else together, or each alone."""
        if len(outlines) == 1:
            if sheet.alone < self.settings.retries and not fault.final:
                yield sheet.part(outlines, fault.detail, alone=sheet.alone + 1)
            else:
                self.close(refused(outlines[0], fault, text), done)
        elif len(outlines) == len(sheet.outlines):
            half = len(outlines) // 2
            yield from (sheet.part(part, fault.detail) for part in (outlines[:half], outlines[half:]))
        else:
            yield sheet.part(outlines, fault.detail)
