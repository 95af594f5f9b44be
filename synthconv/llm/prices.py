"""What calls cost: a price table that the user may replace, estimates before a run, and exact sums after it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synthconv import yaml12
from synthconv.errors import UsageError
from synthconv.llm.wire import Answer, Request

FILE = Path(__file__).with_name("data") / "prices.yaml"
MILLION = 1_000_000
Dollars = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class Price(BaseModel):
    """US dollars for a million tokens: of the prompt, of what of it was in the provider's cache, of the answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Dollars
    output: Dollars
    cached_input: Dollars | None = None

    def of(self, prompt: int, completion: int, cached: int = 0) -> float:
        """The price of so many tokens, in US dollars."""
        cached = min(cached, prompt)
        reduced = self.input if self.cached_input is None else self.cached_input
        return ((prompt - cached) * self.input + cached * reduced + completion * self.output) / MILLION


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")

    as_of: str = ""
    prices: dict[str, Price]


@dataclass(frozen=True)
class Prices:
    """A price table, by the names of models."""

    table: Mapping[str, Price]
    sha256: str

    def get(self, model: str) -> Price | None:
        """The price of a model: that of its name, or of its name without a provider in front or a date at its end."""
        bare = model.rpartition("/")[2].rpartition(":")[0] or model.rpartition("/")[2]
        for name in (model, model.rpartition("/")[2], bare, _undated(bare)):
            if name in self.table:
                return self.table[name]
        return None


def load_prices(path: Path | None = None) -> Prices:
    """The shipped table, with that of `path` in front of it. Raises UsageError for a file that is no price table."""
    own = _read(path) if path else {}
    data = FILE.read_bytes() + (path.read_bytes() if path else b"")
    return Prices({**_shipped(), **own}, sha256(data).hexdigest())


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Price]:
    return _read(FILE)


def _read(path: Path) -> dict[str, Price]:
    form = "prices: {MODEL: {input: 0.15, output: 0.60}} in dollars for a million tokens"
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"the price table {path} is not a file", "name another with --prices")
        if path.stat().st_size > MILLION:
            raise UsageError(f"{path} is larger than {MILLION:,} bytes", f"a price table is {form}")
        return _Table.model_validate(yaml12.load(path.read_text(encoding="utf-8"))).prices
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"the price table {path} cannot be read ({reason})", "name another with --prices") from None
    except ValidationError as error:
        told = (f"{'.'.join(map(str, found['loc'])) or 'the file'}: {found['msg']}" for found in error.errors()[:5])
        raise UsageError(f"{path}: {'; '.join(told)}".replace("_Table", "a table"), f"write {form}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UsageError(f"{path}: {' '.join(str(error).split())}", f"write {form}") from None


def _undated(name: str) -> str:
    """A model's name without the date of its version: gpt-4o-2024-08-06, claude-sonnet-4-20250514."""
    return re.sub(r"-(20\d{6}|20\d\d-\d\d-\d\d)$", "", name)


@dataclass
class Usage:
    """Calls and tokens of one model."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0

    def add(self, answer: Answer) -> None:
        """Count an answer."""
        self.calls += 1
        self.prompt_tokens += answer.prompt_tokens
        self.completion_tokens += answer.completion_tokens
        self.cached_tokens += answer.cached_tokens

    def estimate(self, request: Request) -> None:
        """Count a request by what it is expected to take."""
        self.add(Answer("", prompt_tokens=request.prompt_estimate, completion_tokens=request.expected_tokens))

    @property
    def tokens(self) -> int:
        """Tokens of prompts and answers."""
        return self.prompt_tokens + self.completion_tokens

    def cost(self, price: Price | None) -> float | None:
        """US dollars, None where there is no price."""
        return price.of(self.prompt_tokens, self.completion_tokens, self.cached_tokens) if price else None


class Meter:
    """What a run used, by model: `used` by all answers that it rests on, `paid` by those that were asked for now.

    `worded` counts the rows whose texts were proven.
    """

    def __init__(self, prices: Prices) -> None:
        self.prices = prices
        self.used: dict[str, Usage] = {}
        self.paid: dict[str, Usage] = {}
        self.worded = 0
        self._counted: set[str] = set()

    def count(self, request: Request, answer: Answer, *, paid: bool) -> None:
        """Count an answer to a request, once however often it is used."""
        if paid:
            self.paid.setdefault(request.model, Usage()).add(answer)
        if request.key not in self._counted:
            self._counted.add(request.key)
            self.used.setdefault(request.model, Usage()).add(answer)

    @property
    def tokens(self) -> int:
        """Tokens that were paid for now."""
        return sum(usage.tokens for usage in self.paid.values())

    @property
    def cost(self) -> float:
        """US dollars that were paid now, models without a price aside."""
        return sum(usage.cost(self.prices.get(model)) or 0.0 for model, usage in self.paid.items())

    @property
    def told(self) -> str:
        """What was paid now, in words."""
        priced = all(self.prices.get(model) for model in self.paid)
        return f"{self.tokens:,} tokens, {f'${self.cost:.4f}' if priced else 'cost unknown'}"

    def facts(self, usages: Mapping[str, Usage]) -> dict[str, dict[str, float | int | None]]:
        """Calls, tokens and cost by model, for the manifest."""
        out: dict[str, dict[str, float | int | None]] = {}
        for model, usage in sorted(usages.items()):
            cost = usage.cost(self.prices.get(model))
            out[model] = {**vars(usage), "cost_usd": None if cost is None else round(cost, 6)}
        return out
