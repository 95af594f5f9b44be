"""Texts that match a regular expression, drawn with Python's own parser of it.

`rstr` does the same but draws from sets, so that its texts change with the hash seed, and repeats `+` up to 100 times.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from random import Random
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits, punctuation
from typing import Any

MAX_LENGTH = 120
OPEN_REPEAT = 6
"""How often * and + repeat at most beyond their least."""
_PRINTABLE = ascii_letters + digits + punctuation + " "
_CATEGORIES = {
    "CATEGORY_DIGIT": digits,
    "CATEGORY_WORD": ascii_letters + digits + "_",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": ascii_letters,
    "CATEGORY_NOT_WORD": punctuation.replace("_", "") + " ",
    "CATEGORY_NOT_SPACE": ascii_letters + digits,
}


class RegexError(ValueError):
    """The expression cannot be sampled."""


def sampler(pattern: str) -> tuple[Callable[[Random], str], float]:
    """A function that draws texts that match `pattern` as a whole, and how many such texts there are about.

    Raises RegexError if the expression is wrong or uses what cannot be drawn (look-around, conditions).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what `re` warns of is ambiguous, which a value must not be
            compiled = re.compile(pattern)
            tree = re._parser.parse(pattern)  # type: ignore[attr-defined]  # the only parser that agrees with `re`
    except (re.error, ValueError, RecursionError, OverflowError, FutureWarning, DeprecationWarning) as error:
        raise RegexError(f"{pattern[:60]!r} is no regular expression: {error}") from None

    if (longest := _longest(tree)) > MAX_LENGTH:
        raise RegexError(f"{pattern[:60]!r} gives texts of up to {longest:,} characters, the limit is {MAX_LENGTH}")
    if _runs_away(tree, False):
        raise RegexError(f"{pattern[:60]!r} repeats a part that repeats without a limit; matching it may never end")

    parts = _prepared(tree)

    def draw(random: Random) -> str:
        for _ in range(20):
            text = _draw(parts, random, {})
            if text and text.strip() == text and text.isprintable() and compiled.fullmatch(text):
                return text
        raise RegexError(f"{pattern[:60]!r} gave no text that it matches and that can be shown")

    for i in range(5):
        draw(Random(i))
    return draw, _size(tree)


Prepared = list[tuple[str, Any]]
"""A pattern made ready to draw from: what each part is, and what it needs."""


def _prepared(tree: Any) -> Prepared:
    """The parts of a parsed pattern, classes as their characters. Raises RegexError for one that cannot be drawn."""
    out = Prepared()
    for op, value in tree:
        name = op.name
        if name in ("IN", "ANY", "NOT_LITERAL", "CATEGORY"):
            out.append(("CHOICE", _alphabet(name, value)))
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            out.append(("REPEAT", (value[0], _most(value[0], value[1]), _prepared(value[2]))))
        elif name == "BRANCH":
            out.append(("BRANCH", [_prepared(branch) for branch in value[1]]))
        elif name in ("SUBPATTERN", "ATOMIC_GROUP"):
            group, inner = (value[0], value[3]) if name == "SUBPATTERN" else (None, value)
            out.append(("GROUP", (group, _prepared(inner))))
        elif name in ("LITERAL", "GROUPREF"):
            out.append((name, chr(value) if name == "LITERAL" else value))
        elif name != "AT":
            raise RegexError(f"{name.lower().replace('_', ' ')} cannot be drawn")
    return out


def _draw(parts: Prepared, random: Random, groups: dict[int | None, str]) -> str:
    return "".join([_draw_one(kind, value, random, groups) for kind, value in parts])


