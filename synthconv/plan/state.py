"""The state of a dialogue: a pure fold over the acts of both speakers, which anybody may replay.

A frame is a task and the values told for it. Tasks that are put off wait; what finishes a task closes its frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from synthconv.records import DialogueAct


@dataclass(frozen=True, slots=True)
class Frame:
    """A task, the values told for it by slot, and whether it is over."""

    task: str | None = None
    slots: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """The frame that is spoken of, those that wait (the next one last), and whether the user just cut in."""

    frame: Frame = Frame()
    waiting: tuple[Frame, ...] = ()
    cut_in: bool = False


def step(state: State, speaker: str, acts: Iterable[DialogueAct]) -> State:
    """The state after a turn of acts of the user or the bot; most acts change nothing."""
    changes = CHANGES[speaker]
    for act in acts:
        if change := changes.get(act.act):
            state = change(state, act)
    return state


def replay(turns: Iterable[tuple[str, Iterable[DialogueAct]]]) -> Iterator[State]:
    """The state after each turn, from the speakers and acts of all turns alone."""
    state = State()
    for speaker, acts in turns:
        state = step(state, speaker, acts)
        yield state


def told(turns: Iterable[tuple[str, Iterable[DialogueAct]]]) -> dict[str, Mapping[str, str]]:
    """The values last told for each task, by the same fold."""
    state, found = State(), dict[str, Mapping[str, str]]()
    for speaker, acts in turns:
        for act in acts:
            before, state = state, step(state, speaker, (act,))
            if state is not before:
                found |= {frame.task: frame.slots for frame in (*state.waiting, state.frame) if frame.task}
    return found


def _inform(state: State, act: DialogueAct) -> State:
    slots = {**state.frame.slots, act.slot or "": act.value or ""}
    return State(Frame(state.frame.task, slots), state.waiting, state.cut_in)


def _select(state: State, act: DialogueAct) -> State:
    """The choice is made, and the task of finding something to choose from is over."""
    return replace(state, frame=replace(_inform(state, act).frame, closed=True))


def _begin(state: State, act: DialogueAct) -> State:
    """A task begins: beside another it waits, and one that is cut into waits for it."""
    frame, task = state.frame, act.value
    if frame.task == task and not frame.closed:
        return state
    if frame.task is None:
        return replace(state, frame=Frame(task, frame.slots), cut_in=False)
    if frame.closed:
        return replace(state, frame=Frame(task), cut_in=False)
    if state.cut_in:
        return State(Frame(task), (*state.waiting, frame))
    if any(waits.task == task for waits in state.waiting):  # asked for again
        return state
    return replace(state, waiting=(Frame(task), *state.waiting))


def _cancel(state: State, _act: DialogueAct) -> State:
    return replace(state, frame=Frame())


def _interrupt(state: State, _act: DialogueAct) -> State:
    return replace(state, cut_in=True)


def _close(state: State, _act: DialogueAct) -> State:
    frame = state.frame
    return state if frame.closed else State(Frame(frame.task, frame.slots, closed=True), state.waiting)


def _resume(state: State, act: DialogueAct) -> State:
    """A task that waited is spoken of again."""
    found = next((frame for frame in reversed(state.waiting) if frame.task == act.value), None)
    if found is None:
        return state
    return State(found, tuple(frame for frame in state.waiting if frame is not found))


Change = Callable[[State, DialogueAct], State]
CHANGES: dict[str, dict[str, Change]] = {
    "user": {
        "inform": _inform,
        "select": _select,
        "inform_intent": _begin,
        "affirm_intent": _begin,
        "cancel": _cancel,
        "interrupt": _interrupt,
    },
    "bot": {
        "notify_success": _close,
        "req_more": _close,
        "offer_intent": _close,
        "hand_off": _close,
        "close": _close,
        "goodbye": _close,
        "resume": _resume,
    },
}
"""What each act does to the state, by speaker. A failure closes nothing: the bot may ask for other values."""
