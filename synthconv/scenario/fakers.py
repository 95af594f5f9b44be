"""Values that Faker draws: names, cities, companies, the same ones for a seed on every day."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from types import FrameType
from typing import Any

from synthconv.errors import EntityError, did_you_mean
from synthconv.lang.packs import faker_locale
from synthconv.seeds import rng

POOL = 6_000
"""How many values an open source (Faker, a regular expression) is drawn from: enough to vary, few enough to keep."""


def faker_values(name: str, provider: str, tag: str, seed: int) -> tuple[Callable[[int], str], int]:
    """The value of an entity's number (0 and more) by a Faker provider, and about how many values it has, to POOL.

    Raises EntityError if there is no such provider, or if it gives no words or other ones each day.
    """
    from faker import Faker  # a tenth of a second that scenarios without Faker entities do not pay

    fake = Faker(faker_locale(tag))
    method = None if provider.startswith("_") or provider in FAKER_NO_VALUES else getattr(fake, provider, None)
    if not callable(method):
        providers = [key for key in dir(fake) if not key.startswith("_") and key not in FAKER_NO_VALUES]
        raise EntityError("faker", f"Faker has no provider {provider!r}", did_you_mean(provider, sorted(providers)))

    @lru_cache(maxsize=POOL)
    def value(index: int) -> str:
        fake.seed_instance(rng(seed, "value", name, index).getrandbits(32))
        try:
            found = method()
        except Exception as error:  # a provider may raise anything where its locale lacks something
            cause = f"the provider {provider!r} fails in {tag} without arguments ({error or type(error).__name__})"
            raise EntityError("faker", cause, "choose another provider") from None
        text = " ".join(str(found).split())
        if not isinstance(found, (str, int, float, Decimal)) or not text.isprintable() or not text:
            cause = f"the provider {provider!r} gives {type(found).__name__} {text[:20]!r}, not words"
            raise EntityError("faker", cause, "choose one that gives text: name, city, company")
        return text

    sample, clock = _watched(lambda: {value(index) for index in range(40)})
    if clock:
        cause = f"the provider {provider!r} reads the clock, so its values would differ from day to day"
        raise EntityError("faker", cause, "use {type: date} or {type: time}, or another provider")
    return value, POOL if len(sample) > 30 else len(sample)


def _watched(draw: Callable[[], set[str]]) -> tuple[set[str], bool]:
    """What `draw` gives, and whether it asked for the time: the interpreter tells of every call while it runs."""
    calls = set[str]()

    def note(_frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call":
            calls.add(called.__name__)

    if sys.getprofile() is not None:  # somebody else is watching already
        return draw(), False
    sys.setprofile(note)
    try:
        found = draw()
    finally:
        sys.setprofile(None)
    return found, not calls.isdisjoint(CLOCK_CALLS)


CLOCK_CALLS = frozenset({"now", "utcnow", "today", "time", "localtime", "gmtime", "mktime"})
"""Functions of the interpreter that tell the time or the time zone."""
FAKER_NO_VALUES = frozenset(
    re.findall(
        r"\w+",
        "add_provider binary cache_pattern csv del_arguments dsv enum factories fixed_width format "
        "generator_attrs image get_arguments get_formatter get_providers items json json_bytes locales "
        "optional parse provider psv random seed seed_instance seed_locale set_arguments set_formatter "
        "tar tsv unique weights xml zip ",
    )
)
"""Public names of a Faker object that draw no value of their own, or bytes and files."""
