"""Addressed randomness: every random choice is made by a generator that a seed and a path of names lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from random import Random
from typing import TypeVar
from zlib import crc32

T = TypeVar("T")


def digest(*path: object) -> str:
    """16 hex digits that name `path`: the same on every machine and in every process."""
    return blake2b("\x1f".join(map(str, path)).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def rng(seed: int, *path: object) -> Random:
    """A fresh generator for the place named by `path`; no two places share one."""
    return Random(int(digest(seed, *path), 16))


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


def shuffled(random: Random, items: Iterable[T]) -> list[T]:
    """`items` in a random order."""
    out = list(items)
    random.shuffle(out)
    return out


def in_proportion(weights: Mapping[T, float], random: Random) -> Iterator[T]:
    """An endless sequence in which every prefix holds each key in proportion to its weight, within about one.

    The sequence does not depend on how much of it is used, so asking for more rows keeps the first ones.
    """
    total = sum(weights.values())
    credit = {key: random.random() - 0.5 for key in weights}
    while True:
        for key, weight in weights.items():
            credit[key] += weight / total
        best = max(credit, key=credit.__getitem__)
        credit[best] -= 1
        yield best
