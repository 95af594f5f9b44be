"""The LLM realiser: words for many outlines at once, by conversations with models.

Outlines of one intent, language and split share a call. What a model answers is proven item by item: a good item is
kept whatever became of its siblings, a bad one is asked for again alone, with the reason. Everything here is pure; who
holds the conversations (the engine, or the journal alone) is the session's business.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from random import Random
from typing import Any

from synthconv.errors import SynthconvError
from synthconv.lang.tokens import normalised, phrase_pattern
from synthconv.llm.session import Session
from synthconv.llm.wire import Answer, Conversation, Request, said_items, tokens
from synthconv.plan.domain import Domain
from synthconv.plan.rows import Row
from synthconv.plan.skeletons import Skeleton, words_of
from synthconv.realise.proof import REFUSAL, Fault, proven, unplanned
from synthconv.realise.rules import assemble, rules_realiser
from synthconv.records import OUT_OF_SCOPE, Example, Outline, Rejection, SlotValue, Style, Turn
from synthconv.scenario.catalogue import catalogue
from synthconv.scenario.patterns import Slot, expand
from synthconv.seeds import digest, rng, weighted
from synthconv.stages import Item

Openings = Mapping[str, Sequence[str]]
"""By intent, how its rows begin too often already."""
Realise = Callable[[Sequence[Outline], Openings], list[Item]]
Done = dict[str, Item]
FORMS = {
    "a question": 30,
    "a request": 20,
    "a statement of what is wanted": 10,
    "a statement of what is the matter": 10,
    "the situation first, then what is wanted": 5,
    "an order": 8,
    "half a sentence": 8,
    "a few keywords, no sentence": 9,
}
"""The forms that users' messages take, by weight."""
SHORT_FORMS = ("an order", "half a sentence", "a few keywords, no sentence")
LONG_FORMS = ("the situation first, then what is wanted",)
STYLE_WORDS = {
    ("verbosity", "terse"): "very short",
    ("verbosity", "wordy"): "two or three sentences, with why or what for",
    ("formality", "low"): "casual",
    ("formality", "high"): "formal",
    ("politeness", "low"): "no greeting, no please, no thanks",
    ("politeness", "high"): "polite",
}
"""The dials of a style that a model is told; casing, marks and typos are put on its words afterwards."""
ITEM_TOKENS, ANSWER_TOKENS = 120, 60
"""What an answer may take: so much for each item, beside its values, and so much around them."""
EXAMPLE_DRAWS = 20
TOLD, TOLD_REASONS = 200, ("slot_missing", "slot_ambiguous", "prompt_leak")
"""So many characters of a text that cannot serve are told to the model, where they show what is wrong with it."""
PILOT, PILOT_ITEMS = 8, 20
"""Conversations that come before all others: if so many items or more are in them and none is good, none will be."""
AROUND_EXPECTED, ITEM_EXPECTED, VALUE_EXPECTED = 8, 32, 18
"""What an answer is expected to take: around its items, for each of them, and for each value that it says."""


@dataclass(frozen=True)
class Sheet:
    """Outlines that one request asks words for, all of one intent; `drafts` are texts to say in other words, if any.

    `reasons` tell what became of earlier requests for them, `alone` how often their only item was asked for again.
    """

    outlines: tuple[Outline, ...]
    drafts: tuple[str, ...]
    server: int
    examples: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    alone: int = 0

    def part(self, outlines: Iterable[Outline], reason: str, *, alone: int = 0) -> Sheet:
        """A sheet for some of the outlines, to be asked for again."""
        chosen = tuple(outlines)
        drafts = tuple(self.drafts[self.outlines.index(outline)] for outline in chosen) if self.drafts else ()
        return replace(self, outlines=chosen, drafts=drafts, reasons=(*self.reasons, reason), alone=alone)


def asks_models(row: Row) -> bool:
    """Whether models word the row: not the author's own examples, nor messages outside of all intents.

    Those come from the catalogue, whose labels are sure: a model would have to know all intents to stay outside them,
    and will not write some of them at all.
    """
    return row.example is None and row.intent != OUT_OF_SCOPE


