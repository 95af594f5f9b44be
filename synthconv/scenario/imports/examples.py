"""Examples for an intent that has none: patterns put together from what it does and what its slots say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from synthconv.scenario.imports.draft import escaped
from synthconv.scenario.imports.english import plain, table, with_article, words_of
from synthconv.scenario.imports.fields import Slot
from synthconv.scenario.imports.requests import Request, Thing

LEAST, MOST = 18, 22
"""Examples of an intent."""
OF_KINDS = ("(can|could) you find [me] <a>", "i'm looking for <a>", "i need <a>", "is there <a>")
"""Sentences for a value that stands in the place of the thing, of which there is no many."""
REASONED, OWN = 5, 3
"""Every how many sentences one gives a reason, and one says a slot in words of its own."""

MOST_OPTIONAL = 4
"""Slots of a phrase that it may leave out; each doubles what it can say."""


@dataclass(frozen=True)
class Said:
    """The slots that a sentence says for sure, and those that it may leave out."""

    sure: tuple[Slot, ...]
    maybe: tuple[Slot, ...] = ()


def examples_of(request: Request, slots: Sequence[Slot]) -> list[str]:
    """Patterns in which every slot is said at least once, those of required ones more often."""
    ordered = sorted(slots, key=lambda slot: slot.rank)
    request = _unlisted(request, ordered)
    required = tuple(slot for slot in ordered if slot.field.required)
    optional = tuple(slot for slot in ordered if not slot.field.required)
    templates = _templates(request)
    plans = list(_plans(required, optional))
    out = list[str]()
    for i in range(max(LEAST, len(templates), len(plans))):
        if i >= MOST and i >= len(plans):
            break
        plan, template = plans[i % len(plans)], templates[i % len(templates)]
        if not plan.sure and "<v>" not in template:  # only what is done with the thing tells the intent
            template = next((one for one in templates[i % len(templates) :] if "<v>" in one), template)
        sentence = _sentence(request, template, plan, i)
        if sentence and sentence.lower() not in {known.lower() for known in out}:
            out.append(sentence)
    for slot in ordered:
        name = slot.said("{}")
        if not any(name in pattern for pattern in out):
            out.append(_sentence(request, templates[len(out) % len(templates)], Said((slot,)), len(out)))
    return out


def _unlisted(request: Request, slots: Sequence[Slot]) -> Request:
    """The request without other names of its thing that are a value of a slot: they would go without a label."""
    entries = [entry for slot in slots for entry in slot.definition.get("values") or ()]
    listed = {str(entry["value"] if isinstance(entry, dict) else entry).lower() for entry in entries}
    kept = tuple(
        thing for thing in request.things if not any(one in f" {thing.one} " for one in map(" {} ".format, listed))
    )
    return replace(request, things=kept or request.things[:1])


def _templates(request: Request) -> list[str]:
    """The sentences of the act, those that only this thing has among them."""
    general = list(request.rules["says"])
    special = list[str]()
    for thing in request.things:
        entry = table("acts")["things"].get(thing.head) or {}
        special += [f"{text}<s>" for text in entry.get("says", ()) if request.act in ("check", "get", "find")]
        special += [f"{text}<s>" for text in entry.get("says_get", ()) if request.act in ("get", "check", "find")]
    special = list(dict.fromkeys(special))
    mixed = list[str]()
    while general or special:
        mixed += general[:1] + special[:1]
        general, special = general[1:], special[1:]
    return mixed


def _plans(required: tuple[Slot, ...], optional: tuple[Slot, ...]) -> Iterator[Said]:
    """Which slots sentence after sentence says: none, one, some, all, as users do."""
    every, r, o = required + optional, required, optional
    yield Said(())
    yield Said(r[:1] or o[:1])
    yield Said(r[:2], o[:1])
    yield Said(r, o[-1:])
    yield Said(o[:1])
    yield Said(r[-1:])
    yield Said(r[:2])
    yield Said(())
    yield Said((*r[:1], *o[:1]))
    yield Said(r)
    yield Said(r[1:3], o[1:2])
    yield Said(o[1:3])
    yield Said(r[:1], o[:2])
    yield Said((*r, *o[:2]))
    yield Said(every[2:3] or every[:1])
    yield Said(())
    yield Said(r[:1], r[1:2])
    for i in range(2, len(o), 2):
        yield Said((*r[:1], *o[i : i + 2]))
    yield Said((*r[:2], *o[-1:]))
    for slot in r[2:]:
        yield Said((slot,))


def _sentence(request: Request, template: str, plan: Said, i: int) -> str:
    """A template with a thing and what is said of it."""
    thing = request.things[i % len(request.things)]
    sure = sorted(plan.sure, key=lambda slot: slot.rank)
    kind = next((slot for slot in sure if slot.kind and _names_own(slot, request)), None)
    template = OF_KINDS[i % len(OF_KINDS)] if kind and "<a>" not in template else template
    replaced = kind or next((slot for slot in sure if slot.replaces and _is_one(slot, request)), None)
    sure = [slot for slot in sure if slot is not replaced]
    before = [slot for slot in sure if slot.before and _fits(slot, thing, request)][:2]
    if "<s>" in template or (before and before[0].many and len(before) > 1):
        before = [slot for slot in before if not slot.after][:2] if "<s>" in template else before[:1]
    after = [slot for slot in sure if slot not in before]
    maybe = [
        slot
        for slot in sorted(plan.maybe, key=lambda slot: slot.rank)
        if slot not in sure and slot.after and not slot.kind
    ]
    own = next((slot for slot in after if slot.own and len(sure) > 1 and i % OWN == 0), None)
    said = [_after(slot, i if k == 0 else 0) for k, slot in enumerate(after) if slot is not own]
    phrases = _joined([*said, *([f", {own.said(own.own[0])}"] if own else [])])
    phrases += "".join(f"[{_after(slot, 0)}]" for slot in maybe[:1])
    phrases += "".join(f"[{re.sub('^ with ', ', ', _after(slot, 0))}]" for slot in maybe[1:])
    if "," in phrases and re.search(r"<many> \w", template):
        template = "show me [some] <many>"
    text = _filled(request, template, thing, replaced, before, i)
    text = text.replace("<s>", phrases) if "<s>" in text else text
    reason = _reason(request, thing, template, i)
    return " ".join(f"{reason}{text}".replace("<p>", phrases).split()).replace(" ,", ",")


def _fits(slot: Slot, thing: Thing, request: Request) -> bool:
    """Whether a value may stand before the thing: it must be the thing's own."""
    inside = words_of(slot.field.inside)
    return (not slot.only or bool(re.search(slot.only, thing.one))) and (
        not inside or _heads(request) & set(inside) != set()
    )


