"""Speech: how both speakers of a dialogue say an act, one YAML file a language in `lang/data/dialogue`.

It is apart from the packs, for it is larger than all the rest and only dialogues need it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from random import Random

from pydantic import BaseModel, ConfigDict

from synthconv import yaml12
from synthconv.lang.packs import Texts, Weights, split_tag

DATA = Path(__file__).with_name("data") / "dialogue"
EVENLY = 0.5
"""The power of the weights by which texts are drawn: below 1 the rare ones come up more often than people say them,
so that many dialogues do not say the same."""
TRIES = 6
"""Texts that are drawn by weight before the first one that fits is taken."""


class _Texts(BaseModel):
    """Acts as weighted texts, by speaker.

    Placeholders: {value} and {other} (a second value), {name} (of a slot), {list}, {count}, {item}, {nth}, {do},
    {question}. `answers` are by kind of entity, `joints` stand between two values of a turn, `ordinals` are {nth}.
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

    def draw(self, random: Random, avoid: Collection[str] = (), most_words: int = 0) -> str:
        """A text by weight, none of `avoid` while there is another, and of `most_words` at most where that is given."""
        for _ in range(TRIES):
            text = random.choices(self.texts, cum_weights=self.sums)[0]
            if text not in avoid and not (most_words and len(text.split()) > most_words):
                return text
        fresh = [text for text in self.texts if text not in avoid]
        if most_words:
            fresh = [text for text in fresh if len(text.split()) <= most_words] or fresh
        return random.choice(fresh or self.texts)


class Speech:
    """The decks of a language, by speaker and act."""

    def __init__(self, texts: _Texts) -> None:
        self.user, self.bot, self.answers = (
            {name: _deck(weights) for name, weights in part.items()} for part in (texts.user, texts.bot, texts.answers)
        )
        self.joints, self.ordinals = _deck(texts.joints), texts.ordinals
        self.pair = tuple(texts.lists.get("pair", (", ", ", ")))


def _deck(weights: dict[str, float]) -> Deck:
    return Deck(tuple(weights), tuple(accumulate(weight**EVENLY for weight in weights.values())))


def spoken_languages() -> tuple[str, ...]:
    """The languages in which dialogues have words of their own."""
    return tuple(sorted(path.stem for path in DATA.glob("*.yaml") if path.stem != "und"))


@lru_cache(maxsize=8)
def load_speech(tag: str) -> Speech:
    """The speech of a BCP 47 tag's language; where it has none, signs and bare values."""
    language = split_tag(tag)[0]
    path = DATA / f"{language if language in spoken_languages() else 'und'}.yaml"
    return Speech(_Texts.model_validate(yaml12.load(path.read_text(encoding="utf-8"))["dialogue"]))
