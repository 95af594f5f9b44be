"""Clients of the models' servers: for many calls at once, and for batch files. Imported where calls are made."""

from __future__ import annotations

from typing import Any

import openai

from synthconv.llm.models import Model

CONNECT, BATCH_TIMEOUT, BATCH_TRIES = 15.0, 300.0, 4
"""Seconds to connect in, seconds that a file may take, and how often it is tried again."""


def calling_client(model: Model, concurrency: int) -> openai.AsyncOpenAI:
    """A client that leaves waiting, retries and time limits of its calls to the engine."""
    limits: Any = type(openai.DEFAULT_CONNECTION_LIMITS)
    return openai.AsyncOpenAI(
        api_key=_key(model),
        base_url=model.base_url,
        default_headers=model.headers,
        max_retries=0,
        timeout=openai.Timeout(None, connect=CONNECT),
        http_client=openai.DefaultAioHttpClient(
            limits=limits(max_connections=concurrency, max_keepalive_connections=concurrency), follow_redirects=False
        ),
    )


def batch_client(model: Model) -> openai.OpenAI:
    """A client for a server's files and batches."""
    return openai.OpenAI(
        api_key=_key(model),
        base_url=model.base_url,
        default_headers=model.headers,
        max_retries=BATCH_TRIES,
        timeout=BATCH_TIMEOUT,
    )


def _key(model: Model) -> str:
    return model.key.reveal() if model.key else "none"
