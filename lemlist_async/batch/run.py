"""Any iterable -> chunks -> concurrent calls -> outcomes: the engine behind every batched call."""

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
from lemlist_async.spelling import counted
from lemlist_async.wire.telemetry import span

Malformed: TypeAlias = Literal["stop", "skip"]
Value = TypeVar("Value")


@define(kw_only=True)
class Options:
    """The options of a run.

    Attributes:
        concurrency: chunks in flight at the same time.
        dedupe: drop an item that came earlier in this run; costs memory for every item.
        malformed: `stop` the run before a malformed item, or `skip` the item. Either way it is in
            `report.rejected`, and no valid item is lost: it is done, or in `report.unsent`.
        flush_after: seconds after which a short chunk is sent if an async source stalls; None to wait for a full one.
        deadline: seconds for the whole run, waits included; what is in flight then is cancelled.
        raise_on_error: whether awaiting the run raises `BatchError` if something failed, or returns the report.
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
    """Why a run reads no more items.

    Attributes:
        stopped: whether it was asked to stop, or had to.
        reason: the failure that every other chunk would share, or the deadline.
        foreign: an exception that is not lemlist's; the caller gets it unchanged.
    """

    stopped: bool = False
    reason: LemlistError | None = None
    foreign: BaseException | None = None

    def raise_foreign(self) -> None:
        """Raise the exception that is not lemlist's, if there is one."""
        if self.foreign is not None:
            raise self.foreign


