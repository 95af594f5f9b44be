"""Reactions: what a bot does about an act of the user before it takes the next step of the task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from synthconv.lang.speech import load_speech
from synthconv.records import DialogueAct
from synthconv.scenario.catalogue import catalogue

if TYPE_CHECKING:
    from synthconv.plan.policy import Bot, Reply


def _tells_fact(bot: Bot, act: DialogueAct, turn: Reply) -> bool:
    """The fact that is asked for, if the records have it."""
    fact = bot.record.get(act.slot or "")
    if fact:
        turn.tell("inform", fact)
    return bool(fact)


def _silent(bot: Bot, _act: DialogueAct, turn: Reply) -> bool:
    """Remind once, then close."""
    if bot.silent == 1:
        turn.act("remind")
        return True
    for frame in (*bot.state.waiting, bot.state.frame):
        if frame.task and not frame.closed:
            bot.outcomes[frame.task] = "abandoned"
    turn.act("close")
    bot.over = True
    return True


def _person(bot: Bot, _act: DialogueAct, turn: Reply) -> bool:
    """Try once more, then hand over."""
    bot.human += 1
    if bot.human > 1:
        bot.hand_off(turn)
        return True
    turn.act("empathise")
    return False


def _next_offer(bot: Bot, _act: DialogueAct, turn: Reply) -> bool:
    work = bot.work
    assert work.result is not None
    if work.acted != bot.state.frame.slots:
        return False  # other wishes came with it: the back end is asked again
    if work.listed or work.at + 1 >= len(work.result.records):
        turn.act("no_alternatives")
        return True
    work.at += 1
    return False


def _cancelled(bot: Bot, act: DialogueAct, turn: Reply) -> bool:
    bot.outcomes[act.value or ""] = "cancelled"
    turn.act("notify_cancelled", None, act.value)
    return False


def _which_task(_bot: Bot, act: DialogueAct, turn: Reply) -> bool:
    turn.act("clarify_intent", None, act.value)
    return True


def _which_value(bot: Bot, act: DialogueAct, turn: Reply) -> bool:
    """Both values back, as the user said them."""
    turn.act("clarify", act.slot, act.value)
    speech = load_speech(bot.world.tag)
    turn.values += [
        replace(value, surface=speech.addressed(value.surface))
        for value in bot.heard
        if (value.slot, value.value) == (act.slot, act.value)
    ]
    return True


def _off_topic(_bot: Bot, act: DialogueAct, turn: Reply) -> bool:
    case = catalogue().edge_cases[act.value or ""]
    turn.act("refuse" if case.behaviour == "refuse" else "side_answer")
    return False


def _waived(bot: Bot, act: DialogueAct, _turn: Reply) -> bool:
    bot.waived.add((bot.state.frame.task, act.slot or ""))
    return False


def _aside(_bot: Bot, act: DialogueAct, turn: Reply) -> bool:
    turn.act("side_answer", None, act.value)
    return False


def _simply(name: str) -> Callable[[Bot, DialogueAct, Reply], bool]:
    """A reaction that is an act and no more."""

    def react(_bot: Bot, act: DialogueAct, turn: Reply) -> bool:
        turn.act(name, act.slot)
        return False

    return react


def _affirmed(bot: Bot, _act: DialogueAct, _turn: Reply) -> bool:
    bot.work.affirmed = dict(bot.state.frame.slots)
    return False


REACTIONS: dict[str, Callable[[Bot, DialogueAct, Reply], bool]] = {
    "affirm": _affirmed,
    "request": _tells_fact,
    "request_alts": _next_offer,
    "request_reason": _simply("explain"),
    "inform_invalid": _simply("reject_value"),
    "refuse_value": _simply("insist"),
    "undecided": _which_value,
    "vague": _which_task,
    "cancel": _cancelled,
    "interrupt": _simply("switch"),
    "interrupt_aside": _aside,
    "side_question": _aside,
    "off_topic": _off_topic,
    "inject": _simply("refuse"),
    "claim_done": _simply("deny_claim"),
    "request_human": _person,
    "silence": _silent,
    "return": _simply("welcome_back"),
    "no_preference": _waived,
}
"""By act of the user; a reaction that gives True leaves the next step to the user."""
