"""The simulator: a user and a bot take turns over one state until their dialogue is over; then it is an outline.

Nothing is worded here but the surfaces of values: an outline of a dialogue is acts, states and actions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from synthconv.plan.agenda import Heard, Move, User
from synthconv.plan.behaviours import BEHAVIOURS, BY_EDGE_CASE, ENDS, FIRST
from synthconv.plan.domain import Domain
from synthconv.plan.outlines import SAME_SPLIT_ATTEMPTS, Planner
from synthconv.plan.places import ABOUT_ASKED
from synthconv.plan.policy import Bot, Reply
from synthconv.plan.rows import Row, shares_of_splits
from synthconv.plan.schedule import DialogueRow, behaviours_of
from synthconv.plan.state import State, step
from synthconv.plan.world import Fact, World
from synthconv.records import Expectation, IntentPlan, Outline, Story, TurnPlan
from synthconv.scenario.catalogue import catalogue
from synthconv.seeds import digest, stream

SHOWS = 0.6
"""How likely a behaviour shows at a place for it; where one was missed, another simulation takes every place."""
STRICT = 3
"""Attempts at a dialogue that must show every behaviour planned for it; an edge case must show in all."""
GOES_ON = 0.55
"""How likely a user who could go on to another task means to from the beginning."""
TAKES_ASKED = ("other_slot", "over_inform")
"""Behaviours that leave less to be asked for, and so come after others."""


class Simulator:
    """Makes outlines for the rows of a domain; pure, but for what it has worked out once."""

    def __init__(self, domain: Domain) -> None:
        self.domain, self.planner = domain, Planner(domain)
        self._stream, self._shares = stream(domain.scenario.seed, "dialogue"), shares_of_splits(domain)

    def outline(self, row: Row | DialogueRow, attempt: int) -> Outline:
        """The outline of the `attempt`-th try at a row: an utterance is a dialogue of one turn, and planned at once."""
        if isinstance(row, Row):
            return self.planner.outline(row, attempt)
        ident = digest("dialogue", row.task, row.cell, row.k, attempt)
        if attempt >= SAME_SPLIT_ATTEMPTS:  # a small split may have one opening that will not do
            row = replace(row, wanted_split=max(self._shares, key=self._shares.__getitem__))
        wanted = behaviours_of(row)
        for eager in range(3):
            outline = Talk(self, row, ident, self._stream(digest(ident, eager)), wanted, eager).outline(attempt)
            if not outline.story or not outline.story.missed:
                break
        return outline


class Talk:
    """One dialogue while it is simulated.

    If `eager`, behaviours take the first place that comes; if it is 2, those that put another task first come first.
    """

    def __init__(
        self, simulator: Simulator, row: DialogueRow, ident: str, random: Random, wanted: Sequence[str], eager: int
    ) -> None:
        self.simulator, self.row, self.ident, self.eager = simulator, row, ident, eager
        model = simulator.domain.scenario.model
        assert model.dialogues is not None
        self.most = model.dialogues.max_turns
        self.world = World(simulator.planner, row.cell.language, row.wanted_split, random)
        self.wanted = tuple(wanted)
        self.user = User(self.world, self._tasks(), wanted)
        places = self.world.places(row.task)
        listing = "anaphora" in wanted and places.offers
        self.bot = Bot(self.world, self._mind, listing=listing, sure=places.asked_for(wanted))
        self.turns: list[TurnPlan] = []
        self.state = State()

    def _tasks(self) -> list[str]:
        """The tasks that the user comes for: the row's, and others where behaviours or his wishes take one more."""
        world, first = self.world, self.row.task
        places = world.places(first)
        tasks = [first]
        if "anaphora" in self.wanted and not places.offers and places.shared:
            tasks.append(world.random.choice(places.shared))
        elif (number := len(set(self.wanted) & {"change_of_mind", "interrupt", "multi_intent"})) and places.others:
            tasks += world.random.sample(places.others, min(number, len(places.others)))
        elif world.random.random() < GOES_ON:
            following = [name for name in world.tasks[first].next if name in places.others]
            tasks += [world.random.choice(following)] if following else []
        return list(dict.fromkeys(tasks))

    def _mind(self, task: str) -> Mapping[str, Fact]:
        """The values that the user means in a task."""
        return next((goal.facts for goal in reversed(self.user.goals) if goal.task == task), {})

    def outline(self, attempt: int) -> Outline:
        """The dialogue, simulated."""
        heard, told = Heard(), set[tuple[str, str | None]]()
        while len(self.turns) + 2 <= self.most and not self.bot.over:
            self.user.state, self.user.room = self.state, self.most - len(self.turns)
            self.user.offered, self.user.hopeless = self.bot.offered, self.bot.hopeless
            told |= {(value.slot, value.value) for turn in self.turns[-2:] for value in turn.slots}
            record = self.bot.record
            self.user.unasked = [
                name for name in record if name not in record.known or (name, record[name].value) not in told
            ]
            move = self._move(heard)
            self.state = step(self.state, "user", move.acts)
            self._add_user(move)
            if len(self.turns) == 1 and set(self.wanted) & set(ABOUT_ASKED) - set(TAKES_ASKED):
                self.bot.curious = self.user.goal.held  # what a behaviour waits for is asked, needed or not
            reply = self.bot.reply(self.state, move.acts, move.values)
            self.state = step(self.state, "bot", reply.acts)
            self._add_bot(reply)
            heard = Heard([*reply.acts, *heard.acts] if reply.acts[0].act == "remind" else reply.acts)
        return self._outline(attempt)

    def _move(self, heard: Heard) -> Move:
        """What the user says: a behaviour that has its place here, or the ordinary answer."""
        user = self.user
        if len(self.turns) + 4 > self.most:
            return Move().act("thank_you").act("goodbye")
        if not user.script:
            for name in self._due():
                if not self.eager and user.goals and self.world.random.random() >= SHOWS:
                    continue
                if move := BEHAVIOURS[name](user, heard):
                    user.pending.remove(name)
                    user.shown.append(name)
                    return move
        if not user.goals and not heard.acts:
            task = user.coming.pop(0)
            return user.opens(task, held=self.world.places(task).held(user.pending, self.world.random))
        return user.answer(heard)

    def _due(self) -> list[str]:
        """The behaviours that may show now: those of the first turn first, those that end it all last."""
        user, pending = self.user, list(self.user.pending)
        if not user.goals and not self.turns:
            return [name for name in pending if name in FIRST][:1]
        early = [name for name in pending if name not in (*FIRST, *ENDS, "change_of_mind", "interrupt")]
        early.sort(key=lambda name: ("other_slot", "over_inform").index(name) if name in TAKES_ASKED else -1)
        cuts = [name for name in ("interrupt", "change_of_mind") if name in pending]
        if self.eager > 1 and cuts:
            return [*cuts[:1], *early]
        blocking = [name for name in early if name != "anaphora"]
        if early and user.room > 4 and (blocking or not user.coming):
            return early
        return [*early, *cuts[:1]] or [name for name in pending if name in ENDS]

    def _add_user(self, move: Move) -> None:
        state, task = self.state, self.state.frame.task
        about = IntentPlan(self.world.tasks[task].intent if task else "", "", tuple(move.values))
        intents = (*move.openings, *([about] if move.values or not move.openings else []))
        edge = catalogue().edge_cases.get(move.edge or "")
        behaviour = edge.behaviour if edge else ""
        expect = Expectation(behaviour, tuple(slot for slot in move.about if slot)) if edge else None
        again = len(self.turns) - 2 if move.again is not None else None
        self.turns.append(
            TurnPlan("user", intents, tuple(move.acts), dict(state.frame.slots), None, move.edge, expect, again)
        )
        self.user.last = move

    def _add_bot(self, reply: Reply) -> None:
        unscripted = [value for value in reply.values if not reply.script or value not in reply.script.slots]
        plans = (*([reply.script] if reply.script else []), IntentPlan("", "", tuple(unscripted)))
        self.turns.append(TurnPlan("bot", plans, tuple(reply.acts), action=reply.action))

    def _outline(self, attempt: int) -> Outline:
        goal = {
            goal.task: {slot: goal.facts[slot].value for slot in goal.facts if slot in goal.told}
            for goal in self.user.goals
        }
        outcomes = {task: self.bot.outcomes.get(task, "unfinished") for task in goal}
        missed = tuple(self.user.pending)
        edge = self.row.cell.edge_case
        if attempt >= STRICT:
            missed = tuple(name for name in missed if edge and name == BY_EDGE_CASE.get(edge, edge))
        story = Story(self.row.task, goal, tuple(outcomes.items()), tuple(self.user.shown), missed)
        opening = next((plan for plan in self.turns[0].intents if plan.skeleton), None)
        tag = self.row.cell.language
        domain = self.simulator.domain
        split = domain.skeleton(opening.intent, tag, opening.skeleton).split if opening else self.row.wanted_split
        style = self.simulator.planner.style(self.row.cell.persona, 0, self.world.random)
        case = catalogue().edge_cases[edge] if edge else None
        return Outline(
            self.ident,
            self.row.intent,
            self.row.cell,
            style,
            split,
            tuple(self.turns),
            Expectation(case.behaviour) if case else None,
            story=story,
        )
