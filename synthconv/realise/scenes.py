"""Scenes: dialogues while models word them, and the requests that ask for the words of some of their turns."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from synthconv.llm.session import Session
from synthconv.llm.wire import Request
from synthconv.plan.domain import Domain
from synthconv.realise.act_words import acts_in_words
from synthconv.realise.rules import Utterances
from synthconv.realise.sheets import (
    Sheets,
    block_of,
    described,
    dials_of,
    form_of,
    request_for,
    slots_of,
)
from synthconv.realise.story import Told
from synthconv.records import OUT_OF_SCOPE, Example, LabelledText, Outline, Style, Turn, TurnPlan
from synthconv.seeds import digest, rng, weighted
from synthconv.stages import batched

FORMS = {"one word or a few": 45, "half a sentence": 25, "a full sentence": 30}
"""The forms that users' later turns take, by weight."""
SEVERAL = 2
"""Acts in a turn that take more than a few words."""
EXAMPLES = 3
"""Examples of one intent that a request shows at most."""
BY_RULES = {"silence", "off_topic", "inject"}
"""Acts that no model words: nothing is said, or a text of the catalogue, which some models will not write."""


@dataclass
class Scene:
    """A dialogue while models word it; turns go by their numbers from 0.

    `draft` is in the rules' words, `open` are the turns that are the models', `texts` those that have their words.
    `examples` are shown to the model, `tries` counts how often a turn was bad, `reasons` tell why some are asked again,
    `by_rules` are open turns that keep the rules' words.
    """

    draft: Example
    server: int
    open: tuple[int, ...]
    examples: list[str]
    texts: dict[int, LabelledText] = field(default_factory=dict)
    tries: Counter[int] = field(default_factory=Counter)
    reasons: list[tuple[tuple[int, ...], str]] = field(default_factory=list)
    by_rules: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number, turn in enumerate(self.draft.turns):
            if number not in self.open and turn.plan.again is None:
                self.settle(number, turn.text)

    @property
    def outline(self) -> Outline:
        """The outline of the dialogue."""
        return self.draft.outline

    def settle(self, number: int, text: LabelledText) -> None:
        """Give a turn its words, and those to the turn that says them again, after what goes before them there."""
        self.texts[number] = text
        for later, turn in enumerate(self.draft.turns):
            if turn.plan.again == number and later not in self.open:
                again, first = turn.text.text, self.draft.turns[number].text.text
                self.settle(later, text.edit(0, 0, again[: len(again) - len(first)]))

    def give_up(self, number: int) -> None:
        """Leave a turn the rules' words."""
        self.by_rules.append(number)
        self.settle(number, self.draft.turns[number].text)

    def parts(self, size: int) -> list[tuple[int, ...]]:
        """The open turns in parts of `size` at most, of about one length."""
        parts = -(-len(self.open) // size)
        return [tuple(part) for part in batched(self.open, -(-len(self.open) // max(parts, 1)))]

    def until(self, number: int) -> int:
        """The first turn after `number` that is open and has no words yet: what a request about it does not tell."""
        waiting = (later for later in self.open if later > number and later not in self.texts)
        return next(waiting, len(self.draft.turns))

    def example(self, model: str, review: tuple[str, ...]) -> Example:
        """The dialogue, once all its turns have their words."""
        turns = tuple(replace(turn, text=self.texts[number]) for number, turn in enumerate(self.draft.turns))
        outline = replace(self.outline, method="llm")
        given_up = tuple(sorted(self.by_rules))
        return replace(self.draft, outline=outline, turns=turns, model=model, by_rules=given_up, needs_review=review)


class Scenes:
    """Sets scenes for dialogues, and makes requests about them."""

    def __init__(self, domain: Domain, session: Session, sheets: Sheets) -> None:
        self.domain, self.session, self.sheets = domain, session, sheets
        self.scenario, self.utterances = domain.scenario, Utterances(domain)
        dialogues = domain.scenario.model.dialogues
        self.bots_too = bool(dialogues and dialogues.bot_turns == "llm")
        self.bot = {**sheets.bot, "called": self.scenario.model.bot.name or "", "tone": self.scenario.model.bot.tone}

    def of(self, draft: Example) -> Scene:
        """The scene of a dialogue that the rules have worded."""
        numbers = [number for number, turn in enumerate(draft.turns) if self._is_open(turn.plan)]
        random = rng(self.scenario.seed, "sheet", draft.id)
        server = weighted(random, self.session.weights)
        return Scene(draft, server, tuple(numbers), self._examples(draft.outline) if numbers else [])

    def _is_open(self, turn: TurnPlan) -> bool:
        """Whether models word a turn: one that says something, not again, and no two values by the same words."""
        if (turn.speaker == "bot" and not self.bots_too) or turn.again is not None:
            return False
        said = [value.surface.casefold() for value in turn.slots]
        return not BY_RULES & {act.act for act in turn.acts} and all(said) and len(set(said)) == len(said)

    def request(self, scene: Scene, asked: Sequence[int]) -> Request:
        """The request for the words of some turns: the story until the first of them, then the dialogue with gaps."""
        items = [self._item(scene, number) for number in asked]
        first, outline = min(asked), scene.outline
        variables: dict[str, Any] = {
            "bot": self.bot,
            "language": outline.cell.language,
            "intents": self._intents(outline),
            "examples": scene.examples,
            "persona": self.sheets.persona(outline.cell.persona),
            "style": "; ".join(dials_of(replace(outline.style, verbosity="normal"))),
            "story": [self._line(scene, number, asked) for number in range(first)],
            "turns": [self._line(scene, number, asked) for number in range(first, scene.until(max(asked)))],
            "reasons": [words for numbers, words in scene.reasons if set(numbers) & set(asked)],
            "count": len(items),
            "request": digest(self.scenario.seed, outline.id)[:8],
            "items_json": block_of(items),
        }
        system, user = self.session.prompts.render("dialogue", variables)
        plans = [scene.draft.turns[number].plan for number in asked]
        said = json.dumps([[item["slots"], item.get("text", "")] for item in items], ensure_ascii=False)
        return request_for(self.session, scene.server, (system, user), plans, said)

    def intents(self, outline: Outline) -> list[str]:
        """The intents that the user's turns are about, in the order in which they come."""
        plans = (plan for turn in outline.turns if turn.speaker == "user" for plan in turn.intents)
        return [name for name in dict.fromkeys(plan.intent for plan in plans) if name and name != OUT_OF_SCOPE]

    def _intents(self, outline: Outline) -> list[dict[str, Any]]:
        models = self.scenario.model.intents
        return [
            {**described(name, models[name].description), "slots": self.sheets.meanings(name)}
            for name in self.intents(outline)
        ]

    def _examples(self, outline: Outline) -> list[str]:
        """A few examples of the intents that the user begins with, of the split of the dialogue."""
        random, tag, found = rng(self.scenario.seed, "sheet examples", outline.id), outline.cell.language, list[str]()
        for name in self.intents(outline):
            skeletons = [one for one in self.domain.skeletons[name, tag, None] if one.authored]
            skeletons = [one for one in skeletons if one.split == outline.split]
            for skeleton in random.sample(skeletons, min(EXAMPLES, len(skeletons))):
                found.append(self.sheets.shown(skeleton, name, tag, str(random.random())))
        return list(dict.fromkeys(found))[: self.sheets.settings.examples_per_call]

    def _line(self, scene: Scene, number: int, asked: Sequence[int]) -> dict[str, Any]:
        """A turn as a template shows it: its words, or what stands for them."""
        turn = scene.draft.turns[number].plan
        text = scene.texts.get(number)
        words = (text.text or "(says nothing)") if text else "(says the same again)"
        return {
            "number": number + 1,
            "speaker": turn.speaker,
            "open": number in asked,
            "text": "" if number in asked else words,
        }

    def _item(self, scene: Scene, number: int) -> dict[str, Any]:
        """An item of a request: what a turn does, or for a bot the words to say in another way."""
        turn, outline = scene.draft.turns[number], scene.outline
        item: dict[str, Any] = {"id": number + 1, "speaker": turn.plan.speaker}
        random = rng(self.scenario.seed, "form", outline.id, number)
        if turn.plan.speaker == "bot":
            item["text"] = turn.text.text
        else:
            told = Told(self.domain, self.utterances, outline, random)
            told.number = number
            item["acts"] = acts_in_words(told, turn.plan)
            item["style"] = _form(turn, outline.style, random)
        return item | {"slots": slots_of(turn.plan)}


def _form(turn: Turn, style: Style, random: Random) -> str:
    """A random form of a user's turn: that of a message where it begins something, else that of an answer."""
    if any(plan.skeleton for plan in turn.plan.intents):
        return "; ".join([form_of(style, random), *dials_of(Style(verbosity=style.verbosity))])
    forms = dict(FORMS)
    if style.verbosity == "terse":
        del forms["a full sentence"]
    elif style.verbosity == "wordy" or len(turn.plan.acts) > SEVERAL:
        del forms["one word or a few"]
    return weighted(random, forms)
