r"""The example language: {slot}, (a|b) choice, [x] or [a|b] optional, \ escapes; parsed once.

A pattern is grouped by *slot combination*: the alternatives that say the same slots form one variant, so that a planner
can fix the slots first and a realiser is left with choices that no longer change them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice, product
from math import prod
from random import Random

MAX_VARIANTS = 256
MAX_DEPTH = 20
ESCAPABLE = "{}[]()|\\"

Slots = tuple[str, ...]
"""The slots that a variant says, sorted; one that is said twice is in it twice."""


class PatternError(ValueError):
    """A pattern that cannot be read: `column` (from 0) is where, `cure` what to change."""

    def __init__(self, cause: str, column: int, cure: str) -> None:
        super().__init__(cause)
        self.column, self.cure = column, cure


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a slot's value."""

    name: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Parts one after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several parts."""

    options: tuple[Node, ...]


Node = str | Slot | Chain | Choice


@dataclass(frozen=True)
class Template:
    """One authored example: its source, whether it is plain text, and its variants by slot combination."""

    source: str
    language: str
    tree: Node
    literal: bool = False

    @cached_property
    def variants(self) -> dict[Slots, Node]:
        """Slot combination -> the part of the pattern that says just these slots."""
        return _variants(self.tree)

    @cached_property
    def slots(self) -> frozenset[str]:
        """Every slot that some variant says."""
        return frozenset(name for slots in self.variants for name in slots)

    def texts(self, size: Callable[[str], float]) -> int:
        """About how many texts the pattern expands to, where a slot has `size(slot)` values."""
        return min(int(sum(_count(node, size) for node in self.variants.values())), 10**9)


def literal(text: str, language: str) -> Template:
    """A template that is `text` to the letter."""
    return Template(text, language, text, literal=True)


def parse(source: str, language: str, *, authored: bool = True) -> Template:
    """The template of a pattern; one that an author wrote without choices or slots is a literal.

    Raises PatternError with the column and the cure.
    """
    tree, end = _parse_choice(source, 0, "", 0)
    if end < len(source):
        raise PatternError(f"{source[end]!r} closes nothing", end, f"write \\{source[end]} for the character itself")
    template = Template(source, language, tree, literal=authored and isinstance(tree, str))
    if len(template.variants) > MAX_VARIANTS:
        raise PatternError(
            f"the pattern has more than {MAX_VARIANTS} slot combinations", 0, "split it into several examples"
        )
    return template


def _parse_choice(source: str, at: int, closer: str, depth: int) -> tuple[Node, int]:
    """The alternatives from `at` up to `closer`, and where they end."""
    if depth > MAX_DEPTH:
        raise PatternError(f"brackets nest deeper than {MAX_DEPTH}", at, "split the pattern into several examples")
    options: list[Node] = []
    while True:
        option, at = _parse_sequence(source, at, closer, depth)
        options.append(option)
        if not (closer and at < len(source) and source[at] == "|"):
            break
        at += 1
    return (options[0] if len(options) == 1 else Choice(tuple(options))), at


def _parse_sequence(source: str, at: int, closer: str, depth: int) -> tuple[Node, int]:
    parts: list[Node] = []
    text = ""
    while at < len(source) and source[at] not in ")]}|":
        char, start = source[at], at
        if char == "\\" and at + 1 < len(source) and source[at + 1] in ESCAPABLE:
            text, at = text + source[at + 1], at + 2
            continue
        if char not in "{([":
            text, at = text + char, at + 1
            continue
        if text:
            parts, text = [*parts, text], ""
        part, at = _parse_bracket(source, start, depth)
        parts.append(part)
    if at < len(source) and source[at] == "|" and not closer:
        raise PatternError(
            "'|' stands outside (a|b)", at, "put the alternatives in round brackets, or write \\| for the character"
        )
    if text or not parts:
        parts.append(text)
    return (parts[0] if len(parts) == 1 else Chain(tuple(parts))), at


def _parse_bracket(source: str, start: int, depth: int) -> tuple[Node, int]:
    opener = source[start]
    closer = {"{": "}", "(": ")", "[": "]"}[opener]
    if opener == "{":
        end = source.find("}", start)
        name = source[start + 1 : end].strip()
        if end < 0 or not name or any(char in name for char in "{[(|"):
            raise PatternError("'{' opens no slot name", start, "write {slot}, or \\{ for the character")
        return Slot(name), end + 1
    inner, at = _parse_choice(source, start + 1, closer, depth + 1)
    if at >= len(source) or source[at] != closer:
        raise PatternError(
            f"{opener!r} is never closed", start, f"add {closer!r}, or write \\{opener} for the character"
        )
    return (inner if opener == "(" else Choice((inner, ""))), at + 1


def _variants(node: Node) -> dict[Slots, Node]:
    if isinstance(node, str):
        return {(): node}
    if isinstance(node, Slot):
        return {(node.name,): node}
    groups: dict[Slots, list[Node]] = {}
    for slots, part in _choice_variants(node) if isinstance(node, Choice) else _sequence_variants(node):
        groups.setdefault(slots, []).append(part)
    return {slots: parts[0] if len(parts) == 1 else Choice(tuple(parts)) for slots, parts in groups.items()}


def _choice_variants(node: Choice) -> Iterator[tuple[Slots, Node]]:
    return (item for option in node.options for item in _variants(option).items())


def _sequence_variants(node: Chain) -> Iterator[tuple[Slots, Node]]:
    rows: list[tuple[Slots, tuple[Node, ...]]] = [((), ())]
    for part in node.parts:
        options = _variants(part).items()
        rows = [(tuple(sorted((*slots, *more))), (*parts, option)) for slots, parts in rows for more, option in options]
        if len(rows) > 4 * MAX_VARIANTS:
            raise PatternError(
                f"the pattern has more than {MAX_VARIANTS} slot combinations", 0, "split it into several examples"
            )
    return ((slots, Chain(parts)) for slots, parts in rows)


def _count(node: Node, size: Callable[[str], float]) -> float:
    if isinstance(node, Choice):
        return sum(_count(option, size) for option in node.options)
    if isinstance(node, Chain):
        return prod(_count(part, size) for part in node.parts)
    return max(1.0, size(node.name)) if isinstance(node, Slot) else 1.0


def expansions(node: Node, most: int) -> Iterator[tuple[str | Slot, ...]]:
    """The first `most` expansions of a pattern, its words and slots in order; no part is gone through further."""
    if isinstance(node, Chain):
        for parts in islice(product(*(tuple(expansions(part, most)) for part in node.parts)), most):
            yield tuple(chain.from_iterable(parts))
    elif isinstance(node, Choice):
        yield from islice(chain.from_iterable(expansions(option, most) for option in node.options), most)
    else:
        yield (node,)


def expand(node: Node, random: Random) -> list[str | Slot]:
    """The words and slots of one random expansion, in order."""
    found: list[str | Slot] = []
    _expand(node, random, found)
    return found


def _expand(node: Node, random: Random, found: list[str | Slot]) -> None:
    if isinstance(node, Chain):
        for part in node.parts:
            _expand(part, random, found)
    elif isinstance(node, Choice):
        _expand(node.options[int(random.random() * len(node.options))], random, found)
    else:
        found.append(node)
