"""Entity values: for each entity a sampler of canonical values and of the many surfaces one value has.

Canonical forms: number "3.5", money "40.00 USD", date "2026-03-27", time "17:00", duration "PT1H30M" (ISO 8601),
phone "+12125550123" (E.164, from ranges that are no subscriber's), email in lower case at a reserved domain, id and
pattern as drawn, a list value as its author wrote it, a Faker value as Faker gives it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from functools import lru_cache
from random import Random
from typing import Any

from synthconv.errors import EntityError
from synthconv.lang import forms
from synthconv.lang.models import Pack
from synthconv.lang.packs import load_pack
from synthconv.scenario.fakers import POOL, faker_values
from synthconv.scenario.models import EntityModel
from synthconv.scenario.regexes import RegexError, broken, sampler
from synthconv.seeds import rng

CODE = re.compile(r"(?=.*\d)(?=.*[A-Z-])[A-Z\d-]+")
"""A text that is a code: digits, and capitals or hyphens."""
AS_PRINTED = 0.75
"""How often a code is typed as it is printed."""
CENT = Decimal("0.01")
DEFAULT_ID = r"[A-Z]{2,3}-\d{5,7}"


@dataclass(frozen=True, slots=True)
class Sampler:
    """Draws an entity's values: `draw` gives (canonical value, native form), `word` a surface of the native form.

    `plain` is the surface that a bot would show, `size` about how many values there are; `misword` gives words that
    look like a value and are none, or None.
    """

    draw: Callable[[Random], tuple[str, Any]]
    word: Callable[[Any, Random], str]
    plain: Callable[[Any], str]
    size: float
    misword: Callable[[Any, Random], str | None] | None = None


@dataclass(frozen=True, slots=True)
class Locale:
    """What values depend on beside their entity: language, reference day, seed."""

    tag: str
    reference: date
    seed: int

    @property
    def pack(self) -> Pack:
        """The language's pack."""
        return load_pack(self.tag)


def build_sampler(name: str, entity: EntityModel, locale: Locale) -> Sampler:
    """The sampler of the entity `name`. Raises EntityError if it can draw no value."""
    if entity.values is not None:
        return _list(entity)
    if entity.faker is not None:
        return _pooled(*faker_values(name, entity.faker, locale.tag, locale.seed))
    if entity.pattern is not None or entity.type == "id":
        return _pattern(name, entity.pattern or DEFAULT_ID, locale.seed)
    return TYPES[entity.type or ""](entity, locale)


def _list(entity: EntityModel) -> Sampler:
    rows = []
    for entry in entity.values or ():
        said = entry.synonyms if "_" in entry.value and entry.synonyms else (entry.value, *entry.synonyms)
        rows.append((entry.value, tuple(said)))  # nobody says diving_pool where there are words for it

    def word(surfaces: tuple[str, ...], random: Random) -> str:
        return surfaces[0] if len(surfaces) == 1 or random.random() < 0.5 else random.choice(surfaces[1:])

    return Sampler(lambda random: rows[int(random.random() * len(rows))], word, lambda surfaces: surfaces[0], len(rows))


def _pattern(name: str, pattern: str, seed: int) -> Sampler:
    try:
        draw, size = sampler(pattern)
    except RegexError as error:
        raise EntityError(
            "pattern", str(error), "use literals, classes, groups and {m,n}; look-around cannot be sampled"
        ) from None

    @lru_cache(maxsize=POOL)
    def value(index: int) -> str:
        try:
            return draw(rng(seed, "value", name, index))
        except RegexError as error:
            raise EntityError("pattern", str(error), "make every text that it matches one that can be shown") from None

    return _pooled(value, min(size, POOL), lambda text, random: broken(text, pattern, random), _typed)


def _pooled(
    value: Callable[[int], str],
    size: float,
    misword: Callable[[Any, Random], str | None] | None = None,
    word: Callable[[Any, Random], str] = lambda text, _: text,
) -> Sampler:
    def draw(random: Random) -> tuple[str, str]:
        text = value(int(random.random() * POOL))
        return text, text

    return Sampler(draw, word, str, size, misword)


