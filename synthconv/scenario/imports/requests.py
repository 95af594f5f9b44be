"""What an operation does, read from its name and description: a verb of a known kind, and the things it is done to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from synthconv.scenario.imports.english import plural, singular, table, with_article, words_of
from synthconv.scenario.imports.fields import Field

MOST_WORDS = 4
"""Words that a thing has at most."""


@dataclass(frozen=True)
class Operation:
    """An intent of a schema: what goes in, what comes out, whether it changes something, and what may come of it.

    `outcomes` are failures beside success: name -> what the schema says of it. `title` tells more than `name` where
    the schema has both; `many` is whether it gives several results.
    """

    name: str
    description: str = ""
    title: str = ""
    method: str = ""
    fields: tuple[Field, ...] = ()
    results: tuple[Field, ...] = ()
    acts: bool = False
    many: bool = True
    things: tuple[str, ...] = ()
    outcomes: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """A service: its operations, which a user may go to from one to the other."""

    name: str
    description: str
    operations: tuple[Operation, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Thing:
    """What an operation is about; `mass` is no one and no many."""

    one: str
    many: str
    mass: bool = False

    @property
    def head(self) -> str:
        """The noun itself."""
        return self.one.split()[-1]

    @property
    def a(self) -> str:
        """The thing as a new one."""
        return self.one if self.mass else with_article(self.one)


@dataclass(frozen=True)
class Request:
    """The kind of act, its rules, the verbs that say it, and the things; `mine` is whether users say "my"."""

    act: str
    rules: dict[str, Any]
    verbs: tuple[str, ...]
    things: tuple[Thing, ...]
    mine: bool
    lists: bool


def request_of(operation: Operation) -> Request:
    """What an operation asks for."""
    acts, verb = table("acts"), _verb(operation)
    kinds = acts["acts"]
    act = next((name for name, rules in kinds.items() if verb in rules["verbs"]), "do")
    nouns = [*operation.things, *_nouns(operation, verb)]
    things = [_thing(noun) for noun in dict.fromkeys(nouns)] or [_thing(_rest(operation.name))]
    if act in ("book", "add") and len(things) > 1:
        things = [thing for thing in things if thing.head not in ("reservation", "booking")] or things
    lists = (
        bool(nouns)
        and not any(map(_names_one, operation.fields))
        and any(noun.split()[-1] == plural(singular(noun.split()[-1])) for noun in nouns)
    )
    described = re.search(r"\b(user's|the user|user has|users?|your|my)\b", operation.description.lower())
    personal = bool(described) or any(thing.head in acts["personal"] for thing in things)
    if act == "get" and _weighed(things):
        act = "check"
    elif act == "get" and not operation.acts and operation.many and not personal and operation.fields and lists:
        act = "find"
    elif act == "find" and not operation.many and any(_names_one(one) for one in operation.fields):
        act = "get"
    elif act == "get" and operation.acts:
        act = "call"
    elif act in ("find",) and things[0].mass and things[0].head == "weather":
        act = "check"
    mine = bool(kinds[act].get("known")) or (act in ("get", "check") and personal)
    own = (acts["things"].get(things[0].head) or {}).get("verbs") if act == "book" else None
    verbs = tuple(own or acts["synonyms"].get(verb) or kinds[act].get("synonyms") or [verb or "do"])
    return Request(act, kinds[act], verbs, tuple(_more(things, act)), mine, lists)


def _names_one(field: Field) -> bool:
    """Whether a field tells which one is meant."""
    return field.required and field.words.split()[-1] in ("id", "number", "code", "uuid")


def _rest(name: str) -> str:
    """The words of a name without its verb, where they are all that is known of the thing."""
    words = words_of(name)
    return " ".join(words[1:] if len(words) > 1 and _is_verb(words[0]) else words) or "thing"


def _weighed(things: list[Thing]) -> bool:
    return any(thing.head in ("weather", "balance", "forecast", "status") for thing in things)


def _verbs() -> set[str]:
    acts = table("acts")
    return {verb for rules in acts["acts"].values() for verb in rules["verbs"]} | set(acts["synonyms"])


def _is_verb(word: str) -> bool:
    return word in _verbs() or singular(word) in _verbs()


def _verb(operation: Operation) -> str:
    """The verb of the name, or of what describes it, or of its HTTP method; "" if there is none."""
    acts, known = table("acts"), _verbs()
    for text in (operation.title, operation.name, operation.description):
        words = words_of(text)
        if words and words[0] in known:
            return words[0]
        if words and singular(words[0]) in known:  # "Returns", "Creates"
            return singular(words[0])
        if len(words) == 2 and words[1] in known:
            return words[1]
    first = words_of(operation.title or operation.description or operation.name)
    return str(acts["by_method"].get(operation.method, singular(first[0]) if first else ""))


def _nouns(operation: Operation, verb: str) -> list[str]:
    """The things that the description and the name tell of, the name's last."""
    found = list[str]()
    for text in (operation.title, operation.description, operation.name):
        sentence = re.split(r"[.;:!?(\n]", text, maxsplit=1)[0]
        noun = _noun(sentence, verb, by_name=text is operation.name)
        if noun and _key(noun) not in map(_key, found):
            found.append(noun)
    bare = {singular(noun.split()[-1]) for noun in found}
    vague = set(table("acts")["vague"])
    kept = [noun for noun in found if noun.split()[-1] not in vague]
    return kept or (found if bare else [])


