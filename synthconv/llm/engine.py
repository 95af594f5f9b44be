"""The engine: many conversations at once with the models' servers; every answer is in the journal before it is used.

The only asynchronous module. A call holds one of the slots while it is on its way, and none while it waits: for the
Retry-After of a 429, for a doubling moment after a failure, for the pace of its model. When the run must end (a cap, a
key that is refused, Ctrl-C), no further call is sent, and the answers on their way are still waited for and kept.
"""

from __future__ import annotations

import asyncio
import base64
import json
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any, TypeVar

import openai

from synthconv.errors import SynthconvError
from synthconv.llm.journal import Journal
from synthconv.llm.limits import Budget, Congestion, Pace, backoff, retry_after
from synthconv.llm.models import Model
from synthconv.llm.prices import Meter
from synthconv.llm.troubles import Dialect, Trouble, error_of, hidden, verdict
from synthconv.llm.wire import Answer, Conversation, Request, answer_of

R = TypeVar("R")
AHEAD = 4
"""Conversations that are under way for each slot: most of them, if any, wait for a Retry-After."""
TRIES, TRIES_UNREACHED = 10, 4
"""Failures in a row of one call that end the run; fewer while no server has answered anything."""
PATIENCE = 600.0
"""Seconds of nothing but 429 that end the run."""
CONNECT = 15.0


class _Stopped(Exception):
    """The run is ending: this conversation goes no further."""


