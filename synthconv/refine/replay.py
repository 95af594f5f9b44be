"""Replay: the proof that the states, actions and goal of a dialogue are those that its acts lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from synthconv.plan.domain import Domain
from synthconv.plan.state import State, replay, told
from synthconv.plan.world import tasks_of
from synthconv.records import Example, Rejection, Story, TurnPlan
from synthconv.stages import Item, Stage


def replayed(domain: Domain) -> Stage:
    """A stage that refuses a dialogue whose record differs from the replay of its acts; utterances pass."""

    def stage(example: Example) -> Iterator[Item]:
        plans, story = [turn.plan for turn in example.turns], example.outline.story
        if story is None:
            yield example
            return
        states = list(replay((plan.speaker, plan.acts) for plan in plans))
        before = [State(), *states]
        fault = next((f for at, plan in enumerate(plans) if (f := _fault(domain, plan, before[at : at + 2], at))), "")
        if fault := fault or _goal_fault(story, told((plan.speaker, plan.acts) for plan in plans)):
            yield Rejection(example.id, "checks", "state_mismatch", fault, outline=example.outline)
        else:
            yield example

    return stage


def _fault(domain: Domain, plan: TurnPlan, around: Sequence[State], at: int) -> str:
    """What is wrong with a turn: its state, or an action that neither the state before nor the one after it allows."""
    frame = around[1].frame
    if plan.speaker == "user" and dict(plan.state or {}) != dict(frame.slots):
        return f"turn {at}: the state is {dict(plan.state or {})}, its acts lead to {dict(frame.slots)}"
    if plan.action is None:
        return ""
    frame = next((state.frame for state in around if state.frame.task == plan.action), frame)
    if frame.task != plan.action:
        return f"turn {at}: the action is {plan.action}, the task is {frame.task}"
    intent = domain.scenario.model.intents[tasks_of(domain)[plan.action].intent]
    missing = [name for name, slot in intent.slots.items() if slot.required and name not in frame.slots]
    return f"turn {at}: the action {plan.action} lacks {', '.join(missing)}" if missing else ""


def _goal_fault(story: Story, last: Mapping[str, Mapping[str, str]]) -> str:
    """Whether the values last told for a task are not those that the user means."""
    for task, values in story.goal.items():
        if dict(last.get(task, {})) != dict(values):
            return f"{task}: the user means {dict(values)}, the state is {dict(last.get(task, {}))}"
    return ""
