"""The shape of a stage, and how items flow through several."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from synthconv.records import Example, Rejection

Item = Example | Rejection
Stage = Callable[[Example], Iterable[Item]]
"""A stage takes an example and gives examples and rejections; a configured stage is a function that returns one."""


T = TypeVar("T")
COLLECTED = 20_000, 20, 100
"""The thresholds of the garbage collector while items flow."""


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """`items` in lists of `size`, the last one shorter, as they are asked for."""
    source = iter(items)
    return iter(lambda: list(islice(source, size)), [])


def flow(items: Iterable[Item], stages: Sequence[Stage]) -> Iterator[Item]:
    """Each item through all stages, one item at a time; a rejection passes the rest of them by."""
    for stage in stages:
        items = _through(items, stage)
    return iter(items)


def _through(items: Iterable[Item], stage: Stage) -> Iterator[Item]:
    for item in items:
        if isinstance(item, Rejection):
            yield item
        else:
            yield from stage(item)


@contextmanager
def flowing() -> Iterator[None]:
    """Collect garbage seldom: items die young and without cycles, and what all of them need lives until the end."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*COLLECTED)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