def _typed(code: str, random: Random) -> str:
    """A code as people type it: mostly as it is, else in lower case or with its hyphens as blanks or left out."""
    if random.random() < AS_PRINTED or not CODE.fullmatch(code):
        return code
    return random.choice((code.lower(), code.replace("-", " "), code.replace("-", ""), code.replace("-", "").lower()))


def _number(entity: EntityModel, locale: Locale) -> Sampler:
    low = _decimal(entity, "min", "1")
    high = _decimal(entity, "max", str(max(Decimal(100), low * 2)))
    step = _decimal(entity, "step", "1")
    _ordered(low, high)
    steps = int((high - low) / step)

    def draw(random: Random) -> tuple[str, Decimal]:
        value = low + step * int(random.random() * (steps + 1))
        value = value.to_integral_value() if value == value.to_integral_value() else value.normalize()
        return f"{value:f}", value

    return Sampler(
        draw,
        lambda value, random: forms.number(locale.pack, value, random),
        lambda value: forms.digits(locale.pack, value, grouped=value >= 1000),
        steps + 1,
    )


def _money(entity: EntityModel, locale: Locale) -> Sampler:
    low = _decimal(entity, "min", "1")
    high = _decimal(entity, "max", str(max(Decimal(1000), low * 2)))
    _ordered(low, high)
    low, high = low.quantize(CENT, ROUND_CEILING), high.quantize(CENT, ROUND_FLOOR)
    code = entity.currency or {
        "US": "USD",
        "GB": "GBP",
        "CH": "CHF",
        "CA": "CAD",
        "AU": "AUD",
        "MX": "MXN",
        "IN": "INR",
    }.get(locale.pack.default_region, "EUR")
    _ordered(low, high)

    def draw(random: Random) -> tuple[str, Decimal]:
        value = _natural_amount(low, high, random)
        return f"{value:.2f} {code}", value

    return Sampler(
        draw,
        lambda value, random: forms.money(locale.pack, value, code, random),
        lambda value: forms.plain_money(locale.pack, value, code),
        float(high - low) + 1,
    )


def _natural_amount(low: Decimal, high: Decimal, random: Random) -> Decimal:
    """An amount as people name it: mostly round for its size, sometimes exact; small ones more often than large."""
    value = low + (high - low) * Decimal(str(round(random.random() ** 2, 6)))
    kind = random.random()
    round_grain = Decimal(5 if value < 100 else 50 if value < 1000 else 100)
    grain = round_grain if kind < 0.65 else Decimal(1) if kind < 0.85 else CENT
    rounded = (value / grain).to_integral_value() * grain
    return rounded if low <= rounded <= high else value.quantize(CENT).max(low).min(high)


def _date(entity: EntityModel, locale: Locale) -> Sampler:
    first, last = (
        entity.from_days or 0,
        entity.to_days if entity.to_days is not None else max(60, entity.from_days or 0),
    )
    _ordered(first, last, "from_days", "to_days")

    def draw(random: Random) -> tuple[str, date]:
        near = random.random() < 0.5  # people speak of days that are near more often than of far ones
        low, high = (max(first, -7), min(last, 10)) if near else (first, last)
        offset = (
            low + int(random.random() * (high - low + 1))
            if low <= high
            else first + int(random.random() * (last - first + 1))
        )
        value = locale.reference + timedelta(offset)
        return value.isoformat(), value

    return Sampler(
        draw,
        lambda value, random: forms.day(locale.pack, value, locale.reference, random),
        lambda value: forms.plain_day(locale.pack, value, locale.reference),
        last - first + 1,
        _impossible(locale, "dates"),
    )


