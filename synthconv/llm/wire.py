"""What goes to a model and what comes back: requests with their journal keys, answers, and the items in an answer.

A conversation with a model is a generator: it yields the requests that it wants answered, is sent their answers in the
same order, and returns what it made of them. Who answers (a server, or the journal alone) is not its business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal, TypeVar

R = TypeVar("R")
Conversation = Generator[list["Request"], list["Answer"], R]
Json = dict[str, Any]
MAX_READ = 200_000
"""Characters of an answer that are read."""
MAX_BROKEN = 100
"""Brackets in an answer that open nothing readable, before the rest of it is left alone."""
CUT_ITEM = re.compile(r'\{\s*"id"\s*:\s*"?(\d{1,9})"?\s*,\s*"text"\s*:\s*("(?:[^"\\]|\\.)*+")', re.DOTALL)
"""An item whose text is whole, whatever became of the rest of it: an answer cut short, or broken among the slots."""

SCHEMA: Json = {
    "type": "object",
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer"},
                    "text": {"type": "string"},
                    "slots": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"slot": {"type": "string"}, "surface": {"type": "string"}},
                            "required": ["slot", "surface"],
                            "additionalProperties": False,
                        },
                    },
                },
                "required": ["id", "text", "slots"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["items"],
    "additionalProperties": False,
}
"""The JSON Schema of an answer: a text for each item, and the words that say each slot."""
SCHEMA_TOKENS = 120
"""About what the schema and the frame of the messages take of a prompt."""


@dataclass(frozen=True)
class Request:
    """One call: a model, two messages, the limits of the answer.

    `server` says which of the run's models it goes to, `expected_tokens` how long the answer will be about.
    """

    model: str
    system: str
    user: str
    max_output_tokens: int
    temperature: float | None = None
    server: int = 0
    expected_tokens: int = 0

    @property
    def messages(self) -> list[dict[str, str]]:
        """The messages as they go over the wire."""
        return [{"role": "system", "content": self.system}, {"role": "user", "content": self.user}]

    @cached_property
    def key(self) -> str:
        """The name of this request in the journal: a hash of all that an answer depends on, the server aside."""
        parts = [self.model, self.messages, self.max_output_tokens, self.temperature, SCHEMA]
        return sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @property
    def prompt_estimate(self) -> int:
        """About how many tokens the messages have."""
        return tokens(self.system) + tokens(self.user) + SCHEMA_TOKENS

    @property
    def reserve(self) -> int:
        """The most tokens that the call is expected to take: the prompt's estimate and the whole answer limit."""
        return self.prompt_estimate + self.max_output_tokens

    def body(self, form: str = "json_schema", limit: str = "max_tokens", *, warm: bool = True) -> Json:
        """The JSON body of the call, in one of the forms that servers take."""
        body: Json = {"model": self.model, "messages": self.messages, limit: self.max_output_tokens}
        if warm and self.temperature is not None:
            body["temperature"] = self.temperature
        if form == "json_schema":
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "items", "strict": True, "schema": SCHEMA},
            }
        elif form == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said to a request; `kind` tells a text from a request that was too long for the model's context."""

    content: str
    finish_reason: str = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    kind: Literal["text", "refusal", "overflow"] = "text"


def tokens(text: str) -> int:
    """About how many tokens a text has: four bytes each, which is near for English and more than most others need."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // 4)


def answer_of(body: Any) -> Answer | None:
    """The answer in the JSON body of a chat completion; None if it is not one."""
    try:
        choice = body["choices"][0]
        message, usage = choice["message"], body.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        finish, refusal = str(choice.get("finish_reason") or "stop"), message.get("refusal")
        details = usage.get("prompt_tokens_details") or {}
        cached = details.get("cached_tokens") if isinstance(details, dict) else 0
        counts = [_count(found) for found in (usage.get("prompt_tokens"), usage.get("completion_tokens"), cached)]
        content = message.get("content") or ""
    except (AttributeError, KeyError, IndexError, TypeError):
        return None
    if isinstance(content, list):  # parts, as some servers send them
        content = "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    refused = finish == "content_filter" or bool(refusal)
    text = str(content or refusal or "").encode("utf-8", "replace").decode()
    return Answer(text, finish[:40], counts[0], counts[1], counts[2], "refusal" if refused else "text")


def _count(value: Any) -> int:
    """A count of tokens, 0 for anything that is none."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return min(max(value, 0), 2**40) if whole else 0


def said_items(content: str) -> dict[int, Json]:
    """The items of an answer by their ids: of pure JSON, of JSON in a fence or amid chat, of JSON cut short."""
    found: dict[int, Json] = {}
    for item in _objects(content):
        ident = item.get("id")
        if isinstance(ident, str):
            ident = int(ident) if ident.isdecimal() and len(ident) < 10 else None
        if isinstance(ident, int | float) and ident == ident // 1 and isinstance(item.get("text"), str):
            found.setdefault(int(ident), {**item, "text": item["text"].encode("utf-8", "replace").decode()})
    return found


def _objects(content: str) -> Iterator[Json]:
    """The item objects in a text: those of a whole answer, or else every one that can be read."""
    content = content[:MAX_READ]
    decoder, opening, at, broken = json.JSONDecoder(strict=False), re.compile(r"[\[{]"), 0, 0
    while (match := opening.search(content, at)) and broken < MAX_BROKEN:
        try:
            value, at = decoder.raw_decode(content, match.start())
        except (ValueError, RecursionError):
            cut = CUT_ITEM.match(content, match.start())
            at, broken = (cut or match).end(), broken + 1
            if cut:
                with suppress(ValueError):
                    yield {"id": cut[1], "text": decoder.decode(cut[2])}
            continue
        if isinstance(value, dict) and "text" not in value:
            value = next((inner for inner in value.values() if isinstance(inner, list)), [])
        yield from (item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict))
