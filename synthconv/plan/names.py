"""What an intent's name and description say: words to put into frames beside, or instead of, its examples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from synthconv.lang.packs import load_pack
from synthconv.lang.tokens import normalised, phrase_pattern
from synthconv.plan.frames import Frames, frames_of
from synthconv.scenario.loader import Scenario

CUT, LOOSE_CUT = (
    re.compile(rf"[,;:(–—]| - | such as | e\.?g\.? {more}", re.IGNORECASE) for more in ("", "| or | and | when ")
)
"""Where the first thing that a description says is over; the second one, where it has too many words."""
OTHERWISE, FIRST_OF_TWO = re.compile(r" or "), 3
"""What parts two things that users want, and the words that the first must have to be said alone."""
MOST_WORDS, MOST_OF_ONES_OWN = 11, 16
"""A description with more words in a row is about users, and nothing that one of them would say, but in "my" words."""


def words_of(name: str) -> str:
    """A name in words: `transfer_money` and `transferMoney` as "transfer money"."""
    spaced = re.sub(r"[_\-/+.\s]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).strip()
    return spaced.lower() if spaced.upper() != spaced else spaced


def said_of(scenario: Scenario, name: str, language: str) -> Iterator[str]:
    """What the intent's name and description say as a user of the language might, each once.

    Nothing where they only classify, or seem to be in another language.
    """
    intent, found = scenario.model.intents[name], dict[str, str]()
    frames, pack = frames_of(language), load_pack(language)
    words = pack.wording
    templates = [template for template in scenario.templates[name] if template.language == language]
    title = _title(name, language, [template.source for template in templates])
    known = {word for template in templates for word in normalised(template.source).split() if len(word) > 2}
    cased = _capitals_of(template.source for template in templates)
    sure = scenario.model.tags == (language,) and (pack.language == "en" or not templates)
    for sentence in [title, *re.split(r"(?<=[.?!])\s+|\n+", (intent.description or "").strip())]:
        sentence = sentence.strip().rstrip(".!? ")
        if normalised(sentence) == normalised(words_of(name)):
            sentence = title
        if sentence != title and sentence.lower().split()[:1] and sentence.lower().split()[0] in words.reporting:
            continue
        if sentence != title and phrase_pattern(words.outsiders).search(sentence):
            continue
        own = not set(words.first_person).isdisjoint(sentence.lower().split())
        most = MOST_OF_ONES_OWN if own else MOST_WORDS
        whole = sentence
        if sentence != title:
            sentence = CUT.split(sentence, maxsplit=1)[0].strip()
            first = OTHERWISE.split(sentence, maxsplit=1)[0]
            sentence = first if len(first.split()) >= FIRST_OF_TWO else sentence
        if len(sentence.split()) > most:
            sentence = LOOSE_CUT.split(sentence, maxsplit=1)[0].strip()
        torn = sentence.split()[-1:] and sentence.split()[-1].lower() in pack.prepositions
        if sentence != whole and (torn or not 2 <= len(sentence.split()) <= most):
            continue
        first, _, rest = sentence.partition(" ")
        if first.lower() in words.of_ones_own and frames.kind(sentence) == "problem":
            sentence = f"{words.of_ones_own[first.lower()]} {rest}"
        sentence = frames.uncapped(sentence)
        sentence = " ".join(cased.get(word, word) for word in sentence.split())
        if sentence and (sure or _is_in(sentence, known) or frames.is_do(sentence)):
            found.setdefault(normalised(sentence), sentence)
    yield from found.values()


def _title(name: str, language: str, examples: Sequence[str]) -> str:
    """The words of a name without what only classifies, the verb first: `alarm_set` as "set alarm".

    A verb that names things too comes first only if an example says it as a verb: `airport_transfer` stays as it is.
    """
    words, pack, frames = words_of(name).rstrip(" .!?").split(), load_pack(language), frames_of(language)
    while len(words) > 1 and words[0].lower() in pack.wording.vague and not frames.is_do(" ".join(words)):
        words = words[1:]
    while len(words) > 1 and words[-1].lower() in pack.wording.vague:
        words = words[:-1]
    verb = len(words) == 2 and words[1].lower() in pack.wording.verbs  # "price" is none, though "price match" is
    if verb and not frames.is_do(" ".join(words)) and frames.is_do(words[1]):
        noun = words[1] in pack.wording.noun_verbs and not any(_says_verb(words[1], text, frames) for text in examples)
        words = [words[1], words[0]] if not (pack.wording.verb_last or (noun and examples)) else words
    tells = any(len(word) > 2 and word.lower() not in pack.wording.vague for word in words)
    return " ".join(words) if tells else ""


def _says_verb(verb: str, text: str, frames: Frames) -> bool:
    """Whether a text begins with `verb`, or says it before a determiner: "can you set my alarm"."""
    words = normalised(text).split()
    return words[:1] == [verb] or any(one == verb and other in frames.nouns for one, other in pairwise(words))


def _capitals_of(texts: Iterable[str]) -> dict[str, str]:
    """How words are written that have a capital inside of every text that says them: "termin" as "Termin"."""
    said = [
        word.strip(",;:()'\"") for text in texts for word in re.split(r"[.?!]\s", text)[0].rstrip(".?!").split()[1:]
    ]
    cased = {word.lower(): word for word in said if word.isalpha() and word != word.lower() and word != word.upper()}
    return {lower: word for lower, word in cased.items() if lower not in said}


def _is_in(sentence: str, known: set[str]) -> bool:
    """Whether a sentence shares a word with the examples of a language: names may be in any."""
    return any(word in known for word in normalised(sentence).split())
