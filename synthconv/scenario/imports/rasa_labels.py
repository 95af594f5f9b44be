"""Labels that Rasa has at run time only: amounts and times that Duckling finds, values that buttons carry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from synthconv.scenario.imports.draft import shown
from synthconv.scenario.imports.rasa_files import Project
from synthconv.scenario.imports.rasa_nlu import Mention, Nlu

MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
DUCKLING = {
    "amount-of-money": re.compile(
        r"[$€£] ?\d[\d.,]*\d|[$€£] ?\d|\b\d[\d.,]* ?(?:dollars?|euros?|pounds?|bucks|[$€£])", re.IGNORECASE
    ),
    "time": re.compile(
        r"\b(?:(?:in|on|over|for|since) )?"
        r"(?:(?:the )?(?:last|this|next|past)(?: (?:two|three|\d+))? (?:week|month|year|weekend|quarter)s?"
        r"|yesterday|today|tonight|tomorrow"
        rf"|(?:{MONTHS}) \d+(?:st|nd|rd|th)?|(?<=in )(?:{MONTHS})|(?<=since )(?:{MONTHS})|{DAYS}|\d+ ?[ap]m)\b",
        re.IGNORECASE,
    ),
    "email": re.compile(r"\b[\w.+-]+@[\w-]+\.\w+\b"),
}
"""What Duckling finds, by the name that it has there."""
MONEY = "money"
"""The entity of the amounts that were found: unlike listed values, there is any number of them."""
SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "euro": "EUR", "pound": "GBP"}


def label(nlu: Nlu, project: Project, wanted: dict[str, set[str]]) -> list[str]:
    """Label the stretches that Duckling finds in examples of intents whose forms want them and that label none.

    `wanted` tells the entities of each intent's forms. Gives the entities that were labelled.
    """
    found = list[str]()
    for intent, examples in nlu.examples.items():
        for entity in sorted(wanted.get(intent, set()) & DUCKLING.keys()):
            if any(isinstance(part, Mention) and part.entity == entity for parts in examples for part in parts):
                continue
            name = MONEY if entity == "amount-of-money" else entity
            nlu.examples[intent] = examples = [list(_labelled(parts, entity, name)) for parts in examples]
            if any(isinstance(part, Mention) and part.kind == MONEY for parts in examples for part in parts):
                nlu.kinds[intent, entity] = MONEY
            found.append(name)
    for entity, value, words in _carried(project):
        nlu.surfaces[entity].setdefault(value, value)
        if words:
            nlu.surfaces[entity].setdefault(words, value)
    return sorted(set(found))


def _labelled(parts: list[str | Mention], entity: str, kind: str) -> Iterator[str | Mention]:
    """An example with its first stretch of an entity labelled."""
    done = False
    for part in parts:
        match = DUCKLING[entity].search(part) if isinstance(part, str) and not done else None
        if match is None or isinstance(part, Mention):
            yield part
            continue
        done = True
        yield from (part[: match.start()], Mention(match.group(), entity, "", "", kind), part[match.end() :])


def money(nlu: Nlu) -> dict[str, Any]:
    """The entity of the amounts that were found: their currency, and from the least to twice the most."""
    mentions = [
        part for examples in nlu.examples.values() for parts in examples for part in parts if isinstance(part, Mention)
    ]
    found = [mention.surface for mention in mentions if mention.kind == MONEY]
    amounts = [float(text.replace(",", "")) for one in found for text in re.findall(r"\d[\d,]*(?:\.\d+)?", one)]
    code = next((code for one in found for sign, code in SIGNS.items() if sign in one.lower()), "USD")
    most = min(max(amounts, default=100), 1e9)
    return {"type": "money", "currency": code, "min": max(1, int(min(amounts, default=1))), "max": int(2 * most) + 1}


def _carried(project: Project) -> Iterator[tuple[str, str, str]]:
    """Entities with values that buttons carry, each with the words on the button, and that mappings set."""
    for payload, title in project.buttons:
        match = re.search(r"\{.*\}", payload)
        try:
            found: Any = json.loads(match.group()) if match else {}
        except ValueError:
            continue
        for entity, value in found.items() if isinstance(found, dict) else ():
            if isinstance(value, (str, int, float)) and shown(value):
                yield shown(entity), shown(value), shown(re.sub(r"\W*\(.*", "", title)).lower()