def _time(entity: EntityModel, locale: Locale) -> Sampler:
    low, high = _minutes(entity, "min", "00:00"), _minutes(entity, "max", "23:59")
    step = entity.step_minutes or 15
    _ordered(f"{low // 60:02}:{low % 60:02}", f"{high // 60:02}:{high % 60:02}")
    steps = (high - low) // step

    def draw(random: Random) -> tuple[str, time]:
        minutes = low + step * int(random.random() * (steps + 1))
        value = time(minutes // 60, minutes % 60)
        return f"{value:%H:%M}", value

    return Sampler(
        draw,
        lambda value, random: forms.clock(locale.pack, value, random),
        lambda value: forms.plain_clock(locale.pack, value),
        steps + 1,
        _impossible(locale, "times"),
    )


def _impossible(locale: Locale, part: str) -> Callable[[Any, Random], str | None]:
    words = getattr(locale.pack, part).impossible
    return lambda _value, random: random.choice(words) if words else None


def _duration(entity: EntityModel, locale: Locale) -> Sampler:
    longest = max(entity.max_minutes or 240, entity.min_minutes or 0)
    step = entity.step_minutes or (15 if longest <= 300 else 60 if longest <= 2880 else 1440)
    low, high = entity.min_minutes or min(step, longest), longest
    _ordered(low, entity.max_minutes or high, "min_minutes", "max_minutes")
    steps = (high - low) // step

    def draw(random: Random) -> tuple[str, int]:
        minutes = low + step * int(random.random() * (steps + 1))
        days, rest = divmod(minutes, 1440)
        clock = (f"{rest // 60}H" if rest >= 60 else "") + (f"{rest % 60}M" if rest % 60 else "")
        return f"P{f'{days}D' if days else ''}{f'T{clock}' if clock else ''}", minutes

    return Sampler(
        draw,
        lambda minutes, random: forms.duration(locale.pack, minutes, random),
        lambda minutes: forms.plain_duration(locale.pack, minutes),
        steps + 1,
    )


def _phone(_entity: EntityModel, locale: Locale) -> Sampler:
    pack = locale.pack if locale.pack.region.phone else load_pack("en-US")
    assert pack.region.phone is not None
    prefixes = pack.region.phone.prefixes

    def draw(random: Random) -> tuple[str, tuple[str, int]]:
        native = (random.choice(prefixes), random.randrange(10_000))
        return forms.phone_value(pack, *native), native

    def misword(native: tuple[str, int], random: Random) -> str | None:
        text = forms.phone(pack, native[0], native[1], random)
        return text[: -random.randint(2, 4)].rstrip(" -(")

    return Sampler(
        draw,
        lambda native, random: forms.phone(pack, native[0], native[1], random),
        lambda native: forms.plain_phone(pack, *native),
        100.0 * len(prefixes),
        misword,
    )


def _email(entity: EntityModel, locale: Locale) -> Sampler:
    names = _pooled(*faker_values("email", "user_name", locale.tag, locale.seed))

    def draw(random: Random) -> tuple[str, str]:
        text = (
            f"{names.draw(random)[0]}@example.{random.choice(('com', 'org', 'net'))}"  # domains that RFC 2606 reserves
        )
        return text, text

    def misword(text: str, random: Random) -> str:
        return random.choice(
            [text.replace("@", ""), text.split(".")[0], text.replace("@", " at "), text.replace("@", "@@")]
        )

    return Sampler(draw, lambda text, random: text if random.random() < 0.9 else text.upper(), str, POOL, misword)


TYPES: dict[str, Callable[[EntityModel, Locale], Sampler]] = {
    "number": _number,
    "money": _money,
    "date": _date,
    "time": _time,
    "duration": _duration,
    "phone": _phone,
    "email": _email,
}


def _decimal(entity: EntityModel, key: str, default: str) -> Decimal:
    given = getattr(entity, key)
    try:
        value = Decimal(str(getattr(given, "source", given))) if given is not None else Decimal(default)
    except InvalidOperation:
        raise EntityError(key, f"{given!r} is no number", "write digits") from None
    if not value.is_finite() or abs(value) > Decimal(10) ** 12 or value != value.quantize(Decimal("0.000001")):
        raise EntityError(key, f"{given!r} is out of range", "stay within 12 digits, and six after the point")
    return value.to_integral_value() if value == value.to_integral_value() else value.normalize()


def _minutes(entity: EntityModel, key: str, default: str) -> int:
    given = getattr(entity, key) if getattr(entity, key) is not None else default
    try:
        parsed = datetime.strptime(str(given), "%H:%M")
    except ValueError:
        raise EntityError(key, f"{given!r} is no time of day", 'write "08:00"') from None
    return parsed.hour * 60 + parsed.minute


def _ordered(low: Any, high: Any, low_key: str = "min", high_key: str = "max") -> None:
    if low > high:
        raise EntityError(low_key, f"{low_key} ({low}) is above {high_key} ({high})", "swap them")
