"""Wording: an example said in other words of its language, as users of the scenario would write it.

Texts are strings in which a private character stands for each value, so that no change of words can touch one. All that
a change goes by (frames, case, marks, length, which words tell an intent) is learned from the scenario's own examples,
with a prior for those that have few.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import pairwise
from random import Random

from synthconv.lang.models import Pack
from synthconv.lang.packs import common_words, function_words, greeted, load_pack
from synthconv.lang.tokens import WORD, normalised
from synthconv.plan.domain import Domain
from synthconv.plan.frames import (
    BOT_DOES,
    MOST_READ,
    SENTENCE_END,
    USER_DOES,
    Frames,
    Sentence,
    are_remarks,
    frames_of,
)
from synthconv.plan.liking import Liking, Tally
from synthconv.plan.names import words_of
from synthconv.plan.skeletons import Skeleton
from synthconv.realise.alternations import alternations_of
from synthconv.realise.forms import FINAL_MARK, PLACES, Forms
from synthconv.realise.literals import literals_of
from synthconv.realise.synonyms import MOST_EXCHANGED, Synonyms
from synthconv.realise.telling import Telling, keywords
from synthconv.scenario.patterns import expand
from synthconv.seeds import rng, weighted

FIRST_PLACE = 0xE000
"""The private character that stands for the first value of a text."""
ALLOWS = ("able",)
ASKS_THING = ("what", "show")
DO_FAMILIES = (*USER_DOES, *BOT_DOES)
TRIES = 3
"""Tries to say a text in words that are not its own."""
FEWER, TRIM, KEEP_FAMILY, INDIRECT, NAME_FRAME = 0.5, 0.25, 0.45, 0.1, 0.3
"""Chances: of a text of several sentences to lose one; of a sentence to lose a last phrase, to stay in the family of
its frame; of a question to become indirect; of a name to be framed."""
ALTERNATED, WITHIN = 0.6, 0.5
"""Chances: of a sentence to take another construction, and of it to be one inside of its frame."""
MOSTLY = 4
"""So many times more often than with a determiner must examples say a noun without one for a request to do so."""
ONLY_NAME_FRAME, LABEL_FRAMED = 0.6, 0.7
"""The chance of a name to be framed where its intent has no example, and the part of its chance that a name has which
shares no word with its intent's examples."""
EXAMPLES, FEW_WORDS, SEVERAL = 20, 0.03, 0.06
"""The prior: as how many examples it counts, its shares of texts of three words or fewer and of several sentences."""
CHOICES, NEAR = 2, 0.15
"""Texts of which the one is taken whose length is nearest to that of an example, if none is near: within that share."""
SETTLED = 64
"""After so many intents what was learned is settled: it is worked out anew for every so many only."""
KEYWORDS = 0.1
"""How many rows of keywords stand for one example of three words or fewer: the other ones come from names."""


