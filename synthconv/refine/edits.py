"""Edits that the refiners share: where words stand outside of spans, and words before, after and in place of others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random

from synthconv.lang.models import Pack
from synthconv.lang.packs import common_words
from synthconv.lang.tokens import WORD, normalised
from synthconv.plan.frames import frames_of
from synthconv.records import Edit, Example, LabelledText, SlotValue, Span

Change = Callable[[LabelledText, Example, Pack, Random], LabelledText | None]
"""What makes an edge case of a text; None where these words cannot have it."""


def free_words(text: LabelledText) -> list[tuple[int, int]]:
    """The (start, end) of every word that no span touches."""
    taken = [(span.start, span.end) for span in text.spans]
    found = (match.span() for match in WORD.finditer(text.text))
    return [(start, end) for start, end in found if not any(start < stop and end > first for first, stop in taken)]


def stretches(text: LabelledText) -> Iterator[tuple[int, int, bool]]:
    """The text as (start, end, is a span) pieces, in order."""
    at = 0
    for span in text.spans:
        if at < span.start:
            yield at, span.start, False
        yield span.start, span.end, True
        at = span.end
    if at < len(text.text):
        yield at, len(text.text), False


def mapped(
    text: LabelledText, change: Callable[[str], str], *, spans: Callable[[str], str] | None = None
) -> LabelledText:
    """`change` applied to the words outside of spans, and `spans`, where given, to the surfaces."""
    edits = []
    for start, end, is_span in stretches(text):
        old = text.text[start:end]
        new = (spans(old) if spans else old) if is_span else change(old)
        if new != old:
            edits.append((start, end, new))
    return text.edits(edits)


def replaced(text: LabelledText, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]) -> LabelledText:
    """Every match of `pattern` that touches no span, replaced by `new(match)`."""
    edits: list[Edit] = []
    for match in pattern.finditer(text.text):
        start, end = match.span()
        free = start < end and all(end <= span.start or start >= span.end for span in text.spans)
        if free and (words := new(match)) != match.group():
            edits.append((start, end, words))
    return text.edits(edits)


def before(text: LabelledText, words: str, pack: Pack, *, keep: bool = False) -> LabelledText:
    """`words` and a blank in front, in the case of the text; after a comma the text goes on in lower case if it can.

    With `keep` the words keep their capitals, though the text has none.
    """
    words, first = in_case_of(text.text, words, keep=keep), WORD.match(text.text)
    if words[-1] not in ".!?" and first and text.text[:1].isupper() and not text.text.isupper():
        if goes_on(text, pack):
            text = text.edit(0, 1, text.text[0].lower()) if first.group() not in pack.style.capital_words else text
        elif words.endswith(","):
            words = f"{words[:-1]}."
    return text.edit(0, 0, f"{words} ")


def goes_on(text: LabelledText, pack: Pack) -> bool:
    """Whether a text with a capital may go on a sentence: its first word is no name."""
    first = WORD.match(text.text)
    if not first or (text.spans and text.spans[0].start == 0):
        return False
    known = first.group() in pack.style.capital_words or first.group().lower() in common_words(pack.language)
    return known or (not pack.wording.verb_last and frames_of(pack.language).is_do(text.text))


def after(
    text: LabelledText, words: str, joint: str = " ", *, keep: bool = False, unended: bool = False
) -> LabelledText:
    """`words` at the end, in the case and with the mark of the text, unless they are `unended`."""
    end, last = len(text.text), text.text[-1:]
    if text.text.isupper():
        words = words.upper()
    elif not keep and not any(map(str.isupper, text.text)):
        words = words.lower()
    elif text.text[:1].isupper() and (last in ".?!" or joint[0] in ".?!"):
        words = words[:1].upper() + words[1:]
    mark = "." if last and last in ".?!" and words[-1:] not in ".?!" and not unended else ""
    return text.edit(end, end, f"{' ' if last in '.?!,' else joint}{words}{mark}")


def in_case_of(text: str, words: str, *, keep: bool = False) -> str:
    """`words` as the text is: all capitals, a capital at the start, or none at all where it may lose those it has."""
    if text.isupper():
        return words.upper()
    if text[:1].isupper():
        return words[:1].upper() + words[1:]
    return words if keep or any(map(str.isupper, text)) else words.lower()


def contrasted(text: LabelledText, example: Example) -> tuple[Span, SlotValue] | None:
    """The value that the outline gave a second surface, and its span."""
    for value in example.turns[0].plan.slots:
        for span in text.spans:
            said = value.other and (span.slot, span.value) == (value.slot, value.value)
            if said and normalised(value.other or "") != normalised(value.surface):
                return span, value
    return None
