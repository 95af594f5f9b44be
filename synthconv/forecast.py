"""What a run will ask models for, told before anything is asked: the requests that are missing, and an estimate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from synthconv.dataset.ledger import Ledger
from synthconv.llm.prices import Usage
from synthconv.llm.session import MissingAnswers, Session
from synthconv.llm.wire import Conversation, Request
from synthconv.pipeline import generate_items
from synthconv.plan.domain import domain_of
from synthconv.plan.outlines import Planner
from synthconv.plan.rows import plan_rows
from synthconv.realise.llm import Done, asks_models, conversations
from synthconv.rounds import by_intent
from synthconv.scenario.loader import Scenario


def first_round(scenario: Scenario, session: Session) -> Iterator[Conversation[Done]]:
    """The conversations about the first attempts at all rows."""
    domain, planner = domain_of(scenario), Planner(domain_of(scenario))
    rows = Ledger().open_rows(plan_rows(domain), domain)
    for some in by_intent(rows):
        yield from conversations(domain, session, (planner.outline(row, 0) for row in some if asks_models(row)))


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
    for conversation in first_round(scenario, session):
        for request in next(conversation):
            whole, lacking = usages[request.model]
            whole.estimate(request)
            if not session.knows(request.key):
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
