"""The rules realiser: an outline's skeleton, filled with its values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import islice, pairwise
from random import Random

from synthconv.lang.models import Pack
from synthconv.lang.packs import common_words, load_pack
from synthconv.lang.tokens import any_phrase, normalised, phrase_pattern
from synthconv.plan.domain import Domain
from synthconv.plan.frames import BOT_DOES, USER_DOES, frames_of
from synthconv.plan.skeletons import Skeleton
from synthconv.realise.forms import PLACES
from synthconv.realise.wording import FIRST_PLACE, Wording, wording_of
from synthconv.records import (
    OUT_OF_SCOPE,
    Example,
    IntentPlan,
    LabelledText,
    Outline,
    Rejection,
    SlotValue,
    Span,
    Turn,
    TurnPlan,
)
from synthconv.scenario.catalogue import catalogue
from synthconv.scenario.patterns import Slot, expand
from synthconv.seeds import stream

DRAWS = 12
"""Draws of other words for a day."""
TRIES = 3
"""Tries to say a text in words that end as a sentence does."""
DANGLING_MARK = re.compile(r"\s*[,;:]+(?=[.?!]*$)")
NO_SPACE_BEFORE = tuple(",.?!;:)…")


class Utterances:
    """Words for utterances, by the scenario's own examples."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.days = {name for name, entity in domain.scenario.model.entities.items() if entity.type == "date"}

    def pieces(self, plans: Iterable[IntentPlan], outline: Outline, random: Random) -> list[str | SlotValue]:
        """The words and values of the intents of a turn, one after the other. Raises InScope."""
        pieces, tag = list[str | SlotValue](), outline.cell.language
        pack, edge = load_pack(tag), None if outline.story else outline.cell.edge_case
        for plan in _in_order([plan for plan in plans if plan.skeleton]):
            skeleton = self._skeleton(plan, tag)
            if skeleton.in_scope:
                raise InScope(skeleton.template.source)
            variant = skeleton.template.variants[tuple(value.slot for value in plan.slots)]
            filled = list(_filled(expand(variant, random), plan))
            if outline.method != "example" and plan.intent != OUT_OF_SCOPE and not skeleton.fixed:
                filled = _reworded(filled, wording_of(self.domain, tag), plan.intent, skeleton, random)
            said = list(joined(filled, pack, self.days))
            pieces = _both(pieces, said, edge, pack, random) if pieces else said
        return pieces

    def apart(self, pieces: list[str | SlotValue], tag: str, random: Random) -> list[str | SlotValue]:
        """`pieces` with days said so that no preposition follows another: "to the 8th" for "to in 8 days"."""
        if not any(isinstance(piece, SlotValue) and piece.entity in self.days for piece in pieces):
            return pieces
        pack, said = load_pack(tag), list[str | SlotValue]()
        for last, piece in pairwise(["", *pieces]):
            if isinstance(piece, SlotValue) and isinstance(last, str) and piece.entity in self.days and piece.value:
                words = last.split()[-1:]
                if words and words[0].lower() in pack.prepositions and _begins_with(piece.surface, pack.prepositions):
                    sampler, day = self.domain.samplers[piece.entity, tag], date.fromisoformat(piece.value)
                    others = (sampler.word(day, random) for _ in range(DRAWS))
                    fit = (other for other in others if not _begins_with(other, pack.prepositions))
                    piece = replace(piece, surface=next(fit, sampler.plain(day)))
            said.append(piece)
        return said

    def _skeleton(self, plan: IntentPlan, tag: str) -> Skeleton:
        try:
            return self.domain.skeleton(plan.intent, tag, plan.skeleton)
        except KeyError:
            return self.domain.outside_by_key(tag, plan.skeleton)


class InScope(ValueError):
    """The text outside of all intents is on a topic that the scenario itself is about."""


def rules_realiser(domain: Domain) -> Callable[[Outline], Example | Rejection]:
    """A function that words outlines by the scenario's own examples."""
    stream_of, authored, utterances = stream(domain.scenario.seed, "words"), domain.plain_examples, Utterances(domain)

    def realise(outline: Outline) -> Example | Rejection:
        turn, random = outline.turns[0], stream_of(outline.id)
        if not all(value.surface for value in turn.slots):
            return Rejection(outline.id, "realise", "no_words", "a slot has no other value to say", outline=outline)
        try:
            pieces = utterances.pieces(turn.intents, outline, random)
        except InScope as error:
            return Rejection(outline.id, "realise", "in_scope", str(error), outline=outline)
        if outline.method != "example":
            pieces = utterances.apart(pieces, outline.cell.language, random)
            turn = as_said(turn, pieces)
        text = assemble(pieces, exact=outline.method == "example")
        if outline.method != "example":
            text = _agreed(text, outline.cell.language)
        owners = authored.get(normalised(text.text), {outline.intent})
        if outline.intent not in owners and outline.method != "example":
            detail = f"example of {min(owners)}"
            return Rejection(outline.id, "realise", "other_intent", detail, outline=outline, text=text.text)
        return Example(outline.id, outline, (Turn(turn, text),), group=outline.id)

    return realise


