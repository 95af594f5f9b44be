"""Surfaces of typed values: how a person of a language says a number, an amount, a day, a time, a duration.

Every function gives one surface of one value, chosen by the generator it is handed; no surface means two values.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from random import Random

from synthconv.lang.models import Currency, Pack
from synthconv.seeds import weighted

CENT = Decimal("0.01")
COUNTED_AGO, COUNTED_AHEAD = 10, 5
"""How far back and ahead people count days: "8 days ago", "in 4 days"."""
NEAR = 180
"""Days either side of the reference day for which a date may be said without its year."""
QUARTERS = 0.12
"""How often the minutes 15, 30 and 45 are said by the quarter or half of an hour."""


def digits(pack: Pack, value: Decimal, grouped: bool = False) -> str:
    """`value` in digits, with the language's separators."""
    text = f"{value:,f}" if grouped else f"{value:f}"
    return text.replace(",", "\0").replace(".", pack.numbers.decimal).replace("\0", pack.numbers.group)


def in_words(pack: Pack, value: Decimal, random: Random) -> str | None:
    """`value` in words, or None where people would write digits."""
    if value != value.to_integral_value() or value < 0:
        return None
    if value < len(pack.numbers.words):
        return pack.numbers.words[int(value)]
    return random.choice(pack.numbers.round[int(value)]) if int(value) in pack.numbers.round else None


def _counting(pack: Pack, value: Decimal, random: Random) -> str | None:
    """`value` in words as they stand before a noun: not one, nor what ends in it, which many languages inflect."""
    return None if value % 10 == 1 and value != 11 else in_words(pack, value, random)


def number(pack: Pack, value: Decimal, random: Random) -> str:
    """A surface of a number: digits mostly, words for small and round ones."""
    if random.random() < 0.25 and (words := _counting(pack, value, random)):
        return words
    return digits(pack, value, grouped=value >= 1000 and random.random() < 0.4)


def money(pack: Pack, value: Decimal, code: str, random: Random) -> str:
    """A surface of an amount: "$40", "40 bucks", "forty dollars"."""
    currency = pack.money.currencies.get(code) or Currency(symbol=f"{code} ", one=code, name=code)
    whole = value == value.to_integral_value()
    grouped = value >= 1000 and random.random() < 0.5
    kilo = whole and value >= 1000 and value % 100 == 0
    parts = {
        "symbol": currency.symbol,
        "code": code,
        "name": currency.one if value == 1 else currency.name,
        "slang": currency.slang if whole and value > 1 else None,
        "digits": digits(pack, value.to_integral_value() if whole else value, grouped),
        "exact": digits(pack, value.quantize(CENT), grouped),
        "words": _counting(pack, value, random) if whole else None,
        "kilo": digits(pack, (value / 1000).normalize()) if kilo else None,
    }
    missing = [f"{{{key}}}" for key, part in parts.items() if not part]
    for form in (weighted(random, pack.money.forms) for _ in range(20)):
        if not any(key in form for key in missing):
            return form.format(**parts)
    return f"{parts['digits']} {code}"


def day(pack: Pack, value: date, reference: date, random: Random) -> str:
    """A surface of a day as seen from `reference`: "tomorrow", "next Friday", "March 12th", "03/12/2027"."""
    offset = (value - reference).days
    relative = _relative_days(pack, value, reference)
    if relative and random.random() < 0.45:
        return random.choice(relative)
    forms = pack.dates.absolute if abs(offset) <= NEAR else pack.dates.with_year
    return weighted(random, forms).format(**_date_parts(pack, value))


def _relative_days(pack: Pack, value: date, reference: date) -> list[str]:
    dates, offset = pack.dates, (value - reference).days
    weeks = (value - timedelta(value.weekday()) - reference + timedelta(reference.weekday())).days // 7
    named = {"weekday": "", "weekday_short": ""}
    if dates.weekdays:
        named = {"weekday": dates.weekdays[value.weekday()], "weekday_short": dates.weekdays_short[value.weekday()]}
    out = list(dates.relative.get(offset, ()))
    if offset > 1 and (value.year, value.month) == (reference.year, reference.month):
        out += [form.format(**_date_parts(pack, value)) for form in dates.this_month]
    if dates.weekdays and 1 <= offset <= 6:
        out += [form.format(**named) for form in dates.this_week]
    if dates.weekdays and weeks == 1:
        out += [form.format(**named) for form in dates.next_week]
    if dates.weekdays and -6 <= offset <= -1:
        out += [form.format(**named) for form in dates.last_week]
    if -COUNTED_AGO <= offset <= -2 or 2 <= offset <= COUNTED_AHEAD:
        out += [form.format(n=abs(offset)) for form in (dates.days_ahead if offset > 0 else dates.days_ago)]
    return out


def _date_parts(pack: Pack, value: date) -> dict[str, str]:
    parts = {"d": str(value.day), "dd": f"{value.day:02}", "m": str(value.month), "mm": f"{value.month:02}"}
    parts |= {"yyyy": f"{value.year:04}", "yy": f"{value.year % 100:02}"}
    if pack.dates.months:
        parts |= {"month": pack.dates.months[value.month - 1], "month_short": pack.dates.months_short[value.month - 1]}
        parts |= {
            "weekday": pack.dates.weekdays[value.weekday()],
            "weekday_short": pack.dates.weekdays_short[value.weekday()],
        }
        parts |= {"ordinal": pack.dates.ordinals[value.day - 1]}
    return parts


