"""Any iterable -> chunks -> concurrent calls -> outcomes: the one engine behind every batched call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Generic, Literal, NoReturn, TypeAlias, TypeVar

from attrs import define

from lemlist_async.batch import DEFAULT_CONCURRENCY
from lemlist_async.batch.chunks import Check, Chunk, Chunker, Send, nothing_wrong
from lemlist_async.batch.delivery import Delivery, current_task, until_ended
from lemlist_async.batch.oneshot import OneShot
from lemlist_async.batch.outcomes import Ambiguous, Done, Failed, Item, Outcome, Result, Unsent
from lemlist_async.batch.report import Progress, Report, Tally, batch_error, has_failed
from lemlist_async.batch.source import Source
from lemlist_async.errors import DeadlineExceededError, InvalidRequestError, LemlistError
from lemlist_async.wire.telemetry import span

Malformed: TypeAlias = Literal["stop", "skip"]
Value = TypeVar("Value")


@define(kw_only=True)
class Options:
    """How a run behaves.

    Attributes:
        concurrency: chunks in flight at the same time.
        dedupe: drop an item that came before in this run; costs memory for every item.
        malformed: what a malformed item does: `stop` the run before it, or be `skip`ped. Either way it is in
            `report.rejected`, and nothing valid is lost: it is done, or in `report.unsent`.
        flush_after: seconds after which a short chunk is sent when an async source stalls; None to wait for a full one.
        deadline: seconds for the whole run, waits included; what is under way then is cut off.
        raise_on_error: whether awaiting the run raises `BatchError` when something failed, or returns the report.
    """

    concurrency: int = DEFAULT_CONCURRENCY
    dedupe: bool = False
    malformed: Malformed = "stop"
    flush_after: float | None = None
    deadline: float | None = None
    raise_on_error: bool = True

    def __attrs_post_init__(self) -> None:
        if self.concurrency < 1:
            raise InvalidRequestError(f"concurrency must be at least 1, not {self.concurrency}.")
        if self.malformed not in {"stop", "skip"}:
            raise InvalidRequestError(f"malformed must be 'stop' or 'skip', not {self.malformed!r}.")
        for name in ("flush_after", "deadline"):
            if (seconds := getattr(self, name)) is not None and seconds <= 0:
                raise InvalidRequestError(f"{name} must be more than 0 seconds, or None.")


@define(eq=False)
class _Ending:
    """Why a run takes no more.

    Attributes:
        stopped: whether it was asked to stop, or had to.
        reason: the failure that every other chunk would share, or the deadline.
        foreign: an exception that is not lemlist's; it goes back to the caller as it is.
    """

    stopped: bool = False
    reason: LemlistError | None = None
    foreign: BaseException | None = None

    def raise_foreign(self) -> None:
        """Raise what is not lemlist's, if there is something."""
        if self.foreign is not None:
            raise self.foreign


