"""The bot of a dialogue: a small policy that follows from the task alone.

It deals with what the user just did, then takes the next step: ask what is missing, read back, act, tell the outcome,
offer what was found, and end.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from synthconv.plan.backend import RETRIES, Result, call
from synthconv.plan.places import may_be_asked
from synthconv.plan.reactions import REACTIONS
from synthconv.plan.state import State, step
from synthconv.plan.world import NO_RECORD, Fact, Record, World
from synthconv.records import DialogueAct, IntentPlan, SlotValue
from synthconv.scenario.patterns import Node, Slots, parse

ASKS_TWO, ASKS_THREE, OPTIONAL, LISTS = 0.33, 0.25, 0.1, 0.08
"""How likely a bot asks for two values at once, then for a third, for an optional one; and offers a list."""
MORE, NEXT, FACTS, THANKED = 0.15, 0.5, 3, 0.7
"""How likely it asks for more wishes at once, offers the next task; how many facts of an offer it tells unasked; how
likely it asks for more wishes when it is thanked."""
MOST_ASKED = 4
"""How often a bot asks for one value before it hands over to a person."""
MOST_LISTED, READS_ALL, RETOLD, PHRASED, ECHOES = 4, 0.5, 0.6, 0.65, 0.2
"""How many things it lists; how likely it reads all back again after a change, tells of another offer in the author's
words, reads back by the author's phrase where there is one, and says a value back before it asks on."""
READ_BACK = "read_back"
"""What stands for the outcome where the author's text is that of the reading back."""


@dataclass
class Reply:
    """A bot's turn in the making; `script` is the author's text for it, if there is one, with the values in it."""

    acts: list[DialogueAct] = field(default_factory=list)
    values: list[SlotValue] = field(default_factory=list)
    script: IntentPlan | None = None
    action: str | None = None

    def act(self, name: str, slot: str | None = None, value: str | None = None) -> Reply:
        """Add an act."""
        self.acts.append(DialogueAct(name, slot, value))
        return self

    def tell(self, name: str, fact: Fact) -> Reply:
        """Add an act about a fact that the bot says."""
        self.acts.append(DialogueAct(name, fact.slot, fact.value))
        self.values.append(fact.shown)
        return self


@dataclass
class Work:
    """What a bot did for one task: what it read back, the slots it acted on, what came back, what is offered of it."""

    read: dict[str, str] = field(default_factory=dict)
    affirmed: Mapping[str, str] | None = None
    acted: Mapping[str, str] | None = None
    result: Result | None = None
    at: int = 0
    listed: bool = False
    chosen: bool = False
    failures: int = 0
    said: set[int] = field(default_factory=set)
    again: Sequence[str] = ()


