"""Acts in words: what a user's turn does, as a model is told that is to write it."""

from __future__ import annotations

from collections.abc import Callable

from synthconv.plan.names import words_of
from synthconv.realise.story import Told
from synthconv.realise.user_turns import offers
from synthconv.records import DialogueAct, SlotValue, TurnPlan

PLAIN = {
    "affirm_intent": "says yes to what the bot offers to do",
    "negate_intent": "declines what the bot offers to do",
    "request_alts": "asks for another one than the bot offers",
    "thank_you": "thanks",
    "goodbye": "says goodbye",
    "cancel": "drops what it asked for until now",
    "interrupt": "cuts in with another matter that comes first",
    "return": "is back after having been away",
    "request_human": "wants to talk to a person",
    "claim_done": "claims that this was done already, which is not so",
}
"""Acts that need no more words than these."""
NAMED = {
    "inform_invalid": "gives the {name}, in the wrong form in which it stands under slots",
    "undecided": "names both values for the {name} and cannot decide",
    "refuse_value": "will not say the {name}",
    "no_preference": "has no {name} in mind, or does not know it",
    "request_reason": "asks why the {name} is needed, and does not say it",
}
"""Acts that are about a slot."""
ASIDE = {"side_question": "asks something else in between", "interrupt_aside": "cuts in with another question"}
"""Acts that are about an intent that is no task at hand."""
BEGINS = ("inform_intent", "affirm_intent")
"""Acts after which the values of a turn are those of another task than before."""
ENDS = ("req_more", "hand_off")
"""Acts of the bot after which a no means that there is nothing else."""


def acts_in_words(told: Told, turn: TurnPlan) -> list[str]:
    """What a user's turn does, one thing each; `told.number` is its number."""
    found = dict.fromkeys(_in_words(told, turn, act) for act in turn.acts)
    leaves = ["leaves, though the bot still waits for an answer"] if turn.edge_case == "premature_goodbye" else []
    return [words for words in found if words] + leaves


def _in_words(told: Told, turn: TurnPlan, act: DialogueAct) -> str:
    if act.act in PLAIN:
        return PLAIN[act.act]
    if act.act in NAMED:
        return NAMED[act.act].format(name=told.name(act.slot))
    if act.act in ASIDE:
        return f'{ASIDE[act.act]}: "{words_of(act.value or "")}"'
    return SPECIAL[act.act](told, turn, act) if act.act in SPECIAL else ""


def _begins(told: Told, _turn: TurnPlan, act: DialogueAct) -> str:
    task = told.tasks.get(act.value or "")
    return f'wants this to be done: "{words_of(task.intent if task else act.value or "")}"'


def _informs(told: Told, turn: TurnPlan, act: DialogueAct) -> str:
    """A value that is told: asked for or not, new or changed, said or only meant."""
    name = told.name(act.slot)
    if _said(turn, act) is None:
        return f"means the {name} of before, and does not name it" + (
            ", as in: the same as before" if turn.edge_case == "anaphora" else ""
        )
    begins = any(one.act in BEGINS for one in turn.acts)
    if not begins and told.state.get(act.slot or "", act.value) != act.value:
        return f"changes the {name} to the one under slots, without naming the one before"
    if any(asked.slot == act.slot for asked in told.heard_acts("request", "clarify")):
        return f"answers the bot's question for the {name}"
    return f"tells the {name}"


def _requests(told: Told, _turn: TurnPlan, act: DialogueAct) -> str:
    """A fact that is asked for, and of what kind it is where its name does not say it."""
    name, results = act.slot or "", (one.results for task in told.tasks.values() for one in task.outcomes.values())
    kind = next((words_of(one.entity(name)) for one in results if one and name in one.names), "")
    return f'asks the bot for this: "{told.name(name)}"' + (f" ({kind})" if kind not in ("", told.name(name)) else "")


def _selects(told: Told, turn: TurnPlan, act: DialogueAct) -> str:
    """An offer that is taken: by its name, by its place in the list, or the only one there is."""
    if _said(turn, act):
        return f"takes the {told.name(act.slot)} under slots"
    listed = [offer.value for offer in offers(told) if offer.slot == act.slot]
    if len(listed) > 1 and act.value in listed:
        return f"takes number {listed.index(act.value) + 1} of those listed, by its place and without naming it"
    return "takes what the bot offers, without naming it"


def _affirms(told: Told, _turn: TurnPlan, _act: DialogueAct) -> str:
    read = told.heard_acts("confirm")
    return "says yes to what the bot read back, and repeats nothing of it" if read else "says yes"


def _negates(told: Told, turn: TurnPlan, _act: DialogueAct) -> str:
    if any(act.act == "inform" for act in turn.acts):
        return "says that something is not right"
    return "says that there is nothing else" if told.heard_acts(*ENDS) else "says no"


def _hints(told: Told, turn: TurnPlan, _act: DialogueAct) -> str:
    intents = [told.tasks[act.value or ""].intent for act in turn.acts if act.act == "vague"]
    both = " and ".join(f'"{words_of(intent)}"' for intent in intents)
    return f"says a few vague words that could mean each of {both}, so that the bot has to ask which"


def _said(turn: TurnPlan, act: DialogueAct) -> SlotValue | None:
    """The words of the turn for the value of an act."""
    return next((value for value in turn.slots if (value.slot, value.value) == (act.slot, act.value)), None)


SPECIAL: dict[str, Callable[[Told, TurnPlan, DialogueAct], str]] = {
    "inform_intent": _begins,
    "inform": _informs,
    "request": _requests,
    "select": _selects,
    "affirm": _affirms,
    "negate": _negates,
    "vague": _hints,
}
"""Acts whose words depend on what was said before."""
