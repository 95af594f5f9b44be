"""What a style puts around a request: a greeting, one sentence before it, and one after it or thanks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from synthconv.lang.models import Pack
from synthconv.lang.packs import load_pack
from synthconv.lang.tokens import any_phrase, phrase_pattern
from synthconv.plan.domain import Domain
from synthconv.plan.frames import are_remarks, frames_of
from synthconv.records import LabelledText, Style
from synthconv.refine.edits import after, before, goes_on
from synthconv.seeds import weighted

CALM, HEDGED = 0.35, 0.005
"""Chances: of a message of a worried or annoyed user to say nothing of it, of a plain request to begin with a hedge."""
GREETED = 0.006
"""The share of greeted messages where the examples of an intent say nothing of it: that of real ones."""
GREETS, THANKS = {"low": 0.0, "normal": 0.0, "high": 0.3}, {"low": 0.0, "normal": 0.01, "high": 0.55}
"""Chances of a greeting, beside those of the examples, and of please or thanks, by politeness."""
LEADS, HEDGES, CLOSINGS, REMARKED = 0.3, 0.15, 0.35, 0.5
"""Chances of a wordy message: of a sentence before it, of a hedge, of a sentence after it; of words around a remark."""
EXAMPLES, DRAWS, SHORT = 20, 8, 4
"""As how many examples the prior counts; draws of words until some fit; the words of a bare thing at most."""
SENTENCES = re.compile(r"[?!]\s+|(?<=[^\W\d]{2})\.\s+")
Fits = Callable[[str, bool], bool]
SUBORDINATE = re.compile(r"(?:,|\s[-–—])\s+")


@dataclass(frozen=True, slots=True)
class Habits:
    """What an intent's examples show: how many greet, whether they write capitals and marks and are remarks.

    A remark, a yes or a thank you, is nothing that anybody asks for help with.
    """

    greets: float = GREETED
    capitals: bool = False
    marks: bool = True
    remarks: bool = False


@dataclass(frozen=True, slots=True)
class Edges:
    """Phrases at the start and at the end of a text."""

    lead: re.Pattern[str]
    tail: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Phrases:
    """The carriers of a language as patterns."""

    greetings: Edges
    thanks: Edges
    leads: Edges
    asides: re.Pattern[str]
    polite: re.Pattern[str]
    question: re.Pattern[str]
    direct: re.Pattern[str]
    channels: dict[str, re.Pattern[str]]


@lru_cache(maxsize=8)
def phrases_of(language: str) -> Phrases:
    """The patterns of a language, compiled once."""
    pack = load_pack(language)
    words, wording = pack.style, pack.wording
    told = [frame for frame in frames_of(language).by_family.get("question", ()) if "?" not in frame.before]
    before_it = (*words.wordy_before, *words.hedges, *words.worried, *(frame.before.strip(" ,:-") for frame in told))
    after_it = tuple(frame.after.strip(" ,:-") for frame in told if frame.after.strip(" ,:-?.!"))
    asked, helped = (any_phrase(known) for known in (words.question_words, wording.auxiliaries))
    direct = rf"(?:{asked}\s+)?{helped}\s+{any_phrase(wording.pronouns)}"
    return Phrases(
        greetings=edges(tuple(words.greetings)),
        thanks=edges((*words.polite_words, *words.please_after)),
        leads=edges(tuple(phrase.rstrip(",") for phrase in (*before_it, *pack.noise.frustration_before) if phrase)),
        asides=re.compile(rf",?\s+(?=({any_phrase(after_it)})\?$)", re.IGNORECASE),
        polite=phrase_pattern(words.polite_words),
        question=phrase_pattern(words.question_words),
        direct=re.compile(direct, re.IGNORECASE),
        channels={channel: phrase_pattern(barred) for channel, barred in words.channel_words.items()},
    )


def edges(phrases: tuple[str, ...]) -> Edges:
    """Patterns of `phrases` at the start and at the end of a text, with the marks beside them."""
    words = any_phrase(phrases)
    lead = re.compile(rf"^{words}\s*(?:[,!.]|[-–—](?=\s))?\s+", re.IGNORECASE)
    return Edges(lead, re.compile(rf"\s*,?\s+{words}\s*[.!?]*$", re.IGNORECASE))


def asks(text: str, pack: Pack) -> bool:
    """Whether the last sentence of the text is a question, what stands before it aside, and does not end in thanks."""
    phrases = phrases_of(pack.language)
    last = SENTENCES.split(text)[-1].lstrip("¿ ")
    if phrases.thanks.tail.search(f" {last}"):
        return False
    for known in (phrases.greetings, phrases.leads, phrases.greetings):
        last = known.lead.sub("", last).lstrip("¿ ")
    if phrases.question.match(last):
        return True
    clause = SUBORDINATE.split(last)[-1].lstrip("¿ ")
    return clause != last and phrases.direct.match(clause) is not None


def marked_right(text: LabelledText, pack: Pack) -> LabelledText:
    """`text` with the mark that its last sentence asks for: "I have a question, where is it?", "Where is it? I know."""
    end, asked = len(text.text), text.text.endswith("?")
    aside = phrases_of(pack.language).asides.search(text.text) if asked else None
    if text.text.endswith(".") and not text.text.endswith("..") and asks(text.text[:-1], pack):
        return text if text.spans and text.spans[-1].end == end else text.edit(end - 1, end, "?")
    if aside and not (text.spans and text.spans[-1].end > aside.start()):
        words = aside[1][:1].upper() + aside[1][1:] if text.text[:1].isupper() else aside[1]
        mark = "?" if phrases_of(pack.language).question.match(words) else "."
        return text.edit(aside.start(), end, f"? {words}{mark}")
    return text


