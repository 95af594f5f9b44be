"""Batch files: requests and answers in the JSONL form of the OpenAI Batch API, and a server's files and batches.

The custom id of a line is the request's key in the journal, so that any tool may fill the answers in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from synthconv.errors import SynthconvError, UsageError
from synthconv.llm.journal import Journal
from synthconv.llm.models import Model
from synthconv.llm.troubles import error_of, final_answer, hidden
from synthconv.llm.wire import Answer, Request, answer_of

ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
Form = Literal["json_schema", "json_object", "text"]
KEY = re.compile(r"[0-9a-f]{32}")
"""What the key of a request looks like."""


def batch_lines(requests: Iterable[Request], form: Form) -> Iterator[str]:
    """A line for each request."""
    for request in requests:
        line = {"custom_id": request.key, "method": "POST", "url": ENDPOINT, "body": request.body(form)}
        yield json.dumps(line, ensure_ascii=False) + "\n"


def read_answers(lines: Iterable[str], where: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The journal row of each answered line, or {} and why the line has none.

    Raises UsageError for a line that is not of a batch's output.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{where}:{number}"
        try:
            row = json.loads(line)
            key, response = row["custom_id"], row.get("response") or {}
            status, body = response.get("status_code", 200), response.get("body") or {}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise UsageError(
                f"{place}: not a line of a batch's output",
                'a line is {"custom_id": …, "response": {"status_code": 200, "body": {a chat completion}}}',
            ) from None
        if not isinstance(key, str) or not KEY.fullmatch(key):
            raise UsageError(f"{place}: the custom_id is not one that `synthconv batch export` gave", "keep its ids")
        answer = answer_of(body)
        if answer is None and isinstance(status, int):
            answer = final_answer(status, error_of(json.dumps(body)))
        if answer is None:
            cause = error_of(json.dumps(row.get("error") or body, ensure_ascii=False))["message"]
            yield {}, f"{place}: no answer ({status}: {cause})"
        else:
            yield {"key": key, **_row(answer, body)}, ""


def _row(answer: Answer, body: Any) -> dict[str, Any]:
    names = ("content", "kind", "finish_reason", "prompt_tokens", "completion_tokens", "cached_tokens")
    model = body.get("model") if isinstance(body, dict) else None
    return {"model": str(model or "unknown"), **{name: getattr(answer, name) for name in names}}


def take_in(journal: Journal, path: Path) -> tuple[int, int, list[str]]:
    """Put the answers of a batch's output into the journal: how many were new, how many there are, what is wrong."""
    rows, wrong = list[dict[str, Any]](), list[str]()
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is not a file", "name the output file of a batch")
        with path.open(encoding="utf-8-sig") as lines:
            for row, fault in read_answers(lines, str(path)):
                if row:
                    rows.append(row)
                else:
                    wrong.append(fault)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{path} cannot be read ({reason})", "name the output file of a batch") from None
    return journal.add(rows), len(rows), wrong


class BatchServer:
    """A server's batches; every error of its is a SynthconvError."""

    def __init__(self, model: Model) -> None:
        import openai

        from synthconv.llm.clients import batch_client

        self.model, self._errors = model, openai.APIError
        self._client = batch_client(model)

    def submit(self, path: Path) -> dict[str, Any]:
        """Upload a file of requests and have it answered; gives the batch."""
        try:
            if path.exists() and not path.is_file():
                raise UsageError(f"{path} is not a file", "name a file of `batch export`")
            with path.open("rb") as file:
                uploaded = self._client.files.create(file=file, purpose="batch")
            batch = self._client.batches.create(
                input_file_id=str(getattr(uploaded, "id", "")), endpoint=ENDPOINT, completion_window="24h"
            )
        except (self._errors, ValueError, RecursionError) as error:
            raise self._failed(error) from None
        except OSError as error:
            raise UsageError(f"{path} cannot be read ({error.strerror})", "name a file of `batch export`") from None
        return self._facts(batch)

    def poll(self, batch_id: str) -> dict[str, Any]:
        """How far a batch is."""
        try:
            return self._facts(self._client.batches.retrieve(batch_id))
        except (self._errors, ValueError, RecursionError) as error:
            raise self._failed(error) from None

    def fetch(self, batch_id: str) -> str:
        """The output of a batch, errors after answers; raises SynthconvError if there is none yet."""
        facts = self.poll(batch_id)
        files = [name for name in (facts["output_file_id"], facts["error_file_id"]) if name]
        if not files:
            raise SynthconvError(
                f"the batch {batch_id} has no answers yet: it is {facts['status']}", "poll it until it is completed"
            )
        try:
            return "".join(f"{self._client.files.content(name).text.rstrip()}\n" for name in files)
        except (self._errors, ValueError, LookupError) as error:
            raise self._failed(error) from None

    def _facts(self, batch: Any) -> dict[str, Any]:
        names = ("id", "status", "output_file_id", "error_file_id")
        facts = {name: getattr(batch, name, None) for name in names}
        if not (isinstance(facts["id"], str) and isinstance(facts["status"], str)):
            raise self._failed("what came back is no batch: has this server a Batch API?")
        counts = getattr(batch, "request_counts", None)
        facts = {name: hidden(value, self.model) if isinstance(value, str) else None for name, value in facts.items()}
        numbers = {name: getattr(counts, name, None) for name in ("total", "completed", "failed")}
        return facts | {name: number if isinstance(number, int) else None for name, number in numbers.items()}

    def _failed(self, error: object) -> SynthconvError:
        said = " ".join(hidden(str(error), self.model).split())[:300]
        return SynthconvError(f"{self.model.base_url}: {said}", "check --base-url, the key, and the batch's id")