def _key(noun: str) -> str:
    """What two spellings of a thing share: one-way flights, oneway flight."""
    return re.sub(r"\W", "", " ".join(map(singular, noun.split())))


def _noun(text: str, verb: str, *, by_name: bool) -> str:
    """The words after the verb up to a small word that begins another phrase."""
    acts = table("acts")
    words = words_of(text) if by_name else re.findall(r"[\w'-]+", text.lower())
    begins = bool(words) and (singular(words[0]) == verb or (by_name and len(words) > 1 and _is_verb(words[0])))
    if begins or words[:1] == [verb]:
        words = words[1:]
    elif by_name and len(words) > 1 and words[-1] == verb:
        words = words[:-1]
    elif not by_name:
        at = words.index(verb) if verb in words[:4] else 0 if words and _is_verb(words[0]) else -1
        if at < 0:
            return ""
        words = words[at + 1 :]
    while words and words[0] in ("for", "up", "to", "into", "at", "through", "or"):
        words = words[1:]
    out = list[str]()
    for word in words:
        if word in acts["stops"] and (out or word not in ("user", "and", "or")):
            break
        out.append(word)
    vague = set(acts["vague"]) - {"service"}
    kept = [word for word in out if word not in vague] or out[-1:]
    return " ".join(kept[-MOST_WORDS:])


def _thing(noun: str) -> Thing:
    *front, head = noun.split()
    one = singular(head)
    if one in table("acts")["mass"]:
        return Thing(" ".join([*front, one]), " ".join([*front, one]), mass=True)
    return Thing(" ".join([*front, one]), " ".join([*front, plural(one)]))


def _more(things: list[Thing], act: str) -> list[Thing]:
    """The things, with what else they are called; for a booking, what is booked of them."""
    known = table("acts")["things"]
    out = list[Thing]()
    for thing in things:
        entry = known.get(thing.head) or {}
        booked = [_thing(noun) for noun in entry.get("book", ())] if act == "book" else []
        also = entry.get("also", ()) if act in ("find", "check", "call") or (act == "book" and not booked) else ()
        front = thing.one.split()[:-1]
        named = [_phrase(noun) if not front or "find" in act else _thing(noun) for noun in also]
        out += [*booked, *([] if booked else [thing]), *([] if front else named)]
    return list(dict.fromkeys(out))


def _phrase(noun: str) -> Thing:
    """A thing of several words whose first noun is the one that is counted: a place to eat, places to eat."""
    words = noun.split()
    at = next((i for i, word in enumerate(words) if word in ("to", "for", "of")), len(words)) - 1
    head = words[at]
    many = " ".join([*words[:at], plural(head), *words[at + 1 :]])
    return Thing(noun, noun if head in table("acts")["mass"] else many, head in table("acts")["mass"])