def habits_of(domain: Domain) -> Callable[[str, str], Habits]:
    """The habits of an intent's examples in a language: of its own, so that no other intent changes them."""

    @lru_cache(maxsize=4096)
    def habits(intent: str, tag: str) -> Habits:
        written = [skeleton for skeleton in domain.skeletons.get((intent, tag, None), ()) if skeleton.authored]
        texts = [skeleton.template.source.lstrip("[( ") for skeleton in written]
        pack, plain = load_pack(tag), [" ".join(re.sub(r"[\[\](){}|]", " ", text).split()) for text in texts]
        greeting = phrases_of(pack.language).greetings.lead
        greeted = sum(greeting.match(text) is not None for text in plain)
        return Habits(
            (greeted + GREETED * EXAMPLES) / (len(texts) + EXAMPLES),
            bool(texts) and all(any(map(str.isupper, text)) for text in texts),
            not texts or any(re.search(r"[,;.?!](?=[\s\])|]|$)", text) for text in texts),
            are_remarks([frames_of(pack.language).is_remark(text) for text in plain]),
        )

    return habits


def around(text: LabelledText, dials: Style, pack: Pack, random: Random, habits: Habits) -> LabelledText:
    """`text` with what its user says before and after it: one sentence each, and a greeting."""
    fits = _fitting(text, dials, pack)
    lead, closing = _sentences(dials, pack, random, fits, None if habits.remarks else lambda: asks(text.text, pack))
    point, share = random.random(), 0.0 if habits.remarks else GREETS[dials.politeness]
    share += habits.greets if dials.politeness != "low" else 0.0
    greeted = point < share and not phrases_of(pack.language).greetings.lead.match(f"{text.text} ")
    keep, marks = dials.casing == "sentence" or habits.capitals, _marked(dials, habits)
    if thanked := not closing and random.random() < THANKS[dials.politeness]:
        thanks = pack.style.remarks_after if habits.remarks else pack.style.please_after
        closing = _drawn(thanks, fits, random, draws=1)  # nobody looks for other thanks where those do not fit
    if habits.remarks and not text.text.endswith("?"):
        text = _remarked(text, closing, keep, marks)
    elif thanked:
        text = _thanked(text, closing, pack, random, keep, marks)
    elif closing:
        text = _closed(text, closing, pack, random, keep, marks)
    if lead:
        text = _led(text, lead, pack, random, keep, marks)
    if greeted and (words := _drawn(pack.style.greetings, fits, random, ahead=True)):
        neat = text.text[:1].isupper() or dials.casing == "sentence" or dials.punctuation in ("full", "heavy")
        mark = random.choice((",", ",", ",", "!", ".") if neat else (",", ",", "", "!"))
        text = before(text, f"{words}{mark if marks else ''}", pack, keep=keep)
    return text


