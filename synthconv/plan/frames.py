"""Frames: the forms in which users put what they want, and how a sentence is taken apart into its frame and its core.

"how do i activate my card" is the frame "how do i {do}" of the family `how` around the core "activate my card". The
frames of a language are data of its pack.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from synthconv.lang.models import FILLS, Pack
from synthconv.lang.packs import load_pack
from synthconv.lang.tokens import any_phrase, normalised
from synthconv.scenario.patterns import Slot, expansions, parse

STATEMENTS = ("problem", "other")
"""Families of sentences that neither ask nor request."""
USER_DOES, BOT_DOES = ("how", "able", "want", "clipped"), ("request",)
"""Families by who does what is in the core."""
REMARKS = 0.6
"""The share of an intent's examples that are remarks from which it is one of remarks."""
SHORT = 5
"""A core of so many words or fewer may stand inside a frame, not only at its end."""
MOST_FRAMES = 1000
"""Frames that one pattern of a pack stands for at most."""
MOST_READ = 20_000
"""Sentences that are remembered."""
NOT_AFTER = "".join(
    rf"(?<!\b{title}\.)" for title in ("Dr", "Mr", "Ms", "Mrs", "St", "Nr", "Sr", "Sra", "Fr", "Hr", "No", "[A-Z]")
)
SENTENCE_END = re.compile(rf"(?<=[.?!]){NOT_AFTER}\s+(?=\S)")
"""Where a sentence ends; "Dr." ends none."""
CLAUSE = re.compile(r",\s+|\s-\s")
FIRST_WORDS, SUBJECT_WORDS = 4, 6
"""Among how many first words of a question its auxiliary is, and within how many words after that the verb."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The words before and after a core; one that is `singular` says of the core that it is one."""

    family: str
    before: str
    after: str
    weight: float
    singular: bool = False

    def around(self, core: str) -> str:
        """The sentence with `core` in this frame."""
        return f"{self.before}{core}{self.after}"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence taken apart; `frame` is None where it is all core.

    `turn` is where a statement turns into a request or question, "it is broken, can i return it"; 0 where it does not.
    """

    family: str
    core: str
    frame: Frame | None = None
    turn: int = 0


class Frames:
    """The frames of a language, and the reading of sentences by them."""

    def __init__(self, pack: Pack) -> None:
        self.pack, self.words = pack, pack.wording
        self.by_family: dict[str, list[Frame]] = defaultdict(list)
        for family, patterns in self.words.families.items():
            for pattern, weight in patterns.items():
                self.by_family[family] += self._expanded(family, pattern, weight)
        self._by_first: dict[str, list[tuple[str, str, Frame]]] = defaultdict(list)
        for frame in (frame for frames in self.by_family.values() for frame in frames):
            if frame.before and frame.family != "question":
                around = frame.before.lower(), frame.after.lower()
                self._by_first[around[0].split()[0]].append((*around, frame))
        for frames in self._by_first.values():
            frames.sort(key=lambda known: (-len(known[0]) - len(known[1]), -known[2].weight))
        at = -1 if self.words.verb_last else 0
        self._read = lru_cache(MOST_READ)(self._taken_apart)
        self._verbs, self._bot, self._user = (
            frozenset(verb.lower().split()[at] for verb in verbs)
            for verbs in (self.words.verbs, self.words.bot_verbs, self.words.user_verbs)
        )

    def _expanded(self, family: str, pattern: str, weight: float) -> Iterator[Frame]:
        texts = list(expansions(parse(pattern, self.pack.language, authored=False).tree, MOST_FRAMES))
        for parts in texts:
            at = next(i for i, part in enumerate(parts) if isinstance(part, Slot))
            before, after = (" ".join("".join(map(str, side)).split()) for side in (parts[:at], parts[at + 1 :]))
            singular = any(word in self.words.singular for word in f"{before} {after}".split())
            after = after if after[:1] in ("", ",") else f" {after}"
            yield Frame(family, f"{before} " if before else "", after, weight / len(texts), singular)

    @cached_property
    def common_words(self) -> frozenset[str]:
        """The words that frames are made of, which tell little of an intent."""
        texts = (text for known in self.by_family.values() for frame in known for text in (frame.before, frame.after))
        return frozenset(word for text in texts for word in normalised(text).split())

    def read(self, sentence: str) -> Sentence:
        """`sentence` taken apart; it has no final mark, and begins in lower case where it may."""
        return self._read(sentence)

    def _taken_apart(self, sentence: str) -> Sentence:
        lower = sentence.lower()
        for before, after, frame in self._by_first.get(lower.split()[0] if lower.split() else "", ()):
            if not lower.startswith(before) or not lower.endswith(after):
                continue
            core = sentence[len(frame.before) : len(sentence) - len(frame.after)].strip()
            if core and self._fits(frame, core):
                return Sentence(frame.family, core, frame)
        if self.is_do(sentence) and not self.names_thing(sentence):
            return Sentence("request", sentence)
        if self.asks(sentence):
            return Sentence("question", sentence)
        tells = self._begins_noun(sentence) and (not self.words.troubles or self._troubles.search(sentence))
        return Sentence("problem" if tells else "other", sentence, turn=self._turn(sentence))

    def _turn(self, statement: str) -> int:
        """Where the last clause of a statement begins, if it is a request or question."""
        at = max((match.end() for match in CLAUSE.finditer(statement)), default=0)
        rest = statement[at:]
        return at if at and len(rest.split()) > 2 and self.read(rest).family not in STATEMENTS else 0

    def _fits(self, frame: Frame, core: str) -> bool:
        fill = FILLS.get(frame.family)
        if fill == "do":
            sure = frame.before.split()[-1] in (*self.words.pronouns, *self.words.before_verb)
            open_to_verb = sure and not self._begins_noun(core) and not self.asks(core)
            return self.is_do(core) or (open_to_verb and not self._wonders(core))
        if fill == "thing":
            thing = self._begins_noun(core) and not core.lower().startswith(self._persons)
            whole = core.lower().split()[-1] not in self.pack.prepositions  # "what is it looking like"
            verb = self.words.verb_last and self.is_do(core)
            return thing and whole and not verb and not (frame.after and len(core.split()) > SHORT)
        if fill == "indirect":
            return bool(self.words.whether) and core.lower().startswith((f"{self.words.whether} ", *self._wh))
        return fill == "clause" and self._begins_noun(core)

    def _begins_noun(self, core: str) -> bool:
        return core.lower().split()[:1] != [] and core.lower().split()[0] in self.nouns

    def is_do(self, core: str) -> bool:
        """Whether `core` is a verb phrase in the infinitive."""
        words = core.lower().split()
        verb = bool(words) and words[-1 if self.words.verb_last else 0] in self._verbs
        if self.words.verb_last and words:
            infinitive = core.endswith(self.words.infinitives) and core.split()[-1].islower()
            verb |= infinitive and any(word[0].isupper() for word in core.split())
            verb &= self._of_clauses.isdisjoint(words[:-1])
        return verb and not (
            self._wonders(core) or self.asks(core) or self._states.match(core) or self._is_clause(words)
        )

    def _is_clause(self, words: Sequence[str]) -> bool:
        """Whether the first words are a bare noun phrase and its verb: "speed test says", "water heater is leaking"."""
        known = (word for word in words[1:FIRST_WORDS] if word in self._finite or word in self._no_subject)
        return not self.words.verb_last and next(known, "") in self._finite

    def _wonders(self, core: str) -> bool:
        """Whether a verb phrase is a question that the user has: "know if you open"."""
        words = core.lower().split()
        return words[1:2] == [self.words.whether] and words[0] in self.words.user_verbs

    def names_thing(self, sentence: str) -> bool:
        """Whether a sentence begins with a verb that names a thing just as well: "balance of my account"."""
        words = sentence.lower().split() or [""]
        thing = words[0] in self.words.noun_verbs and words[1:2] != [] and words[1] not in self.nouns
        return thing and " ".join(words[:2]) not in self.words.verbs

    def is_noun(self, core: str) -> bool:
        """Whether `core`, the words of a name, may be a noun phrase although it begins like a verb phrase."""
        words = core.lower().split()
        things = (i for i, word in enumerate(words[1:], 1) if word in self.nouns or word in self.words.cuts)
        if words[next(things, 0)] in self.nouns:  # "change the pin", not "change of pin"
            return False
        return words[0] in self.words.noun_verbs or words[-1].endswith(self.words.participles)

    def asks(self, sentence: str) -> bool:
        """Whether `sentence` begins like a question."""
        return self._questions.match(sentence) is not None

    def uncapped(self, sentence: str) -> str:
        """`sentence` in lower case where it begins, if its first word is one that frames, questions or clauses know."""
        first = sentence.split()[0].lower() if sentence.split() else ""
        words = self.words
        asking = (words.whether, *words.wondering, *words.auxiliaries, *words.dropped)
        known = first in self.nouns or first in asking or self.is_do(sentence) or self.asks(sentence)
        return sentence[:1].lower() + sentence[1:] if known and not sentence[1:2].isupper() else sentence

    def kind(self, said: str) -> str:
        """The family of what a name or description says: "request", "question", "asking", "problem" or "topic"."""
        words, lower = said.lower().split(), f"{said.lower()} "
        if self.is_do(said):
            return "request"
        wondering = (f"{word} " for word in (self.words.whether, *self.words.wondering))
        if self.words.whether and lower.startswith((*wondering, *self._wh)):
            return "question" if self.indirect(said) and self.words.indirect == "inverted" else "asking"
        if self.asks(said):
            return "question"
        tells = not self._finite.isdisjoint(words[1:])
        return "problem" if tells else "topic"

    def tells(self, sentence: str) -> bool:
        """Whether `sentence` is a statement: of a problem, or with a finite verb."""
        family = self.read(sentence).family
        return family == "problem" or (family == "other" and not self._finite.isdisjoint(sentence.lower().split()))

    def troubled(self, sentence: str) -> bool:
        """Whether a word of `sentence` tells of a problem."""
        return bool(self.words.troubles) and self._troubles.search(sentence) is not None

    def is_remark(self, text: str) -> bool:
        """Whether a text is a yes, a greeting or a thank you: it begins like one, asks nothing, tells no problem."""
        parts = [self.uncapped(part.strip(" ¿¡").rstrip(".!?")) for part in SENTENCE_END.split(text) if part.strip()]
        if not self._remarks.match(text) or "?" in text:
            return False
        return all(read.family == "other" and not read.turn for read in map(self.read, parts))

    def ends_asking(self, text: str) -> bool:
        """Whether the last sentence of `text` is a question, if only after a comma: "one thing, where is it"."""
        last = SENTENCE_END.split(text.rstrip())[-1]
        return last.endswith("?") or any(map(self.asks, (last, CLAUSE.split(last)[-1])))

    def is_there(self, core: str) -> bool:
        """Whether a {do} core is to be somewhere, which no error hinders: "come on friday"."""
        return self._has_verb(core, self.words.presence)

    def is_wished(self, core: str) -> bool:
        """Whether a {do} core is nothing that anybody does: "be seen today"."""
        return self._has_verb(core, self.words.wished)

    def _has_verb(self, core: str, verbs: Iterable[str]) -> bool:
        lower = f" {core.lower()} "
        ends = lower.endswith if self.words.verb_last else lower.startswith
        return any(ends(f" {verb} ") for verb in verbs)

    def who(self, core: str) -> str:
        """Who does what is in a {do} core: "bot", "user", "either" or "unknown"."""
        words = core.lower().split()
        verb, others = (words[-1], words[:-1]) if self.words.verb_last else (words[0], words[1:2])
        if verb in self._bot or any(word in self.words.to_user for word in others):
            return "bot"
        return "user" if verb in self._user else "either" if verb in self._verbs else "unknown"

    def indirect(self, question: str) -> str:
        """A direct question as it stands after "can you tell me"; "" where it cannot be told how."""
        words, asked = question.split(), question.lower().startswith(self._wh)
        if self.words.indirect == "as_asked":
            return question if asked else f"{self.words.whether} {question}"
        known = (i for i, word in enumerate(words[:FIRST_WORDS]) if word.lower() in self.words.auxiliaries)
        at = next(known, -1)
        if self.words.indirect == "no" or at < 0 or (at == 0) == asked or at + 2 >= len(words):
            return ""
        auxiliary, dropped = words[at].lower(), words[at].lower() in self.words.dropped
        end = at + 2 if words[at + 1].lower() in self.words.pronouns else 0
        end += bool(end) and words[end].lower() in self.words.fellows
        if not end and (dropped or auxiliary in self.words.modals) and words[at + 1].lower() in self.nouns:
            last = min(at + SUBJECT_WORDS, len(words))
            end = next((i for i in range(at + 3, last) if words[i].lower() in self._verbs), 0)
        if not end:
            return ""
        lead = words[:at] if asked else [self.words.whether]
        told = " ".join([*lead, *words[at + 1 : end], *([] if dropped else [words[at]]), *words[end:]])
        short = next((old for old in self.words.asked_as if told == old or told.startswith(f"{old} ")), "")
        return f"{self.words.asked_as[short]}{told[len(short) :]}" if short else told

    @cached_property
    def _questions(self) -> re.Pattern[str]:
        joined = "|".join(map(re.escape, self.pack.style.question_words))
        return re.compile(rf"(?:{joined or '(?!)'})(?!\w)", re.IGNORECASE)

    @cached_property
    def _finite(self) -> frozenset[str]:
        return frozenset(self.words.finite)

    @cached_property
    def _no_subject(self) -> frozenset[str]:
        words, asked = self.words, " ".join(self.pack.style.question_words).replace("'s", "").split()
        lead = (*words.pronouns, *words.subjects, words.whether, *words.wondering, *words.cuts)
        return frozenset((*self.nouns, *lead, *asked)) - self._finite

    @cached_property
    def _of_clauses(self) -> frozenset[str]:
        """The words of which a clause has one, and a verb phrase none."""
        return frozenset((*self.words.subjects, *self.words.finite))

    @cached_property
    def _troubles(self) -> re.Pattern[str]:
        return _any_of(self.words.troubles)

    @cached_property
    def _remarks(self) -> re.Pattern[str]:
        """How a text begins that is a remark; one that only greets is one, too."""
        greets = any_phrase(self.pack.style.greetings)
        return re.compile(rf"\W*(?:{any_phrase(self.words.remarks)}|(?:{greets}\W*)+$)", re.IGNORECASE)

    @cached_property
    def _states(self) -> re.Pattern[str]:
        return _any_of(self.words.states)

    @cached_property
    def _persons(self) -> tuple[str, ...]:
        """How clauses begin that look like things: "it disabled before anything happens"."""
        return tuple(f"{word} " for word in self.words.subjects)

    @cached_property
    def _wh(self) -> tuple[str, ...]:
        """How questions begin that ask for more than yes or no."""
        known = (*self.words.auxiliaries, *self.words.pronouns)
        asked = self.pack.style.question_words
        return tuple(f"{words} " for words in asked if not any(word in known or "'" in word for word in words.split()))

    @cached_property
    def nouns(self) -> frozenset[str]:
        """The words that a noun phrase may begin with."""
        known = (*self.words.first_person, *self.words.determiners, *self.pack.articles)
        return frozenset(word.lower() for word in known)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """One of `words`, of which those that end in * are beginnings."""
    known = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in words)
    return re.compile(rf"(?<!\w)(?:{known or '(?!)'})(?!\w)", re.IGNORECASE)


def are_remarks(found: Sequence[bool]) -> bool:
    """Whether an intent is one of remarks, by which of its examples are."""
    return bool(found) and sum(found) >= REMARKS * len(found)


@lru_cache(maxsize=8)
def frames_of(tag: str) -> Frames:
    """The frames of a language, compiled once for all its regions."""
    pack = load_pack(tag)
    return Frames(pack) if tag == pack.language else frames_of(pack.language)
