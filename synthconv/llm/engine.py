"""The engine: many conversations at once with the models' servers; every answer is in the journal before it is used.

The only asynchronous module. A call holds one of the slots while it is on its way, and none while it waits: for the
Retry-After of a 429, for a doubling moment after a failure, for the pace of its model. When the run must end (a cap, a
key that is refused, Ctrl-C), no further call is sent, and the answers on their way are still waited for and kept.
"""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Generic, TypeVar
from uuid import uuid4

import openai

from synthconv.errors import SynthconvError
from synthconv.llm.clients import calling_client
from synthconv.llm.journal import SEEN_EVERY, Journal, JournalBusy
from synthconv.llm.limits import Budget, BudgetSpent, Congestion, backoff, paces_of, retry_after
from synthconv.llm.models import Model
from synthconv.llm.prices import Meter
from synthconv.llm.responses import all_of, innermost, may_be_paid, read, text_of, unreached
from synthconv.llm.troubles import Dialect, Trouble, error_of, hidden, verdict
from synthconv.llm.wire import Answer, Conversation, Request

R = TypeVar("R")
AHEAD = 16
"""Conversations that are under way for each slot: most of them, if any, wait for a Retry-After."""
TRIES, TRIES_UNREACHED = 10, 4
"""Failures in a row of one call that end the run; fewer while nothing has ever come back."""
PATIENCE = 600.0
"""Seconds of nothing but 429, or of one Retry-After, that end the run."""
LONG_WAIT = 10.0
"""Seconds of waiting that a user is told of."""
BUSY = 0.02
"""Seconds between looks at a journal that is being written or a cap that calls on their way hold."""
ELSEWHERE, ELSEWHERE_MOST = 0.1, 1.0
"""Seconds until the first look whether another run has the answer that it is asking for, and between later ones."""


class _Stopped(Exception):
    """The run is ending: this conversation goes no further."""