def models_may_reword(row: Row) -> bool:
    """Whether models may reword a row of the rules, once those have no new words for it: not an encoded text."""
    return row.example is None and not catalogue().edge_cases[row.cell.edge_case or ""].verbatim


def llm_realiser(domain: Domain, session: Session) -> Realise:
    """A function that words outlines, each to an example or a rejection, in their order."""
    writer = _Writer(domain, session)

    def realise(outlines: Sequence[Outline], avoid: Openings) -> list[Item]:
        done = Done()
        conversations = writer.conversations(outlines, avoid, done)
        if session.pilot and not session.meter.worded:
            first = {
                ident: item for results in session.hold(islice(conversations, PILOT)) for ident, item in results.items()
            }
            _check_pilot([item for item in first.values() if isinstance(item, Rejection)], session.meter.worded)
            done |= first
        for results in session.hold(conversations):
            done |= results
        return [done[outline.id] for outline in outlines]

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


def conversations(domain: Domain, session: Session, outlines: Sequence[Outline]) -> Iterator[Conversation[Done]]:
    """The conversations of a first round for `outlines`, for whoever wants to know what would be sent."""
    return _Writer(domain, session).conversations(outlines, {}, Done())


class _Writer:
    """Makes requests out of outlines, and examples out of answers."""

    def __init__(self, domain: Domain, session: Session) -> None:
        self.domain, self.session = domain, session
        self.scenario, self.settings = domain.scenario, domain.scenario.model.llm
        self.by_rules = rules_realiser(domain)
        self.bot = {
            "name": words_of(self.scenario.name),
            "description": self.scenario.model.description or "",
        }
        self.listed = {name: self._listed(name) for name in self.scenario.model.intents} | {OUT_OF_SCOPE: {}}
        self._neighbours: dict[tuple[str, str], list[dict[str, str]]] = {}

    def conversations(self, outlines: Sequence[Outline], avoid: Openings, done: Done) -> Iterator[Conversation[Done]]:
        """A conversation for each sheet; what cannot be worded at all goes straight into `done`."""
        groups: dict[tuple[str, ...], list[tuple[Outline, str]]] = {}
        for outline in outlines:
            outline, draft = replace(outline, method="llm"), ""
            if not all(value.surface for value in outline.turns[0].slots):
                done[outline.id] = _refused(outline, Fault("no_words", "a slot has no other value to say"))
                continue
            if len(outline.turns[0].intents) > 1 or outline.intent == OUT_OF_SCOPE:
                item = self.by_rules(outline)
                if isinstance(item, Rejection):
                    done[outline.id] = item
                    continue
                draft = item.text.text
            kind = "paraphrase" if draft else "utterances"
            key = (kind, outline.intent, outline.cell.language, outline.split)
            groups.setdefault(key, []).append((outline, draft))
        size = self.settings.items_per_call
        for group in groups.values():
            for start in range(0, len(group), size):
                yield self._worded(self._sheet(group[start : start + size], avoid))

    def _sheet(self, rows: Sequence[tuple[Outline, str]], avoid: Openings) -> Sheet:
        outlines = tuple(outline for outline, _ in rows)
        drafts = tuple(draft for _, draft in rows if draft)
        random = rng(self.scenario.seed, "sheet", *(outline.id for outline in outlines))
        server = weighted(random, self.session.weights)
        if drafts:
            return Sheet(outlines, drafts, server)
        intent, tag = outlines[0].intent, outlines[0].cell.language
        shown = dict.fromkeys(outline.turns[0].intents[0].skeleton for outline in outlines)
        skeletons = [self.domain.skeleton(intent, tag, key) for key in shown]
        examples = [self._shown(skeleton, intent, tag, str(random.random())) for skeleton in skeletons]
        if not self.scenario.templates[intent]:  # its skeletons are frames of the language, which nobody wrote for it
            examples = []
        return Sheet(
            outlines,
            (),
            server,
            tuple(dict.fromkeys(examples))[: self.settings.examples_per_call],
            tuple(avoid.get(intent, ())),
        )

    def _worded(self, sheet: Sheet) -> Conversation[Done]:
        """The conversation about a sheet: asked, and asked again for what was not good, until nothing is open."""
        done, sheets = Done(), [sheet]
        while sheets:
            requests = [self._request(sheet) for sheet in sheets]
            answers = yield requests
            asked = zip(sheets, requests, answers, strict=True)
            sheets = [again for one in asked for again in self._judged(*one, done)]
        return done

    def _request(self, sheet: Sheet) -> Request:
        items = [self._item(number, sheet) for number in range(len(sheet.outlines))]
        block = "{" + '"items": [\n' + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]}"
        first = sheet.outlines[0]
        variables: dict[str, Any] = {
            "bot": self.bot,
            "language": first.cell.language,
            "reasons": sheet.reasons,
            "count": len(items),
            "intents": [_described(name, self.scenario.model.intents[name].description) for name in self._named(sheet)],
            "request": digest(self.scenario.seed, *(outline.id for outline in sheet.outlines))[:8],
            "items_json": block.replace("`", "\\u0060"),
        }
        if not sheet.drafts:
            intent = self.scenario.model.intents[first.intent]
            variables |= {
                "intent": {**_described(first.intent, intent.description), "slots": self._meanings(first.intent)},
                "neighbours": self._neighbours_of(first.intent, first.cell.language),
                "examples": sheet.examples,
                "avoid": sheet.avoid,
            }
        system, user = self.session.prompts.render("paraphrase" if sheet.drafts else "utterances", variables)
        model = self.session.models[sheet.server]
        limit = ANSWER_TOKENS + len(items) * ITEM_TOKENS + 2 * tokens(block)
        values = sum(len(outline.turns[0].slots) for outline in sheet.outlines)
        return Request(
            model.name,
            system,
            user,
            model.max_output_tokens or limit,
            model.temperature,
            sheet.server,
            AROUND_EXPECTED + len(items) * ITEM_EXPECTED + values * VALUE_EXPECTED,
        )

    def _named(self, sheet: Sheet) -> list[str]:
        """The intents of a sheet, those of second requests too; none for messages outside of all."""
        names = dict.fromkeys(plan.intent for outline in sheet.outlines for plan in outline.turns[0].intents)
        return [name for name in names if name != OUT_OF_SCOPE]

    def _meanings(self, intent: str) -> list[dict[str, str]]:
        """The slots of an intent and what their values mean: as described, or as the bot asks for them."""
        out = []
        for name, slot in self.scenario.model.intents[intent].slots.items():
            asked = f"{words_of(slot.entity)}; the bot asks for it: {slot.ask}" if slot.ask else words_of(slot.entity)
            out.append({"name": name, "meaning": slot.description or asked})
        return out

    def _item(self, number: int, sheet: Sheet) -> dict[str, Any]:
        """An item of a request: the labels of an outline, in words that a model understands."""
        outline = sheet.outlines[number]
        turn, persona = outline.turns[0], outline.cell.persona
        slots: dict[str, Any] = {}
        for value in turn.slots:
            slots[value.slot] = [*slots[value.slot], value.surface] if value.slot in slots else [value.surface]
        item: dict[str, Any] = {
            "id": number + 1,
            "intent": outline.intent if len(turn.intents) == 1 else [plan.intent for plan in turn.intents],
            "acts": [f"{act.act}({act.slot})" if act.slot else act.act for act in turn.acts],
            "style": _style_words(outline.style, rng(self.scenario.seed, "form", outline.id)),
            "slots": {slot: words[0] if len(words) == 1 else words for slot, words in slots.items()},
        }
        if persona:
            item["persona"] = self.scenario.model.personas[persona].description or words_of(persona)
        if outline.expect and (omitted := [slot for slot in outline.expect.slots if slot not in slots]):
            item["omit"] = omitted
        if sheet.drafts:
            item["text"] = sheet.drafts[number]
        return item

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
            done[outline.id] = Example(outline.id, outline, (turn,), outline.id, model=model, needs_review=review)
        if missing:
            yield from self._again(sheet, missing, _fault_of(answer, bool(said)), answer.content, done)

    def _again(self, sheet: Sheet, outlines: list[Outline], fault: Fault, text: str, done: Done) -> Iterable[Sheet]:
        """Sheets for outlines without good words: halves if none of many had any, else together, or each alone."""
        if len(outlines) == 1:
            if sheet.alone < self.settings.retries and not fault.final:
                yield sheet.part(outlines, fault.detail, alone=sheet.alone + 1)
            else:
                done[outlines[0].id] = _refused(outlines[0], fault, text)
        elif len(outlines) == len(sheet.outlines):
            half = len(outlines) // 2
            yield from (sheet.part(part, fault.detail) for part in (outlines[:half], outlines[half:]))
        else:
            yield sheet.part(outlines, fault.detail)

    def _shown(self, skeleton: Skeleton, intent: str, tag: str, *path: str) -> str:
        """An authored example in words, its slots filled, each with another value, and told after it."""
        random = rng(self.scenario.seed, "shown", intent, skeleton.key, *path)
        variant = skeleton.template.variants[random.choice(skeleton.combinations)]
        pieces, values, taken = list[str | SlotValue](), list[str](), set[tuple[str, str]]()
        for piece in expand(variant, random):
            if not isinstance(piece, Slot):
                pieces.append(piece)
                continue
            entity = self.domain.entity(intent, piece.name)
            sampler = self.domain.samplers[entity, tag]
            drawn = [sampler.draw(random) for _ in range(EXAMPLE_DRAWS)]
            value, native = next((one for one in drawn if (entity, one[0]) not in taken), drawn[0])
            taken.add((entity, value))
            surface = sampler.word(native, random)
            pieces.append(SlotValue(piece.name, entity, surface, None))
            values.append(f"{piece.name}: {surface}")
        return assemble(pieces).text + (f"   ({'; '.join(values)})" if values else "")

    def _neighbours_of(self, intent: str, tag: str) -> list[dict[str, str]]:
        """The intents that are easily mistaken for `intent`, each with an example: the same in all its requests."""
        if (intent, tag) not in self._neighbours:
            out = []
            for name in self.scenario.model.intents[intent].confusable_with:
                skeletons = self.domain.skeletons[name, tag, None] if self.scenario.templates[name] else ()
                example = self._shown(skeletons[0], name, tag) if skeletons else ""
                out.append({**_described(name, self.scenario.model.intents[name].description), "example": example})
            self._neighbours[intent, tag] = out
        return self._neighbours[intent, tag]

    def _listed(self, intent: str) -> dict[str, Any]:
        """For each entity of an intent with listed values, a pattern of their surfaces."""
        entities = {slot.entity for slot in self.scenario.model.intents[intent].slots.values()}
        return {
            name: phrase_pattern(surfaces)
            for name in sorted(entities)
            if (surfaces := self.scenario.model.entities[name].listed)
        }


def _described(name: str, description: str | None) -> dict[str, str]:
    return {"name": name, "title": words_of(name), "description": (description or "").strip()}


def _style_words(style: Style, random: Random) -> str:
    """A style in words: a random form that fits it, and the dials that are not in the middle."""
    elaborate = style.verbosity == "wordy" or "high" in (style.formality, style.politeness)
    unfit = SHORT_FORMS if elaborate else LONG_FORMS if style.verbosity == "terse" else ()
    form = weighted(random, {form: weight for form, weight in FORMS.items() if form not in unfit})
    told = [words for (dial, setting), words in STYLE_WORDS.items() if getattr(style, dial) == setting]
    return "; ".join([form, *told])


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
