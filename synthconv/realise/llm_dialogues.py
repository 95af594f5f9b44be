"""Dialogues in models' words: one dialogue a call, each turn proven by itself, and what is bad asked for again.

A turn that has its words is settled, and later requests tell it as part of the story. One whose words cannot be had
keeps those of the rules, whose labels are as sure; a dialogue with many of them is refused whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from synthconv.lang.tokens import normalised
from synthconv.llm.session import Session
from synthconv.llm.wire import Answer, Conversation, Request, said_items
from synthconv.plan.domain import Domain
from synthconv.realise.dialogue import dialogue_realiser
from synthconv.realise.proof import Fault, proven, strayed, unplanned
from synthconv.realise.scenes import Scene, Scenes
from synthconv.realise.sheets import Openings
from synthconv.realise.writer import Done, Writer, as_told, fault_of, refused
from synthconv.records import LabelledText, Outline, Rejection, SlotValue
from synthconv.stages import Stage

Numbers = tuple[int, ...]
SAID_AGAIN = 3
"""A text of so many words that an earlier turn has, too, was not meant to be said again."""
MOST_BY_RULES = 0.5
"""The share of a dialogue's open turns that may keep the words of the rules; with more, it is no model's dialogue."""


class DialogueWriter(Writer):
    """Has models word dialogues, the turns of one to a call."""

    def __init__(self, domain: Domain, session: Session, stages: Sequence[Stage] = ()) -> None:
        super().__init__(domain, session, stages)
        self.by_rules, self.scenes = dialogue_realiser(domain), Scenes(domain, session, self.sheets)

    def conversations(self, outlines: Iterable[Outline], _avoid: Openings, done: Done) -> Iterator[Conversation[Done]]:
        """A conversation for each dialogue; `done` takes all outlines in order, and what no model has to word."""
        for outline in outlines:
            done[outline.id], draft = [], self.by_rules(outline)
            scene = None if isinstance(draft, Rejection) else self.scenes.of(draft)
            if scene and scene.open:
                yield self._worded(scene)
            else:
                self.close(draft, done)

    def first_requests(self, outlines: Iterable[Outline]) -> Iterator[list[Request]]:
        """For each dialogue the requests for all of its parts, as if the rules' words were the models'."""
        for outline in outlines:
            draft, requests = self.by_rules(outline), list[Request]()
            if isinstance(draft, Rejection):
                continue
            scene = self.scenes.of(draft)
            for part in scene.parts(self.settings.items_per_call):
                requests.append(self.scenes.request(scene, part))
                for number in part:
                    scene.settle(number, draft.turns[number].text)
            if requests:
                yield requests

    def _worded(self, scene: Scene) -> Conversation[Done]:
        """The conversation about a dialogue: part by part, each asked for again until all its turns have words."""
        done, todo = Done(), scene.parts(self.settings.items_per_call)
        while todo:
            asked, *todo = todo
            request = self.scenes.request(scene, asked)
            (answer,) = yield [request]
            again = self._judged(scene, asked, request, answer)
            if isinstance(again, Rejection):
                self.close(again, done)
                return done
            todo = [*again, *todo]
        self.session.meter.worded += 1
        self.close(scene.example(self.session.models[scene.server].name, self._review(scene)), done)
        return done

    def _judged(self, scene: Scene, asked: Numbers, request: Request, answer: Answer) -> list[Numbers] | Rejection:
        """Settle the turns whose words are good or will not come; those to ask for again, or the end of a dialogue."""
        said = said_items(answer.content) if answer.kind == "text" else {}
        if len(asked) == len(said) == 1:  # small models number what they are asked for from 1
            said = {asked[0] + 1: next(iter(said.values()))}
        lacking = fault_of(answer, bool(said))
        if len(asked) > 1 and not any(number + 1 in said for number in asked):
            scene.reasons.append((asked, lacking.detail))
            half = len(asked) // 2
            return [asked[:half], asked[half:]]
        prompt, bad = normalised(f"{request.system}\n{request.user}"), list[int]()
        for number in asked:
            words = said[number + 1]["text"] if number + 1 in said else None
            found = lacking if words is None else self._proven(scene, number, words, prompt)
            if isinstance(found, LabelledText):
                scene.settle(number, found)
                self.proven += 1
                continue
            detail = found.detail if words is None else as_told(found, words)
            found = replace(found, detail=f"turn {number + 1}: {detail}")
            if found.final or scene.tries[number] >= self.settings.retries:
                scene.give_up(number)
                if len(scene.by_rules) > MOST_BY_RULES * len(scene.open):
                    return refused(scene.outline, found, answer.content if words is None else words)
                continue
            scene.tries[number] += 1
            scene.reasons.append(((number,), found.detail))
            bad.append(number)
        return [tuple(bad)] if bad else []

    def _proven(self, scene: Scene, number: int, words: str, prompt: str) -> LabelledText | Fault:
        """The words of a turn with its spans, or their fault: one of an utterance, or one that only a dialogue has."""
        plain, turn = normalised(words), scene.draft.turns[number]
        earlier = {normalised(text.text) for text in scene.texts.values()}
        if len(plain.split()) >= SAID_AGAIN and plain in earlier and turn.plan.speaker == "user":
            return Fault("repetitive", "the message was said before in this dialogue")
        found = proven(turn.plan, words, "" if turn.plan.speaker == "bot" else prompt)
        if isinstance(found, LabelledText) and (other := strayed(found.text, turn.plan.slots, _others(scene, number))):
            return Fault("slot_missing", f"the message said {other!r}, which is not among its slots")
        return found

    def _review(self, scene: Scene) -> tuple[str, ...]:
        """What a person should look at: listed values that a user says without being asked to."""
        patterns = {
            entity: one for name in self.scenes.intents(scene.outline) for entity, one in self.listed[name].items()
        }
        user = (scene.texts[number] for number in scene.open if scene.outline.turns[number].speaker == "user")
        return ("unplanned_value",) if any(unplanned(text, patterns) for text in user) else ()


def _others(scene: Scene, number: int) -> list[SlotValue]:
    """The values of the dialogue that a turn does not have, but for those that the rules say there all the same."""
    turn = scene.draft.turns[number]
    own = {(value.entity, value.value) for value in turn.plan.slots}
    said = turn.text.text.casefold() if turn.plan.speaker == "bot" else ""
    every = {value.surface: value for one in scene.draft.turns for value in one.plan.slots}
    return [
        value
        for value in every.values()
        if (value.entity, value.value) not in own and value.surface.casefold() not in said
    ]
