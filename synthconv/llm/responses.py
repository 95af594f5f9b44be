"""What came back from a server, read: an answer, a trouble that may pass, or the end of the run."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from synthconv.errors import SynthconvError
from synthconv.llm.models import Model
from synthconv.llm.troubles import Trouble, error_of, hidden, verdict
from synthconv.llm.wire import Answer, answer_of

NO_CONNECTION = (
    "ConnectError",
    "ConnectTimeout",
    "ClientConnectorError",
    "ClientConnectorDNSError",
    "ConnectionRefusedError",
    "gaierror",
)
"""What the layers of the HTTP client call a server that was not reached."""


def may_be_paid(outcome: Answer | Trouble | SynthconvError | None) -> bool:
    """Whether a provider may bill a call that brought no answer; one that was cut off by a second Ctrl-C, too."""
    return outcome is None or (isinstance(outcome, Trouble) and outcome.paid)


def text_of(body: bytes, model: Model) -> str:
    """The text of a response, whatever it says of its encoding, without the key."""
    return hidden(body.decode("utf-8-sig", "replace"), model)


def read(text: str, model: Model) -> Answer | Trouble | SynthconvError:
    """The answer in the text of a response; half a body, a proxy's page or an error in disguise is none."""
    try:
        body: Any = json.loads(text)
    except (ValueError, RecursionError):
        return Trouble("failure", f"a response that is no JSON: {' '.join(text[:80].split())}", paid=True)
    if answer := answer_of(body):
        return replace(answer, content=hidden(answer.content, model), finish_reason=hidden(answer.finish_reason, model))
    error = error_of(text)
    code = str(error.get("code") or error.get("status") or "")
    outcome = verdict(int(code) if code.isdecimal() and len(code) == 3 else 500, error, model, None)
    if isinstance(outcome, Trouble) and not (isinstance(body, dict) and body.get("error")):
        return replace(outcome, paid=True)
    return outcome


def unreached(error: BaseException | None) -> bool:
    """Whether an error of the connection is that there never was one: nothing can be billed."""
    while error is not None:
        if type(error).__name__ in NO_CONNECTION:
            return True
        error = error.__cause__
    return False


def innermost(error: BaseException) -> str:
    """What lies at the bottom of an error of the connection, in a line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split())[:200] or type(error).__name__


def all_of(outcomes: list[Answer | BaseException]) -> list[Answer]:
    """The answers, once all calls are done; raises what one of them raised."""
    if error := next((outcome for outcome in outcomes if isinstance(outcome, BaseException)), None):
        raise error
    return [outcome for outcome in outcomes if isinstance(outcome, Answer)]
