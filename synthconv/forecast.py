"""What a run will ask models for, told before anything is asked: the requests that are missing, and an estimate."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from synthconv.dataset.ledger import Ledger
from synthconv.llm.prices import Usage
from synthconv.llm.session import MissingAnswers, Session
from synthconv.llm.wire import Conversation, Request
from synthconv.pipeline import SHARD, generate_items
from synthconv.plan.domain import domain_of
from synthconv.plan.rows import plan_rows
from synthconv.plan.schedule import plan_dialogues
from synthconv.plan.simulator import Simulator
from synthconv.realise.llm import asks_models, conversations
from synthconv.realise.llm_dialogues import DialogueWriter
from synthconv.realise.writer import Done
from synthconv.records import Outline
from synthconv.rounds import SHARDS, by_intent
from synthconv.scenario.loader import Scenario


def first_round(scenario: Scenario, session: Session) -> Iterator[Conversation[Done]]:
    """The conversations about the first attempts at all rows, those of dialogues last."""
    yield from _about_utterances(scenario, session)
    yield from conversations(domain_of(scenario), session, _dialogues(scenario))


def _about_utterances(scenario: Scenario, session: Session) -> Iterator[Conversation[Done]]:
    domain, simulator = domain_of(scenario), Simulator(domain_of(scenario))
    for some in by_intent(Ledger().open_rows(plan_rows(domain), domain), SHARDS * SHARD):
        yield from conversations(domain, session, (simulator.outline(row, 0) for row in some if asks_models(row)))


def _dialogues(scenario: Scenario) -> Iterator[Outline]:
    """The first outlines of the dialogues."""
    domain, simulator = domain_of(scenario), Simulator(domain_of(scenario))
    rows = Ledger().dialogues.open_rows(plan_dialogues(domain), domain)
    yield from (simulator.outline(row, 0) for row in rows)


def missing_requests(scenario: Scenario, session: Session) -> list[Request]:
    """The requests that the journal of a session lacks: all of the first round, or else those that come next.

    `session` holds conversations by its journal alone.
    """
    try:
        session.hold(first_round(scenario, session))
        for _ in generate_items(scenario, Ledger(), session):
            pass
    except MissingAnswers as missing:
        return missing.requests
    return []


def estimate(scenario: Scenario, session: Session) -> list[dict[str, Any]]:
    """For each model: the calls, tokens and dollars of the first round, and what the journal lacks of it."""
    usages: dict[str, tuple[Usage, Usage]] = {model.name: (Usage(), Usage()) for model in session.models}
    utterances = map(next, _about_utterances(scenario, session))
    dialogues = DialogueWriter(domain_of(scenario), session).first_requests(_dialogues(scenario))
    for requests in chain(utterances, dialogues):
        known = session.knows(requests[0].key)  # a dialogue is one request, or several that depend on the first
        for request in requests:
            whole, lacking = usages[request.model]
            whole.estimate(request)
            if not known:
                lacking.estimate(request)
    out = []
    for name, (whole, lacking) in usages.items():
        price = session.meter.prices.get(name)
        out.append(
            {
                "model": name,
                "calls": whole.calls,
                "prompt_tokens": whole.prompt_tokens,
                "completion_tokens": whole.completion_tokens,
                "cost_usd": _rounded(whole.cost(price)),
                "calls_to_pay": lacking.calls,
                "cost_to_pay_usd": _rounded(lacking.cost(price)),
            }
        )
    return out


def _rounded(cost: float | None) -> float | None:
    return None if cost is None else round(cost, 4)