def _draw_one(kind: str, value: Any, random: Random, groups: dict[int | None, str]) -> str:
    if kind == "LITERAL":
        return str(value)
    if kind == "CHOICE":
        return str(random.choice(value))
    if kind == "REPEAT":
        least, most, inner = value
        return "".join([_draw(inner, random, groups) for _ in range(random.randint(least, most))])
    if kind == "BRANCH":
        return _draw(random.choice(value), random, groups)
    if kind == "GROUPREF":
        return groups.get(value, "")
    group, inner = value
    groups[group] = text = _draw(inner, random, groups)
    return text


def _alphabet(op: str, value: Any) -> str:
    """The characters that a class stands for, in a fixed order."""
    if op == "ANY":
        return ascii_letters + digits
    if op == "NOT_LITERAL":
        return _PRINTABLE.replace(chr(value), "")
    if op == "CATEGORY":
        return _CATEGORIES.get(value.name, "") or _refuse(value.name)
    negated, members = False, []
    for kind, item in value:
        if kind.name == "NEGATE":
            negated = True
        elif kind.name == "RANGE":
            members += [chr(code) for code in range(item[0], min(item[1], item[0] + 5000) + 1)]
        elif kind.name == "LITERAL":
            members.append(chr(item))
        else:
            members += _alphabet(kind.name, item)
    letters = [char for char in _PRINTABLE if char not in members] if negated else members
    return "".join(dict.fromkeys(letters)) or _refuse("an empty class")


def _refuse(what: str) -> str:
    raise RegexError(f"{what.lower().replace('_', ' ')} cannot be drawn")


def _most(least: int, most: Any) -> int:
    """How often a repeat repeats at most here: one without a limit a few times more than it must."""
    return least + OPEN_REPEAT if int(most) > 1000 else int(most)


def _longest(tree: Any) -> int:
    """The length of the longest text that is drawn."""
    length = 0
    for op, value in tree:
        if op.name.endswith("REPEAT"):
            length += _most(value[0], value[1]) * _longest(value[2])
        elif op.name == "BRANCH":
            length += max(map(_longest, value[1]))
        elif op.name in ("SUBPATTERN", "ATOMIC_GROUP"):
            length += _longest(value[3] if op.name == "SUBPATTERN" else value)
        else:
            length += op.name not in ("AT", "ASSERT", "ASSERT_NOT")
    return length


def _runs_away(tree: Any, inside: bool) -> bool:
    """Whether a part that repeats without a limit stands inside of one that repeats a varying number of times."""
    for op, value in tree:
        if op.name.endswith("REPEAT"):
            if inside and int(value[1]) > 1000:
                return True
            inner, varies = [value[2]], inside or value[0] != value[1]
        else:
            inner, varies = value[1] if op.name == "BRANCH" else [value[3]] if op.name == "SUBPATTERN" else [], inside
        if any(_runs_away(part, varies) for part in inner):
            return True
    return False


def _size(tree: Any) -> float:
    size = 1.0
    for op, value in tree:
        if op.name in ("IN", "ANY", "NOT_LITERAL", "CATEGORY"):
            size *= len(_alphabet(op.name, value))
        elif op.name.endswith("REPEAT"):
            size *= max(1.0, min(_size(value[2]) ** min(int(value[1]), value[0] + OPEN_REPEAT, 12), 1e12))
        elif op.name == "BRANCH":
            size *= sum(_size(branch) for branch in value[1])
        elif op.name == "SUBPATTERN":
            size *= _size(value[3])
    return min(size, 1e12)


def broken(text: str, pattern: str | None, random: Random) -> str | None:
    """`text` with a slip that makes it no match of `pattern`: a sign lost, doubled, swapped or out of place."""
    for _ in range(12):
        at = random.randrange(len(text))
        slip = random.choice(
            [
                text[:at] + text[at + 1 :],
                text[:at] + text[at] + text[at:],
                text[:at]
                + random.choice(ascii_uppercase + ascii_lowercase if text[at].isdigit() else digits)
                + text[at + 1 :],
            ]
        )
        slip = slip.strip()
        if slip and slip != text and not (pattern and re.fullmatch(pattern, slip)):
            return slip
    return None