def clock(pack: Pack, value: time, random: Random) -> str:
    """A surface of a time of day: "5 pm", "17:00", "noon"."""
    special = pack.times.special.get(f"{value:%H:%M}")
    if special and random.random() < 0.4:
        return random.choice(special)
    hour12 = value.hour % 12 or 12
    parts = {"h": str(value.hour), "hh": f"{value.hour:02}", "h12": str(hour12), "mm": f"{value.minute:02}"}
    parts["ampm"] = random.choice(pack.times.am if value.hour < 12 else pack.times.pm)
    started = [hour for hour in pack.times.parts if hour <= value.hour]
    parts["part"] = pack.times.parts[max(started)] if started else ""
    if (quarters := pack.times.quarters.get(value.minute)) and random.random() < QUARTERS:
        return random.choice(quarters).format(**parts, next12=hour12 % 12 + 1)
    forms = {form: w for form, w in pack.times.forms.items() if "{mm}" in form or value.minute == 0}
    return weighted(random, {f: w for f, w in forms.items() if parts["part"] or "{part}" not in f}).format(**parts)


def duration(pack: Pack, minutes: int, random: Random) -> str:
    """A surface of a length of time: "90 minutes", "an hour and a half", "2 hrs"."""
    special = pack.durations.special.get(minutes)
    if special and random.random() < 0.3:
        return random.choice(special)
    if minutes % 1440 == 0:
        return _counted(pack, minutes // 1440, pack.durations.day, random)
    if minutes % 60 == 0 and (minutes >= 180 or random.random() < 0.8):
        return _counted(pack, minutes // 60, pack.durations.hour, random)
    if minutes <= 90:
        return _counted(pack, minutes, pack.durations.minute, random)
    style = 2 * (random.random() < 0.2)
    parts = [(minutes // 60, pack.durations.hour), (minutes % 60, pack.durations.minute)]
    return " ".join(f"{n} {unit[(n != 1) + style]}" for n, unit in parts if n)


def _counted(pack: Pack, n: int, unit: tuple[str, ...], random: Random) -> str:
    words = _counting(pack, Decimal(n), random) if n < 13 and random.random() < 0.3 else None
    return f"{words or n} {unit[(n != 1) + 2 * (random.random() < 0.2)]}"


def plain_money(pack: Pack, value: Decimal, code: str) -> str:
    """An amount as a form would show it: "$40", "$40.50"."""
    currency = pack.money.currencies.get(code) or Currency(symbol=f"{code} ", one=code, name=code)
    whole = value == value.to_integral_value()
    shown = digits(pack, value.to_integral_value() if whole else value.quantize(CENT), grouped=value >= 1000)
    form = next((form for form in _likeliest(pack.money.forms) if "{digits}" in form), "{digits} {code}")
    name = currency.one if value == 1 else currency.name
    return form.format(symbol=currency.symbol, digits=shown, name=name, slang=name, code=code)


def plain_day(pack: Pack, value: date, reference: date) -> str:
    """A day in the form that is commonest: "March 12th", with its year where it is far."""
    forms = pack.dates.absolute if abs((value - reference).days) <= NEAR else pack.dates.with_year
    return max(forms, key=forms.__getitem__).format(**_date_parts(pack, value))


def plain_clock(pack: Pack, value: time) -> str:
    """A time of day in the form that is commonest: "5 pm"."""
    hour12, late = value.hour % 12 or 12, value.hour >= 12
    parts = {"h": str(value.hour), "hh": f"{value.hour:02}", "h12": str(hour12), "mm": f"{value.minute:02}"}
    parts["ampm"] = (pack.times.pm if late else pack.times.am)[0]
    forms = (form for form in _likeliest(pack.times.forms) if "{part}" not in form)
    return next(form for form in forms if "{mm}" in form or value.minute == 0).format(**parts)


def plain_duration(pack: Pack, minutes: int) -> str:
    """A length of time in whole units: "1 hour 30 minutes"."""
    units = pack.durations
    days, rest = divmod(minutes, 1440)
    parts = [(days, units.day), (rest // 60, units.hour), (rest % 60, units.minute)]
    return " ".join(f"{n} {unit[n != 1]}" for n, unit in parts if n)


def _likeliest(forms: dict[str, float]) -> list[str]:
    return sorted(forms, key=lambda form: -forms[form])


def phone(pack: Pack, prefix: str, serial: int, random: Random) -> str:
    """A surface of the number that `phone_value` gives for `prefix` and `serial`."""
    assert pack.region.phone is not None
    return _dialled(random.choice(pack.region.phone.forms), prefix, serial)


def plain_phone(pack: Pack, prefix: str, serial: int) -> str:
    """The first surface of the number that `phone_value` gives."""
    assert pack.region.phone is not None
    return _dialled(pack.region.phone.forms[0], prefix, serial)


def phone_value(pack: Pack, prefix: str, serial: int) -> str:
    """The E.164 number of `prefix` and a `serial` below 10,000, of which the form takes as many digits as it shows."""
    assert pack.region.phone is not None
    return f"+{pack.region.phone.country}{_dialled(pack.region.phone.national, prefix, serial)}"


def _dialled(form: str, prefix: str, serial: int) -> str:
    compact = prefix.replace(" ", "")
    return form.format(
        prefix=compact, spaced=prefix, nn=f"{serial % 100:02}", nnn=f"{serial % 1000:03}", nnnn=f"{serial % 10000:04}"
    )
