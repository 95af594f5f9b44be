"""Style: how a persona writes, put on the words of an example that the rules worded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random

from synthconv.lang.models import Pack
from synthconv.lang.packs import capitals, load_pack
from synthconv.lang.tokens import WORD, Substitution, substitution
from synthconv.plan.domain import Domain
from synthconv.plan.frames import frames_of
from synthconv.records import OUT_OF_SCOPE, Example, LabelledText, Style, Turn
from synthconv.refine.carriers import Edges, Habits, around, asks, edges, habits_of, marked_right, phrases_of
from synthconv.refine.edits import after, free_words, mapped, replaced
from synthconv.refine.typos import misspell
from synthconv.scenario.catalogue import catalogue
from synthconv.seeds import stream, weighted
from synthconv.stages import Item, Stage

Dial = Callable[[LabelledText, Style, Pack, Random], LabelledText]
SENTENCE_START = re.compile(r"(?:^|[?!]\s+|[^\W\d]{2}\.\s+)([^\W\d_])")
FILLED = 0.5
"""How often a spoken message has a filler."""
ASKING = ("want", "request", "how", "able", "what", "show", "need", "problem", "asking")
"""Families of frames that a search leaves out."""
CODE = re.compile(r"(?=\S*\d)(?=\S*[A-Z])\S+")
"""A word of digits and capitals, which keeps them."""
AMBIGUOUS = ("'s", "'d")
"""Ends of contractions that stand for more than one word: who's is "who is" and "who has"."""
RUDE = ("frustration", "profanity", "sarcasm")
"""Edge cases to which no courtesy and no sentence is added."""
LAST = ("premature_goodbye",)
"""Edge cases after whose words nothing more is said."""
MIXED = "code_switching"
"""The edge case whose greeting or thanks is in another language: no other is added."""
MARKS = re.compile(r"[.,?!;:…]+(?=\s|$)|(?<=\s)[-–—]\s|[¿¡]")


def style_of(domain: Domain) -> Stage:
    """The stage for a domain, whose examples tell how often its users greet and whether they write capitals."""
    return style(domain.scenario.seed, habits_of(domain))


def style(seed: int, habits: Callable[[str, str], Habits] = lambda _intent, _tag: Habits()) -> Stage:
    """A stage that writes each example in its outline's style. Authored examples stay as they are.

    A model was told the wording; case, marks and typos are put on its words here, for no model keeps to them.
    """
    stream_of = stream(seed, "style")
    verbatim = {name for name, case in catalogue().edge_cases.items() if case.verbatim}

    def stage(example: Example) -> Iterator[Item]:
        outline = example.outline
        if outline.method == "example" or outline.cell.edge_case in verbatim or not example.text.text:
            yield example
            return
        pack, random = load_pack(outline.cell.language), stream_of(outline.id)
        text = example.text
        dials = outline.style
        if outline.cell.edge_case in RUDE:
            dials = replace(dials, verbosity="terse", politeness="low", emotion="calm")
        elif outline.cell.edge_case in LAST and not outline.story:
            dials = replace(dials, verbosity="normal", politeness="normal", emotion="calm")
        if worded := outline.intent != OUT_OF_SCOPE and outline.method != "llm":
            text = marked_right(text, pack)
            for dial in WORDING:
                text = dial(text, dials, pack, random)
            if outline.cell.edge_case != MIXED:
                text = around(text, dials, pack, random, habits(outline.intent, outline.cell.language))
        for dial in (_channel, *FORM) if worded else FORM:
            text = dial(text, dials, pack, random)
        said = text.text
        if outline.style.typos and outline.cell.edge_case != "typo_heavy":
            text = misspell(text, outline.style.typos, outline.cell.language, random)
        later = FORM if outline.method == "llm" else (_formality, *FORM)
        turns = [
            Turn(turn.plan, _later(turn.text, later, dials, pack, outline.cell.language, random))
            if turn.plan.speaker == "user"
            else turn
            for turn in example.turns[1:]
        ]
        yield replace(example.with_text(text, said=said), turns=(Turn(example.turns[0].plan, text), *turns))

    return stage


