"""A session: the models, prompts, journal and prices of a run, and who holds its conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthconv.errors import SynthconvError, UsageError
from synthconv.llm.journal import Journal
from synthconv.llm.limits import Budget
from synthconv.llm.models import Model, check_keys, models_of
from synthconv.llm.prices import Meter, load_prices
from synthconv.llm.prompts import Prompts
from synthconv.llm.wire import Answer, Conversation, Request
from synthconv.scenario.loader import Scenario

Hold = Callable[[Iterable[Conversation[Any]]], list[Any]]
"""Holds conversations to their end, and gives what each of them returned, in their order."""


@dataclass(frozen=True)
class Session:
    """What a run needs to have rows worded by models; `knows` says whether the journal has the answer to a key.

    With a `pilot` the first calls come before all others, and end the run if nothing in their answers can be used.
    """

    models: tuple[Model, ...]
    prompts: Prompts
    meter: Meter
    hold: Hold
    knows: Callable[[str], bool]
    pilot: bool = False

    @property
    def weights(self) -> dict[int, float]:
        """The share of the calls of each model, by its place in `models`."""
        return {number: model.weight for number, model in enumerate(self.models)}

    def facts(self) -> dict[str, Any]:
        """What the bytes of a run depend on, for the manifest: no server, no key."""
        return {
            "models": [
                {
                    "name": model.name,
                    "weight": model.weight,
                    "temperature": model.temperature,
                    "max_output_tokens": model.max_output_tokens,
                }
                for model in self.models
            ],
            "prompts": self.prompts.hashes,
            "prices": self.meter.prices.sha256,
        }


class MissingAnswers(SynthconvError):
    """The journal has no answer to some requests, and none may be sent; `requests` are those that could be told."""

    def __init__(self, requests: list[Request], where: str) -> None:
        self.requests = requests
        names = ", ".join(sorted({request.model for request in requests}))
        super().__init__(
            f"{len(requests):,} answers of {names} are not in the journal {where}",
            "run it without --replay-only, answer them with `synthconv batch`, or name the right --journal",
        )


class Replay:
    """Holds conversations by the journal alone: nothing is sent."""

    def __init__(self, journal: Journal, meter: Meter) -> None:
        self.journal, self.meter = journal, meter

    def hold(self, conversations: Iterable[Conversation[Any]]) -> list[Any]:
        """The results of all conversations; raises MissingAnswers, with all that are missing so far, if one is."""
        results, missing = list[Any](), dict[str, Request]()
        for conversation in conversations:
            result, lacking = self._held(conversation)
            results.append(result)
            missing |= {request.key: request for request in lacking}
        if missing:
            raise MissingAnswers(list(missing.values()), str(self.journal.path))
        return results

    def _held(self, conversation: Conversation[Any]) -> tuple[Any, list[Request]]:
        """What the conversation returned, or None and the requests that have no answer."""
        try:
            requests = next(conversation)
            while True:
                found = [(request, self.journal.get(request.key)) for request in requests]
                if lacking := [request for request, answer in found if answer is None]:
                    return None, lacking
                requests = conversation.send([self._counted(request, answer) for request, answer in found if answer])
        except StopIteration as end:
            return end.value, []

    def _counted(self, request: Request, answer: Answer) -> Answer:
        self.meter.count(request, answer, paid=False)
        return answer


@contextmanager
def open_session(
    scenario: Scenario,
    models: Sequence[str] = (),
    base_urls: Sequence[str] = (),
    *,
    api_key_env: str | None = None,
    prompts: str | Path | None = None,
    journal: str | Path | None = None,
    prices: str | Path | None = None,
    concurrency: int = 32,
    timeout: float = 120.0,
    max_cost: float | None = None,
    max_calls: int | None = None,
    max_tokens: int | None = None,
    replay_only: bool = False,
    tick: Callable[[Meter], None] = lambda _: None,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Session]:
    """A session with the models named, or with those of the scenario where none is, at OpenAI-compatible servers.

    `base_urls` holds one server for all models, or one for each. `max_cost` is in US dollars; caps count what this
    session spends, not what the journal has. With `replay_only` nothing is sent, and a missing answer is an error.
    `tick` is called after each answer, `tell` with what a user should know. Raises UsageError where settings do not fit
    together, SynthconvError if the journal cannot be used or a key is missing.
    """
    chosen = models_of(scenario.model.llm, models, base_urls, api_key_env)
    if not chosen:
        raise UsageError("no model is named", "give one with --model, or list some under llm.models")
    meter, texts = Meter(load_prices(_path(prices))), Prompts(_path(prompts))
    texts.check()
    budget = Budget(meter, max_cost, max_calls, max_tokens)
    budget.check({model.name for model in chosen})
    if not replay_only:
        check_keys(chosen)
    answers = Journal(_path(journal), read_only=replay_only)
    try:
        if replay_only:
            yield Session(chosen, texts, meter, Replay(answers, meter).hold, answers.has)
        else:
            from synthconv.llm.engine import Engine

            engine = Engine(
                chosen, answers, meter, budget=budget, concurrency=concurrency, timeout=timeout, tick=tick, tell=tell
            )
            yield Session(chosen, texts, meter, engine.hold, answers.has, pilot=True)
    finally:
        answers.close()


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)
