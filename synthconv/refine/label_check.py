"""The label check: a text nearer to another intent's examples than to its own intent's would teach the wrong label."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import log, sqrt

from synthconv.lang.packs import function_words
from synthconv.lang.tokens import normalised
from synthconv.plan.domain import Domain
from synthconv.plan.frames import frames_of
from synthconv.records import OUT_OF_SCOPE, Example, Rejection
from synthconv.refine.edits import stretches
from synthconv.stages import Item, Stage

BACKGROUND = 20
"""As so many other intents it counts that any intent may use the language's common words."""
STEM = 6
"""Letters by which words are told apart: card and cards, transfer and transferring are one."""
COMMON, COMMON_SHARE = 3, 0.4
"""Words that so many intents, and this share of all, say tell none of them."""


class Nearness:
    """How near a text is to each intent: the cosine of its words, weighted by how few intents use them.

    `common` are words that any intent may use, whether this scenario has many intents to show it or few.
    """

    def __init__(self, texts: Mapping[str, Sequence[str]], common: Iterable[str]) -> None:
        counts = {intent: Counter(stem for text in group for stem in _stems(text)) for intent, group in texts.items()}
        used = Counter(stem for found in counts.values() for stem in found)
        elsewhere = dict.fromkeys((stem for word in common for stem in _stems(word)), BACKGROUND)
        total = 1 + BACKGROUND + len(counts)
        self.weights = {stem: log(total / (number + elsewhere.get(stem, 0))) for stem, number in used.items()}
        self.by_stem: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for intent, found in counts.items():
            vector = {stem: (1 + log(number)) * self.weights[stem] for stem, number in found.items()}
            length = sqrt(sum(weight * weight for weight in vector.values())) or 1.0
            for stem, weight in vector.items():
                if used[stem] > max(COMMON, len(counts) * COMMON_SHARE):
                    continue
                self.by_stem[stem].append((intent, weight * self.weights[stem] / length))

    def of(self, text: str) -> dict[str, float]:
        """The nearness of `text` to each intent that shares a word with it; comparable for one text only."""
        near: dict[str, float] = defaultdict(float)
        for stem in _stems(text):
            for intent, weight in self.by_stem.get(stem, ()):
                near[intent] += weight
        return near


def label_check(domain: Domain) -> Stage:
    """A stage that refuses examples of the rules, and flags those of models, that are nearer to another intent."""
    known = {
        tag: Nearness(domain.words(tag), frames_of(tag).common_words | function_words(tag))
        for tag in domain.scenario.model.tags
    }

    def stage(example: Example) -> Iterator[Item]:
        outline = example.outline
        if (
            outline.method == "example"
            or outline.intent == OUT_OF_SCOPE
            or len(outline.turns[0].intents) > 1
            or not outline.turns[0].intents[0].skeleton
        ):
            yield example
            return
        words = (example.text.text[start:end] for start, end, is_span in stretches(example.text) if not is_span)
        near = known[outline.cell.language].of(" ".join(words))
        own = near.get(outline.intent, 0.0)
        nearest = max(near.values(), default=0.0)
        other = next((intent for intent, value in near.items() if value == nearest), outline.intent)
        if nearest <= own:
            yield example
        elif outline.method == "llm":
            yield replace(example, needs_review=(*example.needs_review, "nearer_intent"))
        else:
            detail = f"nearer to {other} ({near[other]:.2f} to {own:.2f})"
            yield Rejection(example.id, "refine", "nearer_intent", detail, outline=outline, text=example.text.text)

    return stage


def _stems(text: str) -> dict[str, None]:
    """The stems of a text, each once, in an order that is the same in every process: sums of floats depend on it."""
    return dict.fromkeys(word[:STEM].rstrip("s") or word for word in normalised(text).split())
