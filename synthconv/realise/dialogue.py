"""The rules realiser of dialogues: it words the acts of an outline, turn by turn, and changes none of them."""

from __future__ import annotations

from collections.abc import Callable

from synthconv.plan.domain import Domain
from synthconv.realise.bot_turns import bot_turn
from synthconv.realise.rules import InScope, Utterances, as_said, assemble, rules_realiser
from synthconv.realise.story import Told
from synthconv.realise.user_turns import user_turn
from synthconv.records import Example, LabelledText, Outline, Rejection, Turn, TurnPlan
from synthconv.seeds import stream


def realiser(domain: Domain) -> Callable[[Outline], Example | Rejection]:
    """A function that words outlines by rules, those of utterances and those of dialogues."""
    utterance, dialogue = rules_realiser(domain), dialogue_realiser(domain)
    return lambda outline: dialogue(outline) if outline.story else utterance(outline)


def dialogue_realiser(domain: Domain) -> Callable[[Outline], Example | Rejection]:
    """A function that words the outlines of dialogues by the language's speech and the author's own texts."""
    stream_of, utterances = stream(domain.scenario.seed, "dialogue words"), Utterances(domain)

    def realise(outline: Outline) -> Example | Rejection:
        if outline.story and outline.story.missed:
            detail = ", ".join(outline.story.missed)
            return Rejection(outline.id, "realise", "behaviour_missed", detail, outline=outline)
        told = Told(domain, utterances, outline, stream_of(outline.id))
        try:
            for number, turn in enumerate(outline.turns):
                told.number = number
                told.turns.append(_worded(told, turn))
        except InScope as error:
            return Rejection(outline.id, "realise", "in_scope", str(error), outline=outline)
        return Example(outline.id, outline, tuple(told.turns), group=outline.id)

    return realise


def _worded(told: Told, turn: TurnPlan) -> Turn:
    if turn.again is not None:
        return Turn(turn, _again(told, turn.again))
    if turn.speaker == "bot":
        return Turn(turn, assemble(bot_turn(told, turn)))
    pieces = told.utterances.apart(list(user_turn(told, turn)), told.tag, told.random)
    return Turn(as_said(turn, pieces), assemble(pieces))


def _again(told: Told, number: int) -> LabelledText:
    """The words of an earlier turn once more, at times with a word that says so."""
    text = told.turns[number].text
    if told.random.random() < 0.6:
        return text
    return text.edit(0, 0, f"{told.draw(told.speech.user['repeat_lead'])} ")