class Engine:
    """Holds conversations with `models`, one set of them at a time, and remembers what their servers take.

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
        self.dialects: dict[tuple[str, str], Dialect] = {}
        self.proven: set[tuple[str, str]] = set()
        self.paces = paces_of(models)
        self.crowds = [Congestion() for _ in models]

    def hold(self, conversations: Iterable[Conversation[R]]) -> list[R]:
        """What each conversation made of its answers, in their order.

        Raises BudgetSpent if a cap is reached, SynthconvError if a server cannot be used, KeyboardInterrupt; whatever
        it raises, all answers that came are in the journal.
        """
        run = _Hold[R](self)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            asyncio.run(run.all(conversations))
        else:  # called from a notebook or another program with a loop of its own
            run.elsewhere(conversations)
        if run.stop:  # a cap tells what the last answers took, too
            raise self.budget.spent(run.stop.option) if isinstance(run.stop, BudgetSpent) else run.stop
        return [run.results[number] for number in range(len(run.results))]


class _Hold(Generic[R]):
    """One set of conversations, from the first call to the last answer."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.models = engine, engine.models
        self.results: dict[int, R] = {}
        self.stop: BaseException | None = None
        self.flying: dict[str, asyncio.Future[Answer]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.interrupts, self.run, self.seen = 0, uuid4().hex, False
        self.unreached: Counter[tuple[str, str]] = Counter()

    def elsewhere(self, conversations: Iterable[Conversation[R]]) -> None:
        """Run in a thread of its own, which Ctrl-C in the main one ends too."""

        def run() -> None:
            try:
                asyncio.run(self.all(conversations))
            except BaseException as error:  # what a thread raises, nobody sees
                self.stop = self.stop or error

        thread = threading.Thread(target=run)
        if threading.current_thread() is not threading.main_thread():
            thread.start()
            thread.join()
            return
        before = signal.signal(signal.SIGINT, lambda *_: self.loop and self.loop.call_soon_threadsafe(self.interrupt))
        try:
            thread.start()
            thread.join()
        finally:
            signal.signal(signal.SIGINT, before)

    async def all(self, conversations: Iterable[Conversation[R]]) -> None:
        """Hold every conversation; what went wrong is in `stop`."""
        engine, self.loop = self.engine, asyncio.get_running_loop()
        self.stopping, self.slots = asyncio.Event(), asyncio.Semaphore(engine.concurrency)
        self.scouting = {(model.base_url, model.name): asyncio.Lock() for model in self.models}
        self.last, self.turn = time.monotonic(), asyncio.Lock()
        live = asyncio.Semaphore(engine.concurrency * AHEAD)
        async with AsyncExitStack() as stack:
            self.clients = [
                await stack.enter_async_context(calling_client(model, engine.concurrency)) for model in self.models
            ]
            alive = asyncio.create_task(self.alive())
            with self.interruptible():
                try:
                    for number, conversation in enumerate(conversations):
                        await live.acquire()
                        if self.stop:
                            break
                        task = asyncio.create_task(self.drive(number, conversation))
                        self.tasks.add(task)
                        task.add_done_callback(self.tasks.discard)
                        task.add_done_callback(lambda _: live.release())
                        await asyncio.sleep(0)  # the calls on their way go on while the next ones are made up
                except BaseException as error:  # the calls on their way are paid for and come first
                    self.halt(error)
                while self.tasks:
                    with suppress(asyncio.CancelledError):
                        await asyncio.wait(self.tasks)
            alive.cancel()
            with suppress(JournalBusy, SynthconvError):  # what stays claimed is free once this run is silent
                engine.journal.disclaim(self.run)

    async def alive(self) -> None:
        """Tell other runs on the journal that this one goes on, so that they leave its requests to it."""
        while True:
            with suppress(JournalBusy, SynthconvError):
                self.engine.journal.seen(self.run)
            await asyncio.sleep(SEEN_EVERY)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Ctrl-C ends the run once the calls on their way are answered; a second one ends it at once."""
        loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGINT)
        try:
            loop.add_signal_handler(signal.SIGINT, self.interrupt)
        except (NotImplementedError, RuntimeError, ValueError):  # another system, or not the main thread
            yield
            return
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            signal.signal(signal.SIGINT, before)

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        self.interrupts += 1
        if self.interrupts > 1:
            for task in self.tasks:
                task.cancel()
        elif calls := self.engine.budget.calls_held:
            self.engine.tell(f"waiting for {calls} answers that are paid for, to keep them; Ctrl-C again leaves them")
        self.halt(KeyboardInterrupt())

    def halt(self, error: BaseException) -> None:
        """Send nothing more; `error` is raised when the calls on their way are done."""
        self.stop = self.stop or error
        self.stopping.set()

    async def drive(self, number: int, conversation: Conversation[R]) -> None:
        """One conversation to its end."""
        answers: list[Answer] | None = None
        try:
            while True:
                try:
                    async with self.turn:  # between two turns the loop sees to the calls
                        await asyncio.sleep(0)
                        requests = next(conversation) if answers is None else conversation.send(answers)
                except StopIteration as end:
                    self.results[number] = end.value
                    return
                if len(requests) == 1:
                    answers = [await self.answer(requests[0])]
                else:
                    answers = all_of(await asyncio.gather(*map(self.answer, requests), return_exceptions=True))
        except _Stopped:
            pass
        except asyncio.CancelledError:
            self.halt(KeyboardInterrupt())
        except BaseException as error:  # whatever it is, the calls on their way are paid for and come first
            self.halt(error)

    async def answer(self, request: Request) -> Answer:
        """The answer to a request: from the journal, from a call on its way, or from a call of its own."""
        if found := self.known(request):
            return found
        if flying := self.flying.get(request.key):
            return await asyncio.shield(flying)
        future = self.flying[request.key] = asyncio.get_running_loop().create_future()
        try:
            answer = await self.asked(request)
            future.set_result(answer)
            return answer
        except BaseException as error:
            future.set_exception(_Stopped() if isinstance(error, asyncio.CancelledError) else error)
            future.exception()  # nobody may be waiting for it
            raise
        finally:
            del self.flying[request.key]

    def known(self, request: Request) -> Answer | None:
        """The answer that the journal has."""
        if found := self.engine.journal.get(request.key):
            self.engine.meter.count(request, found, paid=False)
        return found

    def claimed(self, request: Request) -> bool:
        """Whether the request is this run's to send: no other run on the journal is asking for it."""
        with suppress(JournalBusy):
            if not self.seen:  # what a run claims that nobody has seen counts for nothing
                self.engine.journal.seen(self.run)
                self.seen = True
            return self.engine.journal.claim(request.key, self.run)
        return False

    async def asked(self, request: Request) -> Answer:
        """The answer to a request, asked for until it comes."""
        engine, model = self.engine, self.models[request.server]
        server, failures, rates, looks = (model.base_url, model.name), 0, 0, 0
        while True:
            outcome: Answer | Trouble | None = None
            async with AsyncExitStack() as scout:
                if server not in engine.proven:  # one call at a time until the server has taken one as it is
                    await scout.enter_async_context(self.scouting[server])
                    if server in engine.proven:
                        await scout.aclose()
                async with self.slots:
                    mine = self.claimed(request)
                    if found := self.known(request):  # after the claim: a run that asked for it may just have ended
                        return found
                    if not mine:
                        looks += 1
                        wait = min(looks * ELSEWHERE, ELSEWHERE_MOST)
                    elif not (wait := self.not_before(request)):
                        outcome = await self.sent(request, server)
                if isinstance(outcome, Answer):
                    return outcome
                if outcome and outcome.kind == "failure":
                    failures += 1
                    if server not in engine.proven:  # all its calls fail together
                        failures = self.unreached[server] = self.unreached[server] + 1
                    if failures >= (TRIES if server in engine.proven else TRIES_UNREACHED):
                        self.fail(request, outcome, f"failed {failures} times in a row")
                    await self.nap(max(backoff(request, failures), min(outcome.wait or 0.0, PATIENCE)))
                    continue
            if outcome and outcome.kind == "rate":
                rates += 1
                wait = backoff(request, rates) if outcome.wait is None else max(outcome.wait, 0.05)
                engine.crowds[request.server].note(True, time.monotonic(), wait)
                if max(wait, time.monotonic() - self.last - engine.timeout) > PATIENCE:
                    self.fail(request, outcome, f"refuses calls for more than {PATIENCE / 60:.0f} minutes")
                if wait > LONG_WAIT:
                    engine.tell(f"{model.name}: a call waits {wait:.0f} s ({outcome.what[:80]})")
            await self.nap(wait)

    def fail(self, request: Request, trouble: Trouble, how: str) -> None:
        """End the run for a call that gets no answer."""
        model = self.models[request.server]
        cure = "all answers so far are in the journal; look at the server, then run the same command again"
        if not self.engine.proven:
            cure = "is the server running there? check --base-url"
        cause = f"{model.base_url} {how} for {model.name}, at last with: {hidden(trouble.what, model)}"
        self.halt(SynthconvError(cause, cure))
        raise _Stopped

    def not_before(self, request: Request) -> float:
        """Seconds until the request's model may be asked; 0 if now, which takes its place in the pace."""
        now = time.monotonic()
        pause = self.engine.crowds[request.server].until - now
        return pause if pause > 0 else self.engine.paces[request.server].wait(request, now)

    async def nap(self, seconds: float) -> None:
        """Sleep, unless the run ends meanwhile."""
        if seconds > 0 and not self.stop:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), seconds)
        if self.stop:
            raise _Stopped

    async def sent(self, request: Request, server: tuple[str, str]) -> Answer | Trouble:
        """One call, if the caps allow it; its answer is in the journal when this returns."""
        engine = self.engine
        await self.allowed(request)
        engine.journal.check_room(engine.budget.calls_held + 1)
        engine.budget.hold(request)
        outcome: Answer | Trouble | SynthconvError | None = None
        try:
            outcome = await self.call(request, server)
            if isinstance(outcome, Answer):
                engine.proven.add(server)
                outcome = await self.kept(request, outcome)
        finally:
            engine.budget.release(request, unsure=may_be_paid(outcome))
        if isinstance(outcome, SynthconvError):
            self.halt(outcome)
            raise _Stopped
        if isinstance(outcome, Answer):
            self.last = time.monotonic()
            engine.crowds[request.server].note(False, self.last)
            engine.tick(engine.meter)
        return outcome

    async def allowed(self, request: Request) -> None:
        """Return when the caps let the call through; end the run if they will not."""
        budget = self.engine.budget
        while (cap := budget.exceeded(request)) and not self.stop:
            if budget.calls_held and cap.may_pass:
                await self.nap(BUSY)  # what the calls on their way leave of what is set aside for them may do
            else:
                self.halt(budget.spent(cap.option))
        if self.stop:
            raise _Stopped

    async def kept(self, request: Request, answer: Answer) -> Answer:
        """The answer as the journal has it; the loop goes on while another process is writing there.

        If the journal takes it no more, it goes to a file of its own, and the run ends.
        """
        engine = self.engine
        while True:
            try:
                kept = engine.journal.put(request, answer)
            except JournalBusy:
                try:
                    await asyncio.sleep(BUSY)
                except asyncio.CancelledError:
                    engine.tell(engine.journal.rescue(request, answer))
                    raise
                continue
            except SynthconvError as error:
                engine.tell(engine.journal.rescue(request, answer))
                self.halt(error)
                raise _Stopped from None
            engine.meter.count(request, kept, paid=True)
            return kept

    async def call(self, request: Request, server: tuple[str, str]) -> Answer | Trouble | SynthconvError:
        """What came back for a request, sent in the form that its server is known to take."""
        engine, model, client = self.engine, self.models[request.server], self.clients[request.server]
        dialect = engine.dialects.get(server, Dialect())
        body = request.body(dialect.form, dialect.limit, warm=dialect.warm)
        try:
            async with asyncio.timeout(engine.timeout):  # as `extra_body` the schema is not gone through again
                named, rest = {key: body.pop(key) for key in ("model", "messages")}, body
                response = await client.chat.completions.with_raw_response.create(**named, extra_body=rest)
            return read(text_of(response.content, model), model)
        except TimeoutError:
            return Trouble("failure", f"no answer within {engine.timeout:g} seconds", paid=True)
        except openai.APIStatusError as refusal:
            status, error = refusal.status_code, error_of(text_of(refusal.response.content, model))
            if other := dialect.without(status, error):
                if engine.dialects.get(server, Dialect()) == dialect:
                    engine.dialects[server] = other
                return Trouble("form", f"{status} {error['message']}")
            return verdict(status, error, model, retry_after(dict(refusal.response.headers), time.time()))
        except openai.APIError as error:
            return Trouble("failure", innermost(error), paid=not unreached(error))
        except (ValueError, LookupError, AssertionError, OSError) as error:  # the client fails on a hostile response
            return Trouble("failure", f"a response that cannot be read: {innermost(error)}", paid=True)