def _later(
    text: LabelledText, own: tuple[Dial, ...], dials: Style, pack: Pack, language: str, random: Random
) -> LabelledText:
    """A later turn of the user's in his style: its `own` dials, no more courtesies."""
    if not text.text:
        return text
    for dial in own:
        text = dial(text, dials, pack, random)
    return misspell(text, dials.typos, language, random) if dials.typos else text


def _verbosity(text: LabelledText, dials: Style, pack: Pack, _random: Random) -> LabelledText:
    """Terse: without the lead-in."""
    if dials.verbosity != "terse":
        return text
    compiled = _compiled(pack.language)
    return _trimmed(text, compiled.polite_greetings if text.text.endswith("?") else compiled.terse)


def _politeness(text: LabelledText, dials: Style, pack: Pack, _random: Random) -> LabelledText:
    """Low: without please and thanks."""
    return _trimmed(text, _compiled(pack.language).polite) if dials.politeness == "low" else text


def _formality(text: LabelledText, dials: Style, pack: Pack, random: Random) -> LabelledText:
    """Low: contractions and abbreviations. High: neither."""
    if dials.formality == "low":
        text = _substituted(text, _compiled(pack.language).contracted, random, 0.9)
        return _substituted(text, _compiled(pack.language).abbreviated, random, 0.2)
    if dials.formality == "high":
        return _substituted(text, _compiled(pack.language).in_full, random, 1.0)
    return text


def _punctuation(text: LabelledText, dials: Style, pack: Pack, random: Random) -> LabelledText:
    """None: no marks. Full: a mark at the end. Heavy: more than one."""
    end = len(text.text)
    if dials.punctuation == "none":
        return replaced(text, MARKS, lambda _: "")
    if dials.punctuation in ("full", "heavy") and text.text[-1:] not in ".?!…":
        text, end = text.edit(end, end, "?" if asks(text.text, pack) else "."), end + 1
    if dials.punctuation == "heavy" and not (text.spans and text.spans[-1].end == end):
        mark = "?" if text.text.endswith("?") else "!"
        return text.edit(end - 1, end, random.choice((mark * 2, mark * 3, "?!" if mark == "?" else "...")))
    return text


def _casing(text: LabelledText, dials: Style, pack: Pack, random: Random) -> LabelledText:
    """Lower and upper, but for codes; sentence: a capital where a sentence begins, and "I"."""
    if dials.casing == "lower":
        return mapped(text, _lower_but_codes, spans=lambda words: words if CODE.search(words) else words.lower())
    if dials.casing == "upper":
        return mapped(text, str.upper, spans=str.upper)
    if dials.casing == "sentence":
        starts = [
            match.start(1)
            for match in SENTENCE_START.finditer(text.text)
            if match.group(1).islower() and not any(span.start < match.start(1) - 1 <= span.end for span in text.spans)
        ]
        text = text.edits([(at, at + 1, text.text[at].upper()) for at in starts if len(text.text[at].upper()) == 1])
        return _substituted(text, capitals(pack.language), random, 1.0)
    return text


def _lower_but_codes(words: str) -> str:
    return re.sub(r"\S+", lambda found: found[0] if CODE.search(found[0]) else found[0].lower(), words)


def _channel(text: LabelledText, dials: Style, pack: Pack, random: Random) -> LabelledText:
    """Voice: with a filler. Search: without the words around the request."""
    if dials.channel == "voice" and pack.noise.fillers and random.random() < FILLED:
        filler, starts = weighted(random, pack.noise.fillers), [start for start, _ in free_words(text)[1:]]
        at = 0 if " " in filler else random.choice([0, *starts])
        return text.edit(at, at, f"{filler} ")
    if dials.channel == "search":
        return _trimmed(text, _compiled(pack.language).asking)
    return text


