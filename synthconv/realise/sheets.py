"""Sheets: what a request asks words for, and the request that says so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from synthconv.llm.session import Session
from synthconv.llm.wire import Request, tokens
from synthconv.plan.domain import Domain
from synthconv.plan.names import words_of
from synthconv.plan.skeletons import Skeleton
from synthconv.realise.rules import assemble
from synthconv.records import OUT_OF_SCOPE, Outline, SlotValue, Style, TurnPlan
from synthconv.scenario.patterns import Slot, expand, parse
from synthconv.seeds import digest, rng, weighted

Openings = Mapping[str, Sequence[str]]
"""By intent, how its rows begin too often already."""
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
    ("emotion", "worried"): "worried",
    ("emotion", "annoyed"): "annoyed",
    ("channel", "email"): "as an e-mail, on one line",
    ("channel", "voice"): "spoken, as written down by speech recognition",
    ("channel", "search"): "as typed into a search box",
}
"""The dials of a style that a model is told; casing, marks, emoji, short forms and typos are put on afterwards."""
ITEM_TOKENS, ANSWER_TOKENS = 120, 60
"""What an answer may take: so much for each item, beside its values, and so much around them."""
EXAMPLE_DRAWS = 20
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


class Sheets:
    """Puts outlines that share a call on sheets, and makes requests of those."""

    def __init__(self, domain: Domain, session: Session) -> None:
        self.domain, self.session = domain, session
        self.scenario, self.settings = domain.scenario, domain.scenario.model.llm
        self.bot = {
            "name": words_of(self.scenario.name),
            "description": self.scenario.model.description or "",
        }
        self._neighbours: dict[tuple[str, str], list[dict[str, str]]] = {}

    def of(self, drafted: Iterable[tuple[Outline, str]], avoid: Openings) -> Iterator[Sheet]:
        """Sheets for outlines with their drafts ("" for none), each as soon as it is full.

        Outlines of one intent, language and split share a sheet.
        """
        groups: dict[tuple[str, ...], list[tuple[Outline, str]]] = {}
        for outline, draft in drafted:
            kind = "paraphrase" if draft else "utterances"
            group = groups.setdefault((kind, outline.intent, outline.cell.language, outline.split), [])
            group.append((outline, draft))
            if len(group) == self.settings.items_per_call:
                yield self._sheet(group, avoid)
                group.clear()
        yield from (self._sheet(group, avoid) for group in groups.values() if group)

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
        written = [skeleton for skeleton in skeletons if skeleton.authored]
        examples = [self.shown(skeleton, intent, tag, str(random.random())) for skeleton in written]
        return Sheet(
            outlines,
            (),
            server,
            tuple(dict.fromkeys(examples))[: self.settings.examples_per_call],
            tuple(avoid.get(intent, ())),
        )

    def request(self, sheet: Sheet) -> Request:
        """The request that asks words for the outlines of a sheet."""
        items = [self._item(number, sheet) for number in range(len(sheet.outlines))]
        block = block_of(items)
        first = sheet.outlines[0]
        variables: dict[str, Any] = {
            "bot": self.bot,
            "language": first.cell.language,
            "reasons": sheet.reasons,
            "count": len(items),
            "intents": [described(name, self.scenario.model.intents[name].description) for name in self._named(sheet)],
            "request": digest(self.scenario.seed, *(outline.id for outline in sheet.outlines))[:8],
            "items_json": block,
        }
        if not sheet.drafts:
            intent = self.scenario.model.intents[first.intent]
            variables |= {
                "intent": {**described(first.intent, intent.description), "slots": self.meanings(first.intent)},
                "neighbours": self._neighbours_of(first.intent, first.cell.language),
                "examples": sheet.examples,
                "avoid": sheet.avoid,
            }
        system, user = self.session.prompts.render("paraphrase" if sheet.drafts else "utterances", variables)
        plans = [outline.turns[0] for outline in sheet.outlines]
        return request_for(self.session, sheet.server, (system, user), plans, block)

    def _named(self, sheet: Sheet) -> list[str]:
        """The intents of a sheet, those of second requests too; none for messages outside of all."""
        names = dict.fromkeys(plan.intent for outline in sheet.outlines for plan in outline.turns[0].intents)
        return [name for name in names if name != OUT_OF_SCOPE]

    def meanings(self, intent: str) -> list[dict[str, str]]:
        """The slots of an intent and what their values mean: as described, or as the bot asks for them."""
        out = []
        for name, slot in self.scenario.model.intents[intent].slots.items():
            meaning = slot.description or words_of(slot.entity)
            if slot.ask and not slot.description:
                random = rng(self.scenario.seed, "ask", intent, name)
                question = "".join(map(str, expand(parse(slot.ask, "und").tree, random)))
                meaning = f"{meaning}; the bot asks for it: {question}"
            out.append({"name": name, "meaning": meaning})
        return out

    def _item(self, number: int, sheet: Sheet) -> dict[str, Any]:
        """An item of a request: the labels of an outline, in words that a model understands."""
        outline = sheet.outlines[number]
        turn, persona = outline.turns[0], outline.cell.persona
        slots, random = slots_of(turn), rng(self.scenario.seed, "form", outline.id)
        item: dict[str, Any] = {
            "id": number + 1,
            "intent": outline.intent if len(turn.intents) == 1 else [plan.intent for plan in turn.intents],
            "acts": [f"{act.act}({act.slot})" if act.slot else act.act for act in turn.acts],
            "style": "; ".join([form_of(outline.style, random), *dials_of(outline.style)]),
            "slots": slots,
        }
        if persona:
            item["persona"] = self.persona(persona)
        if outline.expect and (omitted := [slot for slot in outline.expect.slots if slot not in slots]):
            item["omit"] = omitted
        if sheet.drafts:
            item["text"] = sheet.drafts[number]
        return item

    def persona(self, name: str | None) -> str:
        """A persona in words; none for no one."""
        return (self.scenario.model.personas[name].description or words_of(name)) if name else ""

    def shown(self, skeleton: Skeleton, intent: str, tag: str, *path: str) -> str:
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
                example = self.shown(skeletons[0], name, tag) if skeletons else ""
                out.append({**described(name, self.scenario.model.intents[name].description), "example": example})
            self._neighbours[intent, tag] = out
        return self._neighbours[intent, tag]


def request_for(
    session: Session, server: int, prompt: tuple[str, str], plans: Sequence[TurnPlan], told: str
) -> Request:
    """The request to a server for the words of `plans`; `told` is as long as what it must repeat of their items."""
    model, (system, user) = session.models[server], prompt
    limit = ANSWER_TOKENS + len(plans) * ITEM_TOKENS + 2 * tokens(told)
    values = sum(len(plan.slots) for plan in plans)
    expected = AROUND_EXPECTED + len(plans) * ITEM_EXPECTED + values * VALUE_EXPECTED
    most = model.max_output_tokens or limit
    return Request(model.name, system, user, most, model.temperature, server, expected)


def described(name: str, description: str | None) -> dict[str, str]:
    """An intent as a template may name it."""
    return {"name": name, "title": words_of(name), "description": (description or "").strip()}


def form_of(style: Style, random: Random) -> str:
    """A random form of a message that fits a style."""
    elaborate = style.verbosity == "wordy" or "high" in (style.formality, style.politeness)
    unfit = SHORT_FORMS if elaborate else LONG_FORMS if style.verbosity == "terse" else ()
    return weighted(random, {form: weight for form, weight in FORMS.items() if form not in unfit})


def dials_of(style: Style) -> list[str]:
    """The dials of a style that are not in the middle, in words."""
    return [words for (dial, setting), words in STYLE_WORDS.items() if getattr(style, dial) == setting]


def slots_of(turn: TurnPlan) -> dict[str, str | list[str]]:
    """The words of a turn's values by slot; a list where a slot has several."""
    slots: dict[str, list[str]] = {}
    for value in turn.slots:
        slots.setdefault(value.slot, []).append(value.surface)
    return {slot: words[0] if len(words) == 1 else words for slot, words in slots.items()}


def block_of(items: Iterable[Mapping[str, Any]]) -> str:
    """The block of items that a request ends with."""
    lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    return ("{" + f'"items": [\n{lines}\n]' + "}").replace("`", "\\u0060")
