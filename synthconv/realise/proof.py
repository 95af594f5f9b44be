"""Proof: labels for a text that a model wrote, by looking for every planned value in it; or why it cannot serve."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from synthconv.lang.tokens import normalised
from synthconv.records import LabelledText, SlotValue, Span, TurnPlan

MAX_CHARACTERS = 2000
QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "'": "'", "`": "`"}
NO_BLANKS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
"""Letters of scripts that put no blank between words, or put endings right after a name."""
REFUSAL = re.compile(
    r"^\W*((i('m| am) (very |really |truly )?sorry|sorry|i apologi[sz]e|unfortunately)[,.]? (but )?)?(as an ai\b"
    r"|i('m| am)? (can('|’)?t|cannot|can not|won('|’)?t|unable to|not able to|must decline to) "
    r"((help|assist) (you )?with (that|this|your|the request|creating|generating|writing)"
    r"|(fulfil|fulfill|comply with) (that|this|your|the) request|comply\b)"
    r"|es tut mir leid,? (aber )?(ich kann|dabei kann ich)( dir| ihnen)? (dabei |damit )?nicht"
    r"|lo siento,? (pero )?no puedo (ayudar|cumplir|generar))",
    re.IGNORECASE,
)
"""How models say that they will not."""
MARKUP = re.compile(
    r"```|[{}]|</?[a-z_]+>|\[[^\]]*\]|\"(?:items|text|slots|surface|id)\"|\b[a-z]+_[a-z_]+", re.IGNORECASE
)
"""What no user types: fences, braces, placeholders, parts of the answer's JSON, names with underscores."""
PART_BEFORE = re.compile(r"(?:\d[.,:/–'’-]|\d[\u00a0\u202f]|(?<!\w)[-−.,])$")  # the minus sign itself
PART_AFTER = re.compile(r"[.,:/–'’-]\d|[\u00a0\u202f]\d{3}(?!\d)")
MONEY = "$€£¥₹"
ADDRESS = re.compile(r"@\w|\.(?:com|org|net|info|io|edu|gov|de|at|ch|es|mx|fr|it|nl|uk|eu)\b")
"""What makes the digits beside it a part of a longer number, or the word before it a part of an address."""
MAX_WORDS = 100
"""A user's message has fewer, unless it is a story, which is told by rules."""
COPIED_WORDS = 5
"""A text of so many words that stands in the prompt was copied from it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text cannot serve: a reason of rejected.jsonl, and what to tell the model; `final` if telling is no use."""

    reason: str
    detail: str
    final: bool = False


def proven(turn: TurnPlan, said: str, prompt: str = "") -> LabelledText | Fault:
    """The text with a span for every value of a turn, or its fault; `prompt` is what it answers."""
    text, values = _bare(said), turn.slots
    words = normalised(text).split()
    if not any(map(str.isalnum if values else str.isalpha, text)):
        return Fault("empty", "the message had no words")
    if len(words) > MAX_WORDS or len(text) > MAX_CHARACTERS:
        return Fault("too_long", f"the message had {len(words)} words")
    if REFUSAL.match(text):
        return Fault("model_refusal", "the answer was a refusal; the message is a user's, harmless, and made up")
    surfaces = [value.surface for value in values]
    if len({surface.casefold() for surface in surfaces}) < len(surfaces):
        return Fault("slot_ambiguous", "two values are said by the same words", final=True)
    rest = text
    for surface in surfaces:
        rest = rest.replace(surface, "")
    if _goes_in_circles(normalised(rest).split()):
        return Fault("repetitive", "the message said the same words over and over")
    if found := MARKUP.search(rest):
        return Fault("prompt_leak", f"the message held {found.group()!r}, which no user types")
    labelled = _labelled(text, values)
    if isinstance(labelled, LabelledText) and len(words) >= COPIED_WORDS and " ".join(words) in prompt:
        return Fault("prompt_leak", "the message was copied from these instructions")
    return labelled


def _goes_in_circles(words: list[str]) -> bool:
    """Whether words say the same over and over: one word four times in a row, or four words three times."""
    if any(len(set(words[at : at + 4])) == 1 for at in range(len(words) - 3)):
        return True
    runs = Counter(tuple(words[at : at + 4]) for at in range(len(words) - 3))
    return bool(runs) and max(runs.values()) > 2


def _bare(said: str) -> str:
    """The text on one line, without quotation marks around all of it."""
    text = " ".join(said.split())
    while len(text) > 1 and QUOTES.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
        text = text[1:-1].strip()
    return text


def _labelled(text: str, values: tuple[SlotValue, ...]) -> LabelledText | Fault:
    """The text with its spans; longer surfaces are found first, so that none is taken for a part of another."""
    taken: list[tuple[int, int]] = []
    spans = []
    for value in sorted(values, key=lambda value: -len(value.surface)):
        found = [place for place in _places(text, value.surface) if not any(_meet(place, other) for other in taken)]
        if not found:
            return Fault("slot_missing", f"the message did not say {value.surface!r} ({value.slot}) word for word")
        if len(found) > 1:
            return Fault("slot_ambiguous", f"the message said {value.surface!r} ({value.slot}) more than once")
        taken += found
        if value.value is not None:
            spans.append(Span(*found[0], value.entity, value.slot, value.value))
    return LabelledText(text, tuple(sorted(spans, key=lambda span: span.start)))


def _places(text: str, surface: str) -> list[tuple[int, int]]:
    """Where a surface stands as words of its own; with other capitals only if it is nowhere as it is."""
    for flags in (re.NOFLAG, re.IGNORECASE):
        matches = re.finditer(re.escape(surface), text, flags)
        if found := [match.span() for match in matches if _apart(text, *match.span())]:
            return found
    return []


def _apart(text: str, start: int, end: int) -> bool:
    """Whether what stands there is whole: no part of a longer word, number, amount or address."""
    before, after, surface = text[:start], text[end:], text[start:end]
    first, last = surface.lstrip(MONEY)[:1], surface.rstrip(MONEY + " ")[-1:]
    if (first.isdigit() and PART_BEFORE.search(before)) or (last.isdigit() and PART_AFTER.match(after)):
        return False
    if ADDRESS.match(after) or ("@" in surface and re.search(r"[\w.+-]$", before)):
        return False
    if after and (unicodedata.combining(after[0]) or after[0] in "\u200d\ufe0f"):
        return False
    return not (_joined(before[-1:], text[start]) or _joined(after[:1], text[end - 1]))


def _joined(outer: str, inner: str) -> bool:
    if outer in ("_", "@", "\u00ad", "\u200b", "\u200c", "\u200d"):
        return True
    return outer.isalnum() and inner.isalnum() and not (NO_BLANKS.match(outer) or NO_BLANKS.match(inner))


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def unplanned(text: LabelledText, patterns: Mapping[str, re.Pattern[str]]) -> bool:
    """Whether the text says a listed value of one of the intent's entities outside of its spans."""
    return any(
        not any(_meet(match.span(), (span.start, span.end)) for span in text.spans)
        for pattern in patterns.values()
        for match in pattern.finditer(text.text)
    )


def strayed(text: str, planned: Iterable[SlotValue], others: Iterable[SlotValue]) -> str:
    """The words of one of the other values that a text says beside its own; "" if there is none.

    A single word in small letters may mean anything, and does not count.
    """
    for value in planned:
        for start, end in _places(text, value.surface):
            text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    telling = (one.surface for one in others if len(one.surface.split()) > 1 or not one.surface.islower())
    return next((surface for surface in telling if surface and _places(text, surface)), "")
