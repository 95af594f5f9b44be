"""The user of a dialogue: a goal, what is told of it, patience, and the ordinary answer to what the bot said last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from synthconv.plan.state import State
from synthconv.plan.world import Fact, World, renamed
from synthconv.records import DialogueAct, Expectation, IntentPlan, SlotValue

OPTIONAL, MOST_OPTIONAL = 0.25, 2
"""How likely a user has a value for an optional slot, and for how many at most."""
ALTERNATIVES, QUESTIONS = 0.52, 0.42
"""How likely a user asks for another offer, and for a fact, each time he might."""
GIVES_BOTH = 0.85
"""How likely a user who is asked for two values gives both at once."""
ASKS_AFTER, ASKS_WITH, THANKS, LEAVES = 0.25, 0.3, 0.85, 0.3
"""How likely a user asks for a fact of what was done, or with his yes, thanks at the end, and says goodbye himself."""
GOES_ON_AT_ONCE, ENDS_AT_ONCE, TRIES_AGAIN = 0.5, 0.35, 0.45
"""How likely a user who takes an offer names his next task in the same turn, or ends in it; and how likely he tries
another value after a failure."""
TAKES_OFFER = 0.6
"""How likely a user whose goal has no other task takes up one that the bot offers."""
HURRY = 8
"""With so few turns left a user asks for nothing more."""


@dataclass
class Move:
    """A turn in the making: its acts, the values that are said, the utterances it begins with, what edge case it is."""

    acts: list[DialogueAct] = field(default_factory=list)
    values: list[SlotValue] = field(default_factory=list)
    openings: list[IntentPlan] = field(default_factory=list)
    edge: str | None = None
    about: tuple[str, ...] = ()
    again: int | None = None
    expect: Expectation | None = None

    def act(self, name: str, slot: str | None = None, value: str | None = None) -> Move:
        """Add an act."""
        self.acts.append(DialogueAct(name, slot, value))
        return self

    def add(self, name: str, fact: Fact, words: SlotValue | None = None) -> Move:
        """Add an act about a fact, said in `words`; one without words refers to what is known."""
        self.acts.append(DialogueAct(name, fact.slot, fact.value))
        if words:
            self.values.append(words)
        return self


@dataclass(frozen=True)
class Heard:
    """What the bot said last, by act."""

    acts: Sequence[DialogueAct] = ()

    def of(self, name: str) -> list[DialogueAct]:
        """The acts of that name."""
        return [act for act in self.acts if act.act == name]

    @property
    def asked(self) -> list[str]:
        """The slots that the bot asks for."""
        return list(dict.fromkeys(act.slot for act in self.acts if act.act in ("request", "clarify") and act.slot))

    def has(self, *names: str) -> bool:
        """Whether one of the acts was said."""
        return any(act.act in names for act in self.acts)


@dataclass
class Goal:
    """What a user wants of a task: the values in his mind, which of them are held back for later, which were told."""

    task: str
    facts: dict[str, Fact]
    held: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)


class User:
    """One user; what he says is pure in the randomness of his world."""

    def __init__(self, world: World, tasks: Sequence[str], pending: Sequence[str]) -> None:
        self.world, self.random = world, world.random
        self.coming = list(tasks)
        self.goals: list[Goal] = []
        self.pending, self.shown = list(pending), list[str]()
        self.state, self.room = State(), 0
        self.offered: Sequence[Fact] = ()
        self.unasked = list[str]()
        self.hopeless = False
        self.last: Move | None = None
        self.patience = world.random.choice((1, 2, 2, 3))
        self.script: list[Move] = []

    @property
    def goal(self) -> Goal:
        """The goal that is spoken of."""
        task = self.state.frame.task
        last = self.goals[-1] if self.goals else Goal("", {})
        return next((goal for goal in reversed(self.goals) if goal.task == task), last)

    @property
    def hurried(self) -> bool:
        """Whether the turns are running out."""
        return self.room <= HURRY

    def want(self, task: str, held: Sequence[str] = ()) -> Goal:
        """A new goal: a value for each required slot and some optional ones, as in the tasks before where they fit."""
        world, slots = self.world, self.world.slots(task)
        facts: dict[str, Fact] = {}
        optional = 0
        for name, slot in slots.items():
            if not slot.required:
                if name not in held and (optional >= MOST_OPTIONAL or self.random.random() >= OPTIONAL):
                    continue
                optional += 1
            facts[name] = self.known(name, slot.entity) or world.field(name, slot.entity)
        self.goals.append(Goal(task, facts, set(held) & set(facts)))
        return self.goals[-1]

    def known(self, slot: str, entity: str) -> Fact | None:
        """What the user said for the same slot in an earlier task."""
        known = (goal.facts[slot] for goal in reversed(self.goals) if slot in goal.told and slot in goal.facts)
        return next((fact for fact in known if fact.entity == entity), None)

    def opens(self, task: str, *, held: Sequence[str] = (), act: str = "inform_intent") -> Move:
        """The utterance that begins a task."""
        if self.goals and "anaphora" in self.pending:
            held = [name for name, slot in self.world.slots(task).items() if self.known(name, slot.entity)]
        goal = self.want(task, held)
        intent = self.world.tasks[task].intent
        plan, facts = self.world.opening(intent, goal.held, goal.facts, task)
        move = Move(openings=[plan]).act(act, None, task)
        for fact in facts:
            goal.facts[fact.slot] = fact
            goal.told.add(fact.slot)
            move.add("inform", fact)
        return move

    def goes_on(self, task: str, chosen: Fact, spoken: SlotValue | None) -> Move:
        """Take an offer and name the next task in one turn; what was chosen or told before is meant there too."""
        slots = self.world.slots(task)
        required = {name: slot for name, slot in slots.items() if slot.required}
        known = {name: fact for name, slot in required.items() if (fact := self.known(name, slot.entity))}
        move = self.opens(task, held=list(known))
        for name, fact in known.items():
            self.goal_of(task).facts[name] = fact
            self.goal_of(task).told.add(name)
            move.add("inform", fact)
        first = Move().add("select", chosen, spoken)
        move.acts[:0], move.values[:0] = first.acts, first.values
        return move

    def goal_of(self, task: str) -> Goal:
        """The goal of a task that was begun."""
        return next(goal for goal in reversed(self.goals) if goal.task == task)

    def answer(self, heard: Heard) -> Move:
        """What a user says who goes along with the bot."""
        if self.script:
            return self.script.pop(0)
        for name, reply in ANSWERS.items():
            if heard.has(name):
                return reply(self, heard)
        return _chooses(self, heard) if self.offered else self.ends(heard)

    def tells(self, move: Move, slot: str) -> Move:
        """Tell the value of a slot."""
        fact = self.goal.facts[slot]
        self.goal.told.add(slot)
        return move.add("inform", fact, fact.said(self.random))

    def ends(self, heard: Heard) -> Move:
        """Go on to the next task, or ask for a fact of what was done, or end."""
        if self.coming and not self.hurried:
            return self.opens(self.coming.pop(0))
        if self.unasked and not self.hurried and self.random.random() < ASKS_AFTER:
            return self.asks(Move())
        move, asked = Move(), heard.has("req_more", "offer_intent")
        failed = heard.has("notify_failure") and not self.hopeless
        if failed and self.patience > 0 and self.random.random() < TRIES_AGAIN:
            self.patience -= 1
            if fact := self.another():
                return self.tells(move, fact)
        if self.state.waiting:
            return move.act("thank_you")
        if asked:
            move.act("negate_intent" if heard.has("offer_intent") else "negate")
        if self.random.random() < THANKS or not move.acts:
            move.act("thank_you")
        if self.random.random() < LEAVES:
            move.act("goodbye")
        return move

    def another(self) -> str:
        """A slot that was told and has another value in mind now; "" if no other can be had."""
        goal, slots = self.goal, self.world.slots(self.goal.task)
        told = [slot for slot in sorted(self.state.frame.slots) if slot in slots and slots[slot].required]
        for slot in self.random.sample(told, len(told)):
            known = goal.facts.get(slot)
            drawn = known and (known.entity, self.world.tag) in self.world.domain.samplers
            fact = self.world.fact(slot, known.entity, other_than=(known.value,)) if known and drawn else None
            if fact:
                goal.facts[slot] = fact
                return slot
        return ""

    def asks(self, move: Move) -> Move:
        """Ask for a fact of what is offered or done, or for two."""
        for _ in range(2 if self.random.random() < 0.2 and len(self.unasked) > 1 else 1):
            move.act("request", self.unasked.pop(self.random.randrange(len(self.unasked))))
        return move


def _gives(user: User, heard: Heard) -> Move:
    """The values that are asked for; one without an opinion says so."""
    asked, goal = heard.asked, user.goal
    if len(asked) > 1 and user.random.random() >= GIVES_BOTH:
        asked = asked[:1]
    move = Move()
    for slot in asked:
        if slot in goal.facts:
            if user.state.frame.slots.get(slot) == goal.facts[slot].value:  # it was told, and did not do
                goal.facts[slot] = user.world.fact(slot, goal.facts[slot].entity) or goal.facts[slot]
            user.tells(move, slot)
        elif not user.world.slots(user.goal.task)[slot].required:
            move.act("no_preference", slot)
    return move if move.acts else move.act("no_preference", asked[0])


def _chooses(user: User, heard: Heard) -> Move:
    """Ask about the offer, want another, or take it."""
    if user.unasked and not user.hurried and user.random.random() < QUESTIONS:
        return user.asks(Move())
    wants_more = user.patience > 0 and not heard.has("no_alternatives") and not user.hurried
    if wants_more and len(user.offered) == 1 and user.random.random() < ALTERNATIVES:
        user.patience -= 1
        return Move().act("request_alts")
    fact = user.offered[0] if len(user.offered) == 1 else user.random.choice(list(user.offered))
    spoken = fact.said(user.random) if len(user.offered) > 1 or user.random.random() < 0.1 else None
    user.goal.facts[fact.slot] = fact
    user.goal.told.add(fact.slot)
    if user.coming and not user.hurried and user.random.random() < GOES_ON_AT_ONCE:
        return user.goes_on(user.coming.pop(0), fact, spoken)
    move = Move().add("select", fact, spoken)
    if not user.coming and not user.pending and not user.state.waiting and user.random.random() < ENDS_AT_ONCE:
        move.act(user.random.choice(("thank_you", "goodbye", "goodbye")))
    return move


def _takes_up(user: User, heard: Heard) -> Move:
    """Yes or no to the task that the bot offers to do next; what was chosen before is meant where it fits."""
    task = heard.of("offer_intent")[0].value or ""
    wanted = task in user.coming or (user.random.random() < TAKES_OFFER and not user.hurried)
    if not wanted or (user.coming and user.coming[0] != task):
        return user.ends(heard)
    user.coming = [name for name in user.coming if name != task]
    known = user.goal.facts
    slots = user.world.slots(task)
    goal = user.want(task)
    move = Move().act("affirm_intent", None, task)
    for name, slot in slots.items():
        same = known.get(name)
        if same and slot.required and same.entity == slot.entity and name in user.state.frame.slots:
            goal.facts[name] = renamed(same, name)
            goal.told.add(name)
            move.add("inform", goal.facts[name])
    return move


def _confirms(user: User, _heard: Heard) -> Move:
    """Yes, at times with a question about what is to come."""
    move, task = Move().act("affirm"), user.goal.task
    fields = [name for name in user.world.fields(task) if name not in user.state.frame.slots]
    return move.act("request", user.random.choice(fields)) if fields and user.random.random() < ASKS_WITH else move


ANSWERS: dict[str, Callable[[User, Heard], Move]] = {
    "clarify_intent": lambda user, heard: user.opens(user.coming.pop(0)),
    "clarify": _gives,
    "request": _gives,
    "confirm": _confirms,
    "offer": _chooses,
    "no_alternatives": _chooses,
    "offer_intent": _takes_up,
}
"""The ordinary answer to each act of the bot, the most pressing first."""
