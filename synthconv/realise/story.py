"""What is told of a dialogue so far: its turns in words, which sentences are used up, and how things are called."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from random import Random

from synthconv.lang.packs import load_pack
from synthconv.lang.speech import Deck, load_speech
from synthconv.plan.domain import Domain
from synthconv.plan.frames import frames_of
from synthconv.plan.names import said_of, words_of
from synthconv.realise.rules import Utterances
from synthconv.records import DialogueAct, Outline, SlotValue, Turn, TurnPlan
from synthconv.scenario.task_models import TaskModel

Pieces = list[str | SlotValue]
PLACEHOLDER = re.compile(r"\{(\w+)\}")
MOST_DO = 6
"""Words that a task is called by at most."""
CHOOSES, TERSELY, OF_SO_MANY = 0.85, 0.6, 4
"""How often a user goes by length at all, how often one who is terse does, and of how many texts he takes the longest:
people in service dialogues say more than the commonest words."""
OWN = 0.5
"""The share of the examples with a slot that put "my" before it, above which answers do too."""
PERSONS = re.compile(r"name|person|first_|last_")
PLACES = re.compile(r"city|address|country|state|street|location|place")


class Told:
    """One dialogue while it is worded: what both speakers said, and the speech that they say it with."""

    def __init__(self, domain: Domain, utterances: Utterances, outline: Outline, random: Random) -> None:
        self.domain, self.utterances, self.outline, self.random = domain, utterances, outline, random
        self.scenario = domain.scenario.model
        self.tag = outline.cell.language
        self.speech, self.pack = load_speech(self.tag), load_pack(self.tag)
        self.turns: list[Turn] = []
        self.number, self.scripted = 0, -1
        self.used: set[str] = set()
        self.formal = self.scenario.bot.tone == "formal"

    @property
    def tasks(self) -> Mapping[str, TaskModel]:
        """The tasks of the scenario."""
        return self.scenario.dialogues.tasks if self.scenario.dialogues else {}

    @property
    def heard(self) -> TurnPlan | None:
        """The plan of the turn before, by the other speaker."""
        return self.outline.turns[self.number - 1] if self.number else None

    @property
    def state(self) -> Mapping[str, str]:
        """The state before this turn."""
        earlier = self.outline.turns[self.number - 2] if self.number > 1 else None
        return (earlier.state if earlier else None) or {}

    def heard_acts(self, *names: str) -> list[DialogueAct]:
        """The acts of those names in the turn before."""
        return [act for act in self.heard.acts if act.act in names] if self.heard else []

    @property
    def terse(self) -> bool:
        """Whether the user leaves out what can be left out."""
        return self.outline.style.verbosity == "terse"

    def draw(self, deck: Deck, fits: Callable[[str], bool] = bool) -> str:
        """A text of a deck that fits and that the dialogue has not had."""
        text = deck.draw(self.random, self.used, fits)
        self.used.add(text)
        return text

    def typed(self, deck: Deck, fits: Callable[[str], bool] = bool) -> str:
        """The same in the user's way: mostly the shorter of two where he is terse, else the longest of some."""
        terse, formal = self.terse, self.outline.style.formality == "high"
        suits = (lambda text: fits(text) and not self.speech.is_slang(text)) if formal else fits
        drawn = [deck.draw(self.random, self.used, suits) for _ in range(2 if terse else OF_SO_MANY)]
        one = (
            drawn[0]
            if self.random.random() >= (TERSELY if terse else CHOOSES)
            else (min if terse else max)(drawn, key=len)
        )
        if one != "{value}":
            self.used.add(one)
        return one

    def filled(self, text: str, values: Mapping[str, str | SlotValue | Pieces]) -> Pieces:
        """`text` with its placeholders filled."""
        out = Pieces()
        for i, part in enumerate(PLACEHOLDER.split(text)):
            value = values[part] if i % 2 else part
            out += value if isinstance(value, list) else [value] if value else []
        return out

    def own(self, slot: str, intent: str) -> str:
        """The word that an intent's examples mostly put before a slot as what is the user's: "my"; else ""."""
        return _before(self.domain, self.tag, intent, slot, self.speech.own)

    def seeks(self, slot: str, intent: str) -> bool:
        """Whether the question for a slot, the author's own or what the bot just said, is for what the user wants."""
        model = self.scenario.intents.get(intent)
        asked = model.slots[slot].ask if model and slot in model.slots else None
        return self.speech.seeks(asked or (self.turns[-1].text.text if self.turns else ""))

    def role(self, slot: str, intent: str) -> str:
        """The preposition that an intent's examples mostly put before a slot, "my" too: "from my"; else ""."""
        return _before(self.domain, self.tag, intent, slot, self.speech.roles)

    def name(self, slot: str | None) -> str:
        """A slot or field in words, its noun with a capital where the language has one."""
        words = words_of(slot or "")
        *before, noun = words.split(" ")
        return " ".join([*before, noun[:1].upper() + noun[1:]]) if self.speech.capital_nouns else words

    def do(self, task: str | None) -> str:
        """A task as a verb phrase; its name in words where nothing tells one."""
        model = self.tasks.get(task or "")
        if model is None:
            return words_of(task or "")
        if model.do:
            return model.do
        frames = frames_of(self.tag)
        names = [words_of(task or ""), *said_of(self.domain.scenario, model.intent, self.tag)]
        known = [name for name in names if frames.is_do(name) and len(name.split()) <= MOST_DO]
        return max(known, key=len) if known else names[0]

    def kind(self, value: SlotValue) -> str:
        """The kind of answer that says a value: that of its entity, as far as the speech has it."""
        entity = self.scenario.entities.get(value.entity)
        if entity is None:
            return "any"
        if entity.faker:
            kind = "person" if PERSONS.search(entity.faker) else "place" if PLACES.search(entity.faker) else "any"
        else:
            kind = str(entity.type or ("id" if entity.pattern else "choice"))
        return kind if kind in self.speech.answers else "any"


@lru_cache(maxsize=5000)
def _before(domain: Domain, tag: str, intent: str, slot: str, words: frozenset[str]) -> str:
    """Which of `words`, each one word or two, stands before a slot in enough of an intent's examples."""
    texts = [skeleton.template.source for skeleton in domain.skeletons.get((intent, tag, None), ())]
    found = [match.split() for text in texts for match in re.findall(rf"((?:\S+ )?\S+) \{{{slot}\}}", text.lower())]
    for number in (2, 1):
        said = [" ".join(match[-number:]).lstrip("([|") for match in found]
        best = max(sorted(words), key=said.count, default="")
        if said.count(best) > (OWN if number == 1 else OWN / 2) * len(said):
            return best
    return ""


def listed(told: Told, parts: Sequence[Pieces], *, last: bool = True) -> Pieces:
    """Several things as one list: "a, b and c"; without `last`, "a, b, c"."""
    out = list(parts[0]) if parts else []
    comma, final = told.speech.pair
    for number, part in enumerate(parts[1:], 2):
        out += [final if last and number == len(parts) else comma, *part]
    return out


def shows_itself(told: Told, value: SlotValue) -> bool:
    """Whether a value shows by itself what it is: a day, a time, an amount, a name, a place."""
    return told.kind(value) in ("date", "time", "duration", "money", "phone", "email", "person", "place")


def spliced(text: str, placeholder: str, inner: Pieces) -> Pieces:
    """`text` with pieces in the place of a placeholder."""
    before, _, after = text.partition(f"{{{placeholder}}}")
    return [part for part in [before, *inner, after] if part]
