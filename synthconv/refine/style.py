"""Style: how a persona writes, put on the words of an example that the rules worded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from random import Random

from synthconv.lang.packs import Pack, load_pack
from synthconv.lang.tokens import WORD, phrase_pattern
from synthconv.records import OUT_OF_SCOPE, Example, LabelledText, Style
from synthconv.refine.edits import after, before, mapped, replaced
from synthconv.refine.typos import misspell
from synthconv.scenario.catalogue import catalogue
from synthconv.seeds import stream, weighted
from synthconv.stages import Item, Stage

Dial = Callable[[LabelledText, Style, Pack, Random], LabelledText]
SENTENCE_START = re.compile(r"(?:^|[?!]\s+|[^\W\d]{2}\.\s+)([^\W\d_])")
CODE = re.compile(r"(?=\S*\d)(?=\S*[A-Z])\S+")
"""A word of digits and capitals, which keeps them."""
AMBIGUOUS = ("'s", "'d")
"""Ends of contractions that stand for more than one word: who's is "who is" and "who has"."""
RUDE = ("frustration", "profanity", "sarcasm")
"""Edge cases to which courtesies are not added."""
MARKS = re.compile(r"[.,?!;:…]+(?=\s|$)|(?<=\s)[-–—](?=\s)|[¿¡]")


def style(seed: int) -> Stage:
    """A stage that writes each example in its outline's style. Authored examples stay as they are."""
    stream_of = stream(seed, "style")
    verbatim = {name for name, case in catalogue().edge_cases.items() if case.verbatim}

    def stage(example: Example) -> Iterator[Item]:
        outline = example.outline
        if outline.method != "rules" or outline.cell.edge_case in verbatim or not example.text.text:
            yield example
            return
        pack, random = load_pack(outline.cell.language), stream_of(outline.id)
        text = example.text
        dials = outline.style
        if outline.cell.edge_case in RUDE:
            dials = replace(dials, politeness="low")
        for dial in FORM if outline.intent == OUT_OF_SCOPE else (*WORDING, *FORM):
            text = dial(text, dials, pack, random)
        said = text.text
        if outline.style.typos and outline.cell.edge_case != "typo_heavy":
            text = misspell(text, outline.style.typos, outline.cell.language, random)
        yield example.with_text(text, said=said)

    return stage


def _verbosity(text: LabelledText, dials: Style, pack: Pack, random: Random) -> LabelledText:
    """Terse: without the lead-in. Wordy: with a sentence before or after."""
    carriers = pack.style
    if dials.verbosity == "terse":
        drop = carriers.polite_words if text.text.endswith("?") else carriers.terse_drop
        return _trimmed(text, (*drop, *carriers.greetings))
    if dials.verbosity == "wordy" and random.random() < 0.8:
        if random.random() < 0.55 and carriers.wordy_before:
            lead = random.choice(carriers.wordy_before)
            mark = "." if text.text[:1].isupper() else random.choice((",", ".", " -"))
            return before(text, f"{lead}{mark}", pack)
        if carriers.wordy_after:
            joint = random.choice((", ", ". ", " - "))
            if joint == ". " and dials.punctuation != "none" and _asks(text.text, pack):
                joint = "? "
            return after(text, random.choice(carriers.wordy_after), joint)
    return text


def _politeness(text: LabelledText, dials: Style, pack: Pack, random: Random) -> LabelledText:
    """Low: without please and thanks. High: with a greeting or with thanks."""
    carriers, point = pack.style, random.random()
    if dials.politeness == "low":
        return _trimmed(text, carriers.polite_words)
    greetings, thanks = (_in_register(words, dials, pack) for words in (carriers.greetings, carriers.please_after))
    greet, thank = {"normal": (0.07, 0.14)}.get(dials.politeness, (0.45, 0.95))
    if point < greet and greetings and not _starts_with(text.text, tuple(carriers.greetings)):
        loose = dials.casing != "sentence" and dials.punctuation not in ("full", "heavy")
        mark = random.choice("!.") if text.text[:1].isupper() else random.choice((",", "!", "" if loose else ","))
        return before(text, f"{weighted(random, greetings)}{mark}", pack)
    if greet <= point < thank and thanks and not phrase_pattern(carriers.polite_words).search(text.text):
        if text.text[-1] in ".!?":  # a bare "please" stands inside a sentence only
            thanks = {words: weight for words, weight in thanks.items() if " " in words} or thanks
        words = weighted(random, thanks)
        return after(text, words, random.choice((", ", " ")) if words in carriers.polite_words else ", ")
    return text


