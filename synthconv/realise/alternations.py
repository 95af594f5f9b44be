"""Alternations: one message, several constructions: "my card hasn't come" is "i'm still waiting for my card".

A pack lists them in groups of which each member may stand for any other: "{x} hasn't/haven't come [yet] | i'm still
waiting for {x}". {x} and {y} are noun phrases, {do} is a verb phrase in the infinitive; of `one/many`, the first is
said where {x} is one thing, the second where it is several; what is in brackets may be left out. The name is Levin's
(English Verb Classes and Alternations, 1993): constructions in which one verb may stand; here, one message.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from random import Random

from synthconv.lang.models import Pack
from synthconv.lang.packs import load_pack
from synthconv.plan.frames import MOST_READ, Frames, frames_of

MOST_WORDS, CLAUSE_WORDS = 6, 3
"""Words of a noun phrase at most, and of a clause after a conjunction at least."""
LEFT_OUT = 0.5
"""The chance of what may be left out to be."""
PIECE = re.compile(r"\[(?P<optional>[^\]]*)\]|\{(?P<variable>\w+)\}")
"""What a construction holds beside plain words."""
AGREES = re.compile(r"([^\s/\[\]{}]+)/([^\s/\[\]{}]+)")
"""Words of which one is said of one thing, the other of many."""
TOKEN = re.compile(r"[^\s,]+|,")

Part = str | tuple[str, ...]
"""A part of a construction: the name of a variable, or words one after the other."""


@dataclass(frozen=True, slots=True)
class Construction:
    """A member of a group as it is said of one thing or of many: None where that makes no difference."""

    group: int
    member: str
    text: str
    many: bool | None


@dataclass(frozen=True, slots=True)
class Found:
    """A construction that a sentence has, what it stands between, and what fills it."""

    construction: Construction
    before: str
    after: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Match:
    """What was matched so far: the token after it, and from where to where each variable goes."""

    end: int
    values: tuple[tuple[str, int, int], ...] = ()


class Alternations:
    """The alternations of a language, and the constructions that its sentences have."""

    def __init__(self, pack: Pack) -> None:
        words = pack.wording
        self.frames: Frames = frames_of(pack.language)
        self._short = {tuple(old.lower().split()): new for old, new in pack.style.contractions.items()}
        self._sizes = sorted({len(old) for old in self._short}, reverse=True)
        self._bounds, self._things = frozenset(map(_bare, words.bounds)), frozenset(map(_bare, words.things))
        self._prepositions = frozenset(pack.prepositions)
        self._open = (frozenset(map(_bare, self.frames.nouns)) | self._prepositions) - self._things
        self._parted = re.compile(rf"\b(?:{'|'.join(map(re.escape, words.particles)) or '(?!)'}) {{")
        self._clauses = (",", *(f"{word} " for word in words.joins))
        self._joins, self._tails = frozenset(words.joins), (",", *(f"{word} " for word in words.tails))
        self._several = re.compile(words.several, re.IGNORECASE) if words.several else None
        self._openings = {old[:2] for old in self._short}
        self.groups = words.alternations
        known = [
            (Construction(number, member, text, many), self._always(text))
            for number, group in enumerate(self.groups)
            for member in group
            for many, text in _said_of(member)
        ]
        uses = Counter(chain.from_iterable(always for _, always in known))
        rarity = {word: place for place, word in enumerate(sorted(uses, key=lambda word: (uses[word], word)))}
        self._by_word: dict[str, list[tuple[Construction, frozenset[str]]]] = defaultdict(list)
        for construction, always in known:
            if always:
                self._by_word[min(always, key=rarity.__getitem__)].append((construction, always))
        self._parts = lru_cache(MOST_READ)(self._taken_apart)
        self.found = lru_cache(MOST_READ)(self._found)

    def varied(self, sentence: str, random: Random) -> str:
        """`sentence` in another construction of a group of which it has one; as it is where it has none."""
        if not (known := self.found(sentence)):
            return sentence
        found = known[int(random.random() * len(known))]
        many = found.construction.many
        many = self.are_many(found.values.get("x", "")) if many is None else many
        others = [other for other in self.groups[found.construction.group] if self._fits(other, found, many)]
        if not others:
            return sentence
        said = _said(others[int(random.random() * len(others))], found.values, bool(many), random)
        return f"{found.before}{said}{found.after}"

    def _fits(self, other: str, found: Found, many: bool | None) -> bool:
        """Whether another member can stand where a construction was found."""
        if other == found.construction.member or (many is None and "/" in other):
            return False
        if (found.before or found.after) and "," in other:
            return False
        return self._things.isdisjoint(found.values.values()) or not self._parted.search(other)  # "pick up it"

    def are_many(self, thing: str) -> bool | None:
        """Whether a noun phrase names several things; None where its language does not show it."""
        return self._several.search(thing) is not None if self._several else None

    def _always(self, text: str) -> frozenset[str]:
        """The words that a construction always has, but for those with an apostrophe."""
        words = (PIECE.sub(" ", text) if "[" in text or "{" in text else text).lower().replace(",", " ").split()
        if not self._openings.isdisjoint(pairwise(words)):
            words = [*self._words(" ".join(words))]
        return frozenset(filter(str.isalpha, words))

    def _taken_apart(self, text: str) -> tuple[tuple[Part, bool], ...]:
        """The parts of a construction, each with whether it may be left out."""
        parts, at = list[tuple[Part, bool]](), 0
        for match in PIECE.finditer(text):
            parts.append((self._words(text[at : match.start()]), False))
            if match["optional"]:
                parts.append((self._words(match["optional"]), True))
            else:
                parts.append((match["variable"], False))
            at = match.end()
        parts.append((self._words(text[at:]), False))
        return tuple((part, optional) for part, optional in parts if part)

    def _words(self, text: str) -> tuple[str, ...]:
        return tuple(word for word, _, _ in self._tokens(text))

    def _tokens(self, text: str) -> list[tuple[str, int, int]]:
        """The words and commas of a text as they are compared, contracted and without apostrophes; start and end."""
        spans = [match.span() for match in TOKEN.finditer(text)]
        words, out, at = [text[start:end].lower() for start, end in spans], list[tuple[str, int, int]](), 0
        while at < len(words):
            fit = (size for size in self._sizes if at + size <= len(words))
            sizes = (size for size in fit if tuple(words[at : at + size]) in self._short)
            size = next(sizes, 1)
            new = self._short[tuple(words[at : at + size])].split() if size > 1 else [words[at]]
            ends = [spans[at][0], *[spans[at + size - 1][1]] * len(new)]
            out += [(_bare(word), start, end) for word, start, end in zip(new, ends, ends[1:], strict=False)]
            at += size
        return out

    def _found(self, sentence: str) -> tuple[Found, ...]:
        tokens = self._tokens(sentence)
        words = [word for word, _, _ in tokens]
        said, spans = set(words), [(start, end) for _, start, end in tokens]
        starts = [0, *(i + 1 for i, word in enumerate(words) if word == "," or word in self._joins)]
        near = (one for word in sorted(said & self._by_word.keys()) for one in self._by_word[word])
        fit = [construction for construction, always in near if always <= said]
        tried = (self._matched(one, start, words, spans, sentence) for one in fit for start in starts)
        known = [found for found in tried if found]
        least: dict[tuple[str, str], int] = {}
        for one in known:  # "the name on {x} is wrong" is no "the name on {x} is {y}"
            around = one.before, one.after
            least[around] = min(len(one.values), least.get(around, len(one.values)))
        return tuple(one for one in known if len(one.values) == least[one.before, one.after])

    def _matched(
        self,
        construction: Construction,
        start: int,
        words: Sequence[str],
        spans: Sequence[tuple[int, int]],
        sentence: str,
    ) -> Found | None:
        """The construction where it begins at a token, if it does; what goes on after it must be a tail."""
        for match in self._matches(self._parts(construction.text), 0, Match(start), words):
            rest = sentence[spans[match.end - 1][1] :]
            tails = self._tails if match.values else self._clauses
            if rest and not f"{rest.lstrip()} ".lower().startswith(tails):
                continue
            if rest.split()[:1] and rest.split()[0].lower() in self._joins and len(rest.split()) < CLAUSE_WORDS:
                continue  # "thank you so much"
            values = {name: sentence[spans[i][0] : spans[j - 1][1]] for name, i, j in match.values}
            if self._are_whole(values, rest):
                return Found(construction, sentence[: spans[start][0]], rest, values)
        return None

    def _are_whole(self, values: dict[str, str], rest: str) -> bool:
        """Whether what fills a construction is what it seems: no part of a verb phrase, no "it" of "it is good to"."""
        if rest[:1] == " " and not self._things.isdisjoint(values.values()):
            return False
        things = (value for name, value in values.items() if name != "do")
        if self.frames.words.verb_last and any(_ends_in(thing, self.frames.words.infinitives) for thing in things):
            return False
        return "do" not in values or self.frames.is_do(values["do"])

    def _matches(
        self, parts: Sequence[tuple[Part, bool]], number: int, match: Match, words: Sequence[str]
    ) -> Iterator[Match]:
        """Every way to match the parts from `number` on, the longest noun phrases first."""
        if number == len(parts):
            yield match
            return
        (part, optional), at = parts[number], match.end
        if isinstance(part, str):
            last = number + 1 == len(parts)
            ends: Iterable[int] = [len(words)] if part == "do" and at < len(words) else self._ends(words, at, last)
            for end in ends:
                yield from self._matches(parts, number + 1, Match(end, (*match.values, (part, at, end))), words)
            return
        if tuple(words[at : at + len(part)]) == part:
            yield from self._matches(parts, number + 1, Match(at + len(part), match.values), words)
        if optional:
            yield from self._matches(parts, number + 1, match, words)

    def _ends(self, words: Sequence[str], start: int, last: bool) -> Iterator[int]:
        """Where a noun phrase may end that begins at `start`, the farthest first.

        One that is not the `last` part may go on after a preposition: "my payment to Jo" before "was declined".
        """
        end = start
        while end < min(len(words), start + MOST_WORDS) and words[end] != ",":
            if words[end] in self._bounds and (last or end == start or words[end] not in self._prepositions):
                break
            end += 1
        yield from (i for i in range(end, start, -1) if words[i - 1] not in self._open)


def _said_of(member: str) -> Iterator[tuple[bool | None, str]]:
    """What a member says of one thing and of many."""
    if "/" not in member:
        yield None, member
        return
    yield False, AGREES.sub(r"\1", member)
    yield True, AGREES.sub(r"\2", member)


def _said(member: str, values: dict[str, str], many: bool, random: Random) -> str:
    """A member around `values`, said of one thing or of `many`, with or without what may be left out."""

    def piece(match: re.Match[str]) -> str:
        if match["optional"]:
            return "" if random.random() < LEFT_OUT else match["optional"]
        return values[match["variable"]]

    text = AGREES.sub(r"\2" if many else r"\1", member)
    return " ".join(PIECE.sub(piece, text).replace(" ,", ",").split())


def _ends_in(thing: str, infinitives: tuple[str, ...]) -> bool:
    """Whether the last word of a phrase looks like an infinitive: "eine Karte bestellen"."""
    last = thing.split()[-1]
    return last.islower() and last.endswith(infinitives)


def _bare(word: str) -> str:
    """A word as it is compared: "Hasn’t" as "hasnt"."""
    return word.lower().replace("'", "").replace("’", "") if "'" in word or "’" in word else word.lower()


@lru_cache(maxsize=8)
def alternations_of(tag: str) -> Alternations:
    """The alternations of a language, read once."""
    return Alternations(load_pack(tag))
