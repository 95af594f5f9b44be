"""Coverage: how the rows of a plan are spread over intents, slot combinations, personas, edge cases and splits."""

from __future__ import annotations

from collections import Counter
from typing import Any

from synthconv.plan.domain import Domain
from synthconv.plan.rows import plan_rows
from synthconv.plan.schedule import behaviours_of, plan_dialogues


def coverage(domain: Domain) -> dict[str, Any]:
    """Counts of the planned rows; `texts` is about how many texts an intent's examples can give, before style."""
    rows: Counter[str] = Counter()
    by: dict[str, Counter[str]] = {name: Counter() for name in ("edge_cases", "personas", "languages", "splits")}
    cells: dict[str, set[str]] = {}
    for row in plan_rows(domain):
        rows[row.intent] += 1
        cells.setdefault(row.intent, set()).add(str(row.cell))
        for name, key in (
            ("edge_cases", row.cell.edge_case),
            ("personas", row.cell.persona),
            ("languages", row.cell.language),
            ("splits", row.wanted_split),
        ):
            if key is not None:
                by[name][key] += 1
    intents = {}
    for intent, count in rows.items():
        found = [
            skeleton for (name, _, _), skeletons in domain.skeletons.items() if name == intent for skeleton in skeletons
        ]
        intents[intent] = {
            "rows": count,
            "examples": sum(skeleton.authored for skeleton in found),
            "slot_combinations": len({slots for skeleton in found for slots in skeleton.combinations}),
            "texts": sum(domain.texts(intent, tag) for tag in domain.scenario.model.tags),
            "cells": len(cells[intent]),
        }
    talks = list(plan_dialogues(domain))
    return {
        "scenario": domain.scenario.name,
        "rows": rows.total(),
        "intents": intents,
        **{name: dict(sorted(counts.items())) for name, counts in by.items()},
        "dialogues": dict(Counter(row.task for row in talks)),
        "behaviours": dict(sorted(Counter(name for row in talks for name in behaviours_of(row)).items())),
    }
