"""What holds calls back: caps on money, calls and tokens, a pace for each model, and waits after troubles."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from synthconv.errors import SynthconvError, UsageError
from synthconv.llm.models import Model
from synthconv.llm.prices import Meter
from synthconv.llm.wire import Request
from synthconv.seeds import share_of

BACKOFF, LONGEST = 0.5, 30.0
"""Seconds to wait after the first trouble with a call, and at most; they double from trouble to trouble."""
RECENT = 20
"""Answers by which it is judged whether the server refuses most calls."""


class BudgetSpent(SynthconvError):
    """A cap, that of the command's `option`, was reached; every answer is kept, and the command goes on from there."""

    exit_code = 5

    def __init__(self, option: str, spent: str) -> None:
        self.option = option
        super().__init__(
            f"the cap {option} is reached: {spent}",
            "every answer is in the journal; the same command with a higher cap goes on from there",
        )


@dataclass(frozen=True, slots=True)
class Cap:
    """A cap that a call would break; it `may_pass` when calls on their way take less than is set aside for them."""

    option: str
    may_pass: bool = True


@dataclass
class Budget:
    """Caps on what one command may spend. A call is let through if what it may take at most still fits."""

    meter: Meter
    max_cost: float | None = None
    max_calls: int | None = None
    max_tokens: int | None = None
    sent: int = 0
    calls_held: int = 0
    tokens_held: int = 0
    cost_held: float = 0.0

    def check(self, models: set[str]) -> None:
        """Raise UsageError if a cap on the cost cannot be kept, for want of a price."""
        unpriced = sorted(model for model in models if self.meter.prices.get(model) is None)
        if self.max_cost is not None and unpriced:
            raise UsageError(
                f"--max-cost needs the price of {', '.join(unpriced)}",
                "give it in a table with --prices FILE (prices: {MODEL: {input: 0, output: 0}}), or use --max-tokens",
            )

    def price(self, request: Request) -> float:
        """What a call may cost at most, in US dollars."""
        price = self.meter.prices.get(request.model)
        return price.of(request.prompt_estimate, request.max_output_tokens) if price else 0.0

    def exceeded(self, request: Request) -> Cap | None:
        """The cap that a call would break, counting what is on its way; None if it fits."""
        if self.max_calls is not None and self.sent + 1 > self.max_calls:
            return Cap(f"--max-calls {self.max_calls}", may_pass=False)
        if self.max_tokens is not None and self.meter.tokens + self.tokens_held + request.reserve > self.max_tokens:
            return Cap(f"--max-tokens {self.max_tokens}")
        if self.max_cost is not None and self.meter.cost + self.cost_held + self.price(request) > self.max_cost + 1e-12:
            return Cap(f"--max-cost {self.max_cost:g}")
        return None

    def hold(self, request: Request) -> None:
        """Set aside what a call may take, before it is sent."""
        self.sent += 1
        self.calls_held += 1
        self.tokens_held += request.reserve
        self.cost_held += self.price(request)

    def release(self, request: Request, *, unsure: bool) -> None:
        """Give back what was set aside: what it took, if it was answered, is in the meter.

        Where it is `unsure` whether the provider bills the call, what was set aside stays so.
        """
        self.calls_held -= 1
        if not unsure:
            self.tokens_held -= request.reserve
            self.cost_held -= self.price(request)

    def spent(self, option: str) -> BudgetSpent:
        """The error that tells which cap was reached, and what was spent until now."""
        return BudgetSpent(option, f"{self.sent:,} calls were sent, {self.meter.told}")


class Pace:
    """Spreads calls evenly, so that no minute has more of them, or more of their tokens, than a server allows."""

    def __init__(self, requests: float | None, tokens: float | None) -> None:
        self.requests, self.tokens, self.next = requests, tokens, 0.0

    def wait(self, request: Request, now: float) -> float:
        """Seconds until the call may go; with 0 it counts as sent."""
        if not (self.requests or self.tokens):
            return 0.0
        if self.next > now:
            return self.next - now
        gap = max(60 / self.requests if self.requests else 0, 60 * request.reserve / self.tokens if self.tokens else 0)
        self.next = now + gap
        return 0.0


def paces_of(models: Sequence[Model]) -> list[Pace]:
    """A pace for each model; what is named twice on one server shares one."""
    shared: dict[tuple[object, ...], Pace] = {}
    paces = []
    for model in models:
        allowed = (model.requests_per_minute, model.tokens_per_minute)
        paces.append(shared.setdefault((model.base_url, model.name, *allowed), Pace(*allowed)))
    return paces


class Congestion:
    """Remembers how the latest calls went: everything pauses when most of them were refused for their rate."""

    def __init__(self) -> None:
        self.recent: deque[bool] = deque(maxlen=RECENT)
        self.until = 0.0

    def note(self, refused: bool, now: float, wait: float = 0.0) -> None:
        """Count a call that was answered or refused; `wait` is what the refusal asked for, in seconds."""
        self.recent.append(refused)
        if refused and len(self.recent) == RECENT and sum(self.recent) > RECENT / 2:
            self.until = max(self.until, now + wait)
            self.recent.clear()


def backoff(request: Request, troubles: int) -> float:
    """Seconds to wait after so many troubles with a call: doubling, and spread by the call's own address."""
    longest = min(LONGEST, BACKOFF * 2.0 ** min(troubles - 1, 10))
    return longest * (0.5 + share_of(request.key, troubles) / 2)


def retry_after(headers: dict[str, str], now: float) -> float | None:
    """Seconds that a server asks to wait, in any of the forms of the header; None if it does not say."""
    from email.utils import parsedate_to_datetime

    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return None
