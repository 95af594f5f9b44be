"""A slot's meaning guessed from the words and types that a schema gives it: its entity, and how users say it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from synthconv.scenario.imports.draft import shown
from synthconv.scenario.imports.english import table, words_of
from synthconv.scenario.regexes import RegexError, sampler

LONGEST = 80
"""Characters of the name of a slot."""
MOST_VALUES = 200
"""Values of a list that are taken over."""
UNSAID = {"none", "null", "any", "dontcare", "unknown", "unspecified", "n/a", ""}
"""Values that stand for nothing a user would say."""


@dataclass(frozen=True)
class Field:
    """A parameter, a property or a slot as its schema has it.

    `kind` is a JSON type or format, or "" if none is told; `inside` the object whose property it is, "" at the top.
    """

    name: str
    description: str = ""
    kind: str = ""
    values: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    required: bool = False
    low: float | None = None
    high: float | None = None
    pattern: str = ""
    inside: str = ""

    @property
    def words(self) -> str:
        """The name in words."""
        return " ".join(words_of(self.name)) or slot_name(self.name)

    @property
    def bare(self) -> str:
        """The name without that of the object around it."""
        return self.name.removeprefix(f"{self.inside}_") if self.inside else self.name


@dataclass(frozen=True)
class Slot:
    """A field with its guess: the entity's name and definition, and the words around the value in a pattern."""

    field: Field
    entity: str
    definition: dict[str, Any]
    rank: int = 75
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    many: bool = False
    only: str = ""
    replaces: str = ""
    known: bool = False
    kind: bool = False
    offer: bool = False
    ask: str = ""
    remark: str = ""

    def said(self, phrase: str) -> str:
        """A phrase of the slot as a part of a pattern."""
        return phrase.replace("{}", f"{{{slot_name(self.field.name)}}}")


def slot_name(name: str) -> str:
    """A name that may stand in {brackets}."""
    return shown(re.sub(r"[{}\[\]()|\\]+", " ", name))[:LONGEST].strip() or "value"


def guessed(field: Field, about: str, act: str = "") -> Slot:
    """The guess for a field; `about` tells what its service is for, `act` what its intent does."""
    if is_flag(field):
        return _flag(field)
    rule = _rule(field, about)
    definition, remark = _definition(field, rule)
    after = (rule.get("acts") or {}).get(act) or rule.get("after") or ()
    words = field.words.removesuffix(" id") if rule.get("known") and field.words.endswith(" id") else field.words
    return Slot(
        field,
        rule.get("entity") or slot_name(field.bare),
        definition,
        rule["rank"],
        before=tuple(_filled(text, words) for text in rule.get("before", ())),
        after=tuple(_filled(text, words) for text in after),
        own=tuple(rule.get("own", ())),
        many=bool(rule.get("many")),
        only=rule.get("only", ""),
        replaces=rule.get("replaces", ""),
        known=bool(rule.get("known")),
        kind=bool(rule.get("before")) and _are_kinds(field.values),
        offer=bool(rule.get("offer")),
        ask=_filled(rule.get("ask", ""), words).replace(" of the id?", "?") or _question(field),
        remark=remark,
    )


def is_flag(field: Field) -> bool:
    """Whether a field is true or false."""
    values = {value.lower() for value in field.values}
    return field.kind == "boolean" or (bool(values) and values <= {"true", "false", "yes", "no"})


def _filled(text: str, words: str) -> str:
    return text.replace("{slot}", words)


def _kind(field: Field) -> str:
    if field.values:
        return "integer" if _numbers(field) else "enum"
    return field.kind if field.kind in table("fields")["fallback"] else "string" if field.kind else ""


def _rule(field: Field, about: str) -> dict[str, Any]:
    """The first rule whose expressions fit; what fits none goes by its type."""
    kind, rules = _kind(field), table("fields")
    texts = {"name": field.words, "about": field.description.lower(), "where": about.lower(), "type": kind}
    for rule in rules["fields"]:
        if all(re.search(rule[key], text) for key, text in texts.items() if key in rule):
            return dict(rule)
    return dict(rules["fallback"][kind or "string"])


def _numbers(field: Field) -> bool:
    return bool(field.values) and all(re.fullmatch(r"\d{1,3}", value) for value in field.values)