def _reworded(
    pieces: list[str | SlotValue], wording: Wording, intent: str, skeleton: Skeleton, random: Random
) -> list[str | SlotValue]:
    """`pieces` in other words, with the same values."""
    values = [piece for piece in pieces if isinstance(piece, SlotValue)]
    number = iter(range(len(values)))
    text = [piece if isinstance(piece, str) else chr(FIRST_PLACE + next(number)) for piece in pieces]
    if len(PLACES.findall("".join(text))) != len(values):
        return pieces  # the author uses private characters
    plain = " ".join(assemble(text).text.split())
    tries = (wording.reworded(plain, intent, skeleton, random) for _ in range(TRIES))
    said = DANGLING_MARK.sub("", next((words for words in tries if _whole(words, plain, wording.pack)), plain))
    if said.count("¿") > said.count("?"):
        said = f"{said.rstrip('.')}?"
    parts = re.split(f"({PLACES.pattern})", said)
    return [values[ord(part) - FIRST_PLACE] if PLACES.fullmatch(part) else part for part in parts if part]


def _in_order(plans: list[IntentPlan]) -> list[IntentPlan]:
    """The plans as they are said: a request that is taken back before the one that is meant."""
    return sorted(plans, key=lambda plan: not plan.dropped or plan.intent == OUT_OF_SCOPE)


def _both(
    first: list[str | SlotValue], second: list[str | SlotValue], edge: str | None, pack: Pack, random: Random
) -> list[str | SlotValue]:
    """Two texts in one message, joined as the edge case has it."""
    case = catalogue().edge_cases.get(edge or "")
    words = getattr(pack.moves, case.form.words or "", ()) if case and case.form else ()
    if not words:
        return _seam(first, random.choice(pack.noise.joints), second, pack)
    lead, _, end = random.choice(words).partition("{text}")
    if end:
        lead = f". {lead}"
    if lead.startswith(". ") and isinstance(first[0], str) and first[0][:1].isupper():
        lead = f". {lead[2:3].upper()}{lead[3:]}"
    return [*_seam(first, lead, second, pack), *([end] if end else [])]


def as_said(turn: TurnPlan, pieces: Iterable[str | SlotValue]) -> TurnPlan:
    """`turn` with its values in the words that were found for them."""
    said = {(piece.slot, piece.value): piece for piece in pieces if isinstance(piece, SlotValue)}
    if all(said.get((value.slot, value.value), value) is value for value in turn.slots):
        return turn
    intents = [
        replace(plan, slots=tuple(said.get((value.slot, value.value), value) for value in plan.slots))
        for plan in turn.intents
    ]
    return replace(turn, intents=tuple(intents))


def _begins_with(surface: str, words: Sequence[str]) -> bool:
    return surface.split(maxsplit=1)[0].lower() in words


def _whole(said: str, plain: str, pack: Pack) -> bool:
    """Whether `said` is whole: no article or conjunction ends it, its quotes are closed, a verb follows each frame.

    Nor does it say please twice, or bring words together that go ill with each other.
    """
    words = normalised(said).split()
    last = words[-1] if words else ""
    if last in _open_ended(pack.language) and last != normalised(plain).rpartition(" ")[2]:
        return False
    pleas = len(_pleas(pack.language).findall(said))
    if pleas > 1 and pleas > len(_pleas(pack.language).findall(plain)):
        return False
    if said.count('"') % 2 != plain.count('"') % 2:
        return False
    if (clash := _clashes(pack.language)) and clash.search(said.lower()) and not clash.search(plain.lower()):
        return False
    ends, others, torn = _verbless(pack.language)
    suspect = any(word in ends and other in others for word, other in pairwise(words))
    return not suspect or not torn.search(said) or torn.search(plain) is not None


@lru_cache(maxsize=8)
def _open_ended(language: str) -> frozenset[str]:
    """The words after which a text is not over."""
    pack = load_pack(language)
    return frozenset((*pack.articles, *pack.wording.cuts)) - {*pack.prepositions}


@lru_cache(maxsize=8)
def _clashes(language: str) -> re.Pattern[str] | None:
    patterns = load_pack(language).wording.clashes
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None


@lru_cache(maxsize=8)
def _pleas(language: str) -> re.Pattern[str]:
    style = load_pack(language).style
    return phrase_pattern(tuple(word for word in style.polite_words if word in style.please_words))