def said_there(words: Iterable[str], dials: Style, pack: Pack) -> list[str]:
    """Those of `words` that may be said in the channel: none that names another one."""
    barred = phrases_of(pack.language).channels.get(dials.channel)
    return [text for text in words if not (barred and barred.search(text))]


def _marked(dials: Style, habits: Habits) -> bool:
    """Whether marks stand between what is said and what is put around it."""
    return dials.punctuation in ("full", "heavy") or (dials.punctuation == "as_written" and habits.marks)


def _fitting(text: LabelledText, dials: Style, pack: Pack) -> Fits:
    """Whether words fit a text, `ahead` of it or after it: its channel and register, and what it says already."""
    phrases, first = phrases_of(pack.language), text.text.split(maxsplit=1)[0].lower()
    channel, suited, parts = phrases.channels.get(dials.channel), _suited(pack.language), SENTENCES.split(text.text)
    kinds = dict[int, str]()

    def fits(words: str, ahead: bool) -> bool:
        if channel and channel.search(words):
            return False
        if dials.formality == "high" and words in pack.style.informal:
            return False
        if words.split()[0].lower() == first and asks(text.text, pack):
            return False
        if suits := suited.get(words.rstrip(",")):
            beside = 0 if ahead else -1
            if beside not in kinds:
                kinds[beside] = _kind(parts[beside], pack)
            if kinds[beside] not in suits:
                return False
        polite = phrases.polite
        return not (polite.search(words) and (dials.politeness == "low" or polite.search(text.text)))

    return fits


@lru_cache(maxsize=8)
def _suited(language: str) -> dict[str, frozenset[str]]:
    """What the phrases may stand beside that do not suit every sentence; nobody asks a statement to "please"."""
    words = load_pack(language).style
    asking = {"question", "request", "thing"}
    suited = {phrase: asking - {"thing"} if " " in phrase else asking for phrase in words.please_words}
    suited |= {phrase: set(kinds.split()) for kinds, phrases in words.suits.items() for phrase in phrases}
    return {phrase: frozenset(kinds) for phrase, kinds in suited.items()}


def _kind(sentence: str, pack: Pack) -> str:
    """What a sentence is, as far as its frame and its words show."""
    if asks(sentence, pack):
        return "question"
    frames = frames_of(pack.language)
    said = frames.uncapped(sentence.rstrip(" .!?"))
    read = frames.read(said)
    if read.turn:
        return _kind(said[read.turn :], pack)
    if read.family in ("problem", "trouble") or (read.family == "other" and frames.troubled(said)):
        return "problem"
    if read.family != "other":
        return "request"
    return "notice" if len(said.split()) > SHORT or frames.tells(said) else "thing"


def _drawn(words: dict[str, float], fits: Fits, random: Random, *, ahead: bool = False, draws: int = DRAWS) -> str:
    """Words that fit, as likely as their weights; "" where none come up."""
    drawn = (weighted(random, words) for _ in range(draws if words else 0))
    return next((said for said in drawn if fits(said, ahead)), "")