def _definition(field: Field, rule: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The entity that the schema's own values, pattern and limits make, else the rule's; and what to remark on it."""
    if _numbers(field):
        numbers = sorted(map(int, field.values))
        return {"type": "number", "min": numbers[0], "max": numbers[-1]}, ""
    if said := _said(field.values):
        left_out = [value for value in field.values if value.lower() in UNSAID]
        return {"values": said}, f"Not taken over, as nobody says it: {', '.join(left_out)}" if left_out else ""
    if field.pattern and (pattern := _sampled(field.pattern)):
        return {"pattern": pattern}, ""
    definition = dict(rule.get("is") or {})
    if definition.get("type") == "number":
        definition |= {
            key: _whole(limit) for key, limit in (("min", field.low), ("max", field.high)) if limit is not None
        }
        if definition.get("min", 1) > definition.get("max", 100):
            definition["max"] = definition["min"] * 2 + 1
    if definition:
        return definition, ""
    named = rule.get("values") or "titles"
    known = list(table("values")[named]) if isinstance(named, str) else list(named)
    listed = [entry["value"] if isinstance(entry, dict) else entry for entry in known]
    extra = [value for value in _said(field.examples) if _key(value) not in {str(one).casefold() for one in listed}]
    remark = (
        "Nothing is known of its values: put yours here"
        if rule.get("unknown")
        else "Examples: put your own values here"
    )
    return {"values": [*(extra if len(extra) < 20 else extra[:20]), *known]}, remark


def _are_kinds(values: tuple[str, ...]) -> bool:
    """Whether most values are kinds of the thing: nouns that go in its place."""
    kinds = re.sub(r"\s*\|\s*", "|", table("fields")["kinds"])
    return sum(re.search(kinds, value.lower()) is not None for value in values) > 0.6 * len(values) > 0


def _whole(limit: float) -> float | int:
    return int(limit) if float(limit).is_integer() else limit


def _sampled(pattern: str) -> str:
    """The pattern without anchors, if texts can be drawn from it; else ""."""
    bare = re.sub(r"^\^|(?<!\\)\$$", "", pattern)
    try:
        sampler(bare)
    except RegexError:
        return ""
    return bare


def _key(value: Any) -> str:
    return str(value["value"] if isinstance(value, dict) else value).casefold()


def _said(values: tuple[str, ...]) -> list[Any]:
    """Values of a schema as a user would say them, the schema's own spelling being the canonical one."""
    out, taken = list[Any](), set[str]()
    for value in values:
        text = shown(value)
        if text.lower() in UNSAID or text.casefold() in taken or len(out) >= MOST_VALUES:
            continue
        spoken = " ".join(words_of(text)) if re.search(r"_|[a-z][A-Z]", text) else text.lower()
        if text.isupper() and "_" not in text and len(text) > 3:
            text = text.lower()  # nobody shouts a value
        taken.add(text.casefold())
        synonyms = [spoken] if spoken != text and spoken.casefold() not in taken - {text.casefold()} else []
        taken |= {synonym.casefold() for synonym in synonyms}
        out.append({"value": text, "synonyms": synonyms} if synonyms else text)
    return out


def _flag(field: Field) -> Slot:
    """A slot that is true or false, said in words: "with wifi", "no wifi"."""
    about = field.description.lower()
    known = next(
        (
            flag
            for flag in table("fields")["flags"]
            if re.search(flag["name"], field.words) and re.search(flag.get("about", ""), about)
        ),
        None,
    )
    flag = known or _plain_flag(field.words)
    values = [
        {"value": found[0], "synonyms": found[1:]} if found[1:] else found[0] for found in (flag["yes"], flag["no"])
    ]
    ask = f"Should it be {flag['yes'][0]}?" if flag["after"].startswith(",") else f"Do you want {flag['yes'][0]}?"
    ask = flag.get("ask", ask)
    return Slot(
        field,
        slot_name(field.name),
        {"values": values},
        rank=80,
        before=(flag["before"],) if "before" in flag else (),
        after=(flag["after"],),
        ask=ask,
        remark=f"true is said {flag['yes'][0]!r}, false {flag['no'][0]!r}",
    )


def _plain_flag(words: str) -> dict[str, Any]:
    bare = re.sub(
        r"^(is|has|have|with|include[sd]?|allow|wants?|needs?|should|can)\s+|\s+(included|available|flag)$", "", words
    )
    if bare.endswith((" allowed", "ed", "able", "ing", "ive")) or words.startswith("is "):
        return {"yes": [bare], "no": [f"not {bare}"], "after": ", {}"}
    return {"yes": [bare], "no": [f"no {bare}"], "after": "with {}"}


def _question(field: Field) -> str:
    """The bot's question for a slot, from its description."""
    text = re.sub(r"\s*[(.].*", "", shown(field.description)).strip(" .?!:")
    text = text[:1].lower() + text[1:] if text[1:2].islower() else text
    if match := re.match(r"number of (\w+(?: \w+)?)", text):
        return f"How many {match.group(1)}?"
    if not text or len(text.split()) > 9:
        text = field.words
    return f"What is {text if text.split()[0] in ('the', 'a', 'an') else f'the {text}'}?"


def renamed(slot: Slot, entity: str) -> Slot:
    """The slot with another name for its entity."""
    return replace(slot, entity=entity)
