"""The models that a run may ask: their names, where they are served, the keys for them, and how often."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, urlsplit, urlunsplit

from synthconv.errors import Secret, SynthconvError, UsageError
from synthconv.scenario.models import LlmModel, ServedModel

DEFAULT_URL = "https://api.openai.com/v1"
KEY_ENV = "OPENAI_API_KEY"


@dataclass(frozen=True)
class Model:
    """A model on a server; `key` is what the server asks for, `credentials` what stood in its URL."""

    name: str
    base_url: str = DEFAULT_URL
    key: Secret | None = None
    credentials: Secret | None = None
    weight: float = 1.0
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    temperature: float | None = 1.0
    max_output_tokens: int | None = None
    key_env: str = KEY_ENV

    @property
    def headers(self) -> dict[str, str]:
        """What credentials in the URL add to a call."""
        if self.credentials is None:
            return {}
        return {"Authorization": f"Basic {base64.b64encode(self.credentials.reveal().encode()).decode()}"}

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """What no text may show: the key and the credentials, in the forms they are sent in."""
        found = [secret.reveal() for secret in (self.key, self.credentials) if secret]
        coded = [base64.b64encode(secret.encode()).decode() for secret in found]
        words = [secret.reveal().partition(":")[2] for secret in [self.credentials] if secret]
        return tuple(secret for secret in (*found, *coded, *words) if len(secret) >= 8)


def models_of(
    settings: LlmModel,
    names: Sequence[str] = (),
    base_urls: Sequence[str] = (),
    key_env: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> tuple[Model, ...]:
    """The models of a run: those named in the call, each with its entry in the scenario if it has one, or all of those.

    `base_urls` holds one for all names, or one for each. Raises UsageError where they do not fit together.
    """
    declared = {entry.name: entry for entry in settings.models}
    if len(base_urls) > 1 and len(base_urls) != len(names):
        raise UsageError(
            f"{len(base_urls)} base URLs for {len(names)} models", "give --base-url once, or once for each --model"
        )
    if base_urls and not (names or declared):
        raise UsageError("--base-url without a model", "add --model NAME")
    entries = [declared.get(name) or _entry(name) for name in names] or list(settings.models)
    found = []
    for i, entry in enumerate(entries):
        given = base_urls[i if len(base_urls) > 1 else 0] if base_urls else entry.base_url
        url = given or environment.get("OPENAI_BASE_URL") or DEFAULT_URL
        env = key_env or entry.api_key_env or KEY_ENV
        value = environment.get(env, "").strip()
        plain, credentials = _split(url)
        found.append(
            Model(
                entry.name,
                plain,
                Secret(value) if value else None,
                Secret(credentials) if credentials else None,
                entry.weight,
                entry.requests_per_minute,
                entry.tokens_per_minute,
                entry.temperature if entry.temperature is not None else settings.temperature,
                entry.max_output_tokens,
                env,
            )
        )
    return tuple(found)


def check_keys(models: Sequence[Model]) -> None:
    """Raise SynthconvError if a model's server is sure to ask for a key that is not there."""
    for model in models:
        if model.key is None and model.key_env != KEY_ENV:
            raise SynthconvError(
                f"the environment variable {model.key_env}, which is to hold the key of {model.name}, is not set",
                "set it",
            )
        if model.key is None and urlsplit(model.base_url).hostname == urlsplit(DEFAULT_URL).hostname:
            raise SynthconvError(
                f"there is no key for {model.name}: the environment variable {model.key_env} is not set",
                "set it, name another with --api-key-env, or give --base-url for a server of your own",
            )
        if model.key and not re.fullmatch(r"[\x21-\x7e]+", model.key.reveal()):
            raise SynthconvError(
                f"the key in the environment variable {model.key_env} holds blanks or characters that no key has",
                "set it anew",
            )


def _entry(name: str) -> ServedModel:
    if not name.strip() or not name.isprintable():
        raise UsageError(f"{name!r} is not the name of a model", "name one that the server has")
    return ServedModel(name=name)


def _split(url: str) -> tuple[str, str]:
    """A URL without its credentials, and them; raises UsageError if it is no http URL."""
    shown = repr(url) if "@" not in url else "with credentials"
    try:
        parts = urlsplit(url.strip())
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        parts, port, host = urlsplit(""), None, ""
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[^\s/?#]+", host) or parts.query or parts.fragment:
        raise UsageError(f"the base URL {shown} is no http URL", "write it like http://127.0.0.1:8000/v1")
    host = f"[{host}]" if ":" in host else host
    plain = urlunsplit((parts.scheme, f"{host}:{port}" if port else host, parts.path.rstrip("/"), "", ""))
    return plain, unquote(parts.netloc.rpartition("@")[0])