class Engine:
    """Holds conversations with `models`, one set of them at a time.

    `tick` is called after each answer, `tell` with what a user should know.
    """

    def __init__(
        self,
        models: Sequence[Model],
        journal: Journal,
        meter: Meter,
        *,
        budget: Budget | None = None,
        concurrency: int = 32,
        timeout: float = 120.0,
        tick: Callable[[Meter], None] = lambda _: None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.models, self.journal, self.meter = models, journal, meter
        self.budget = budget or Budget(meter)
        self.concurrency, self.timeout, self.tick, self.tell = concurrency, timeout, tick, tell
        self._dialects = [Dialect() for _ in models]
        self._paces = [Pace(model.requests_per_minute, model.tokens_per_minute) for model in models]
        self._crowds = [Congestion() for _ in models]
        self._reached = False
        self._stop: BaseException | None = None

    def hold(self, conversations: Iterable[Conversation[R]]) -> list[R]:
        """What each conversation made of its answers, in their order.

        Raises BudgetSpent if a cap is reached, SynthconvError if a server cannot be used, KeyboardInterrupt; whatever
        it raises, all answers that came are in the journal.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(self._hold(conversations))
        with ThreadPoolExecutor(1) as pool:  # called from a notebook or another program with a loop of its own
            return pool.submit(lambda: asyncio.run(self._hold(conversations))).result()

    async def _hold(self, conversations: Iterable[Conversation[R]]) -> list[R]:
        self._stop, self._stopping = None, asyncio.Event()
        self._slots, live = asyncio.Semaphore(self.concurrency), asyncio.Semaphore(self.concurrency * AHEAD)
        self._flying: dict[str, asyncio.Future[Answer]] = {}
        self._last = time.monotonic()
        results: dict[int, R] = {}
        tasks: set[asyncio.Task[None]] = set()
        async with AsyncExitStack() as stack:
            self._clients = [await stack.enter_async_context(self._client(model)) for model in self.models]
            with self._interruptible(tasks):
                for number, conversation in enumerate(conversations):
                    await live.acquire()
                    if self._stop:
                        break
                    task = asyncio.create_task(self._drive(number, conversation, results))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                    task.add_done_callback(lambda _: live.release())
                while tasks:
                    await asyncio.wait(tasks)
        if self._stop:
            raise self._stop
        return [results[number] for number in range(len(results))]

    def _client(self, model: Model) -> openai.AsyncOpenAI:
        headers = {}
        if model.credentials:
            code = base64.b64encode(model.credentials.reveal().encode()).decode()
            headers = {"Authorization": f"Basic {code}"}
        limits = {"max_connections": self.concurrency, "max_keepalive_connections": self.concurrency}
        return openai.AsyncOpenAI(
            api_key=model.key.reveal() if model.key else "none",
            base_url=model.base_url,
            default_headers=headers,
            max_retries=0,
            timeout=openai.Timeout(None, connect=CONNECT),
            http_client=openai.DefaultAioHttpClient(limits=_limits(limits)),
        )

    @contextmanager
    def _interruptible(self, tasks: set[asyncio.Task[None]]) -> Iterator[None]:
        """Ctrl-C ends the run once the calls on their way are answered; a second one ends it at once."""
        loop = asyncio.get_running_loop()

        def interrupt() -> None:
            if self._stop:
                for task in tasks:
                    task.cancel()
            elif calls := self.budget.held["calls"]:
                self.tell(f"waiting for {calls} answers that are paid for; Ctrl-C again leaves them")
            self._halt(KeyboardInterrupt())

        try:
            loop.add_signal_handler(signal.SIGINT, interrupt)
        except (NotImplementedError, RuntimeError, ValueError):  # another system, or not the main thread
            yield
            return
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    def _halt(self, error: BaseException) -> None:
        """Send nothing more, and raise `error` when the calls on their way are done."""
        self._stop = self._stop or error
        self._stopping.set()

    async def _drive(self, number: int, conversation: Conversation[R], results: dict[int, R]) -> None:
        """One conversation to its end."""
        answers: list[Answer] | None = None
        try:
            while True:
                try:
                    requests = next(conversation) if answers is None else conversation.send(answers)
                except StopIteration as end:
                    results[number] = end.value
                    return
                if len(requests) == 1:
                    answers = [await self._answer(requests[0])]
                else:
                    answers = _all(await asyncio.gather(*map(self._answer, requests), return_exceptions=True))
        except _Stopped:
            pass
        except asyncio.CancelledError:
            self._halt(KeyboardInterrupt())
        except BaseException as error:  # whatever it is, the calls on their way are paid for and come first
            self._halt(error)

    async def _answer(self, request: Request) -> Answer:
        """The answer to a request: from the journal, from a call on its way, or from a call of its own."""
        if found := self.journal.get(request.key):
            self.meter.count(request, found, paid=False)
            return found
        if flying := self._flying.get(request.key):
            return await asyncio.shield(flying)
        future = self._flying[request.key] = asyncio.get_running_loop().create_future()
        try:
            answer = await self._asked(request)
            future.set_result(answer)
            return answer
        except BaseException as error:
            future.set_exception(_Stopped() if isinstance(error, asyncio.CancelledError) else error)
            with suppress(BaseException):
                future.exception()  # nobody may be waiting for it
            raise
        finally:
            del self._flying[request.key]

    async def _asked(self, request: Request) -> Answer:
        """The answer to a request, asked for until it comes."""
        failures = 0
        while True:
            await self._turn(request)
            async with self._slots:
                outcome = await self._paid(request)
            if isinstance(outcome, Answer):
                return outcome
            if outcome.kind == "rate":
                wait = backoff(request, 1 + failures) if outcome.wait is None else outcome.wait
                self._crowds[request.server].note(True, time.monotonic(), wait)
                if time.monotonic() - self._last > PATIENCE:
                    self._fail(request, outcome, f"refuses every call since {PATIENCE / 60:.0f} minutes")
            else:
                failures += 1
                wait = max(backoff(request, failures), outcome.wait or 0.0)
                if failures >= (TRIES if self._reached else TRIES_UNREACHED):
                    self._fail(request, outcome, f"failed {failures} times in a row")
            await self._nap(wait)

    def _fail(self, request: Request, trouble: Trouble, how: str) -> None:
        model = self.models[request.server]
        cure = "all answers so far are in the journal; look at the server, then run the same command again"
        if not self._reached:
            cure = "is the server running there? check --base-url"
        cause = f"{model.base_url} {how} for {model.name}, at last with: {hidden(trouble.what, model)}"
        self._halt(SynthconvError(cause, cure))
        raise _Stopped

    async def _turn(self, request: Request) -> None:
        """Wait until the request's model may be asked."""
        if wait := self._paces[request.server].wait(request, time.monotonic()):
            await self._nap(wait)
        while (wait := self._crowds[request.server].until - time.monotonic()) > 0:
            await self._nap(wait)

    async def _nap(self, seconds: float) -> None:
        """Sleep, unless the run ends meanwhile."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        if self._stop:
            raise _Stopped

    async def _paid(self, request: Request) -> Answer | Trouble:
        """One call, if the caps allow it; its answer is in the journal when this returns."""
        while (cap := self.budget.exceeded(request)) and not self._stop:
            if not self.budget.held["calls"] or cap.startswith("--max-calls"):
                self._halt(self.budget.spent(cap))
            else:
                await self._nap(0.02)  # what the calls on their way leave of what is set aside for them may do
        if self._stop:
            raise _Stopped
        self.journal.check_room(self.budget.held["calls"] + 1)
        self.budget.hold(request)
        try:
            outcome = await self._sent(request)
            if isinstance(outcome, Answer):
                outcome = self.journal.put(request, outcome)
                self.meter.count(request, outcome, paid=True)
        finally:
            self.budget.release(request)
        if isinstance(outcome, SynthconvError):
            self._halt(outcome)
            raise _Stopped
        if isinstance(outcome, Answer):
            self._reached, self._last = True, time.monotonic()
            self._crowds[request.server].note(False, self._last)
            self.tick(self.meter)
        return outcome

    async def _sent(self, request: Request) -> Answer | Trouble | SynthconvError:
        """What came back for a request; it goes again at once in another form if the server does not take this one."""
        model, client = self.models[request.server], self._clients[request.server]
        while True:
            dialect = self._dialects[request.server]
            body = request.body(dialect.form, dialect.limit, warm=dialect.warm)
            try:
                async with asyncio.timeout(self.timeout):
                    response = await client.chat.completions.with_raw_response.create(**body)
                return _read(response.text, model)
            except (TimeoutError, openai.APITimeoutError):
                return Trouble("failure", f"no answer within {self.timeout:g} seconds")
            except openai.APIStatusError as refusal:
                status, error = refusal.status_code, error_of(refusal.response.text)
                self._reached = True
                if other := dialect.without(status, error):
                    self._dialects[request.server] = other
                    continue
                return verdict(status, error, model, retry_after(dict(refusal.response.headers), time.time()))
            except openai.APIError as error:
                return Trouble("failure", f"{error.message} {error.__cause__ or ''}".strip())


def _all(outcomes: list[Answer | BaseException]) -> list[Answer]:
    """The answers, once all calls are done; raises what one of them raised."""
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in outcomes if isinstance(outcome, Answer)]


def _read(text: str, model: Model) -> Answer | Trouble | SynthconvError:
    """The answer in the text of a response; half a body, a proxy's page or an error in disguise is none."""
    try:
        body: Any = json.loads(text)
    except (ValueError, RecursionError):
        return Trouble("failure", f"a response that is no JSON: {' '.join(text[:80].split())}")
    if answer := answer_of(body):
        content = hidden(answer.content, model)
        return answer if content == answer.content else Answer(content, kind=answer.kind)
    error = error_of(text)
    code = str(error.get("code") or error.get("status") or "")
    return verdict(int(code) if code.isdecimal() and len(code) == 3 else 500, error, model, None)


def _limits(limits: dict[str, int]) -> Any:
    """Connection limits in the type of the HTTP library that openai brings."""
    kind: Any = type(openai.DEFAULT_CONNECTION_LIMITS)
    return kind(**limits)
