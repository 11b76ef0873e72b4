"""Any iterable -> chunks -> concurrent calls -> outcomes: the one engine behind every batched call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from collections.abc import Set as AbstractSet
from itertools import islice
from types import TracebackType
from typing import Any, Generic, Literal, NoReturn, TypeAlias, TypeVar

from attrs import define

from lemlist_async.batch.chunks import Check, Chunk, Chunker, Send, nothing_wrong
from lemlist_async.batch.delivery import is_cancelled, see_out
from lemlist_async.batch.oneshot import OneShot
from lemlist_async.batch.outcomes import Ambiguous, Done, Failed, Item, Outcome, Result, Unsent
from lemlist_async.batch.report import Progress, Report, Tally
from lemlist_async.errors import BatchError, DeadlineExceededError, InvalidRequestError, LemlistError
from lemlist_async.wire.telemetry import span

# As many as one window of the limit: they go out as one burst, which met no 429 in 200 chunks where 5 at once,
# spread over the window, met 13 in 1,000.
DEFAULT_CONCURRENCY = 20
_CHECKED_AT_ONCE = 1000
Malformed: TypeAlias = Literal["stop", "skip"]
Value = TypeVar("Value")


@define(kw_only=True)
class Options:
    """How a run behaves.

    Attributes:
        concurrency: chunks on their way at the same time.
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
    a million items needs no more memory than one of ten thousand (what `dedupe` remembers aside). Outcomes come in
    the order in which they are known, not in the order of the input.

    Awaiting raises `BatchError` if anything failed, after everything that can still succeed was tried; streaming
    raises it at the end only if the run was stopped early, since the outcomes tell the rest. An exception
    of the caller's own iterable reaches the caller as itself, once what was read before it is dealt with.
    A failure that every other chunk would share (`error.is_shared`) stops the run: what is on its way is finished, and
    nothing more is sent.

    Leaving the `async with` block early stops the run in the same way; leaving it with an exception, and
    cancelling it, cuts off what is on its way, and the report counts that as ambiguous.

    An item may be an object of the caller's own that carries what is to be sent, so that no ledger by position is
    needed beside the run: with `of`, the items are sent, checked and compared as `of(item)`, while outcomes and the
    report hold the objects themselves, at their positions.

    ```python
    run = lemlist.contacts.upsert_many(rows, of=lambda row: row.contact)
    async with run as outcomes:
        async for outcome in outcomes:
            outcome.item.mark(outcome)  # the row
    ```

    `of` is called once for each item when it is read (once more where a list is checked before anything is sent). An
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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if isinstance(items, str | bytes | bytearray) or not isinstance(items, Iterable | AsyncIterable):
            raise TypeError(f"Pass an iterable of items, such as a list, not one {type(items).__name__}.")
        super().__init__(clock)
        self._items = items
        self._source = aiter(items) if isinstance(items, AsyncIterable) else iter(items)
        self._send = send
        self._tally = tally
        self._options = options
        dedupe = options.dedupe and not (of is None and isinstance(items, AbstractSet))  # a set holds nothing twice
        self._chunker: Chunker[Item] = Chunker(size, check, dedupe, of)
        self._open: dict[Chunk[Item], asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(options.concurrency)
        self._stream: asyncio.Queue[Outcome[Item, Result] | None] | None = None
        self._engine: asyncio.Task[None] | None = None
        self._feeder: asyncio.Task[None] | None = None
        self._oldest: float | None = None
        self._stopped = False
        self._stopped_by: LemlistError | None = None
        self._foreign: BaseException | None = None

    def __repr__(self) -> str:
        state = "not begun" if self._began is None else "under way" if self._ended is None else "ended"
        return f"<Run {state}: {self._tally.done} of {self._chunker.submitted} items done>"

    # The report and the brake.

    @property
    def report(self) -> Report:
        """The totals of this moment: done + failed + ambiguous + unsent is always what was taken from the input."""
        standings = [chunk.standing for chunk in self._open]
        if (waiting := self._chunker.waiting).items:
            standings.append(waiting)
        return self._tally.report(
            Progress(
                submitted=self._chunker.submitted,
                duplicates=self._chunker.duplicates,
                rejected=tuple(self._chunker.rejected),
                in_doubt=tuple(one for one in standings if isinstance(one, Ambiguous)),
                left=tuple(one for one in standings if isinstance(one, Unsent)),
                elapsed=self.elapsed,
            )
        )

    @property
    def done(self) -> int:
        """How many items are done, as in the report."""
        return self._tally.done

    @property
    def requests(self) -> int:
        """How many attempts were made, as in the report."""
        return self._tally.requests + sum(chunk.attempts.requests for chunk in self._open)

    @property
    def failures(self) -> Sequence[Failed[Item]]:
        """What was not applied, as in the report."""
        return self._tally.failures

    def forget(self, failures: Iterable[Failed[Item]]) -> None:
        """Let go of failures, for a caller who streams and has dealt with them; the report then lacks them."""
        for failure in failures:
            self._tally.failures.remove(failure)

    @property
    def doubts(self) -> Sequence[Ambiguous[Item]]:
        """What was handed to the network and never answered, or not yet, as in the report."""
        open_ones = (chunk.standing for chunk in self._open)
        return [*self._tally.doubts, *(one for one in open_ones if isinstance(one, Ambiguous))]

    @property
    def left(self) -> Sequence[Unsent[Item]]:
        """What was taken and is not sent, or not yet, as in the report."""
        standings = [chunk.standing for chunk in self._open]
        if (waiting := self._chunker.waiting).items:
            standings.append(waiting)
        return [one for one in standings if isinstance(one, Unsent)]

    def stop(self) -> None:
        """Take no more from the input, finish what lemlist may have seen, and leave the rest unsent.

        Safe to call at any time from the event loop's thread. Awaiting the run then returns, or raises, as usual.
        """
        self._stopped = True
        current = _current_task()
        if self._feeder is not None and self._feeder is not current:
            self._feeder.cancel()
        for chunk, task in self._open.items():
            if task is not current and not chunk.attempts.on_wire and not chunk.attempts.ambiguous:
                task.cancel()

    # Awaiting.

    async def _main(self) -> Report:
        await self._execute()
        self._raise_foreign()
        report = self.report
        if self._options.raise_on_error and (self._stopped_by or self._has_failed(report)):
            raise self._batch_error(report) from self._stopped_by
        return report

    # Streaming.

    def __aiter__(self) -> NoReturn:
        raise TypeError("Stream a run with `async with run as outcomes: async for outcome in outcomes: …`.")

    async def __aenter__(self) -> AsyncIterator[Outcome[Item, Result]]:
        self._begin()
        self._stream = asyncio.Queue()
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
        await see_out(engine)
        if error is None:
            self._raise_foreign()
            engine.result()

    async def _next_outcome(self) -> Outcome[Item, Result]:
        assert self._stream is not None  # noqa: S101 - for the type checker: __aenter__ made it
        outcome = await self._stream.get()
        if outcome is not None:
            self._slots.release()
            return outcome
        self._stream.put_nowait(None)
        self._raise_foreign()
        if self._stopped_by is not None and self._options.raise_on_error:
            raise self._batch_error(self.report) from self._stopped_by
        raise StopAsyncIteration

    # The engine.

    async def _execute(self) -> None:
        """Feed and deliver until the input ends, the run is stopped, or the deadline passes."""
        try:
            with span("lemlist run", {"lemlist.run": type(self._tally).__name__.removesuffix("Tally").lower()}):
                async with asyncio.timeout(self._options.deadline), asyncio.TaskGroup() as tasks:
                    self._feeder = tasks.create_task(self._feed(tasks))
        except TimeoutError:  # the deadline's: the tasks keep theirs to themselves
            self._stopped_by = self._stopped_by or self._late()
        finally:
            self._sift()  # what was read last may hold duplicates of what is done
            self._end()
            if self._stream is not None:
                self._stream.put_nowait(None)

    async def _feed(self, tasks: asyncio.TaskGroup) -> None:
        flusher = None
        if self._options.flush_after is not None:
            flusher = tasks.create_task(self._flush_stalls(self._options.flush_after, tasks))
        try:
            await self._check_all_at_once()
            more = not self._stopped
            while more:
                more = await self._read()
                self._sift()
                if not self._stopped and (not more or self._chunker.room == 0):
                    await self._dispatch(tasks)
                else:  # an input that is nothing but duplicates must not hold the loop
                    await asyncio.sleep(0)
                more = more and not self._stopped
        finally:
            if flusher is not None:
                flusher.cancel()
            await self._close_source()

    async def _read(self) -> bool:
        """Fill the chunker's room; return whether more may come. The caller's own exception ends the reading."""
        try:
            if isinstance(self._source, AsyncIterator):
                more = await self._read_async(self._source)
            else:
                more = self._read_sync(self._source)
        except asyncio.CancelledError as error:
            more = False
            if not is_cancelled():  # something of the caller's was cancelled, not this run
                self._foreign = error
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the caller's and goes back as it is
            more = False
            self._foreign = error
        if is_cancelled():  # also where the caller's generator took that for an ordinary end
            raise asyncio.CancelledError
        return more

    def _read_sync(self, source: Iterator[Item]) -> bool:
        room = self._chunker.room
        before = len(self._chunker.raw)
        self._chunker.raw.extend(islice(source, room))  # keeps what came before an exception
        return len(self._chunker.raw) - before == room

    async def _read_async(self, source: AsyncIterator[Item]) -> bool:
        while self._chunker.room > 0 and not self._stopped and not is_cancelled():
            try:
                item = await anext(source)
            except StopAsyncIteration:
                return False
            self._chunker.raw.append(item)
            self._oldest = self._oldest or self._clock()
        return True

    async def _flush_stalls(self, seconds: float, tasks: asyncio.TaskGroup) -> None:
        """Send a short chunk when its oldest item has waited for so many seconds."""
        while True:
            waited = 0.0 if self._oldest is None else self._clock() - self._oldest
            await asyncio.sleep(max(0.0, seconds - waited))
            if self._oldest is not None and self._clock() - self._oldest >= seconds:
                await self._dispatch(tasks)

    async def _dispatch(self, tasks: asyncio.TaskGroup) -> None:
        """Wait for a free place, then send what has gathered, also while it waited."""
        await self._slots.acquire()
        self._oldest = None
        self._sift()
        chunk = None if self._stopped else self._chunker.take()
        if chunk is None:
            self._slots.release()
        else:
            self._open[chunk] = tasks.create_task(self._deliver(chunk))

    async def _deliver(self, chunk: Chunk[Item]) -> None:
        """Send one chunk and settle its outcome. Cut off at any await, it stays open, and the report reads it."""
        try:
            outcome = await chunk.outcome(self._send)
        except asyncio.CancelledError as error:
            if is_cancelled():
                raise
            self._stop_by_foreign(error)  # not ours: a limiter of the caller's own gave up
            return
        except Exception as error:  # noqa: BLE001 - not lemlist's: a defect, or a limiter of the caller's own
            self._stop_by_foreign(error)
            return
        del self._open[chunk]
        self._tally.settle(outcome)
        if not isinstance(outcome, Done) and outcome.error is not None and outcome.error.is_shared:
            self._stop_by(outcome.error)
        if self._stream is None:
            self._slots.release()
        else:  # the place is free when the outcome was taken: a slow reader slows the run down
            self._stream.put_nowait(outcome)

    # Stopping.

    async def _check_all_at_once(self) -> None:
        """Find a malformed item before the first request where the input can be read twice."""
        if self._options.malformed != "stop" or not isinstance(self._items, Collection):
            return
        try:
            if await self._is_well_formed(self._items):
                self._chunker.check = nothing_wrong
                return
            self._chunker.raw.extend(self._items)
        except Exception as error:  # noqa: BLE001 - the caller's own collection cannot be read
            self._stop_by_foreign(error)
            return
        self._sift()

    async def _is_well_formed(self, items: Collection[Item]) -> bool:
        source = iter(items)
        of = self._chunker.of
        while some := list(islice(source, _CHECKED_AT_ONCE)):
            if any(self._chunker.check(some if of is None else list(map(of, some)))):
                return False
            await asyncio.sleep(0)
        return True

    def _sift(self) -> None:
        """Sift what was read, and stop at a malformed item. What the caller's own items or `of` raise is theirs."""
        try:
            self._chunker.sift()
        except Exception as error:  # noqa: BLE001 - it goes back as it is; what was to be sifted stays unsent
            self._stop_by_foreign(error)
        self._stop_at_malformed()

    def _stop_at_malformed(self) -> None:
        if self._options.malformed == "stop" and self._chunker.rejected and self._stopped_by is None:
            first = self._chunker.rejected[0]
            self._stop_by(InvalidRequestError(f"item {first.position}: {first.reason}"))

    def _stop_by(self, error: LemlistError) -> None:
        self._stopped_by = self._stopped_by or error
        self.stop()

    def _stop_by_foreign(self, error: BaseException) -> None:
        self._foreign = self._foreign or error
        self.stop()

    async def _close_source(self) -> None:
        """End a generator that was not read to its end."""
        try:
            if isinstance(self._source, AsyncGenerator):
                await self._source.aclose()
            elif isinstance(self._source, Generator):
                self._source.close()
        except Exception as error:  # noqa: BLE001 - the caller's, as while reading; it must not cut off what is sent
            self._foreign = self._foreign or error

    # Endings.

    def _raise_foreign(self) -> None:
        if self._foreign is not None:
            raise self._foreign

    @staticmethod
    def _has_failed(report: Report) -> bool:
        return bool(report.failures or report.doubts or report.rejected)

    def _batch_error(self, report: Report) -> BatchError:
        errors = [one.error for one in report.failures] + [one.error for one in report.doubts if one.error]
        first = self._stopped_by or next(iter(errors), None)
        parts = [
            f"{count} {words}"
            for count, words in (
                (report.failed, "failed"),
                (len(report.ambiguous), "ambiguous"),
                (len(report.rejected), "malformed"),
                (len(report.unsent), "not sent"),
            )
            if count
        ]
        stopped = "The run was stopped. " if self._stopped_by else ""
        reason = f" First reason: {first}" if first else ""
        return BatchError(
            f"{stopped}Of {report.submitted} items {report.done} are done, {', '.join(parts) or 'none failed'};"
            f" see .report.{reason}",
            report=report,
        )

    def _late(self) -> LemlistError:
        return DeadlineExceededError(f"the run's deadline of {self._options.deadline:g} s passed.")


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no loop runs, as before the run was begun
        return None


@define
class _Outcomes(AsyncIterator[Outcome[Item, Result]], Generic[Item, Result]):
    """The outcomes of a run, as they become known."""

    _next: Callable[[], Awaitable[Outcome[Item, Result]]]

    async def __anext__(self) -> Outcome[Item, Result]:
        return await self._next()
