"""Addressed randomness: every random choice is made by a generator that a seed and a path of names lead to."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import accumulate
from random import Random
from typing import TypeVar
from zlib import crc32

T = TypeVar("T")
GOLDEN = (5**0.5 - 1) / 2


def digest(*path: object) -> str:
    """16 hex digits that name `path`: the same on every machine and in every process."""
    return blake2b("\x1f".join(map(str, path)).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def rng(seed: int, *path: object) -> Random:
    """A fresh generator for the place named by `path`; no two places share one."""
    return Random(int(digest(seed, *path), 16))


def stream(seed: int, stage: str) -> Callable[[str], Random]:
    """A function from an id (16 hex digits, a hash itself) to the generator that a stage uses for it."""
    salt = int(digest(seed, stage), 16)
    return lambda ident: Random(int(ident, 16) ^ salt)


def share_of(*path: object) -> float:
    """A fixed number in [0, 1) for `path`, cheaper than `rng` and evenly spread."""
    return crc32("\x1f".join(map(str, path)).encode("utf-8", "surrogatepass")) / 2**32


def weighted(random: Random, weights: Mapping[T, float]) -> T:
    """One key of `weights`, as likely as its weight."""
    point = random.random() * sum(weights.values())
    for key, weight in weights.items():
        point -= weight
        if point < 0:
            return key
    return key


def by_sums(random: Random, items: Sequence[T], sums: Sequence[float]) -> T:
    """One of `items`, as likely as its weight; `sums` are the running sums of the weights."""
    return items[min(bisect_right(sums, random.random() * sums[-1]), len(items) - 1)]


def in_proportion(weights: Mapping[T, float], random: Random) -> Iterator[T]:
    """An endless sequence in which every stretch holds each key in proportion to its weight, within about two.

    Each place is as likely to hold a key as its weight says, the first one too, and the sequence does not depend on
    how much of it is used: asking for more keeps the ones before. (Steps of the golden ratio around a circle.)
    """
    keys, edges = list(weights), list(accumulate(weights.values()))
    point = random.random()
    while True:
        yield keys[min(bisect_right(edges, point * edges[-1]), len(keys) - 1)]
        point = (point + GOLDEN) % 1
