"""The edge-case catalogue: its named classes, what each asks of an utterance, and how a bot should behave."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from synthconv import yaml12

FILE = Path(__file__).with_name("data") / "edge_cases.yaml"


class EdgeCase(BaseModel):
    """A class of the catalogue; `needs` names what an utterance must have for it, `verbatim` keeps style away.

    `in_words` tells that it is made with words of the language, so that a language without a pack cannot have it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scope: Literal["utterance", "outside", "dialogue"]
    behaviour: str
    description: str
    verbatim: bool = False
    in_words: bool = False
    needs: Literal["slots", "missing_slot", "formatted_slot", "two_intents"] | None = None


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
