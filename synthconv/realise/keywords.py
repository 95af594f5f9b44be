"""Keywords: the few words of a text that tell most, as one types them into a search box."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import combinations
from random import Random

from synthconv.lang.tokens import normalised

VALUE = 100.0
"""What a value tells, beside the words around it: more than any."""
LENGTHS = (2, 2, 3, 3, 4)
"""How many words a row of keywords has at most."""


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