class Run(OneShot[Report], Generic[Item, Result, Report]):
    """A batch under way: await it for the totals, or stream its outcomes. It starts nothing before that.

    ```python
    report = await run
    ```
    ```python
    async with run as outcomes:
        async for outcome in outcomes: ...
    ```

    It fits `create_task` and `gather` and can be used once, see `OneShot`. `run.report` reads the
    totals at any moment, while it goes on and after it was cancelled.

    Reading is lazy: never more than `(concurrency + 1) * size` items are taken ahead of the answers, so a generator of
    a million items needs no more memory than one of ten thousand. What grows is what `dedupe` remembers (every item),
    and what the report has to name: chunks that failed (unless `forget` lets go of them) or are in doubt, with their
    errors, and malformed items.
    Outcomes come in the order in which they are known, not in the order of the input.

    Awaiting raises `BatchError` if anything failed, after everything that can still succeed was tried; streaming
    raises it at the end only if the run was stopped early, since the outcomes tell the rest. `await run.settle()`
    returns the report in every case, without try and except. An exception
    of the caller's own iterable reaches the caller as itself, once what was read before it is dealt with.
    A failure that every other chunk would share (`error.is_shared`) stops the run: what is in flight is finished, and
    nothing more is sent.

    Leaving the `async with` block early stops the run in the same way; leaving it with an exception, and
    cancelling it, cuts off what is in flight, and the report counts that as ambiguous.

    An item may be an object of the caller's own that carries what is to be sent, so that no ledger by position is
    needed beside the run: with `of`, the items are sent, checked and compared as `of(item)`, while outcomes and the
    report hold the objects themselves, at their positions.

    ```python
    run = lemlist.contacts.upsert_many(rows, of=lambda row: row.contact)
    async with run as outcomes:
        async for outcome in outcomes:
            outcome.item.mark(outcome)  # the row
    ```

    `of` is called once for each item when it is read (once more if a list is checked before anything is sent). An
    exception of it ends the run as one of the iterable does, but what was read together with that item stays unsent.
    """

    def __init__(
        self,
        items: Iterable[Item] | AsyncIterable[Item],
        size: int,
        send: Send[Value, Result],
        tally: Tally[Item, Result, Report],
        options: Options,
        *,
        check: Check[Value] = nothing_wrong,
        of: Callable[[Item], Value] | None = None,
        unwrap: Callable[[Any], Item] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source: Source[Item] = Source(items, clock)
        super().__init__(clock)
        dedupe = options.dedupe and not (of is None and self._source.is_set)
        self._chunker: Chunker[Item] = Chunker(size, check, dedupe, of, unwrap)
        self._delivery: Delivery[Item, Result] = Delivery(
            send, self._settle, self._fail, asyncio.Semaphore(options.concurrency)
        )
        self._tally = tally
        self._options = options
        self._ending = _Ending()
        self._feeder: asyncio.Task[None] | None = None
        self._engine: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        state = "not begun" if self._began is None else "under way" if self._ended is None else "ended"
        return f"<Run {state}: {self.done} of {self._chunker.submitted} items done>"

    @property
    def report(self) -> Report:
        """The totals of this moment: done + failed + ambiguous + unsent is always what was taken from the input."""
        return self._tally.report(
            Progress(
                submitted=self._chunker.submitted,
                duplicates=self._chunker.duplicates,
                rejected=tuple(self._chunker.rejected),
                in_doubt=tuple(one for one in self._unsettled() if isinstance(one, Ambiguous)),
                left=tuple(self.left),
                elapsed=self.elapsed,
                stopped_by=self._ending.reason,
            )
        )

    @property
    def done(self) -> int:
        """How many items are done, as in the report."""
        return self._tally.done

    @property
    def requests(self) -> int:
        """How many attempts were made, as in the report."""
        return self._tally.requests + sum(chunk.attempts.requests for chunk in self._delivery.open)

    @property
    def failures(self) -> Sequence[Failed[Item]]:
        """What was not applied, as in the report."""
        return self._tally.failures

    def forget(self, failures: Iterable[Failed[Item]]) -> None:
        """Let go of failures, for a caller who streams and has dealt with them; the report still counts them."""
        for failure in failures:
            self._tally.forget(failure)

    @property
    def doubts(self) -> Sequence[Ambiguous[Item]]:
        """What was handed to the network and never answered, or not yet, as in the report."""
        return [*self._tally.doubts, *(one for one in self._unsettled() if isinstance(one, Ambiguous))]

    @property
    def left(self) -> Sequence[Unsent[Item]]:
        """What was taken and is not sent, or not yet, as in the report."""
        left = [one for one in self._unsettled() if isinstance(one, Unsent)]
        waiting = self._chunker.waiting
        return [*left, waiting] if waiting.items else left

    def stop(self) -> None:
        """Take no more from the input, finish what lemlist may have seen, and leave the rest unsent.

        Safe to call at any time from the event loop's thread. Awaiting the run then returns, or raises, as usual.
        """
        self._ending.stopped = True
        if self._feeder is not None and self._feeder is not current_task():
            self._feeder.cancel()
        self._delivery.cancel_unwritten()

    async def settle(self) -> Report:
        """Do all of it and return the report, whatever it says: nothing that it holds is raised.

        `report.ok` tells whether everything is done, `report.stopped_by` what kept the run from coming to its end. An
        exception of the caller's own iterable is raised as itself, and so is a cancellation.
        """
        self._begin()
        return await self._whole()

    async def _main(self) -> Report:
        report = await self._whole()
        if self._options.raise_on_error and (self._ending.reason or has_failed(report)):
            raise batch_error(report, self._ending.reason) from self._ending.reason
        return report

    async def _whole(self) -> Report:
        await self._execute()
        self._ending.raise_foreign()
        return self.report

    def __aiter__(self) -> NoReturn:
        raise TypeError("Stream a run with `async with run as outcomes: async for outcome in outcomes: …`.")

    async def __aenter__(self) -> AsyncIterator[Outcome[Item, Result]]:
        self._begin()
        self._delivery.stream()
        self._engine = asyncio.create_task(self._execute())
        return _Outcomes(self._next_outcome)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        engine = self._engine
        assert engine is not None  # noqa: S101 - for the type checker: __aenter__ made it
        self.stop()
        if error is not None:
            engine.cancel()
        await until_ended(engine)
        if error is None:
            self._ending.raise_foreign()
            engine.result()

    async def _next_outcome(self) -> Outcome[Item, Result]:
        outcome = await self._delivery.next_outcome()
        if outcome is not None:
            return outcome
        self._ending.raise_foreign()
        if self._ending.reason is not None and self._options.raise_on_error:
            raise batch_error(self.report, self._ending.reason) from self._ending.reason
        raise StopAsyncIteration

    async def _execute(self) -> None:
        """Feed and deliver until the input ends, the run is stopped, or the deadline passes."""
        try:
            with span("lemlist run", {"lemlist.run": type(self._tally).__name__.removesuffix("Tally").lower()}):
                async with asyncio.timeout(self._options.deadline), asyncio.TaskGroup() as tasks:
                    self._feeder = tasks.create_task(self._feed(tasks))
        except TimeoutError:  # the deadline's: the tasks keep theirs to themselves
            self._ending.reason = self._ending.reason or self._late()
        finally:
            self._sift()  # what was read last may hold duplicates of what is done
            self._end()
            self._delivery.end()

    async def _feed(self, tasks: asyncio.TaskGroup) -> None:
        flusher = None
        if self._options.flush_after is not None:
            flusher = tasks.create_task(self._flush_stalls(self._options.flush_after, tasks))
        try:
            await self._check_all_at_once()
            while self._goes_on():
                more = await self._source.read(self._chunker, self._goes_on)
                self._keep_foreign(self._source.error)
                await self._pass_on(tasks, at_once=not more)
                if not more:
                    break
        finally:
            if flusher is not None:
                flusher.cancel()
            await self._source.close()
            self._keep_foreign(self._source.error)

    async def _pass_on(self, tasks: asyncio.TaskGroup, *, at_once: bool) -> None:
        """Sift what was read; send it if that fills a chunk, or `at_once`."""
        self._sift()
        if self._goes_on() and (at_once or self._chunker.room == 0):
            await self._dispatch(tasks)
        else:  # an input that is nothing but duplicates must not hold the loop
            await asyncio.sleep(0)

    async def _flush_stalls(self, seconds: float, tasks: asyncio.TaskGroup) -> None:
        """Send a short chunk when its oldest item has waited for so many seconds."""
        while True:
            await asyncio.sleep(max(0.0, seconds - self._source.waited))
            if self._source.waited >= seconds:
                await self._dispatch(tasks)

    async def _dispatch(self, tasks: asyncio.TaskGroup) -> None:
        """Wait for a free slot, then send what has gathered, also while it waited."""
        await self._delivery.slots.acquire()
        self._source.waits_since = None
        self._sift()
        chunk = self._chunker.take() if self._goes_on() else None
        if chunk is None:
            self._delivery.slots.release()
        else:
            self._delivery.start(chunk, tasks)

    async def _check_all_at_once(self) -> None:
        """Find a malformed item before the first request if the input can be read twice.

        What is read later is checked all the same: the caller may change a list in the meantime.
        """
        collection = self._source.collection
        if self._options.malformed != "stop" or collection is None:
            return
        try:
            if not await self._source.is_free_of(self._chunker.problems):
                self._chunker.raw.extend(collection)
        except Exception as error:  # noqa: BLE001 - the caller's own collection cannot be read
            self._stop_by_foreign(error)
            return
        self._sift()

    def _sift(self) -> None:
        """Sift what was read, and stop at a malformed item. What the caller's own items or `of` raise is theirs."""
        try:
            self._chunker.sift()
        except Exception as error:  # noqa: BLE001 - it goes back as it is; what was to be sifted stays unsent
            self._stop_by_foreign(error)
        rejected = self._chunker.rejected
        if rejected and self._options.malformed == "stop" and self._ending.reason is None:
            self._stop_by(InvalidRequestError(f"item {rejected[0].position}: {rejected[0].reason}"))

    def _goes_on(self) -> bool:
        return not self._ending.stopped

    def _settle(self, _chunk: Chunk[Item], outcome: Outcome[Item, Result]) -> None:
        self._tally.settle(outcome)
        if not isinstance(outcome, Done) and outcome.error is not None and outcome.error.is_shared:
            self._stop_by(outcome.error)

    def _fail(self, _chunk: Chunk[Item], error: BaseException) -> None:
        """Stop; the chunk stays open, and the report reads from it whether it is in doubt."""
        self._stop_by_foreign(error)

    def _stop_by(self, error: LemlistError) -> None:
        self._ending.reason = self._ending.reason or error
        self.stop()

    def _stop_by_foreign(self, error: BaseException) -> None:
        self._keep_foreign(error)
        self.stop()

    def _keep_foreign(self, error: BaseException | None) -> None:
        self._ending.foreign = self._ending.foreign or error

    def _unsettled(self) -> Sequence[Ambiguous[Item] | Unsent[Item]]:
        return [chunk.unsettled for chunk in self._delivery.open]

    def _late(self) -> LemlistError:
        return DeadlineExceededError(f"the run's deadline of {self._options.deadline:g} s passed.")


@define
class _Outcomes(AsyncIterator[Outcome[Item, Result]], Generic[Item, Result]):
    """The outcomes of a run, as they become known."""

    _next: Callable[[], Awaitable[Outcome[Item, Result]]]

    async def __anext__(self) -> Outcome[Item, Result]:
        return await self._next()
