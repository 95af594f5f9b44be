"""For tests: `FakeChat`, a small OpenAI-compatible server on this machine that misbehaves on demand.

    with FakeChat(faults=["429", None, "hang"]) as server:
        ...  # synthconv generate SPEC --model fake --base-url {server.base_url}
    assert len(server.requests) == 3

It serves chat completions, models, files and batches, by the standard library alone. The words it gives by default hold
every slot value that was asked for, differ from item to item, and are the same for the same request.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
Reply = Callable[[Json], str]
BLOCK = re.compile(r"```json\s*(.*?)```", re.DOTALL)
WORDS = re.findall(
    r"\w+",
    "please need want help about my the for today tomorrow again still not working late wrong missing soon quick check "
    "what when where how why could would should first last next week day hour before after maybe really just only "
    "thanks hello morning evening new old lost found open closed change move keep stop start ask tell show send",
)
FAULTS = (
    *("429", "500", "503", "401", "404", "quota", "context", "no_schema", "no_json", "no_temperature", "new_limit"),
    *("reset", "hang", "truncated_body", "html", "error_200"),
    *(
        "refusal",
        "empty",
        "truncated_json",
        "bad_json",
        "fenced",
        "missing_item",
        "extra_item",
        "wrong_slot",
        "duplicate",
    ),
    *("echo", "text_id", "bare_list"),
)
"""What a call may meet instead of a good answer; None is a good answer."""
ERRORS: dict[str, tuple[int, Json]] = {
    "429": (429, {"message": "Rate limit reached", "type": "rate_limit_error", "code": "rate_limit_exceeded"}),
    "500": (500, {"message": "The server had an error", "type": "server_error"}),
    "503": (503, {"message": "Overloaded", "type": "server_error"}),
    "401": (401, {"message": "Incorrect API key provided", "code": "invalid_api_key"}),
    "404": (404, {"message": "The model does not exist", "code": "model_not_found"}),
    "quota": (429, {"message": "You exceeded your current quota", "code": "insufficient_quota"}),
    "context": (
        400,
        {"message": "This model's maximum context length is 512 tokens", "code": "context_length_exceeded"},
    ),
    "no_schema": (400, {"message": "response_format json_schema is not supported", "param": "response_format"}),
    "no_json": (400, {"message": "response_format is not supported", "param": "response_format"}),
    "no_temperature": (400, {"message": "Unsupported value: temperature", "param": "temperature"}),
    "new_limit": (400, {"message": "Use 'max_completion_tokens' instead of 'max_tokens'", "param": "max_tokens"}),
}


def items_of(body: Json) -> list[Json]:
    """The items that a request asks words for: those of the last ```json block of its user message."""
    said = [message["content"] for message in body["messages"] if message["role"] == "user"]
    blocks = BLOCK.findall(said[-1]) if said else []
    items: list[Json] = json.loads(blocks[-1])["items"] if blocks else []
    return items


def worded(body: Json) -> list[Json]:
    """Words for every item of a request, with its slot values in them."""
    random = Random(sha256(json.dumps(body["messages"]).encode()).digest())
    out = []
    for item in items_of(body):
        slots = [
            (slot, str(value))
            for slot, values in item.get("slots", {}).items()
            for value in (values if isinstance(values, list) else [values])
        ]
        words = random.sample(WORDS, random.randint(5, 11))
        for _, value in slots:
            words.insert(random.randrange(len(words) + 1), value)
        said = [{"slot": slot, "surface": value} for slot, value in slots]
        out.append({"id": item["id"], "text": " ".join(words), "slots": said})
    return out


@dataclass
class FakeChat:
    """A server of OpenAI's chat completions, to be used as a context manager; `base_url` is where it listens.

    `reply` gives the content of the answer to a request's body. `faults` names what goes wrong, call by call (None for
    nothing; after the last one, all is well), or is a function of the call's number from 0 and the body. `requests`
    holds the bodies as they come in, `headers` their headers, `answered` those that a whole answer was sent to; `peak`
    is how many calls were open at once.
    """

    reply: Reply | None = None
    faults: Iterable[str | None] | Callable[[int, Json], str | None] = ()
    models: tuple[str, ...] = ("fake",)
    retry_after: float | None = 0.05
    latency: float = 0.0
    requests: list[Json] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answered: list[Json] = field(default_factory=list)
    peak: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, Json] = field(default_factory=dict)

    def __enter__(self) -> FakeChat:
        self._lock, self._closing, self._now = threading.Lock(), threading.Event(), 0
        self._script = None if callable(self.faults) else list(self.faults)
        if unknown := set(self._script or ()) - {None, *FAULTS}:
            raise ValueError(f"no such faults: {sorted(map(str, unknown))}; there are: {', '.join(FAULTS)}")
        handler = type("Handler", (_Handler,), {"chat": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def _open(self) -> Iterator[None]:
        """Count a call while it is open."""
        with self._lock:
            self._now += 1
            self.peak = max(self.peak, self._now)
        try:
            yield
        finally:
            with self._lock:
                self._now -= 1

    def _fault(self, body: Json, headers: dict[str, str]) -> str | None:
        with self._lock:
            number = len(self.requests)
            self.requests.append(body)
            self.headers.append(headers)
        if callable(self.faults):
            fault = self.faults(number, body)
        else:
            fault = self._script[number] if self._script and number < len(self._script) else None
        if fault is not None and fault not in FAULTS:
            raise ValueError(f"no such fault: {fault}")
        return fault

    def _completion(self, body: Json, fault: str | None) -> Json:
        """The body of an answer, with the fault of its content."""
        with self._lock:
            self.answered += [body] if fault != "truncated_body" else []
        content = self.reply(body) if self.reply else json.dumps({"items": worded(body)}, ensure_ascii=False)
        content, finish = _spoilt(content, fault, body)
        sent = len(json.dumps(body["messages"])) // 4
        usage = {"prompt_tokens": sent, "completion_tokens": len(content) // 4 + 1}
        usage["total_tokens"] = sum(usage.values())
        message = {"role": "assistant", "content": content}
        return {
            "id": "chatcmpl-" + sha256(content.encode()).hexdigest()[:12],
            "object": "chat.completion",
            "created": 1700000000,
            "model": body.get("model"),
            "usage": usage,
            "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        }

    def _batch(self, body: Json) -> Json:
        """Answer all lines of an uploaded file at once, as a batch that is completed when it is first looked at."""
        name = f"batch_{len(self.batches)}"
        lines = [json.loads(line) for line in self.files[body["input_file_id"]].decode().splitlines()]
        answers = [
            {
                "custom_id": line["custom_id"],
                "response": {"status_code": 200, "body": self._completion(line["body"], None)},
                "error": None,
            }
            for line in lines
        ]
        self.files[f"file_{name}"] = "".join(json.dumps(answer) + "\n" for answer in answers).encode()
        counts = {"total": len(lines), "completed": len(lines), "failed": 0}
        self.batches[name] = {
            "id": name,
            "object": "batch",
            "endpoint": body["endpoint"],
            "input_file_id": body["input_file_id"],
            "completion_window": body["completion_window"],
            "status": "validating",
            "created_at": 1700000000,
            "request_counts": counts,
        }
        return self.batches[name]


def _spoilt(content: str, fault: str | None, body: Json) -> tuple[str, str]:
    """An answer's content with its fault, and the finish reason."""
    items = json.loads(content)["items"] if fault in ITEM_FAULTS else []
    if fault in ITEM_FAULTS:
        return json.dumps({"items": ITEM_FAULTS[fault](items)} if fault != "bare_list" else items), "stop"
    return {
        "refusal": ("I'm sorry, but I can't help with that.", "stop"),
        "empty": ("", "stop"),
        "truncated_json": (content[: len(content) // 2], "length"),
        "bad_json": (content.replace('"text":', "text:"), "stop"),
        "fenced": (f"Sure! Here you go:\n```json\n{content}\n```\nAnything else?", "stop"),
        "echo": (json.dumps(body["messages"]), "stop"),
    }.get(fault or "", (content, "stop"))


ITEM_FAULTS: dict[str | None, Callable[[list[Json]], list[Json]]] = {
    "missing_item": lambda items: items[:-1],
    "extra_item": lambda items: [*items, {"id": "invented", "text": "one too many", "slots": []}],
    "wrong_slot": lambda items: [{**item, "text": "nothing that was asked for"} for item in items],
    "duplicate": lambda items: [{**item, "text": items[0]["text"]} for item in items],
    "text_id": lambda items: [{**item, "id": str(item["id"])} for item in items],
    "bare_list": lambda items: items,
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error of the server's."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    chat: FakeChat

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests read the requests."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.removeprefix("/v1")
        name = path.split("/")[2] if path.count("/") > 1 else ""
        if path == "/models":
            self._send(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in self.chat.models]})
        elif path.startswith("/batches/") and name in self.chat.batches:
            batch = self.chat.batches[name]
            batch |= {"status": "completed", "output_file_id": f"file_{name}"}
            self._send(200, batch)
        elif path.startswith("/files/") and path.endswith("/content") and name in self.chat.files:
            self._raw(200, self.chat.files[name], "application/jsonl")
        else:
            self._send(404, {"error": {"message": f"no {path}"}})

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        path = urlsplit(self.path).path.removeprefix("/v1")
        if path == "/chat/completions":
            self._answer(json.loads(data))
        elif path == "/batches":
            self._send(200, self.chat._batch(json.loads(data)))
        elif path == "/files":
            name = f"file_{len(self.chat.files)}"
            parts = re.search(rb'filename="[^"]*".*?\r\n\r\n(.*?)\r\n--', data, re.DOTALL)
            self.chat.files[name] = parts.group(1) if parts else b""
            size = len(self.chat.files[name])
            facts = {"id": name, "object": "file", "bytes": size, "created_at": 1, "filename": name, "purpose": "batch"}
            self._send(200, {**facts, "status": "processed"})
        else:
            self._send(404, {"error": {"message": f"no {path}"}})

    def _answer(self, body: Json) -> None:
        with self.chat._open():
            self._respond(body)

    def _respond(self, body: Json) -> None:
        fault = self.chat._fault(body, {name.lower(): value for name, value in self.headers.items()})
        self.chat._closing.wait(3600 if fault == "hang" else self.chat.latency)
        if fault == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
            self.close_connection = True
        elif fault in ERRORS:
            status, error = ERRORS[fault]
            waits = {"retry-after": f"{self.chat.retry_after:g}"} if status == 429 and self.chat.retry_after else {}
            self._raw(status, json.dumps({"error": error}).encode(), "application/json", waits)
        elif fault == "html":
            self._raw(200, b"<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html")
        elif fault == "error_200":
            self._send(200, {"error": {"message": "upstream overloaded", "code": 503}})
        elif fault != "hang":
            data = json.dumps(self.chat._completion(body, fault)).encode()
            self._raw(200, data[: len(data) // 2] if fault == "truncated_body" else data, "application/json")

    def _send(self, status: int, body: Json) -> None:
        self._raw(status, json.dumps(body).encode(), "application/json")

    def _raw(self, status: int, data: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