class Wording:
    """Says the texts of one language of a scenario in other words.

    What is learned from examples comes from an intent's own and from those of the intents before it: an intent that is
    added at the end changes no other's rows.
    """

    def __init__(self, domain: Domain, tag: str) -> None:
        self.pack: Pack = load_pack(tag)
        self.frames: Frames = frames_of(tag)
        self.small = function_words(tag) | {word.lower() for word in self.pack.wording.first_person}
        self.small |= set(self.pack.articles)
        self.determiners = sorted(self.frames.nouns - set(self.pack.wording.subjects))
        self.telling = Telling(self.pack, self.small)
        order = {intent: place for place, intent in enumerate(domain.scenario.model.intents)}
        self.places = {intent: place if place < SETTLED else place - place % SETTLED for intent, place in order.items()}
        self.known: dict[tuple[str, str], list[list[str]]] = defaultdict(list)
        self.forms = Forms(self.pack, self.frames)
        self.liking, self.lowered, self.said = Liking(self.frames), Tally(), Tally()
        self.counts, self.verbs = Tally(), dict[str, set[str]]()
        self.own, self.shared = dict[str, set[str]](), dict[str, set[str]]()
        self.remarks = set[str]()
        self.literals, self.core = literals_of(tag), dict[str, frozenset[str]]()
        for intent, place in order.items():
            texts = self._learn(intent, place, domain.skeletons[intent, tag, None])
            if not domain.scenario.model.intents[intent].slots:
                self.core[intent] = self.literals.core(texts, words_of(intent))
        self.alternations = alternations_of(tag)
        self.synonyms = Synonyms(self.pack, self.said)
        remembered = lru_cache(MOST_READ)
        self._sentences, self._share = remembered(self.sentences), remembered(self._share_of)

    def _learn(self, intent: str, place: int, skeletons: Sequence[Skeleton]) -> list[str]:
        """Learn from the examples of an intent, and give them back as texts."""
        samples = [(skeleton, _sample(skeleton)) for skeleton in skeletons]
        self.telling.add({word for _, text in samples for word in normalised(text).split()}, place)
        written = [(skeleton, text) for skeleton, text in samples if skeleton.authored]
        said = Counter(word for _, text in written for word in set(normalised(text).split()))
        self.own[intent] = set(said)
        self.shared[intent] = {word for word in said if said[word] > 1} | set(words_of(intent).lower().split())
        for _, text in written:
            self.forms.add(text)
            self.counts.add("few" if len(text.split()) <= 3 else "more", place)
            for word in WORD.findall(text)[1:]:
                if word.islower():
                    self.lowered.add(word, place)
            words = normalised(text).split()
            for size in range(1, MOST_EXCHANGED + 1):
                for at in range(len(words) - size + 1):
                    self.said.add(" ".join(words[at : at + size]), place)
        self.forms.end_place()
        if are_remarks([self.frames.is_remark(text) for _, text in written]):
            self.remarks.add(intent)
        if written:
            self.verbs[intent] = set()
        for skeleton, text in written:
            sentences = self.sentences(text, place)
            self.counts.add("several" if len(sentences) > 1 else "one", place)
            if not any(map(PLACES.search, sentences)):
                self.known[intent, skeleton.split].append(sentences)
            for sentence in sentences:
                read = self.frames.read(sentence)
                self.liking.add(read, place)
                if read.frame and read.family in DO_FAMILIES:
                    self.verbs[intent].add(read.core.split()[0].lower())
        return [text for _, text in written]

    def _share_of(self, what: str, prior: float, place: int) -> float:
        """The share of the examples that are `what`, with its prior."""
        return (self.counts.upto(what, place) + prior * EXAMPLES) / (self.forms.known(place) + EXAMPLES)

    def sentences(self, text: str, place: int) -> list[str]:
        """The sentences of a text, in lower case where they begin if they may, without greeting and final marks."""
        text = " ".join(text.split())
        bare = (FINAL_MARK.sub("", part).lstrip("¿¡ ") for part in SENTENCE_END.split(_ungreeted(self.pack, text)))
        return [self._uncapped_at(part, place) for part in bare if part] or [text]

    def uncapped(self, sentence: str, intent: str) -> str:
        """A sentence of an intent in lower case where it begins, if it may: its first word is no name."""
        return self._uncapped_at(sentence, self.places.get(intent, 0))

    def _uncapped_at(self, sentence: str, place: int) -> str:
        match = WORD.match(sentence)
        first = match.group().lower() if match else ""
        small = first in self.small or first in common_words(self.pack.language)
        if small or self.lowered.upto(first, place) or self.frames.is_do(sentence):
            return sentence[:1].lower() + sentence[1:]
        return sentence

    def reworded(self, text: str, intent: str, skeleton: Skeleton, random: Random) -> str:
        """`text` in other words, every private character of it once; `text` itself where there are no others."""
        places, own, place = sorted(PLACES.findall(text)), normalised(text), self.places[intent]
        misfit, found = self.forms.misfit(place, random), list[tuple[float, list[str]]]()
        sentences = self._sentences(text, place)
        for _ in range(TRIES):
            said = self._said(list(sentences), intent, skeleton, random)
            joined = " ".join(said)
            words = normalised(joined)
            new = words != own or not skeleton.authored
            if new and sorted(PLACES.findall(joined)) == places and not self._stutters(words):
                found.append((misfit(joined), said))
                if found[-1][0] <= NEAR or len(found) == CHOICES or not skeleton.authored:
                    break
        if not found:
            return text
        best = min(found)[1]
        if skeleton.authored and (core := self.core.get(intent)) is not None:
            best = [self.literals.varied(one, core, random) for one in best]
        return self.forms.put(best, place, random)

    def _said(self, sentences: list[str], intent: str, skeleton: Skeleton, random: Random) -> list[str]:
        place = self.places[intent]
        few = KEYWORDS * self._share("few", FEW_WORDS, place)
        if not skeleton.authored:
            sentences = [self._named(sentences[0], intent, random), *sentences[1:]]
        elif intent in self.remarks:
            sentences = [self._alternated(one, random) for one in sentences]
        elif random.random() < few and (found := self._keywords(sentences, intent, random)):
            sentences = [found]
        else:
            sentences = self._recombined(sentences, intent, skeleton.split, random)
            sentences = [self._alternated(one, random) for one in sentences]
            best = max(range(len(sentences)), key=lambda i: (self.frames.read(sentences[i]).family in DO_FAMILIES, i))
            sentences[best] = self._reframed(sentences[best], place, random)
        return [self.synonyms.exchanged(one, place, random) for one in sentences]

    def _named(self, core: str, intent: str, random: Random) -> str:
        """A sentence about what an intent's name or description says."""
        place, kind = self.places[intent], self.frames.kind(core)
        verb = kind == "request" and core.split()[0].lower()
        if verb and core.endswith(self.pack.wording.doings) and self._is_thing(verb, place):
            kind, verb = "topic", False  # "order tracking", where examples track their order
        name, core = core, self._determined(core, place, random, done=bool(verb))
        words = self.pack.wording
        acts = verb in self.verbs.get(intent, ()) or verb in words.name_verbs
        if verb and core == name and (acts or verb not in words.noun_verbs) and self._is_bare(core, place):
            core = core.replace(" ", f" {words.article} ", 1)  # "exchange rate" stays, if nobody exchanges
        if verb and (acts or not self.frames.is_noun(core)):
            families = self._families("want", core)
        elif kind == "question" and random.random() < INDIRECT and (asked := self.frames.indirect(core)):
            families, core = ("asking",), asked
        elif kind in ("question", "asking", "problem"):
            families = (kind,)
        elif intent in self.remarks:
            families = ()
        else:
            framed = NAME_FRAME if verb or intent in self.verbs else ONLY_NAME_FRAME
            if verb and not (self.said.upto(normalised(name), place) or core.endswith(self.pack.wording.participles)):
                framed = 0.0  # "help with report damage"
            elif self.own[intent] and self.own[intent].isdisjoint(normalised(core).split()):
                framed *= LABEL_FRAMED  # perhaps a label that no user says: "affirm", "smalltalk"
            families = ("topic",) if random.random() < framed else ()
        if not families:
            return name  # "sim card", and not "the sim card", where nothing else is said
        frame = self.liking.drawn(families, Sentence("", core), place, random)
        return frame.around(core) if frame else core

    def _is_thing(self, word: str, place: int) -> bool:
        """Whether examples mostly say a word with a determiner."""
        return 0 < self.said.upto(word, place) <= 2 * sum(self._pointed_at(word, place).values())

    def _pointed_at(self, noun: str, place: int) -> dict[str, int]:
        """How often examples say a noun with each determiner."""
        counts = {word: self.said.upto(f"{word} {noun}", place) for word in self.determiners}
        return {word: count for word, count in counts.items() if count}

    def _determined(self, core: str, place: int, random: Random, *, done: bool) -> str:
        """`core` with the determiner that its noun has in examples: "make call", something `done`, as "make a call"."""
        words, at = core.split(), int(done and not self.pack.wording.verb_last)
        if not words[at:] or words[at].lower() in self.frames.nouns:
            return core
        noun = normalised(words[at])
        counts = self._pointed_at(noun, place)
        bare = self.said.upto(noun, place) - sum(counts.values())
        bare = 0 if done and bare < MOSTLY * sum(counts.values()) else bare  # search words have none: "call mom"
        drawn = random.choices(["", *counts], [max(bare, 0.01), *counts.values()])[0]
        return " ".join([*words[:at], drawn, *words[at:]]) if drawn else core

    def _is_bare(self, core: str, place: int) -> bool:
        """Whether the noun of a {do} core lacks a determiner that it may need: "rent bike", but not "rent bikes"."""
        words = core.lower().split()
        if not self.pack.wording.article or len(words) < 2 or words[1] in (*self.small, *self.pack.wording.particles):
            return False
        return not (self.said.upto(normalised(core), place) or self.alternations.are_many(core))

    def _keywords(self, sentences: Sequence[str], intent: str, random: Random) -> str:
        return keywords(
            sentences, partial(self.telling.content, place=self.places[intent]), self.shared[intent], random
        )

    def _recombined(self, sentences: list[str], intent: str, split: str, random: Random) -> list[str]:
        """The sentences with one less, one more, or a shorter end."""
        others = self.known[intent, split]
        if len(sentences) > 1 and random.random() < FEWER:
            sentences = self.telling.fewer(sentences, self.places[intent], random)
        elif len(sentences) == 1 and others and random.random() < self._several(intent):
            more = self._beside(sentences[0], others, self.places[intent], random)
            first, other = (self.frames.tells(one) for one in (more, sentences[0]))
            if more and (first != other or not self.pack.wording.families):
                sentences = [more, *sentences] if first else [*sentences, more]
        if random.random() < TRIM:
            sentences[-1] = self.telling.trimmed(sentences[-1], self.places[intent], random)
        return sentences

    def _alternated(self, sentence: str, random: Random) -> str:
        """A sentence, or the core in its frame, in another construction that means the same."""
        if random.random() >= ALTERNATED:
            return sentence
        read = self.frames.read(sentence)
        if self.frames.names_thing(read.core):
            return sentence  # "test results", and no "run a test on results"
        core = self.alternations.varied(read.core, random) if read.frame and random.random() < WITHIN else read.core
        done = read.family not in DO_FAMILIES or self.frames.is_do(core)
        if read.frame and core != read.core and done:
            return read.frame.around(core)
        said = self.alternations.varied(sentence, random)
        if said == sentence and read.turn:
            return sentence[: read.turn] + self.alternations.varied(sentence[read.turn :], random)
        return said

    def _beside(self, sentence: str, others: Sequence[Sequence[str]], place: int, random: Random) -> str:
        """A sentence of another example that is about the same thing: that shares a telling word; "" if it does not."""
        more = random.choice(random.choice(others))
        words = {word for word in normalised(sentence).split() if self.telling.content(word, place)}
        shared = words & set(normalised(more).split()) or not self.pack.wording.families
        return more if shared and more != sentence else ""

    def _several(self, intent: str) -> float:
        """How often a sentence is given another beside it: all that can be done in a language without frames."""
        return self._share("several", SEVERAL, self.places[intent]) if self.pack.wording.families else 1.0

    def _reframed(self, sentence: str, place: int, random: Random, *, beside: bool = False) -> str:
        """The core of `sentence` in another frame, of its own family or of one that means as much.

        Of a statement that ends in a request or question, "it is broken, can i return it", that is what goes into it.
        """
        read = self.frames.read(sentence)
        if read.turn:
            asked = self._reframed(sentence[read.turn :], place, random, beside=True)
            return sentence[: read.turn] + _ungreeted(self.pack, asked)
        if beside and read.family == "question":
            return sentence  # "i have a loose pedal, i'd like to know, who do i tell"
        if read.family == "question" and random.random() < INDIRECT and (core := self.frames.indirect(sentence)):
            read = Sentence("asking", core)
        if read.family == "trouble" and self.frames.is_there(read.core):
            absence = self.pack.wording.absence
            return f"{weighted(random, absence)} {read.core}" if absence else sentence
        keep = random.random() < KEEP_FAMILY
        families = (read.family,) if keep else self._families(read.family, read.core, beside=beside)
        frame = self.liking.drawn(families, read, place, random)
        if not frame:
            return sentence
        regrets = self.pack.wording.regrets if frame != read.frame and frame.family in DO_FAMILIES else ()
        return frame.around(" ".join(word for word in read.core.split() if word.lower() not in regrets))

    def _families(self, family: str, core: str, *, beside: bool = False) -> tuple[str, ...]:
        """The families that a core may go to from the one that it was found in.

        Where it stands beside a statement, "there is no towel, can you bring two", it stays with whom it was asked of.
        """
        if family in ASKS_THING:
            return ASKS_THING
        if family not in DO_FAMILIES:
            return (family,)
        if self.frames.is_wished(core):
            return ("want",)
        own, who = USER_DOES if family in USER_DOES else BOT_DOES, self.frames.who(core)
        if who == "user" and family in ALLOWS:  # "can i eat before" asks for leave, not how
            return ALLOWS
        return {"bot": BOT_DOES, "user": USER_DOES, "unknown": own}.get(who, own if beside else DO_FAMILIES)

    def _stutters(self, text: str) -> bool:
        """Whether in normalised text a word follows itself, as in "check and check", or three words come twice."""
        words = text.split()
        if len(set(words)) == len(words):
            return False
        runs = list(zip(words, words[1:], words[2:], strict=False))
        again = any(first == last and middle in self.pack.wording.cuts for first, middle, last in runs)
        return again or len(set(runs)) < len(runs) or any(one == other for one, other in pairwise(words))


@lru_cache(maxsize=8)
def wording_of(domain: Domain, tag: str) -> Wording:
    """The wording of a language of a domain, learned once and only where it is asked for."""
    return Wording(domain, tag)


def _sample(skeleton: Skeleton) -> str:
    """One text of a skeleton, a private character for each slot."""
    pieces = expand(skeleton.template.variants[skeleton.combinations[0]], rng(0, skeleton.key))
    return "".join(piece if isinstance(piece, str) else chr(FIRST_PLACE + i) for i, piece in enumerate(pieces))


def _ungreeted(pack: Pack, text: str) -> str:
    rest = greeted(pack.language).sub("", text, count=1)
    return rest if " " in rest else text  # "hey there fellow" says no more than its greeting