def _sentences(
    dials: Style, pack: Pack, random: Random, fits: Fits, asked: Callable[[], bool] | None
) -> tuple[str, str]:
    """A sentence before the request and one after it, of which one at least is empty; only a question is hedged.

    Where nothing is `asked` for, a few words may stand on both sides.
    """
    words, felt, point = pack.style, random.random() >= CALM, random.random()
    if asked is None:
        share = REMARKED if dials.verbosity == "wordy" else HEDGED if dials.verbosity == "normal" else 0.0
        lead = _drawn(words.remarks_before, fits, random, ahead=True) if point < share else ""
        return lead, _drawn(words.remarks_after, fits, random) if random.random() < share else ""
    if dials.emotion == "worried":
        return (_drawn(dict.fromkeys(words.worried, 1.0), fits, random, ahead=True) if felt else ""), ""
    if dials.emotion == "annoyed":
        ahead = point < 0.5
        said = pack.noise.frustration_before if ahead else pack.noise.frustration_after
        drawn = _drawn(dict.fromkeys(said, 1.0), fits, random, ahead=ahead) if felt else ""
        return (drawn, "") if ahead else ("", drawn)
    wordy = dials.verbosity == "wordy"
    if wordy and point < LEADS:
        return _drawn(words.wordy_before, fits, random, ahead=True), ""
    if wordy and point > 1 - CLOSINGS:
        return "", _drawn(words.wordy_after, fits, random)
    if (point < LEADS + HEDGES if wordy else dials.verbosity == "normal" and point < HEDGED) and asked():
        return _drawn(words.hedges, fits, random, ahead=True), ""
    return "", ""


def _led(text: LabelledText, lead: str, pack: Pack, random: Random, keep: bool, marks: bool) -> LabelledText:
    """`text` after a sentence; after a hedge only where it can go on in the same sentence."""
    if lead[-1] in ",?!":
        return before(text, lead if marks else lead.rstrip(","), pack, keep=keep)
    if phrases_of(pack.language).question.match(lead):
        return before(text, f"{lead}?" if marks else lead, pack, keep=keep)
    if lead in pack.style.hedges or lead in pack.style.remarks_before:
        if text.text[:1].isupper() and not goes_on(text, pack):
            return text
        return before(text, f"{lead}," if marks else lead, pack, keep=keep)
    mark = random.choice((".", ".", ",") if text.text[:1].isupper() else (",", ",", ".", " -"))
    return before(text, f"{lead}{mark if marks else ''}", pack, keep=keep)


def _closed(text: LabelledText, words: str, pack: Pack, random: Random, keep: bool, marks: bool) -> LabelledText:
    """`text` and a sentence after it, which ends in a mark where the text did."""
    ended, asked = text.text[-1] in ".?!", phrases_of(pack.language).question.match(words) is not None
    joint = random.choice((", ", ". ", ", ", " - ")) if marks else " "
    if marks and (asked or asks(text.text, pack)):
        joint = "? " if asks(text.text, pack) else ". "
    return after(text, f"{words}{'?' if asked else '.'}" if ended else words, joint, keep=keep)


def _remarked(text: LabelledText, words: str, keep: bool, marks: bool) -> LabelledText:
    """`text` and a few words before its mark: "no, that's wrong, I think."."""
    if not words:
        return text
    end = len(text.text)
    at = end if text.spans and text.spans[-1].end == end else len(text.text.rstrip(".!"))
    if not keep and not any(map(str.isupper, text.text)):
        words = words.lower()
    return text.edit(at, at, f", {words}" if marks else f" {words}")


def _thanked(text: LabelledText, words: str, pack: Pack, random: Random, keep: bool, marks: bool) -> LabelledText:
    """`text` with please or thanks after it; a bare please stands before the mark."""
    if not words:
        return text
    end = len(text.text)
    marked = text.text[-1] in ".?!" and not (text.spans and text.spans[-1].end == end)
    if words in pack.style.please_words and marked:
        end = len(text.text.rstrip(".?!"))
        return text.edit(end, end, f" {words}")
    joint = random.choice((", ", " ")) if marks and words in pack.style.please_words else ", " if marks else " "
    return after(text, f"{words}{'.' if marked else ''}", joint, keep=keep)