def _names_own(slot: Slot, request: Request) -> bool:
    """Whether the slot tells the kind of the request's thing, and not that of another."""
    named = set(words_of(slot.field.name)) - {"type", "category", "kind", "species", "class", "of", "the"}
    return not named or bool(named & _heads(request))


def _heads(request: Request) -> set[str]:
    return {thing.head for thing in request.things}


def _is_one(slot: Slot, request: Request) -> bool:
    return any(re.search(rf"\b({slot.replaces})\b", thing.head) for thing in request.things)


def _joined(phrases: Sequence[str]) -> str:
    """Phrases one after the other; a second "with" is an "and"."""
    out = ""
    for phrase in phrases:
        out += " and " + phrase.removeprefix(" with ") if phrase.startswith(" with ") and " with " in out else phrase
    return out


def _after(slot: Slot, i: int) -> str:
    """A slot's phrase with what goes before it; every second sentence has the next of its phrases."""
    options = slot.after or ((f", {slot.field.words} {{}}",) if slot.before else ("{}",))
    phrase = slot.said(options[(i // 2) % len(options)])
    return phrase if phrase.startswith(",") else f" {phrase}"


def _filled(request: Request, template: str, thing: Thing, replaced: Slot | None, before: list[Slot], i: int) -> str:
    verb = escaped(request.verbs[i % len(request.verbs)])
    front = " ".join(slot.said(slot.before[i % len(slot.before)]) for slot in before)
    many = bool(before) and before[0].many
    if replaced:
        a = several = the = _one("", [replaced], "", "", i) if replaced.kind else replaced.said("{}")
    else:
        one, more = (escaped(text) for text in (thing.one, thing.many))
        several = f"{front} {more}".strip()
        a = _one(front, before, one, more, i) if front and not thing.mass else f"{front} {thing.a}".strip()
        whose = "my" if request.mine else "the"
        the = f"{whose} {front} {more if (request.lists and not thing.mass) else one}".replace("  ", " ")
        the = the.removeprefix("the ") if template == "<the>" else the
        a = several if many else f"my {front} {one}".replace("  ", " ") if request.rules.get("known") else a
    be = "are" if request.lists and not thing.mass else "is"
    out = template.replace("<v>", verb).replace("<be>", be)
    for sign, words in (("<a>", a), ("<many>", several), ("<the>", the)):
        out = (out.replace("[some] ", "") if many else out).replace(sign, f"{words}<p>")
    return re.sub(r"\b(any good|any|some) (?=\{)", "", out) if many else out


def _one(front: str, before: list[Slot], one: str, more: str, i: int) -> str:
    """One thing with a value before it, whose first letter decides on the article; another word where it may be any."""
    definition: dict[str, Any] = before[0].definition
    values = [str(entry["value"] if isinstance(entry, dict) else entry) for entry in definition.get("values") or ()]
    values += [
        text for entry in definition.get("values") or () if isinstance(entry, dict) for text in entry["synonyms"]
    ]
    articles = {with_article(value).split()[0] for value in values}
    if definition.get("type") == "number" and int(definition.get("max", 99)) < 8:
        articles = {"a"}
    if before[0].kind:
        front = before[0].said("{}")
        return f"{articles.pop() if len(articles) == 1 else ('a good', 'a nice')[i % 2]} {front}"
    if len(articles) == 1:
        return f"{articles.pop()} {front} {one}"
    return (f"a good {front} {one}", f"some {front} {more}", f"a nice {front} {one}")[i % 3]


def _reason(request: Request, thing: Thing, template: str, i: int) -> str:
    """Now and then why one asks."""
    if request.rules.get("known"):
        return ""
    reasons = (table("acts")["things"].get(thing.head) or {}).get("why", ())
    fits = reasons and i % REASONED == 1 and not template.startswith(("<", "go ", "any ", "what ", "let's"))
    return f"{reasons[(i // REASONED) % len(reasons)]}. " if fits else ""


def read_back(request: Request, slots: Sequence[Slot]) -> str:
    """What the bot is about to do, as a verb phrase: "book a table at {restaurant_name}[ on {date}]"."""
    request = _unlisted(request, slots)
    optional = sorted((slot for slot in slots if not slot.field.required and slot.after), key=lambda slot: slot.rank)
    more = "".join(
        f"[ {plain(_after(slot, 0)).replace('his ', 'their ')}]" for slot in optional[:MOST_OPTIONAL] if not slot.kind
    )
    return f"{escaped(request.verbs[0])} {summary(request, slots)}{more.replace('[ ,', '[,')}"


def summary(request: Request, slots: Sequence[Slot]) -> str:
    """The thing with its required slots, for the bot to say: "a table at {restaurant_name} at {time}"."""
    request = _unlisted(request, slots)
    required = tuple(sorted((slot for slot in slots if slot.field.required), key=lambda slot: slot.rank))
    said = _sentence(request, "<a>", Said(required), 1)
    return re.sub(r"\{[^}]*\}|\bmy\b", lambda found: "your" if found[0] == "my" else found[0], plain(said))
