"""The label check: a text nearer to another intent's examples than to its own intent's would teach the wrong label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from synthconv.lang.packs import function_words
from synthconv.plan.domain import Domain
from synthconv.plan.frames import frames_of
from synthconv.records import OUT_OF_SCOPE, Example, Rejection
from synthconv.refine.edits import stretches
from synthconv.refine.embed import Semantic
from synthconv.refine.nearness import Lexical, Measure
from synthconv.stages import Item, Stage


def label_check(domain: Domain) -> Stage:
    """A stage that refuses examples of the rules, and flags those of models, that are nearer to another intent."""
    known = {tag: _measure(domain, tag) for tag in domain.scenario.model.tags}

    def stage(example: Example) -> Iterator[Item]:
        outline, plan = example.outline, example.outline.turns[0].intents[0]
        unlabelled = outline.method == "example" or outline.intent == OUT_OF_SCOPE or not plan.skeleton
        if unlabelled or len(outline.turns[0].intents) > 1:
            yield example
            return
        words = (example.text.text[start:end] for start, end, is_span in stretches(example.text) if not is_span)
        by_rules = outline.method == "rules"
        named = by_rules and not domain.skeleton(plan.intent, outline.cell.language, plan.skeleton).authored
        near = known[outline.cell.language].of(" ".join(words), named)
        own = near.pop(plan.intent, 0.0)
        nearest = max(near.values(), default=0.0)
        if nearest <= own:
            yield example
        elif not by_rules:
            yield replace(example, needs_review=(*example.needs_review, "nearer_intent"))
        else:
            other = next(intent for intent, value in near.items() if value == nearest)
            detail = f"nearer to {other} ({nearest:.2f} to {own:.2f})"
            yield Rejection(example.id, "refine", "nearer_intent", detail, outline=outline, text=example.text.text)

    return stage


def _measure(domain: Domain, tag: str) -> Measure:
    """The measure that the scenario asks for."""
    if domain.scenario.model.filters.label_check == "semantic":
        return Semantic(domain.words(tag))
    return Lexical(domain.words(tag), frames_of(tag).common_words | function_words(tag))