class Bot:
    """One bot; `mind` gives the values that the user may mean in a task, by slot, for their words.

    Optional slots of the first task that are in `sure` it asks for in any case.
    """

    def __init__(
        self,
        world: World,
        mind: Callable[[str], Mapping[str, Fact]],
        *,
        listing: bool = False,
        sure: frozenset[str] = frozenset(),
    ) -> None:
        self.world, self.random, self.mind, self.listing, self.sure = world, world.random, mind, listing, sure
        self.state, self.works = State(), defaultdict[str | None, Work](Work)
        self.asked: Counter[tuple[str | None, str]] = Counter()
        self.waived, self.extra = set[tuple[str | None, str]](), dict[str, list[str]]()
        self.outcomes: dict[str, str] = {}
        self.curious: Collection[str] = ()
        self.silent = self.human = 0
        self.heard: Sequence[SlotValue] = ()
        self.over = False

    @property
    def more(self) -> bool:
        """Whether the bot asked for more wishes already."""
        return self.asked[None, "more"] > 0

    @property
    def work(self) -> Work:
        """What was done for the task that is spoken of."""
        return self.works[self.state.frame.task]

    @property
    def hopeless(self) -> bool:
        """Whether no other value can help after what the back end said."""
        return self.work.result is not None and self.work.result.model.reask == []

    @property
    def offered(self) -> list[Fact]:
        """What is on offer and not taken yet."""
        work = self.work
        if work.result is None or work.chosen or not (name := work.result.offers):
            return []
        found = [record[name] for record in work.result.records]
        return found[:MOST_LISTED] if work.listed else found[work.at : work.at + 1]

    @property
    def record(self) -> Record:
        """The facts that a user may ask for now: those of what is offered, chosen or done."""
        work = self.work
        if work.result is None or not work.result.records or (work.listed and not work.chosen):
            return NO_RECORD
        return work.result.records[work.at]

    def reply(self, state: State, acts: Sequence[DialogueAct], heard: Sequence[SlotValue]) -> Reply:
        """The bot's turn after a user's with `acts`, who said the values `heard`."""
        for act in acts:
            if act.act == "select":
                self._take(act)  # of the task spoken of until now; the user may name another in the same turn
        self.state, self.heard = state, heard
        turn, silent = Reply(), any(act.act == "silence" for act in acts)
        self.silent = self.silent + 1 if silent else 0
        waits = False
        for act in acts:
            if reaction := REACTIONS.get(act.act):
                waits = bool(reaction(self, act, turn)) or waits
        if not waits and not self.over:
            self._proceed(turn, acts)
        self.asked[None, "more"] += any(act.act in ("req_more", "offer_intent") for act in turn.acts)
        return turn

    def _take(self, act: DialogueAct) -> None:
        """Note which of the records is chosen."""
        work = self.work
        assert work.result is not None
        names = [record[act.slot or ""].value for record in work.result.records]
        work.at, work.chosen = names.index(act.value or ""), True

    def _tell_asked(self, turn: Reply, acts: Sequence[DialogueAct]) -> None:
        """Facts that were asked for in the turn that let the bot act; what it asks itself comes after them."""
        last = turn.acts.pop() if turn.acts[-1].act in ("req_more", "offer_intent") else None
        for act in acts:
            fact = self.record.get(act.slot or "") if act.act == "request" else None
            if fact and not any(value.slot == fact.slot for value in turn.values):
                turn.tell("inform", fact)
        turn.acts += [last] if last else []

    def _proceed(self, turn: Reply, acts: Sequence[DialogueAct]) -> None:
        """The next step of the task."""
        names = {act.act for act in acts}
        frame, work = self.state.frame, self.work
        if "goodbye" in names:
            self._part(turn)
        elif frame.task is None:
            turn.act("req_more")
        elif frame.closed:
            self._wrap_up(turn, names)
        elif missing := self._missing(frame.task):
            self._ask(turn, missing)
        elif self.world.tasks[frame.task].confirm and work.affirmed != frame.slots and work.acted is None:
            self._confirm(turn)
        elif work.again and work.acted == frame.slots and not names & {"negate", "thank_you"}:
            self._ask(turn, list(work.again))
        elif work.acted != frame.slots and not work.chosen:
            self._act(turn, frame.task)
            self._tell_asked(turn, acts)
        elif self.offered:
            self._offer(turn)
        else:
            self._wrap_up(turn, names)

    def _missing(self, task: str) -> list[str]:
        """The slots to ask for: the required ones, and some of those that the author wrote a question for."""
        if task not in self.extra:
            slots = self.world.slots(task).items()
            chosen = [name for name, slot in slots if not slot.required and may_be_asked(slot)]
            sure = frozenset[str]() if self.extra else self.sure
            self.extra[task] = [
                name for name in chosen if self.random.random() < OPTIONAL or name in {*sure, *self.curious}
            ]
        told = self.state.frame.slots
        return [
            name
            for name, slot in self.world.slots(task).items()
            if (slot.required or name in self.extra[task]) and name not in told and (task, name) not in self.waived
        ]

    def _ask(self, turn: Reply, missing: list[str]) -> None:
        task = self.state.frame.task
        again = [slot for slot in missing if self.asked[task, slot]]
        if again and self.asked[task, again[0]] >= MOST_ASKED:
            self.hand_off(turn)
            return
        many = len(missing) > 1 and not again and self.random.random() < ASKS_TWO
        told = self.state.frame.slots
        heard = [value for value in self.heard if value.value and told.get(value.slot) == value.value]
        if heard and not turn.acts and not again and self.random.random() < ECHOES:
            turn.values.append(self._fact(heard[-1].slot, heard[-1].value or "").shown)
        number = 1 + many + (many and self.random.random() < ASKS_THREE)
        for slot in again[:1] or missing[:number]:
            self.asked[task, slot] += 1
            turn.act("request", slot)

    def _confirm(self, turn: Reply) -> None:
        """Read back what was not read back as it is now, or all of it once more."""
        frame, work = self.state.frame, self.work
        order = self.world.slots(frame.task or "")
        told = {slot: frame.slots[slot] for slot in (*order, *frame.slots) if slot in frame.slots}
        new = {slot: value for slot, value in told.items() if work.read.get(slot) != value}
        phrase = self.world.tasks[frame.task or ""].read_back
        variant = next((slots for slots in variants(phrase) if set(slots) == set(told)), None) if phrase else None
        phrased = variant is not None and turn.script is None and self.random.random() < PHRASED
        whole = phrased and (len(new) == len(told) or self.random.random() < READS_ALL)
        for slot, value in (told if whole or not new else new).items():
            turn.tell("confirm", self._fact(slot, value))
        if whole and variant is not None:
            shown = {value.slot: value for value in turn.values}
            turn.script = IntentPlan(frame.task or "", READ_BACK, tuple(shown[slot] for slot in variant))
        work.read = dict(told)

    def _fact(self, slot: str, value: str) -> Fact:
        fact = self.mind(self.state.frame.task or "")[slot]
        assert fact.value == value, f"{slot}: the state says {value!r}, the user means {fact.value!r}"
        return fact

    def _act(self, turn: Reply, task: str) -> None:
        """Call the back end and tell what it says."""
        work = self.work
        result = work.result = call(self.world, task, self.mind(task), work.failures, listed=self.listing)
        work.again = ()
        work.acted, work.at, many = dict(self.state.frame.slots), 0, len(result.records) > 1
        work.said = set()
        work.listed = bool(result.offers) and many and (self.listing or self.random.random() < LISTS)
        self.outcomes[task], turn.action = result.outcome, task
        if result.fails:
            self._fail(turn, result)
        elif result.offers:
            if many:
                turn.act("inform_count", None, str(len(result.records)))
            self._offer(turn)
        else:
            turn.act("notify_success", None, result.outcome)
            self._say(turn, "inform")
            self._then(turn)

    def _fail(self, turn: Reply, result: Result) -> None:
        """Tell of a failure, and ask for other values if that may help."""
        work, frame = self.work, self.state.frame
        work.failures += 1
        turn.act("notify_failure", None, result.outcome)
        self._say(turn, "inform")
        again = [slot for slot in result.model.reask or () if slot in frame.slots]
        if not again or work.failures > RETRIES:
            turn.act("req_more")
            return
        work.again = again
        self._ask(turn, again)

    def _say(self, turn: Reply, act: str) -> None:
        """The author's text for the outcome, and an act for each fact that it tells."""
        result, record, frame = self.work.result, self.record, self.state.frame
        assert result is not None
        told = self.mind(frame.task or "")
        mine = {slot: told[slot] for slot in frame.slots if slot in told}
        variant = None if turn.script else _said(result.model.say, frozenset((*mine, *record)), self.random.random())
        news = [name for name in record if name not in frame.slots or frame.slots[name] != record[name].value]
        for name in dict.fromkeys(news[:FACTS] if variant is None else variant):
            if name in news:
                turn.tell(act, record[name])
            else:
                turn.values.append((record if name in record else mine)[name].shown)
        if variant is not None:
            shown = tuple((record if name in record else mine)[name].shown for name in variant)
            turn.script = IntentPlan(frame.task or "", result.outcome, shown)

    def _offer(self, turn: Reply) -> None:
        """Offer the record whose turn it is, or the first ones as a list."""
        work = self.work
        assert work.result is not None
        if work.listed:
            for fact in self.offered:
                turn.tell("offer", fact)
            return
        name = work.result.offers or ""
        again = work.at in work.said
        if not again and (not work.said or self.random.random() < RETOLD):
            self._say(turn, "offer")
        work.said.add(work.at)
        if not any(act.act == "offer" and act.slot == name for act in turn.acts):
            told = self.state.frame.slots
            new = (one for one in self.record if one not in told or told[one] != self.record[one].value)
            others = [one for one in new if one != name]
            for field_name in [name, *others[: 0 if again else self.random.choice((1, 2, 2))]]:
                if not any(value.slot == field_name for value in turn.values):
                    turn.tell("offer", self.record[field_name])

    def _then(self, turn: Reply) -> None:
        """After a success: another task, other wishes, or nothing."""
        if self.state.waiting:
            self._resume(turn)
        elif self.random.random() < MORE and not self._offers_next(turn):
            turn.act("req_more")

    def _offers_next(self, turn: Reply) -> bool:
        """Offer a task that goes on from this one, if there is one that was not done."""
        task = self.state.frame.task or ""
        can = self.world.places(task).others
        following = [name for name in self.world.tasks[task].next if name in can and name not in self.outcomes]
        if not following or self.random.random() >= NEXT:
            return False
        turn.act("offer_intent", None, self.random.choice(following))
        return True

    def _wrap_up(self, turn: Reply, names: set[str]) -> None:
        if self.state.waiting:
            self._resume(turn)
        elif names & {"negate", "negate_intent"}:
            self._part(turn)
        elif "thank_you" in names and "select" not in names:
            if self.more or self.random.random() >= THANKED:
                self._part(turn)
            else:
                turn.act("req_more")
        elif not self._offers_next(turn):
            turn.act("req_more")

    def _resume(self, turn: Reply) -> None:
        """Come back to the task that waits, and go on with it at once."""
        turn.act("resume", None, self.state.waiting[-1].task)
        self.state = step(self.state, "bot", turn.acts[-1:])
        self._proceed(turn, ())

    def _part(self, turn: Reply) -> None:
        """Say goodbye; a task that is not done is named as such."""
        frame = self.state.frame
        if frame.task and not frame.closed and self.work.acted is None:
            self.outcomes[frame.task] = "cancelled"
            turn.act("notify_cancelled", None, frame.task)
        self.outcomes |= {waiting.task: "cancelled" for waiting in self.state.waiting if waiting.task}
        turn.act("goodbye")
        self.over = True

    def hand_off(self, turn: Reply) -> None:
        """Give the dialogue over to a person."""
        if self.state.frame.task:
            self.outcomes[self.state.frame.task] = "handed_off"
        turn.act("hand_off")
        self.over = True


def _said(say: str | None, known: frozenset[str], point: float) -> Slots | None:
    """The slots of a variant of the author's text of which all are known; the fullest come up most."""
    fit = [slots for slots in variants(say) if known.issuperset(slots)] if say else []
    return fit[int(point**2 * len(fit))] if fit else None


@lru_cache(maxsize=10_000)
def variants(say: str) -> dict[Slots, Node]:
    """The variants of a text of the author's by the slots that they say, the fullest first."""
    found = parse(say, "und").variants
    return {slots: found[slots] for slots in sorted(found, key=len, reverse=True)}