class Run(OneShot[Report], Generic[Item, Result, Report]):
    """A batch that is being sent: await it for the totals, or stream its outcomes. Nothing is sent before that.

    ```python
    report = await run
    ```
    ```python
    async with run as outcomes:
        async for outcome in outcomes: ...
    ```

    It fits `create_task` and `gather` and can be used once, see `OneShot`. `run.report` returns the totals so far, at
    any moment, also after a cancellation.

    Reading is lazy: never more than `(concurrency + 1) * size` items are taken ahead of the answers, so a generator of
    a million items needs no more memory than one of ten thousand. What grows is what `dedupe` remembers (every item),
    and what the report has to name: chunks that failed (unless they are passed to `forget`) or are ambiguous, with
    their errors, and malformed items.
    Outcomes come in the order of the answers, not in the order of the input.

    Awaiting raises `BatchError` if anything failed, after everything that can still succeed was tried; streaming
    raises it at the end only if the run was stopped early, since the outcomes tell the rest. `await run.settle()`
    returns the report in every case. An exception of the caller's own iterable is raised unchanged, after the items
    that were read before it are sent.
    A failure that every other chunk would share (`error.is_shared`) stops the run: what is in flight is finished, and
    nothing more is sent.

    Leaving the `async with` block early stops the run in the same way; leaving it with an exception, and
    cancelling it, cancels what is in flight, and the report counts that as ambiguous.

    An item may be an object of the caller's own that carries what is to be sent, so that the caller need not look
    items up by position: with `of`, the items are sent, checked and compared as `of(item)`, while outcomes and the
    report hold the objects themselves.

    ```python
    run = lemlist.contacts.upsert_many(rows, of=lambda row: row.contact)
    async with run as outcomes:
        async for outcome in outcomes:
            outcome.item.mark(outcome)  # the row
    ```

    With `halvings`, a chunk that lemlist refuses with 400 is sent again as its halves, and these again, until the
    items that it refuses stand alone. It must be safe to repeat.

    `of` is called once for each item when it is read (once more if a list is checked before anything is sent). If
    it raises, the run ends as if the iterable had raised, but items that were read together with that one stay unsent.
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
        halvings: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source: Source[Item] = Source(items, clock)
        super().__init__(clock)
        dedupe = options.dedupe and not (of is None and self._source.is_set)
        self._chunker: Chunker[Item] = Chunker(size, check, dedupe, of, unwrap)
        self._delivery: Delivery[Item, Result] = Delivery(
            send, self._settle, self._fail, asyncio.Semaphore(options.concurrency), self._halved
        )
        self._halvings = halvings
        self._tally = tally
        self._options = options
        self._ending = _Ending()
        self._feeder: asyncio.Task[None] | None = None
        self._engine: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        state = "not begun" if self._began is None else "under way" if self._ended is None else "ended"
        return f"<Run {state}: {self.done} of {counted(self._chunker.submitted, 'item', 'items')} done>"

    @property
    def report(self) -> Report:
        """The totals so far: done + failed + ambiguous + unsent is always what was taken from the input."""
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
        """The failures, as in the report."""
        return self._tally.failures

    def forget(self, failures: Iterable[Failed[Item]]) -> None:
        """Drop failures that a streaming caller has handled, to save memory; the report still counts them."""
        for failure in failures:
            self._tally.forget(failure)

    @property
    def doubts(self) -> Sequence[Ambiguous[Item]]:
        """The chunks that were handed to the network and have no answer, or not yet, as in the report."""
        return [*self._tally.doubts, *(one for one in self._unsettled() if isinstance(one, Ambiguous))]

    @property
    def left(self) -> Sequence[Unsent[Item]]:
        """The items that were taken and are not sent, or not yet, as in the report."""
        left = [one for one in self._unsettled() if isinstance(one, Unsent)]
        waiting = self._chunker.waiting
        return [*left, waiting] if waiting.items else left

    def keep_slots(self) -> int:
        """Leave it to the reader of the outcomes to free their slots, by `free_slots`; return how many slots there are.

        For a caller who writes outcomes down: what is in flight and what is not written down yet are then never more
        than `concurrency` together. To be called before the run begins.
        """
        self._delivery.keeps_slots = True
        return self._options.concurrency

    def free_slots(self, outcomes: int) -> None:
        """Free the slots of so many outcomes, so that as many more chunks can be sent."""
        self._delivery.free(outcomes)

    def stop(self) -> None:
        """Read no more items, finish what is in flight, and leave the rest unsent.

        Safe to call at any time from the event loop's thread. Awaiting the run then returns, or raises, as usual.
        """
        self._ending.stopped = True
        if self._feeder is not None and self._feeder is not current_task():
            self._feeder.cancel()
        self._delivery.cancel_unwritten()

    async def settle(self) -> Report:
        """Run to the end and return the report; a failure that is in the report is not raised.

        `report.ok` tells whether everything is done, `report.stopped_by` why the run ended early. An exception of the
        caller's own iterable is raised unchanged, and so is a cancellation.
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
        """Read and send until the input ends, the run is stopped, or the deadline passes."""
        try:
            with span("lemlist run", {"lemlist.run": type(self._tally).__name__.removesuffix("Tally").lower()}):
                async with asyncio.timeout(self._options.deadline), asyncio.TaskGroup() as tasks:
                    self._feeder = tasks.create_task(self._feed(tasks))
        except TimeoutError:  # the deadline's: the tasks catch their own
            self._ending.reason = self._ending.reason or self._late()
        finally:
            self._accept()  # the items that were read last may be duplicates of done ones
            self._end()
            self._delivery.end()

    async def _feed(self, tasks: asyncio.TaskGroup) -> None:
        flusher = None
        if self._options.flush_after is not None:
            flusher = tasks.create_task(self._flush_stalls(self._options.flush_after, tasks))
        try:
            await self._check_all_at_once()
            while self._may_continue():
                more = await self._source.read(self._chunker, self._may_continue)
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
        """Accept what was read; send it if that fills a chunk, or `at_once`."""
        self._accept()
        if self._may_continue() and (at_once or self._chunker.room == 0):
            await self._dispatch(tasks)
        else:  # an input of nothing but duplicates must not block the loop
            await asyncio.sleep(0)

    async def _flush_stalls(self, seconds: float, tasks: asyncio.TaskGroup) -> None:
        """Send a short chunk when its oldest item has waited for so many seconds."""
        while True:
            await asyncio.sleep(max(0.0, seconds - self._source.waited))
            if self._source.waited >= seconds:
                await self._dispatch(tasks)

    async def _dispatch(self, tasks: asyncio.TaskGroup) -> None:
        """Wait for a free slot, then send what was collected by then."""
        await self._delivery.slots.acquire()
        self._source.waits_since = None
        self._accept()
        chunk = self._chunker.take() if self._may_continue() else None
        if chunk is None:
            self._delivery.slots.release()
        else:
            self._delivery.start(chunk, tasks)

    async def _check_all_at_once(self) -> None:
        """Find a malformed item before the first request, if the input can be read twice.

        Items are checked again when they are read: the caller may have changed the list.
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
        self._accept()

    def _accept(self) -> None:
        """Accept what was read, and stop at a malformed item. What the caller's items or `of` raise is the caller's."""
        try:
            self._chunker.accept()
        except Exception as error:  # noqa: BLE001 - it goes back as it is; what was read stays unsent
            self._stop_by_foreign(error)
        rejected = self._chunker.rejected
        if rejected and self._options.malformed == "stop" and self._ending.reason is None:
            self._stop_by(InvalidRequestError(f"item {rejected[0].position}: {rejected[0].reason}"))

    def _may_continue(self) -> bool:
        return not self._ending.stopped

    def _settle(self, _chunk: Chunk[Item], outcome: Outcome[Item, Result]) -> None:
        self._tally.settle(outcome)
        if not isinstance(outcome, Done) and outcome.error is not None and outcome.error.is_shared:
            self._stop_by(outcome.error)

    def _halved(self, chunk: Chunk[Item], outcome: Outcome[Item, Result]) -> tuple[Chunk[Item], Chunk[Item]] | None:
        """Return the halves of a chunk that lemlist refused, as long as halvings are left."""
        is_refused = isinstance(outcome, Failed) and outcome.error.status == 400 and not outcome.error.is_shared
        if not (is_refused and len(chunk.items) > 1 and self._halvings and self._may_continue()):
            return None
        self._halvings -= 1
        self._tally.requests += outcome.requests
        return chunk.halves()

    def _fail(self, _chunk: Chunk[Item], error: BaseException) -> None:
        """Stop. The chunk stays open, and the report tells whether it is ambiguous."""
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
    """The outcomes of a run, as they arrive."""

    _next: Callable[[], Awaitable[Outcome[Item, Result]]]

    async def __anext__(self) -> Outcome[Item, Result]:
        return await self._next()