def _in_register(words: dict[str, float], dials: Style, pack: Pack) -> dict[str, float]:
    """`words` that the formality allows."""
    if dials.formality != "high":
        return words
    return {word: weight for word, weight in words.items() if word not in pack.style.informal}


def _formality(text: LabelledText, dials: Style, pack: Pack, random: Random) -> LabelledText:
    """Low: contractions and abbreviations. High: neither."""
    if dials.formality == "low":
        text = _substituted(text, tuple(pack.style.contractions.items()), random, 0.9)
        return _substituted(text, tuple(pack.style.abbreviations.items()), random, 0.2)
    if dials.formality == "high":
        pairs = reversed(pack.style.contractions.items())
        in_full = tuple((short, full) for full, short in pairs if not short.endswith(AMBIGUOUS))
        return _substituted(text, in_full, random, 1.0)
    return text


def _punctuation(text: LabelledText, dials: Style, pack: Pack, random: Random) -> LabelledText:
    """None: no marks. Full: a mark at the end. Heavy: more than one."""
    end = len(text.text)
    if dials.punctuation == "none":
        return replaced(text, MARKS, lambda _: "")
    if dials.punctuation in ("full", "heavy") and text.text[-1:] not in ".?!…":
        text, end = text.edit(end, end, "?" if _asks(text.text, pack) else "."), end + 1
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
        return _substituted(text, tuple((word, word) for word in pack.style.capital_words), random, 1.0)
    return text


def _lower_but_codes(words: str) -> str:
    return re.sub(r"\S+", lambda found: found[0] if CODE.search(found[0]) else found[0].lower(), words)


WORDING: tuple[Dial, ...] = (_verbosity, _formality, _politeness)
FORM: tuple[Dial, ...] = (_punctuation, _casing)


def _trimmed(text: LabelledText, phrases: tuple[str, ...]) -> LabelledText:
    """`text` without `phrases` at its start and end, as long as two words are left."""
    if not phrases:
        return text
    lead, tail = _edges(tuple(phrases))
    for pattern in (lead, lead, tail):
        match = pattern.search(text.text)
        first, last = match.span() if match else (0, 0)
        rest = text.text[:first] + text.text[last:]
        if (
            match
            and len(WORD.findall(rest)) >= 2
            and not any(span.start < last and span.end > first for span in text.spans)
        ):
            upper = text.text[:1].isupper()
            text = text.edit(
                first, last, "" if first == 0 else text.text[last - 1] if text.text[last - 1] in ".?!" else ""
            )
            if first == 0 and upper and text.text[:1].islower() and len(text.text[:1].upper()) == 1:
                text = text.edit(0, 1, text.text[0].upper())
    return text


@lru_cache(maxsize=64)
def _edges(phrases: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = phrase_pattern(phrases).pattern
    return re.compile(rf"^{words}\s*[,!.]?\s+", re.IGNORECASE), re.compile(rf"\s*,?\s+{words}\s*[.!?]*$", re.IGNORECASE)


def _starts_with(text: str, phrases: tuple[str, ...]) -> bool:
    return phrase_pattern(phrases).match(text) is not None


def _asks(text: str, pack: Pack) -> bool:
    """Whether the last sentence of the text begins like a question, a greeting aside, and does not end in thanks."""
    last = re.split(r"[?!]\s+|(?<=[^\W\d]{2})\.\s+", text)[-1].lstrip("¿")
    thanks = _edges((*pack.style.polite_words, *pack.style.please_after))[1].search(f" {last}")
    plain = _edges(tuple(pack.style.greetings))[0].sub("", last) if pack.style.greetings else last
    return bool(pack.style.question_words) and not thanks and _starts_with(plain, pack.style.question_words)


def _substituted(text: LabelledText, pairs: tuple[tuple[str, str], ...], random: Random, chance: float) -> LabelledText:
    """The first words of `pairs` replaced by the second, each with `chance`, keeping a capital."""
    if not pairs:
        return text
    pattern, table = _table(pairs)

    def new(match: re.Match[str]) -> str:
        found = table[match.group().lower()]
        if random.random() >= chance:
            return match.group()
        return found[:1].upper() + found[1:] if match.group()[:1].isupper() else found

    return replaced(text, pattern, new)


@lru_cache(maxsize=64)
def _table(pairs: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    return phrase_pattern(tuple(old for old, _ in pairs)), {old.lower(): new for old, new in pairs}