@lru_cache(maxsize=8)
def _verbless(language: str) -> tuple[frozenset[str], frozenset[str], re.Pattern[str]]:
    """How frames for a verb phrase end, and what cannot follow; a match of both: "i want to the wrong house"."""
    frames, words = frames_of(language), load_pack(language).wording
    openings = {
        frame.before.strip()
        for family in (*USER_DOES, *BOT_DOES)
        for frame in frames.by_family.get(family, ())
        if len(frame.before.split()) > 1
    }
    subjects = {opening.split()[0].lower() for opening in openings} & {word.lower() for word in words.first_person}
    others = (*words.pronouns, *sorted(subjects if words.verb_last else frames.nouns))
    torn = re.compile(f"{any_phrase(sorted(openings))} {any_phrase(others)}", re.I)
    ends, begins = ({normalised(text).split()[at] for text in texts} for texts, at in ((openings, -1), (others, 0)))
    return frozenset(ends), frozenset(begins), torn


def _seam(first: list[str | SlotValue], joint: str, second: list[str | SlotValue], pack: Pack) -> list[str | SlotValue]:
    """Two requests in one message; after a sentence that has ended the joint begins another."""
    last = first[-1]
    if isinstance(last, str) and last.rstrip()[-1:] in (".", "?", "!") and (words := joint.lstrip(" ,.;-")):
        joint = f" {words[:1].upper()}{words[1:]}"
    opening = next((piece for piece in second if piece), "")
    if isinstance(opening, str) and opening.split()[:1] and opening.split()[0].lower() in common_words(pack.language):
        at = second.index(opening)
        second = [*second[:at], opening[:1].lower() + opening[1:], *second[at + 1 :]]
    return [*first, joint, *second]


def _filled(pieces: Iterable[str | Slot], plan: IntentPlan) -> Iterable[str | SlotValue]:
    """`pieces` with the planned values in the slots, in the order in which they were planned."""
    left = list(plan.slots)
    for piece in pieces:
        if isinstance(piece, Slot):
            value = next(value for value in left if value.slot == piece.name)
            left.remove(value)
            yield value
        else:
            yield piece


def joined(pieces: Iterable[str | SlotValue], pack: Pack, days: set[str]) -> Iterable[str | SlotValue]:
    """`pieces` without a small word that a value makes one too many, "on tomorrow", and with "1 rooms" put right."""
    last: str | SlotValue = ""
    for piece in pieces:
        if isinstance(piece, SlotValue) and isinstance(last, str) and last.endswith(" "):
            before, first = last[:-1].rpartition(" ")[2], piece.surface.split()[0].lower()
            word = before.lower()
            twice = (word in pack.articles and first in pack.articles) or (
                word == first and word in pack.noise.small_words
            )
            relative = word in pack.dates.prepositions and piece.entity in days
            if twice or (relative and pack.dates.without_preposition.fullmatch(piece.surface)):
                last = last[: -1 - len(before)]
        elif isinstance(last, SlotValue) and isinstance(piece, str) and last.value == "1":
            piece = _of_one(piece, pack)
        yield last
        last = piece
    yield last


def _agreed(text: LabelledText, language: str) -> LabelledText:
    """`text` with the words that depend on what follows them as it asks: "an hour", "sillas e iluminación"."""
    for pattern, new in _agreement(language):
        found = (match for match in pattern.finditer(text.text) if match[0].islower() or not match.start())
        free = [match for match in found if all(match.end() <= s.start or match.start() >= s.end for s in text.spans)]
        text = text.edits([(*match.span(), new.title() if match[0][0].isupper() else new) for match in free])
    return text


@lru_cache(maxsize=8)
def _agreement(language: str) -> list[tuple[re.Pattern[str], str]]:
    rules = load_pack(language).agreement
    return [(re.compile(rf"(?<![\w'-]){old}(?=\s+{after})", re.IGNORECASE), new) for old, after, new in rules]


def _of_one(text: str, pack: Pack) -> str:
    """`text` after the number one, with the noun that is counted as it is said of one: " room" for " rooms"."""
    for noun in islice(re.finditer(r"(?<=\s)\w+(?=\W|$)", text), 2):
        if one := pack.numbers.one.get(noun[0]):
            return text[: noun.start()] + one + text[noun.end() :]
        if noun[0] in pack.noise.small_words:
            break
    return text


def assemble(pieces: Iterable[str | SlotValue], *, exact: bool = False) -> LabelledText:
    """A text out of words and values, a span for each value, without the blanks that an omitted part leaves behind."""
    text, spans, free = "", list[Span](), 0
    for piece in pieces:
        if isinstance(piece, SlotValue):
            start, text = len(text), text + piece.surface
            free = len(text)  # blanks before this point belong to a value
            if piece.value is not None:
                spans.append(Span(start, free, piece.entity, piece.slot, piece.value))
            continue
        if text.endswith(".") and piece.startswith("."):
            piece = piece[1:]  # the dot of "p.m." ends the sentence too
        if not exact and (not text or text[-1].isspace()):
            piece = piece.lstrip()
            if piece.startswith(NO_SPACE_BEFORE):
                text = text[:free] + text[free:].rstrip()
        text += piece
    return LabelledText(text if exact else text[:free] + text[free:].rstrip(), tuple(spans))