def _abbreviations(text: LabelledText, dials: Style, pack: Pack, random: Random) -> LabelledText:
    """The share asked for of the words that have a short form, in that form."""
    if not dials.abbreviations:
        return text
    return _substituted(text, _compiled(pack.language).abbreviated, random, dials.abbreviations)


def _emoji(text: LabelledText, dials: Style, pack: Pack, random: Random) -> LabelledText:
    """An emoji at the end of the share asked for of the messages."""
    if random.random() >= dials.emoji:
        return text
    return text.edit(end := len(text.text), end, f" {weighted(random, pack.style.emoji)}")


def _signed(text: LabelledText, dials: Style, pack: Pack, random: Random) -> LabelledText:
    """E-mail: with the words that end a letter."""
    if dials.channel != "email" or not pack.style.sign_offs:
        return text
    thanked = phrases_of(pack.language).polite
    fresh = {words: weight for words, weight in pack.style.sign_offs.items() if not thanked.search(words)}
    words = weighted(random, fresh if thanked.search(text.text) else pack.style.sign_offs)
    return after(text, words, ", " if dials.punctuation != "none" else " ")


WORDING: tuple[Dial, ...] = (_verbosity, _formality, _politeness)
FORM: tuple[Dial, ...] = (_abbreviations, _punctuation, _casing, _signed, _emoji)


def _trimmed(text: LabelledText, edges: Edges) -> LabelledText:
    """`text` without the phrases of `edges` at its start and end, as long as two words are left."""
    for pattern in (edges.lead, edges.lead, edges.tail):
        match = pattern.search(text.text)
        first, last = match.span() if match else (0, 0)
        touched = any(span.start < last and span.end > first for span in text.spans)
        if not match or touched or len(WORD.findall(text.text[:first] + text.text[last:])) < 2:
            continue
        upper, mark = text.text[:1].isupper(), text.text[last - 1]
        text = text.edit(first, last, mark if first and mark in ".?!" else "")
        if first == 0 and upper and text.text[:1].islower() and len(text.text[:1].upper()) == 1:
            text = text.edit(0, 1, text.text[0].upper())
    return text


def _substituted(text: LabelledText, words: Substitution, random: Random, chance: float) -> LabelledText:
    """The words that `words` knows replaced, each with `chance`, keeping a capital."""
    pattern, table = words

    def new(match: re.Match[str]) -> str:
        found = table[match.group().lower()]
        if random.random() >= chance:
            return match.group()
        return found[:1].upper() + found[1:] if match.group()[:1].isupper() else found

    return replaced(text, pattern, new)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The carriers of a language as patterns."""

    contracted: Substitution
    in_full: Substitution
    abbreviated: Substitution
    polite: Edges
    polite_greetings: Edges
    terse: Edges
    asking: Edges


@lru_cache(maxsize=8)
def _compiled(language: str) -> _Compiled:
    words = load_pack(language).style
    unambiguous = {full: short for full, short in words.contractions.items() if not short.endswith(AMBIGUOUS)}
    return _Compiled(
        contracted=substitution(words.contractions),
        in_full=substitution({short: full for full, short in reversed(unambiguous.items())}),
        abbreviated=substitution(words.abbreviations),
        polite=edges(words.polite_words),
        polite_greetings=edges((*words.polite_words, *words.greetings)),
        terse=edges((*words.terse_drop, *words.greetings)),
        asking=edges((*words.terse_drop, *words.greetings, *_asking(language))),
    )


def _asking(language: str) -> tuple[str, ...]:
    """The words that requests and questions begin with, before what they are about."""
    frames = (frame for family in ASKING for frame in frames_of(language).by_family.get(family, ()))
    return tuple(dict.fromkeys(frame.before.strip() for frame in frames if frame.before.strip() and not frame.after))
