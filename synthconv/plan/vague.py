"""Vague words: nouns that several intents are about, and the messages that say no more than one of them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from synthconv.lang.models import Pack
from synthconv.lang.packs import function_words, load_pack
from synthconv.lang.tokens import WORD
from synthconv.plan.names import words_of
from synthconv.plan.skeletons import Skeleton, escaped, split_up
from synthconv.scenario.loader import Scenario
from synthconv.scenario.patterns import parse
from synthconv.seeds import digest

MOST_INTENTS = 6
"""A word that more intents are about tells too little even to ask which of them is meant."""
NAMED, OFTEN = 0.02, 0.12
"""The share of its texts in which an intent says a word that it is about, for one that is in a name and for others."""
SHORTEST, STEM = 3, 5
"""Letters of a noun at least, and those by which it is known in a name."""


class SharedWords:
    """The nouns of a language that two to six intents are about, and the vague messages that they make.

    Such a noun is in a name of the scenario too, or comes often. `texts` are what each intent says. A
    message belongs to one of the intents that it fits, so that no two intents have the same.
    """

    def __init__(self, scenario: Scenario, texts: Mapping[str, Sequence[str]], tag: str) -> None:
        pack, owners, subjects = load_pack(tag), defaultdict[str, list[str]](list), _subjects(scenario)
        for intent, said in texts.items():
            counts = Counter(noun for text in said for noun in dict.fromkeys(_nouns(text, pack)))
            for noun, number in counts.items():
                if number >= (NAMED if noun.lower()[:STEM] in subjects else OFTEN) * len(said):
                    owners[noun].append(intent)
        self._fit: dict[str, tuple[str, ...]] = {}
        forms = defaultdict[str, list[str]](list)
        for noun, intents in owners.items():
            if 2 <= len(intents) <= MOST_INTENTS:
                for form in pack.moves.vague:
                    text = form.replace("{topic}", noun)
                    owner = max(intents, key=lambda name: digest("vague", text, name))
                    forms[owner].append(text)
                    self._fit[text] = tuple(name for name in intents if name != owner)
        self._skeletons = {
            intent: tuple(self._of(found, tag, scenario.model.splits.model_dump())) for intent, found in forms.items()
        }
        self._others = {
            skeleton.key: self._fit[text]
            for intent, found in forms.items()
            for text, skeleton in zip(found, self._skeletons[intent], strict=True)
        }

    def _of(self, texts: Iterable[str], tag: str, shares: Mapping[str, float]) -> Iterator[Skeleton]:
        for skeleton in split_up([parse(escaped(text), tag, authored=False) for text in texts], shares):
            yield replace(skeleton, authored=False, fixed=True)

    def skeletons(self, intent: str) -> tuple[Skeleton, ...]:
        """The vague messages that belong to an intent."""
        return self._skeletons.get(intent, ())

    def others(self, key: str) -> tuple[str, ...]:
        """The other intents that a vague message fits."""
        return self._others[key]


def _subjects(scenario: Scenario) -> frozenset[str]:
    """The beginnings of the words of a scenario's names, but for those of days and numbers."""
    intents = scenario.model.intents
    things = {name for name, entity in scenario.model.entities.items() if entity.type is None}
    slots = (slot for intent in intents.values() for slot, filled in intent.slots.items() if filled.entity in things)
    names = [*intents, *sorted(things), *slots]
    return frozenset(word[:STEM] for name in names for word in WORD.findall(words_of(name).lower()))


def _nouns(text: str, pack: Pack) -> Iterator[str]:
    """The words after a determiner with which a phrase ends: "card" in "block my card, please"."""
    words, small = pack.wording, function_words(pack.language)
    known = {*pack.articles, *words.determiners} - {*words.pronouns}
    if not known:
        return
    pattern = rf"(?<![\w'’])(?:{'|'.join(map(re.escape, sorted(known)))})\s+([^\W\d_]+)(?=\s*(?:$|[.,?!;])|\s+(\w+))"
    for match in re.finditer(pattern, text, re.IGNORECASE):
        noun, following = match[1], match[2]
        free = noun.lower() not in small and noun.lower() not in words.auxiliaries and len(noun) >= SHORTEST
        if free and (following is None or following.lower() in small):
            yield noun
