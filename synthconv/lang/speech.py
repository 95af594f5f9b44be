"""Speech: how both speakers of a dialogue say an act, one YAML file a language in `lang/data/dialogue`.

It is apart from the packs, for it is larger than all the rest and only dialogues need it.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from random import Random

from pydantic import BaseModel, ConfigDict

from synthconv import yaml12
from synthconv.lang.models import Texts, Weights
from synthconv.lang.packs import split_tag
from synthconv.lang.tokens import phrase_pattern

DATA = Path(__file__).with_name("data") / "dialogue"
EVENLY = {"user": 0.45, "bot": 0.25}
"""The power of the weights by which a speaker's texts are drawn: below 1 the rare ones come up more often than people
say them, so that many dialogues do not say the same."""
MOST_TEXTS = 20_000
"""Texts of which it is remembered whether they say thanks, or answer a question."""
TRIES = 6
"""Texts that are drawn by weight before the first one that fits is taken."""


class _Texts(BaseModel):
    """Acts as weighted texts, by speaker.

    Placeholders: {value} and {other} (a second value), {name} (of a slot), {list}, {count}, {item}, {nth}, {do},
    {question}. `answers` are by kind of entity, `joints` stand between two values of a turn, `ordinals` are {nth}.
    `lists`: `pair` (what stands between the first things of a list, and before the last), `thanks` (words of thanks),
    `no` (words that an answer of no begins with), `own` (what users put before a thing of theirs: my), `yours` (pairs:
    what a user calls his own begins with the one, and the bot says the other: my, your), `prepositions` (words that
    say what a value is for: from, to), `nouns` ("capital" where they begin with one), `seeks` (words of a question for
    what a user wants), `wishes` and `recalls` (words of an answer that wants something, and of one that knows it or
    does not), `slang` (what nobody writes who writes formally).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    user: dict[str, Weights] = {}
    bot: dict[str, Weights] = {}
    answers: dict[str, Weights] = {}
    joints: Weights = {", ": 1}
    ordinals: Texts = ()
    lists: dict[str, Texts] = {}


@dataclass(frozen=True, slots=True)
class Deck:
    """The texts of one act with the sums of their weights."""

    texts: tuple[str, ...]
    sums: tuple[float, ...]

    def draw(self, random: Random, avoid: Collection[str] = (), fits: Callable[[str], bool] = bool) -> str:
        """A text by weight, one that `fits` and none of `avoid` while there is such a one."""
        for _ in range(TRIES):
            text = self.texts[bisect(self.sums, random.random() * self.sums[-1], 0, len(self.sums) - 1)]
            if text not in avoid and fits(text):
                return text
        fresh = [text for text in self.texts if text not in avoid]
        return random.choice([text for text in fresh if fits(text)] or fresh or self.texts)


class Speech:
    """The decks of a language, by speaker and act."""

    def __init__(self, texts: _Texts) -> None:
        self.user, self.bot, self.answers = (
            {name: _deck(weights, EVENLY[who]) for name, weights in part.items()}
            for who, part in (("user", texts.user), ("bot", texts.bot), ("user", texts.answers))
        )
        self.joints, self.ordinals = _deck(texts.joints, EVENLY["user"]), texts.ordinals
        self.pair = tuple(texts.lists.get("pair", (", ", ", ")))
        self.own = frozenset(texts.lists.get("own", ()))
        self.capital_nouns = "capital" in texts.lists.get("nouns", ())
        prepositions = texts.lists.get("prepositions", ())
        self.roles = frozenset(prepositions) | {f"{one} {own}" for one in prepositions for own in self.own}
        yours = texts.lists.get("yours", ())
        self.yours = dict(zip(yours[::2], yours[1::2], strict=True))
        self._no = frozenset(texts.lists.get("no", ()))
        self._seeks, self._wishes, self._recalls, self._slang = (
            phrase_pattern(tuple(texts.lists.get(name, ()))) for name in ("seeks", "wishes", "recalls", "slang")
        )
        remembered = lru_cache(MOST_TEXTS)
        self.thanks, self.answers_that = remembered(self._says_thanks), remembered(self._answers_that)
        self.is_slang = remembered(self._is_slang)
        self._thanks = re.compile(rf"\b({'|'.join(texts.lists.get('thanks', ['(?!)']))})\b", re.IGNORECASE)

    def addressed(self, words: str) -> str:
        """A thing of the user's as the bot says it: "your rent" for "my rent"."""
        first, _, rest = words.partition(" ")
        return f"{self.yours[first]} {rest}" if rest and first in self.yours else words

    def _says_thanks(self, text: str) -> bool:
        """Whether a text says thanks."""
        return self._thanks.search(text) is not None

    def seeks(self, question: str) -> bool:
        """Whether a question is for what a user wants, "when would you like to come", or for what he knows."""
        return self._seeks.search(question) is not None

    def _answers_that(self, text: str, seeks: bool) -> bool:
        """Whether an answer fits a question of that kind: no "I'd prefer" where the bot asks for the order's number."""
        return not (self._recalls if seeks else self._wishes).search(text)

    def _is_slang(self, text: str) -> bool:
        """Whether a text has words that nobody writes who writes formally."""
        return self._slang.search(text) is not None

    def denies(self, text: str) -> bool:
        """Whether a text begins as an answer of no does."""
        return re.split(r"\W", text.lower(), maxsplit=1)[0] in self._no


def _deck(weights: dict[str, float], evenly: float) -> Deck:
    return Deck(tuple(weights), tuple(accumulate(weight**evenly for weight in weights.values())))


def spoken_languages() -> tuple[str, ...]:
    """The languages in which dialogues have words of their own."""
    return tuple(sorted(path.stem for path in DATA.glob("*.yaml") if path.stem != "und"))


@lru_cache(maxsize=8)
def load_speech(tag: str) -> Speech:
    """The speech of a BCP 47 tag's language; where it has none, signs and bare values."""
    language = split_tag(tag)[0]
    path = DATA / f"{language if language in spoken_languages() else 'und'}.yaml"
    return Speech(_Texts.model_validate(yaml12.load(path.read_text(encoding="utf-8"))["dialogue"]))
