"""Literals: values that examples say without a slot, "weather in paris", varied so that not all rows say the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from random import Random

from synthconv.lang.packs import load_pack
from synthconv.lang.tokens import WORD, any_phrase

CORE = 0.34
"""What so many of an intent's examples say is what the intent is about, and no value."""
VARIED = 0.85
"""The chance of a literal to become another."""
HOURS, AFTERNOON = 12, (13, 22)
"""The hours that are written without a part of the day, and those that tell it."""
MINUTES = ("00", "15", "30", "45")
FIRST_ORDINALS = 3
"""Ordinals that count more than days: "3rd time"."""
DRAWS = 4


class Literals:
    """The literals of a language: words of a kind, clock times, amounts with a unit or symbol, long numbers."""

    def __init__(self, tag: str) -> None:
        pack = load_pack(tag)
        self.kind: dict[str, Sequence[str]] = {}
        days = [word for word in pack.dates.ordinals[FIRST_ORDINALS:] if word[-1:].isalpha()]
        for members in (*pack.literals.kinds.values(), days):
            for member in members:
                self.kind.setdefault(member.lower(), members)
        self._firsts = {
            first.lower() for word in (*self.kind, *pack.numbers.words[:100]) for first in WORD.findall(word)[:1]
        }
        self.words = [word.lower() for word in pack.numbers.words[:100]]
        symbols = {currency.symbol for currency in pack.money.currencies.values()}
        signs = "".join(sorted(re.escape(symbol) for symbol in symbols if len(symbol) == 1 and not symbol.isalnum()))
        clock, units = (_either(words) for words in (pack.literals.clock, pack.literals.units))
        hours, numbers = _either(self.words[1 : HOURS + 1]), _either(self.words[2:])
        amount, alone = r"\d{1,3}(?:[.,]\d{3})+|\d+", r"(?<![\w:.,/+-])"
        self._pattern = re.compile(
            rf"(?P<kind>{any_phrase(self.kind)})"
            rf"|{alone}(?P<hour>2[0-3]|1\d|[1-9]|{hours})(?P<minute>:[0-5]\d)?(?=\s?{clock})"
            rf"|(?<=[{signs or '$'}])(?P<price>{amount})(?!\w|[.,]\d)"
            rf"|{alone}(?P<amount>{amount}|{numbers})(?=\s?{units})"
            r"|(?<![\w:.,/+#-])(?P<code>(?!19\d\d\b|20\d\d\b)\d{4,12})(?![\w:/-]|[.,]\d)",
            re.IGNORECASE,
        )

    def core(self, examples: Collection[str], name: str) -> frozenset[str]:
        """The literals that an intent is about: those of its name, and those that many of its examples say."""
        said = Counter(
            literal for text in examples for literal in {match.group().lower() for match in self.found(text)}
        )
        many = {literal for literal, count in said.items() if count > 1 and count >= CORE * len(examples)}
        return frozenset({*many, *(match.group().lower() for match in self.found(name))})

    def found(self, text: str) -> Iterable[re.Match[str]]:
        """Where `text` says a literal."""
        return self._pattern.finditer(text)

    def varied(self, text: str, core: Collection[str], random: Random) -> str:
        """`text` with other literals in the place of its own, but for those of `core`; the same one stays the same."""
        if self._firsts.isdisjoint(WORD.findall(text.lower())) and not any(map(str.isdigit, text)):
            return text
        others: dict[str, str] = {}

        def other(match: re.Match[str]) -> str:
            own = match.group()
            if own.lower() in core or random.random() > VARIED:
                return own
            if own.lower() not in others:
                draws = (self._other(match, random) for _ in range(DRAWS))
                fit = (new for new in draws if new.lower() not in {*others, *map(str.lower, others.values())})
                others[own.lower()] = next(fit, own)
            return others[own.lower()]

        return self._pattern.sub(other, text)

    def _other(self, match: re.Match[str], random: Random) -> str:
        own = match.group()
        if match["kind"]:
            new = random.choice(self.kind[own.lower()])
            return new.lower() if own.islower() else new[:1].upper() + new[1:] if own[:1].isupper() else new
        if match["hour"]:
            late = own[:1].isdigit() and int(own.partition(":")[0]) > HOURS
            hour = random.randint(*(AFTERNOON if late else (2, HOURS)))  # not 1, which may be said in another form
            minute = f":{random.choice(MINUTES)}" if match["minute"] else ""
            if own[0].isdigit():
                return f"{hour}{minute}"
            return self.words[hour] if hour < len(self.words) else own
        if match["code"]:
            return "".join(str(random.randint(0, 9)) for _ in own)
        if not own[0].isdigit():
            tens = self.words.index(own.lower()) >= 20 and own.lower() in self.words[20::10]
            return random.choice(self.words[20::10] if tens else self.words[2:20])
        return _amount(own, random)


def _amount(own: str, random: Random) -> str:
    """Another amount of as many digits, as round as `own`."""
    digits = re.sub("[.,]", "", own)
    if digits in ("0", "1"):  # "1 person"
        return own
    zeros = min(len(digits) - len(digits.rstrip("0")), len(digits) - 1)
    size = len(digits) - zeros
    new = random.randint(10 ** (size - 1) + (size == 1), 10**size - 1) * 10**zeros
    return f"{new:,}".replace(",", own[-4]) if len(digits) < len(own) else str(new)


def _either(words: Iterable[str]) -> str:
    """A pattern of any of `words`, of which those that are letters end where a word does."""
    ordered = sorted(words, key=len, reverse=True)
    return (
        f"(?:{'|'.join(re.escape(word) + (chr(92) + 'b' if word[-1].isalnum() else '') for word in ordered) or '(?!)'})"
    )


@lru_cache(maxsize=8)
def literals_of(tag: str) -> Literals:
    """The literals of a language, compiled once."""
    return Literals(tag)
