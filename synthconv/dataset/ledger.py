"""The ledger: what was asked for, tried, kept and refused, cell by cell, and what the splits have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from time import perf_counter, process_time
from typing import Any, TypeVar

from synthconv.lang.tokens import normalised
from synthconv.llm.prices import Meter
from synthconv.plan.domain import Domain
from synthconv.plan.rows import Row
from synthconv.plan.schedule import DialogueRow
from synthconv.records import Cell, Example, Rejection

AnyRow = TypeVar("AnyRow", Row, DialogueRow)
Address = tuple[str, Cell]
"""An intent, or the task of dialogues, and a cell of it."""
SEVERAL = "several"
"""In place of a split, for what is in more than one."""
ATTEMPTS_AHEAD = 100
ATTEMPTS_PER_ROW = 24
"""A cell is given up when it has had ATTEMPTS_AHEAD attempts and ATTEMPTS_PER_ROW more for each row so far."""
OPENING_WORDS, TABOOS = 2, 8
"""How many words make an opening, and how many openings of an intent a model is told to avoid."""


class Ledger:
    """Counts as they come in; those of `dialogues` are in a ledger of their own, by task in place of intent."""

    def __init__(self, *, of_dialogues: bool = False) -> None:
        self.dialogues: Ledger = self if of_dialogues else Ledger(of_dialogues=True)
        self.behaviours: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.turns = 0
        self.asked: Counter[Address] = Counter()
        self.kept: Counter[Address] = Counter()
        self.attempts: Counter[Address] = Counter()
        self.paid_attempts: Counter[Address] = Counter()
        self.paid_until: Counter[Address] = Counter()
        self.refused: dict[Address, Counter[str]] = {}
        self.splits: Counter[str] = Counter()
        self.methods: Counter[str] = Counter()
        self.closed: set[Address] = set()
        self.started = perf_counter(), process_time()
        self._openings: dict[str, Counter[str]] = {}
        self._values: dict[tuple[str, str], str] = {}
        self._skeletons: dict[tuple[str, str], str] = {}

    def open_rows(self, rows: Iterable[AnyRow], domain: Domain, *, given_up_too: bool = False) -> Iterator[AnyRow]:
        """Note every row that is asked for, and pass on those whose cell can be worded and has not been given up."""
        for row in rows:
            address = row.address
            self.asked[address] += 1
            if domain.has_words(*row.needs) and (given_up_too or address not in self.closed):
                yield row

    def may_try(self, address: Address, row: int) -> bool:
        """Take one attempt at the cell's `row`-th row (from 0); False if it has none left, which closes it for good."""
        if self.attempts[address] >= ATTEMPTS_AHEAD + ATTEMPTS_PER_ROW * (row + 1):
            self.closed.add(address)
        self.attempts[address] += address not in self.closed
        return address not in self.closed

    def may_pay(self, address: Address, number: int, per_row: int) -> bool:
        """Take an attempt of round `number` at a row of a cell that models word; False if the cell is given up.

        It is after `per_row` attempts for each of its rows, or for each that it lacks, if none of the latest was kept.
        """
        asked, tried = self.asked[address], self.paid_attempts[address]
        dry = tried - self.paid_until[address] >= per_row * (asked - self.kept[address])
        if number and (dry or tried >= per_row * asked):
            return False
        self.paid_attempts[address] += 1
        return True

    def take_back(self, address: Address) -> None:
        """Count the last attempt at a cell as one that cost nothing, as long as the cell may have such."""
        if self.attempts[address] < ATTEMPTS_AHEAD:
            self.attempts[address] += 1
            self.paid_attempts[address] -= 1

    def openings(self) -> dict[str, tuple[str, ...]]:
        """By intent, the commonest openings of its rows that models worded, if two or more rows begin like that."""
        return {
            intent: tuple(words for words, rows in counts.most_common(TABOOS) if rows > 1)
            for intent, counts in self._openings.items()
        }

    def count(self, item: Example | Rejection) -> None:
        """Count a row that is kept or an item that was refused."""
        if item.outline and item.outline.story and self.dialogues is not self:
            self.dialogues.count(item)
        elif isinstance(item, Example):
            self._keep(item)
        elif item.outline:
            address = item.outline.name, item.outline.cell
            self.refused.setdefault(address, Counter())[item.reason] += 1

    def counted(self, item: Example | Rejection) -> Example | Rejection:
        """The item itself, counted."""
        self.count(item)
        return item

    def _keep(self, example: Example) -> None:
        outline = example.outline
        address = outline.name, outline.cell
        self.kept[address] += 1
        self.splits[outline.split] += 1
        self.methods[outline.method] += 1
        if outline.method == "llm":
            self.paid_until[address] = self.paid_attempts[address]
        if outline.story:
            self.turns += len(outline.turns)
            self.behaviours.update(outline.story.behaviours)
            self.outcomes[outline.story.outcomes[0][1]] += 1
            return
        if outline.method == "llm":
            opening = " ".join(normalised(example.text.text).split()[:OPENING_WORDS])
            self._openings.setdefault(outline.intent, Counter())[opening] += 1
        for plan in outline.turns[0].intents:
            _note(self._skeletons, (plan.intent, plan.skeleton), outline.split)
            for value in plan.slots:
                if value.value is not None:
                    _note(self._values, (value.entity, value.value), outline.split)

    @property
    def shortage(self) -> list[dict[str, Any]]:
        """The cells that have fewer rows than were asked for, with what refused the rest, in plan order."""
        own = [
            {
                self._what.rstrip("s"): intent,
                "cell": str(cell),
                "asked": asked,
                "kept": self.kept[intent, cell],
                "refused": dict(self.refused.get((intent, cell), {})),
            }
            for (intent, cell), asked in self.asked.items()
            if self.kept[intent, cell] < asked
        ]
        return own if self.dialogues is self else own + self.dialogues.shortage

    @property
    def overlap(self) -> dict[str, Any]:
        """What the splits share: skeletons (none, unless an intent has too few) and, by entity, values."""
        entities: dict[str, Counter[str]] = {}
        for (entity, _), split in self._values.items():
            entities.setdefault(entity, Counter()).update(
                ["values", *(["in_several_splits"] if split == SEVERAL else [])]
            )
        shared = sum(split == SEVERAL for split in self._skeletons.values())
        return {
            "skeletons": {"skeletons": len(self._skeletons), "in_several_splits": shared},
            "values": {
                name: {"values": counts["values"], "in_several_splits": counts["in_several_splits"]}
                for name, counts in sorted(entities.items())
            },
        }

    def timings(self, meter: Meter | None = None) -> dict[str, Any]:
        """How long the run took so far and what it paid for; in a file of its own, for it is never the same."""
        spent = {"seconds": perf_counter() - self.started[0], "cpu_seconds": process_time() - self.started[1]}
        return {**spent, "paid": meter.facts(meter.paid)} if meter else spent

    def counts(self) -> dict[str, Any]:
        """All counts, for the manifest and the summary."""
        by: dict[str, Counter[str]] = {name: Counter() for name in ("intents", "edge_cases", "personas", "languages")}
        for (intent, cell), kept in self.kept.items():
            for name, key in (
                ("intents", intent),
                ("edge_cases", cell.edge_case),
                ("personas", cell.persona),
                ("languages", cell.language),
            ):
                if key is not None:
                    by[name][key] += kept
        reasons: Counter[str] = Counter()
        for counter in self.refused.values():
            reasons.update(counter)
        asked: Counter[str] = Counter()
        for (intent, _), count in self.asked.items():
            asked[intent] += count
        return {
            "asked": sum(self.asked.values()),
            "kept": sum(self.kept.values()),
            "rejected": sum(reasons.values()),
            "attempts": self.attempts.total() + self.paid_attempts.total(),
            self._what: {intent: {"asked": count, "kept": by["intents"][intent]} for intent, count in asked.items()},
            "splits": {split: self.splits[split] for split in ("train", "dev", "test")},
            "edge_cases": dict(sorted(by["edge_cases"].items())),
            "personas": dict(sorted(by["personas"].items())),
            "languages": dict(sorted(by["languages"].items())),
            "methods": dict(sorted(self.methods.items())),
            "reasons": dict(sorted(reasons.items())),
            **self._more(),
        }

    @property
    def _what(self) -> str:
        return "tasks" if self.dialogues is self else "intents"

    def _more(self) -> dict[str, Any]:
        """What only dialogues have, or else the counts of the dialogues, where some are asked for."""
        if self.dialogues is not self:
            return {"dialogues": self.dialogues.counts()} if self.dialogues.asked else {}
        return {
            "turns": self.turns,
            "behaviours": dict(sorted(self.behaviours.items())),
            "outcomes": dict(sorted(self.outcomes.items())),
        }


def _note(homes: dict[tuple[str, str], str], key: tuple[str, str], split: str) -> None:
    if homes.setdefault(key, split) != split:
        homes[key] = SEVERAL
