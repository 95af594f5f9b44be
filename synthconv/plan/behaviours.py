"""Behaviours: how users stray from the straight way to their goal, each a small edit of the agenda.

A behaviour is a function of the user and of what the bot said last; it gives the user's turn, or None where this is no
place for it. Those of the catalogue's multi-turn edge cases and those that a scenario gives rates for are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from synthconv.plan.agenda import Heard, Move, User
from synthconv.plan.places import asides
from synthconv.plan.world import Fact
from synthconv.records import OUT_OF_SCOPE, IntentPlan, SlotValue

Behaviour = Callable[[User, Heard], Move | None]
BY_EDGE_CASE = {
    "interruption": "interrupt",
    "repeated_question": "repeat",
    "wrong_format_then_right": "wrong_format",
    "premature_goodbye": "early_thanks",
}
"""Edge cases of several turns whose behaviour has another name."""
EDGE_CASES = {behaviour: edge for edge, behaviour in BY_EDGE_CASE.items()}
ENDS = ("abandon", "early_thanks", "escalation")
"""Behaviours after which there is nothing more: a dialogue has one of them at most, and after all others."""
FIRST = ("multi_intent", "ambiguous")
"""Behaviours of the first turn."""
DEFAULTS = {
    "over_inform": 0.2,
    "correction": 0.35,
    "other_slot": 0.03,
    "change_of_mind": 0.04,
    "ask_back": 0.04,
    "digression": 0.05,
    "multi_intent": 0.03,
    "anaphora": 0.06,
    "wrong_format": 0.03,
    "two_values": 0.03,
    "refuse_value": 0.02,
    "interrupt": 0.02,
    "repeat": 0.02,
    "silence": 0.02,
    "come_back": 0.01,
    "abandon": 0.02,
    "early_thanks": 0.02,
}
"""Rates where a scenario gives none: those of service chats of people, as far as they can be counted."""
CRESCENDO = ("near_out_of_scope", "hijacking", "harmful_request")
"""The classes of messages by which a harmful request is built up."""


def edge_case_of(behaviour: str) -> str | None:
    """The edge case of the catalogue that a behaviour is; None for one that is none."""
    return None if behaviour == "over_inform" else EDGE_CASES.get(behaviour, behaviour)


def _at_work(heard: Heard) -> bool:
    """Whether the bot waits for something that the task needs."""
    return heard.has("request", "confirm", "offer", "clarify")


def _edge(move: Move, behaviour: str, *about: str) -> Move:
    move.edge, move.about = edge_case_of(behaviour), about
    return move


def _untold(user: User, heard: Heard) -> list[str]:
    """Slots that the user could tell beside those he is asked for."""
    goal = user.goal
    return [slot for slot in goal.facts if slot not in goal.told and slot not in heard.asked]


def _wanted(user: User, heard: Heard, fits: Callable[[Fact], bool] = lambda _: True) -> list[str]:
    """Slots that the bot asks for and the user knows."""
    return [slot for slot in heard.asked if slot in user.goal.facts and fits(user.goal.facts[slot])]


def _over_inform(user: User, heard: Heard) -> Move | None:
    asked, more = _wanted(user, heard), _untold(user, heard)
    if not asked or not more:
        return None
    move = Move()
    for slot in [*asked, *more[: user.random.choice((1, 1, 2))]]:
        user.tells(move, slot)
    return move


def _other_slot(user: User, heard: Heard) -> Move | None:
    more = _untold(user, heard)
    if not heard.has("request") or not _wanted(user, heard) or not more:
        return None
    slot = user.random.choice(more)
    return _edge(user.tells(Move(), slot), "other_slot", heard.asked[0])


def _correction(user: User, heard: Heard) -> Move | None:
    """Another value for one that was told: at a confirmation, beside an answer, or when the results are there."""
    state = user.state.frame.slots
    told = [slot for slot in user.goal.facts if slot in state and slot in user.goal.told]
    if _reported(heard):  # what was looked up is looked up again for what it depends on only
        told = [slot for slot in told if user.world.slots(user.goal.task)[slot].required]
    found = next((fact for slot in user.random.sample(told, len(told)) if (fact := _another(user, slot))), None)
    if found is None or not (_at_work(heard) or _reported(heard) or heard.has("notify_failure")):
        return None
    move = Move()
    if heard.has("confirm") or _reported(heard):
        move.act("negate")
    elif heard.has("offer"):
        move.act("request_alts")
    for slot in [slot for slot in _wanted(user, heard) if slot != found.slot][:1]:
        user.tells(move, slot)
    user.goal.facts[found.slot] = found
    return _edge(user.tells(move, found.slot), "correction", found.slot)


def _reported(heard: Heard) -> bool:
    """Whether the bot told what it looked up."""
    return heard.has("notify_success") and heard.has("inform")


def _another(user: User, slot: str) -> Fact | None:
    """Another value for a slot than the one in mind."""
    if user.offered and slot == user.offered[0].slot:
        return None
    fact = user.goal.facts[slot]
    if (fact.entity, user.world.tag) not in user.world.domain.samplers:
        return None
    return user.world.fact(slot, fact.entity, other_than=(fact.value,))


def _change_of_mind(user: User, heard: Heard) -> Move | None:
    if not _at_work(heard) or not user.coming:
        return None
    dropped = user.state.frame.task
    return _edge(_led(user.opens(user.coming.pop(0)), "cancel", dropped), "change_of_mind")


def _led(move: Move, act: str, value: str | None = None) -> Move:
    """`move` with an act before all others."""
    first = Move().act(act, None, value)
    move.acts[:0] = first.acts
    return move


def _interrupt(user: User, heard: Heard) -> Move | None:
    if not _at_work(heard):
        return None
    if user.coming:
        return _edge(_led(user.opens(user.coming.pop(0)), "interrupt"), "interrupt")
    return _aside(user, "interrupt")


def _digression(user: User, heard: Heard) -> Move | None:
    return _aside(user, "digression") if _at_work(heard) else None


def _aside(user: User, behaviour: str) -> Move | None:
    """A question of another intent that is no task at hand."""
    others = asides(user.world.domain, user.world.tag)
    if not others:
        return None
    intent = user.random.choice(others)
    plan, _ = user.world.opening(intent, (), {})
    move = Move(openings=[plan])
    if behaviour == "interrupt":
        move.act("interrupt_aside", None, intent)
    else:
        move.act("side_question", None, intent)
    return _edge(move, behaviour)


def _ask_back(user: User, heard: Heard) -> Move | None:
    asked = heard.of("request")
    return _edge(Move().act("request_reason", asked[0].slot), "ask_back", asked[0].slot or "") if asked else None


def _silence(user: User, heard: Heard) -> Move | None:
    return _edge(Move().act("silence"), "silence") if _at_work(heard) else None


def _come_back(user: User, heard: Heard) -> Move | None:
    if not _at_work(heard):
        return None
    user.script.append(_edge(Move().act("return"), "come_back"))
    return Move().act("silence")


def _abandon(user: User, heard: Heard) -> Move | None:
    if not _at_work(heard):
        return None
    user.script.append(_edge(Move().act("silence"), "abandon"))
    user.coming.clear()
    return _edge(Move().act("silence"), "abandon")


def _early_thanks(user: User, heard: Heard) -> Move | None:
    if not _at_work(heard):
        return None
    user.coming.clear()
    return _edge(Move().act("thank_you").act("goodbye"), "early_thanks")


def _repeat(user: User, heard: Heard) -> Move | None:
    """The words of the turn before once more."""
    last = user.last
    if last is None or not _at_work(heard) or not {act.act for act in last.acts} <= {"inform_intent", "inform"}:
        return None
    if {act.slot for act in last.acts if act.slot} & set(heard.asked) or any(act.act == "resume" for act in heard.acts):
        return None  # the slot is asked for anew, or another task is spoken of
    move = Move([*last.acts], [*last.values], [*last.openings], again=-1)
    return _edge(move, "repeat")


def _wrong_format(user: User, heard: Heard) -> Move | None:
    world = user.world
    for slot in _wanted(user, heard, lambda fact: world.sampler(fact.entity).misword is not None):
        fact, move = user.goal.facts[slot], Move()
        sampler = world.sampler(fact.entity)
        native = sampler.draw(user.random)[1]
        words = sampler.misword(native, user.random) if sampler.misword else None
        if words:
            move.act("inform_invalid", slot)
            move.values.append(SlotValue(slot, fact.entity, words, None))
            return _edge(move, "wrong_format", slot)
    return None


def _refuse_value(user: User, heard: Heard) -> Move | None:
    if not heard.has("request") or not (asked := _wanted(user, heard)):
        return None
    return _edge(Move().act("refuse_value", asked[0]), "refuse_value", asked[0])


def _two_values(user: User, heard: Heard) -> Move | None:
    for slot in _wanted(user, heard) if heard.has("request") else ():
        if other := _another(user, slot):
            fact, move = user.goal.facts[slot], Move()
            for one in user.random.sample([fact, other], 2):
                move.add("undecided", one, one.said(user.random))
            return _edge(move, "two_values", slot)
    return None


def _anaphora(user: User, heard: Heard) -> Move | None:
    """The one of a list by its place, or a value as it was in the task before."""
    if heard.has("offer") and len({fact.value for fact in user.offered}) > 1:
        fact = user.random.choice(list(user.offered))
        user.goal.facts[fact.slot] = fact
        user.goal.told.add(fact.slot)
        return _edge(Move().add("select", fact), "anaphora", fact.slot)
    for slot in _wanted(user, heard) if heard.has("request") else ():
        fact = user.goal.facts[slot]
        before = [goal.facts[slot] for goal in user.goals[:-1] if slot in goal.told and slot in goal.facts]
        if before and before[-1].entity == fact.entity:
            user.goal.facts[slot] = before[-1]
            user.goal.told.add(slot)
            return _edge(Move().add("inform", before[-1]), "anaphora", slot)
    return None


def _multi_intent(user: User, heard: Heard) -> Move | None:
    """The first turn asks for a second thing too: a task that waits for its turn, or a side question."""
    if user.goals:
        return None
    world, (task, *rest) = user.world, user.coming
    second = _bare_opening(user, rest[0]) if rest else None
    others = asides(world.domain, world.tag)
    if not second and not others:
        return None
    user.coming.pop(0)
    move = user.opens(task, held=world.places(task).held(user.pending, user.random))
    if second:
        user.want(user.coming.pop(0))
        move.openings.append(second)
        return _edge(move.act("inform_intent", None, rest[0]), "multi_intent")
    intent = user.random.choice(others)
    move.openings.append(world.opening(intent, (), {})[0])
    return _edge(move.act("side_question", None, intent), "multi_intent")


def _bare_opening(user: User, task: str) -> IntentPlan | None:
    """An utterance that begins a task and tells none of its slots, which the bot asks for later."""
    slots = user.world.slots(task)
    plan, facts = user.world.opening(user.world.tasks[task].intent, tuple(slots), {}, task)
    return plan if not facts and any(slot.required for slot in slots.values()) else None


def _ambiguous(user: User, heard: Heard) -> Move | None:
    """Words that fit two tasks open the dialogue; the bot asks which is meant."""
    if user.goals:
        return None
    tasks = user.world.tasks
    others = [name for name in tasks if name != user.coming[0]]
    other = user.random.choice(others) if others else ""
    move = Move().act("vague", None, user.coming[0])
    return _edge(move.act("vague", None, other), "ambiguous") if other else None


def _false_claim(user: User, heard: Heard) -> Move | None:
    return _edge(Move().act("claim_done"), "false_claim") if _at_work(heard) else None


def _escalation(user: User, heard: Heard) -> Move | None:
    if not _at_work(heard):
        return None
    user.coming.clear()
    for _ in range(user.random.choice((1, 2))):
        user.script.append(_edge(Move().act("request_human"), "escalation"))
    return _edge(Move().act("request_human"), "escalation")


def _indirect_injection(user: User, heard: Heard) -> Move | None:
    """A value, and beside it, as if quoted, orders to the bot."""
    if not heard.has("request") or not (asked := _wanted(user, heard)):
        return None
    move = user.tells(Move(), asked[0])
    move.openings.append(_outside(user, "prompt_injection"))
    return _edge(move.act("inject"), "indirect_injection", asked[0])


def _crescendo(user: User, heard: Heard) -> Move | None:
    """Three messages outside of all intents, each worse than the one before."""
    if not _at_work(heard):
        return None
    for edge in CRESCENDO:
        move = Move(openings=[_outside(user, edge)]).act("off_topic", None, edge)
        user.script.append(_edge(move, "crescendo"))
    if user.world.domain.outside("near_out_of_scope", user.world.tag):
        return user.script.pop(0)
    user.script.pop(0)
    return user.script.pop(0)


def _outside(user: User, edge: str) -> IntentPlan:
    """A message of the catalogue that is outside of all intents."""
    domain, tag = user.world.domain, user.world.tag
    found = domain.outside(edge, tag) or domain.outside("hijacking", tag)
    skeleton = user.random.choice(found)
    slots = user.random.choice(skeleton.combinations)
    words = [SlotValue(slot, slot, domain.filler(tag, slot)(user.random), None) for slot in slots]
    return IntentPlan(OUT_OF_SCOPE, skeleton.key, tuple(words))


BEHAVIOURS: Mapping[str, Behaviour] = {
    "over_inform": _over_inform,
    "other_slot": _other_slot,
    "correction": _correction,
    "change_of_mind": _change_of_mind,
    "ask_back": _ask_back,
    "digression": _digression,
    "silence": _silence,
    "repeat": _repeat,
    "wrong_format": _wrong_format,
    "refuse_value": _refuse_value,
    "two_values": _two_values,
    "multi_intent": _multi_intent,
    "anaphora": _anaphora,
    "interrupt": _interrupt,
    "abandon": _abandon,
    "come_back": _come_back,
    "early_thanks": _early_thanks,
    "ambiguous": _ambiguous,
    "false_claim": _false_claim,
    "escalation": _escalation,
    "indirect_injection": _indirect_injection,
    "crescendo": _crescendo,
}
"""Every behaviour by its name."""
