"""What words tell of an intent: what of a text may be left out, and the keywords that one types into a search box."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import combinations
from math import log
from random import Random

from synthconv.lang.models import Pack
from synthconv.lang.tokens import normalised
from synthconv.plan.liking import Tally
from synthconv.realise.forms import PLACES

VALUE = 100.0
"""What a value tells, beside the words around it: more than any."""
ENOUGH = 0.55
"""How much of what all sentences of a text tell its others must tell, for one to be left out."""
LENGTHS = (2, 2, 3, 3, 4)
"""How many words a row of keywords has at most."""


class Telling:
    """How much the words of a language tell of an intent: the more, the fewer intents say them in examples.

    A place is that of an intent in the scenario; what later intents say counts for nothing. `small` words tell nothing.
    """

    def __init__(self, pack: Pack, small: Collection[str]) -> None:
        self.pack, self.owners = pack, Tally()
        self.no_content = {
            *small,
            *pack.wording.pronouns,
            *pack.wording.subjects,
            *pack.prepositions,
            *pack.numbers.words,
        }
        self.open_ended = {*small, *pack.wording.finite, *pack.prepositions}

    def add(self, words: Collection[str], place: int) -> None:
        """Note that an example of the intent at `place` says these words."""
        for word in words:
            self.owners.add(word, place)

    def content(self, word: str, place: int) -> float:
        """How much a word tells of an intent; nothing where it is a small one, most where it is a value."""
        if PLACES.search(word):
            return VALUE
        first, short, rest = word.lower().replace("’", "'").partition("'")  # "you've" tells as little as "you"
        small = first in self.no_content or len(word) < 3 or (short and rest != "s")
        return 0.0 if small else self._tells(word, place)

    def _tells(self, word: str, place: int) -> float:
        owners = self.owners.upto(normalised(word), place)
        return log((2 + place) / owners) if owners else 0.0

    def fewer(self, sentences: list[str], place: int, random: Random) -> list[str]:
        """The sentences without one, if the others say every value and tell nearly as much of the intent."""
        drop = int(random.random() * len(sentences))
        rest = [*sentences[:drop], *sentences[drop + 1 :]]
        enough = self._enough(" ".join(rest), " ".join(sentences), place)
        return sentences if PLACES.search(sentences[drop]) or not enough else rest

    def trimmed(self, sentence: str, place: int, random: Random) -> str:
        """`sentence` without a last phrase that tells little of the intent."""
        words = sentence.split()
        telling = sorted(range(len(words)), key=lambda i: -self._tells(words[i], place))[:2]
        last = max(3, *telling, *(i for i, word in enumerate(words) if PLACES.search(word)))
        ends = (i for i in range(last + 1, len(words)) if words[i - 1].lower() not in self.open_ended)
        cuts = (" ".join(words[:i]) for i in ends if words[i].lower() in self.pack.wording.cuts)
        shorter = [cut.rstrip(",;:") for cut in cuts if self._enough(cut, sentence, place)]
        return random.choice(shorter) if shorter else sentence

    def _enough(self, rest: str, text: str, place: int) -> bool:
        """Whether a part of a text tells nearly as much of the intent as all of it."""
        left, all_of_it = (
            sum(self.content(word, place) for word in dict.fromkeys(normalised(some).split())) for some in (rest, text)
        )
        return left >= ENOUGH * all_of_it


def keywords(sentences: Sequence[str], tells: Callable[[str], float], shared: Collection[str], random: Random) -> str:
    """The stretch of words that tells most, by what each `tells` of its intent; "" where there is none.

    One of its words is among the `shared` ones, that several examples of the intent say, or its name.
    """
    found = (stretch for sentence in sentences for stretch in _stretches(sentence, tells, random))
    about = (stretch for stretch in found if not set(shared).isdisjoint(normalised(stretch[1]).split()))
    return max(about, default=(0.0, ""))[1]


def _stretches(sentence: str, tells: Callable[[str], float], random: Random) -> Iterator[tuple[float, str]]:
    """The short stretches of a sentence that begin and end with a telling word, each with how much it tells."""
    words, longest = sentence.replace(",", " ").split(), random.choice(LENGTHS)
    telling = [tells(word) * (0.7 + 0.6 * random.random()) for word in words]
    for start, end in combinations(range(len(words) + 1), 2):
        words_too = any(tells and tells < VALUE / 2 for tells in telling[start:end])
        if 2 <= end - start <= longest and telling[start] and telling[end - 1] and words_too:
            yield sum(telling[start:end]), " ".join(words[start:end])
