"""What can go wrong with a call, told apart: to be sent in another form, later, never again, or an answer after all."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from synthconv.errors import SynthconvError
from synthconv.llm.models import Model
from synthconv.llm.wire import Answer

CONTEXT = re.compile(
    r"context[ _-](length|window|size)|maximum context|prompt is too long|too many (input )?tokens", re.I
)
POLICY = re.compile(r"content_?(filter|policy)|responsible_?ai", re.I)
QUOTA = ("insufficient_quota", "billing_hard_limit_reached", "access_terminated")
FORMS: dict[str, str] = {"json_schema": "json_object", "json_object": "text"}
"""How an answer in JSON is asked for, and the next weaker way."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a server is known to take: the form of structured output, the name of the limit, a temperature."""

    form: str = "json_schema"
    limit: str = "max_tokens"
    warm: bool = True

    def without(self, status: int, error: dict[str, Any]) -> Dialect | None:
        """The dialect to try after the server refused this one; None if its refusal is about something else."""
        text = f"{error.get('param') or ''} {error.get('code') or ''} {error.get('message') or ''}".lower()
        if status not in (400, 404, 422, 501) or CONTEXT.search(text):
            return None
        if self.limit == "max_tokens" and "max_completion_tokens" in text:
            return replace(self, limit="max_completion_tokens")
        if self.warm and "temperature" in text:
            return replace(self, warm=False)
        structured = re.search(r"response_?format|json_?schema|json_?object|structured|grammar|guided", text)
        if structured and self.form in FORMS:
            return replace(self, form=FORMS[self.form])
        return None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A call without an answer: one too many (`rate`), in a form not taken (`form`), or failed on the way.

    `wait` is what the server asks for, `paid` tells that the provider may bill it all the same.
    """

    kind: Literal["rate", "form", "failure"]
    what: str
    wait: float | None = None
    paid: bool = False


def error_of(text: str) -> dict[str, Any]:
    """The error object in the body of a response, with a message of one line."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, list) and found:
        found = found[0]
    error = found.get("error", found) if isinstance(found, dict) else None
    known = error if isinstance(error, dict) else {}
    plain = known.get("message") or (error if isinstance(error, str) else re.sub(r"<[^>]*>", " ", text))
    return {**known, "message": " ".join(str(plain).split())[:300]}


def final_answer(status: int, error: dict[str, Any]) -> Answer | None:
    """The answer that a refusal amounts to, if no second try would change it: too long, or against a policy."""
    code, message = str(error.get("code") or error.get("type") or ""), str(error.get("message") or "")
    if status == 413 or (status in (400, 422) and CONTEXT.search(f"{code} {message}")):
        return Answer("", kind="overflow")
    if status in (400, 422) and POLICY.search(f"{code} {error.get('param') or ''}"):
        return Answer(message, finish_reason="content_filter", kind="refusal")
    return None


def verdict(status: int, error: dict[str, Any], model: Model, wait: float | None) -> Answer | Trouble | SynthconvError:
    """What a refusal means: an answer (too long, refused), a trouble that may pass, or the end of the run."""
    code, message = str(error.get("code") or error.get("type") or ""), str(error.get("message") or "")
    said = f"{code} {message}"
    if answer := final_answer(status, error):
        return replace(answer, content=hidden(answer.content, model))
    if status == 429:
        if any(word in said for word in QUOTA):
            return _end(model, status, message, "the account's quota is spent: top it up, or use another model")
        return Trouble("rate", hidden(f"429 {message}", model), wait)
    if status in (401, 403):
        key = f"the key in {model.key_env}" if model.key else f"a key in the environment variable {model.key_env}"
        return _end(model, status, message, f"check {key}, or name another variable with --api-key-env")
    if 300 <= status < 400:
        return _end(model, status, "a redirect", "give the address that it leads to as --base-url")
    if status == 404 or "model_not_found" in said:
        return _end(model, status, message, "check --model and --base-url (it ends in /v1 on most servers)")
    if status == 402:
        return _end(model, status, message, "the account has no credit left")
    if status in (408, 409, 425) or status >= 500:
        return Trouble("failure", hidden(f"{status} {message}", model), wait)
    return _end(model, status, message, "check --model, --base-url and the settings under `llm`")


def _end(model: Model, status: int, message: str, cure: str) -> SynthconvError:
    said = hidden(message, model).rstrip(". ")
    return SynthconvError(f"{model.base_url} refuses {model.name} ({status}: {said})", cure)


def hidden(text: str, model: Model) -> str:
    """`text` without the model's key, should the server have repeated it."""
    for secret in model.secrets:
        if secret in text:
            text = text.replace(secret, "***")
    return text
