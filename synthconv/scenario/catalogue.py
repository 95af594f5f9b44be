"""The edge-case catalogue: its named classes, what each asks of an utterance, and how a bot should behave."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from synthconv import yaml12

FILE = Path(__file__).with_name("data") / "edge_cases.yaml"


Where = Literal["utterance", "outside", "dialogue"]
"""The rows that a class is of: utterances of an intent, utterances of none, dialogues."""


class Form(BaseModel):
    """What a class is in an utterance, and what a bot should do; `needs` names what the utterance must have for it.

    `in_words` tells that it is made with words of the language, so that a language without a pack cannot have it, and
    `words` which of a pack's `moves`; what is `by_rules` models do not reword, for its form is its meaning.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    behaviour: str
    description: str
    in_words: bool = False
    words: str | None = None
    by_rules: bool = False
    needs: Literal["slots", "missing_slot", "formatted_slot", "two_intents", "shared_word", "injection"] | None = None


class EdgeCase(Form):
    """A class of the catalogue; `verbatim` keeps style away, `alone` is its form in a single utterance.

    Only classes that need several turns have one of their own; the others are one.
    """

    scope: Where
    verbatim: bool = False
    alone: Form | None = None

    @property
    def form(self) -> Form | None:
        """What it is in one utterance; None where it takes several turns."""
        return self.alone if self.scope == "dialogue" else self

    def has(self, where: Where) -> bool:
        """Whether rows of a kind can be of the class."""
        return self.scope == where or (where == "utterance" and self.alone is not None)


class Catalogue(BaseModel):
    """All classes by name, the bot behaviours they expect, and the user behaviours of dialogues."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    behaviours: dict[str, str]
    edge_cases: dict[str, EdgeCase]
    user_behaviours: dict[str, str]


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The catalogue that ships with this version."""
    return Catalogue.model_validate(yaml12.load(FILE.read_text(encoding="utf-8")))


def form_of(edge_case: str) -> Form:
    """What a class is in an utterance. Raises KeyError for one that takes several turns."""
    if (form := catalogue().edge_cases[edge_case].form) is None:
        raise KeyError(edge_case)
    return form
