"""The engine behind every batched call, without HTTP: what it reads, sends, stops at and tells."""

import asyncio
import gc
from collections.abc import Callable
from itertools import chain, count

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from support import accounted, no_task_left, stream_of, until

from lemlist_async import (
    Ambiguous,
    AuthenticationError,
    BatchError,
    DeadlineExceededError,
    Done,
    Failed,
    InvalidRequestError,
    LemlistError,
    ServerError,
)
from lemlist_async.batch.chunks import Chunker
from lemlist_async.batch.run import Options, Run
from lemlist_async.models.lists import Added
from lemlist_async.resources.lists import AddTally


@define
class Wire:
    """What chunks are sent to: it remembers them, and `answer` decides what becomes of each."""

    answer: Callable = lambda items: Added(added=len(items), already=0)
    chunks: list = field(factory=list)
    gate: asyncio.Event = field(factory=asyncio.Event)
    under_way: int = 0
    most_under_way: int = 0

    def __attrs_post_init__(self):
        self.gate.set()

    async def __call__(self, items, attempts):
        attempts.began(on_wire=True)
        self.chunks.append(list(items))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0)
            await self.gate.wait()
            result = self.answer(items)
        except LemlistError as error:
            attempts.ended(ambiguous=isinstance(error, ServerError))
            raise
        finally:
            self.under_way -= 1
        attempts.succeeded()
        return result

    @property
    def items(self):
        return [item for chunk in self.chunks for item in chunk]


@pytest.fixture
def wire():
    return Wire()


def batch(items, wire, *, size=2, check=None, **options):
    """Make a run; `check` refuses single items."""
    checks = {} if check is None else {"check": lambda some: [(at, "no") for at, one in enumerate(some) if check(one)]}
    return Run(items, size, wire, AddTally(), Options(**options), **checks)


def refuse(*refused, error=None):
    """Answer as usual, except for chunks that hold one of these."""

    def answer(items):
        if set(items) & set(refused):
            raise error or InvalidRequestError("no", status=400)
        return Added(added=len(items), already=0)

    return answer


LOST = ServerError("lost", status=500)


def shared(message="down"):
    error = ServerError(message, status=500)
    error.is_shared = True
    return error


class Source:
    """A generator's items, and what has become of it."""

    def __init__(self, items, error=None):
        self.items = items
        self.error = error
        self.read = 0
        self.closed = False

    def __iter__(self):
        try:
            for item in self.items:
                self.read += 1
                yield item
            if self.error:
                raise self.error
        finally:
            self.closed = True

    async def stream(self):
        try:
            for item in self.items:
                await asyncio.sleep(0)
                self.read += 1
                yield item
            if self.error:
                raise self.error
        finally:
            self.closed = True


either_way = pytest.mark.parametrize("way", [iter, Source.stream], ids=["sync", "async"])


# What goes out.


@either_way
async def test_every_item_is_sent_in_chunks_in_the_order_of_the_input(wire, way):
    report = await batch(way(Source(range(5))), wire, concurrency=1)

    assert wire.chunks == [[0, 1], [2, 3], [4]]
    assert (report.submitted, report.done, report.chunks, report.requests) == (5, 5, 3, 3)
    assert report.ok


@pytest.mark.parametrize("items", [[], (), set(), iter([]), stream_of([])])
async def test_empty_input_sends_nothing(wire, items):
    report = await batch(items, wire)

    assert wire.chunks == []
    assert (report.submitted, report.chunks, report.ok) == (0, 0, True)


@pytest.mark.parametrize("items", ["ctc_1", b"ctc_1", bytearray(b"ctc_1"), 5, None])
async def test_one_item_instead_of_many_is_a_type_error(wire, items):
    with pytest.raises(TypeError, match="not one"):
        batch(items, wire)


async def test_no_more_than_concurrency_chunks_are_under_way(wire):
    wire.gate.clear()
    run = asyncio.create_task(batch(range(50), wire, concurrency=3))
    await until(lambda: wire.under_way == 3)
    for _ in range(50):
        await asyncio.sleep(0)

    wire.gate.set()
    await run

    assert wire.most_under_way == 3


@either_way
async def test_reading_stays_one_chunk_ahead_of_what_is_under_way(wire, way):
    source = Source(count())
    wire.gate.clear()
    run = batch(way(source), wire, size=4, concurrency=3)
    task = asyncio.create_task(run)

    for _ in range(200):
        await asyncio.sleep(0)

    assert source.read == (3 + 1) * 4
    task.cancel()
    await asyncio.wait({task})


async def test_duplicates_are_dropped_over_the_whole_run(wire):
    report = await batch([1, 1, 2, 3, 2, 4, 1], wire, dedupe=True)

    assert sorted(wire.items) == [1, 2, 3, 4]
    assert (report.submitted, report.duplicates, report.done) == (7, 3, 4)


async def test_duplicates_are_kept_unless_they_are_to_be_dropped(wire):
    report = await batch([1, 1, 1], wire)

    assert sorted(wire.items) == [1, 1, 1]
    assert report.duplicates == 0


async def test_endless_duplicates_leave_the_loop_to_others(wire):
    run = asyncio.create_task(batch(iter(lambda: 1, 2), wire, dedupe=True))

    for _ in range(10):
        await asyncio.sleep(0)

    assert not run.done()
    run.cancel()
    await asyncio.wait({run})


# Malformed items.


async def test_a_collection_is_checked_whole_before_anything_is_sent(wire):
    run = batch([1, 2, 3, 4, -5, 6], wire, check=lambda one: one < 0)

    with pytest.raises(BatchError, match="item 4: no") as caught:
        await run

    report = caught.value.report
    assert wire.chunks == []
    assert [(one.position, one.value) for one in report.rejected] == [(4, -5)]
    assert report.unsent == (1, 2, 3, 4, 6)
    assert isinstance(caught.value.__cause__, InvalidRequestError)


async def test_a_collection_larger_than_one_look_is_checked_whole(wire):
    run = batch([*range(2500), -1], wire, size=1000, check=lambda one: one < 0, raise_on_error=False)

    report = await run

    assert wire.chunks == []
    assert len(report.unsent) == 2500


async def test_a_collection_without_malformed_items_is_checked_once(wire):
    looks = []

    await batch([1, 2, 3], wire, check=looks.append)

    assert looks == [1, 2, 3]


@either_way
async def test_a_malformed_item_of_a_stream_stops_the_run_before_its_chunk(wire, way):
    source = Source([1, 2, 3, -4, 5, 6, 7, 8])

    report = await batch(way(source), wire, check=lambda one: one < 0, raise_on_error=False)

    assert wire.chunks in ([], [[1, 2]])  # whether it had begun by then is a matter of chance
    assert [one.position for one in report.rejected] == [3]
    assert [*chain.from_iterable(wire.chunks), *report.unsent] == [1, 2, 3]
    assert source.closed


async def test_malformed_items_are_skipped_on_request_and_raise_in_the_end(wire):
    run = batch([-1, 2, -3, 4, 5], wire, check=lambda one: one < 0, malformed="skip")

    with pytest.raises(BatchError, match="2 malformed") as caught:
        await run

    report = caught.value.report
    assert sorted(wire.items) == [2, 4, 5]
    assert [one.position for one in report.rejected] == [0, 2]
    assert report.unsent == ()


@pytest.mark.parametrize(
    "options",
    [{"concurrency": 0}, {"malformed": "ignore"}, {"flush_after": 0}, {"deadline": -1}],
    ids=lambda one: next(iter(one)),
)
def test_options_that_make_no_sense_are_refused_at_once(options):
    with pytest.raises(InvalidRequestError, match=next(iter(options))):
        Options(**options)


# What fails.


async def test_a_failed_chunk_does_not_stop_the_others(wire):
    wire.answer = refuse(2)

    with pytest.raises(BatchError, match="2 failed") as caught:
        await batch(range(6), wire)

    report = caught.value.report
    assert (report.done, report.failed) == (4, 2)
    assert [(one.items, one.positions) for one in report.failures] == [([2, 3], range(2, 4))]
    assert caught.value.__cause__ is None


async def test_a_lost_answer_leaves_its_chunk_ambiguous(wire):
    wire.answer = refuse(0, error=LOST)

    report = await batch(range(4), wire, raise_on_error=False)

    assert (report.done, report.ambiguous, report.doubts[0].error) == (2, (0, 1), LOST)


async def test_a_failure_that_all_would_share_stops_the_run(wire):
    wire.answer = refuse(2, error=AuthenticationError("bad key"))

    with pytest.raises(BatchError, match=r"^The run was stopped.*bad key") as caught:
        await batch(Source(count()), wire, concurrency=2)

    report = caught.value.report
    assert isinstance(caught.value.__cause__, AuthenticationError)
    assert len(wire.items) <= 6
    assert report.done + report.failed + len(report.ambiguous) + len(report.unsent) == report.submitted


async def test_the_first_shared_failure_is_the_reason(wire):
    def answer(items):
        raise shared(f"down at {items[0]}")

    wire.answer = answer
    wire.gate.clear()
    run = batch(range(4), wire)
    task = asyncio.create_task(run)
    await until(lambda: wire.under_way == 2)

    wire.gate.set()
    with pytest.raises(BatchError) as caught:
        await task

    doubts = caught.value.report.doubts
    assert len(doubts) == 2
    assert caught.value.__cause__ is doubts[0].error


@either_way
async def test_an_exception_of_the_input_comes_back_as_itself_and_loses_nothing(wire, way):
    error = KeyError("mine")
    run = batch(way(Source(range(5), error)), wire)

    with pytest.raises(KeyError) as caught:
        await run

    assert caught.value is error
    assert (sorted(wire.items), run.report.done, run.report.submitted) == ([0, 1, 2, 3, 4], 5, 5)


@pytest.mark.parametrize(
    "error",
    [TimeoutError("mine"), StopAsyncIteration("mine"), RuntimeError("mine"), ServerError("mine"), OSError("mine")],
    ids=lambda one: type(one).__name__,
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_no_exception_of_the_input_is_mistaken_for_one_of_ours(wire, error, streamed):
    class Numbers:
        def __iter__(self):
            return self

        def __next__(self):
            raise error

    run = batch(Numbers(), wire, deadline=100)

    with pytest.raises(type(error)) as caught:
        await (collected(run) if streamed else run)

    assert caught.value is error


async def test_an_input_that_ends_with_stop_iteration_has_simply_ended(wire):
    class Three:
        left = 3

        def __iter__(self):
            return self

        def __next__(self):
            self.left -= 1
            if self.left < 0:
                raise StopIteration("enough")
            return self.left

    report = await batch(Three(), wire)

    assert (report.done, report.ok) == (3, True)


async def test_an_input_that_changes_while_it_is_read_says_so_itself(wire):
    numbers = dict.fromkeys(range(10))
    wire.answer = lambda items: numbers.update({len(numbers): None}) or Added(added=len(items), already=0)

    with pytest.raises(RuntimeError, match="changed size"):
        await batch(numbers, wire, concurrency=1)


async def test_a_defect_in_the_send_comes_back_as_itself_and_leaves_its_chunk_in_doubt(wire):
    wire.answer = refuse(0, error=ZeroDivisionError("mine"))
    run = batch(Source(count()), wire, concurrency=2)

    with pytest.raises(ZeroDivisionError, match="mine"):
        await run

    assert run.report.ambiguous == (0, 1)
    assert accounted(run.report) == run.report.submitted


# Streaming.


async def collected(run):
    async with run as outcomes:
        return [outcome async for outcome in outcomes]


async def test_outcomes_tell_what_became_of_each_chunk(wire):
    wire.answer = lambda items: refuse(2, error=LOST)(items) if 2 in items else refuse(4)(items)

    outcomes = await collected(batch(range(8), wire))

    kinds = {outcome.position: type(outcome) for outcome in outcomes}
    assert kinds == {0: Done, 2: Ambiguous, 4: Failed, 6: Done}
    assert {outcome.item for outcome in outcomes} == {0, 2, 4, 6}


async def test_a_streamed_run_raises_only_if_it_was_stopped(wire):
    wire.answer = refuse(4, error=shared())
    seen = []
    run = batch(Source(count()), wire, concurrency=1)

    with pytest.raises(BatchError, match="stopped"):
        async with run as outcomes:
            async for outcome in outcomes:
                seen.append(outcome)

    assert [type(one) for one in seen] == [Done, Done, Ambiguous]


async def test_a_stopped_stream_just_ends_where_no_error_is_to_be_raised(wire):
    wire.answer = refuse(0, error=shared())

    outcomes = await collected(batch(range(2), wire, raise_on_error=False))

    assert [type(one) for one in outcomes] == [Ambiguous]


async def test_a_slow_reader_slows_the_run_down(wire):
    source = Source(count())

    async with batch(source, wire, size=2, concurrency=3) as outcomes:
        for _ in range(200):
            await asyncio.sleep(0)
        read_unseen = source.read
        await anext(outcomes)
        for _ in range(200):
            await asyncio.sleep(0)
        read_after_one = source.read

    assert (read_unseen, read_after_one) == (8, 10)


async def test_leaving_a_stream_early_finishes_what_is_under_way_and_closes_the_input(wire):
    source = Source(count())
    run = batch(source, wire, concurrency=2)

    async with no_task_left(), run as outcomes:
        async for _ in outcomes:
            break

    assert source.closed
    assert (run.report.ambiguous, wire.under_way) == ((), 0)
    assert run.report.done == len(wire.items)
    assert accounted(run.report) == run.report.submitted


async def test_an_exception_inside_the_stream_cuts_off_what_is_under_way(wire):
    run = batch(Source(count()), wire, concurrency=2)

    async with no_task_left():
        with pytest.raises(ValueError, match="mine"):
            async with run as outcomes:
                await anext(outcomes)
                wire.gate.clear()
                await until(lambda: wire.under_way)
                raise ValueError("mine")

    assert len(run.report.ambiguous) > 0
    assert accounted(run.report) == run.report.submitted


async def test_an_exception_of_the_input_ends_the_stream_after_the_outcomes(wire):
    seen = []

    with pytest.raises(KeyError, match="mine"):
        async with batch(Source(range(4), KeyError("mine")), wire) as outcomes:
            async for outcome in outcomes:
                seen.append(outcome)

    assert len(seen) == 2


async def test_an_exception_of_the_input_is_not_lost_when_the_stream_is_left_early(wire):
    with pytest.raises(KeyError, match="mine"):
        async with batch(Source(range(4), KeyError("mine")), wire) as outcomes:
            await anext(outcomes)
            await until(lambda: wire.under_way == 0)


async def test_a_stream_that_has_ended_stays_ended(wire):
    async with batch(range(2), wire) as outcomes:
        seen = [outcome async for outcome in outcomes]
        again = [outcome async for outcome in outcomes]

    assert (len(seen), again) == (1, [])


async def test_a_cancellation_while_the_stream_is_left_cuts_off_what_is_under_way(wire):
    run = batch(range(2), wire)

    async def leave_at_once():
        async with run:
            wire.gate.clear()
            await until(lambda: wire.under_way)

    async with no_task_left():
        task = asyncio.create_task(leave_at_once())
        await until(lambda: run._stopped)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert run.report.ambiguous == (0, 1)


# Awaiting.


async def test_a_run_fits_tasks_groups_and_gather(wire):
    task = asyncio.create_task(batch(range(2), wire))
    async with asyncio.TaskGroup() as tasks:
        in_group = tasks.create_task(batch(range(3), wire))
    gathered = await asyncio.gather(batch(range(4), wire), batch(range(5), wire))
    waited = await asyncio.wait_for(batch(range(6), wire), 60)

    reports = [await task, in_group.result(), *gathered, waited]
    assert [report.done for report in reports] == [2, 3, 4, 5, 6]


async def test_a_run_can_be_used_once(wire):
    run = batch(range(2), wire)
    await run

    with pytest.raises(RuntimeError, match="once"):
        await run
    with pytest.raises(RuntimeError, match="once"):
        async with run:
            pass


async def test_a_run_that_was_never_awaited_warns_and_sends_nothing(wire):
    with pytest.warns(RuntimeWarning, match="never awaited"):
        batch([1], wire)
        gc.collect()

    assert wire.chunks == []


async def test_a_run_that_was_closed_warns_no_more_and_is_used_up(wire):
    run = batch([1], wire)

    run.close()

    with pytest.raises(RuntimeError, match="once"):
        await run


async def test_closing_a_run_that_has_ended_changes_nothing(wire):
    run = batch([1], wire)
    report = await asyncio.create_task(run)

    run.close()

    assert run.report == report


async def test_a_task_that_is_cancelled_before_it_starts_sends_nothing(wire):
    run = batch([1], wire)
    task = asyncio.create_task(run)

    task.cancel()
    await asyncio.wait({task})

    assert (wire.chunks, run.report.submitted) == ([], 0)


async def test_the_report_can_be_read_before_while_and_after(wire):
    wire.gate.clear()
    run = batch(range(5), wire, concurrency=1)
    before = run.report
    task = asyncio.create_task(run)
    await until(lambda: run.report.submitted == 4 and wire.under_way)
    meanwhile = run.report
    wire.gate.set()
    after = await task

    assert (before.submitted, before.elapsed) == (0, 0.0)
    assert (meanwhile.ambiguous, meanwhile.unsent) == ((0, 1), (2, 3))
    assert (after.done, after.ambiguous, after.unsent) == (5, (), ())
    assert after == run.report


async def test_a_cancelled_run_passes_the_cancellation_on_and_keeps_its_report(wire):
    source = Source(count())
    wire.gate.clear()
    run = batch(source, wire, concurrency=2)
    task = asyncio.create_task(run)
    await until(lambda: wire.under_way == 2)

    async with no_task_left():
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert run.report.ambiguous == (0, 1, 2, 3)
    assert accounted(run.report) == run.report.submitted == source.read
    assert source.closed


# Stopping.


async def test_a_stopped_run_finishes_what_was_sent_and_leaves_the_rest(wire):
    source = Source(count())
    wire.gate.clear()
    run = batch(source, wire, concurrency=2)
    task = asyncio.create_task(run)
    await until(lambda: wire.under_way == 2 and run.report.submitted == 6)

    run.stop()
    wire.gate.set()
    report = await task

    assert (report.done, report.unsent, report.ok) == (4, (4, 5), False)
    assert source.closed


async def test_a_run_that_is_stopped_before_it_starts_reads_nothing(wire):
    source = Source(range(5))
    run = batch(source, wire)

    run.stop()
    report = await run

    assert (report.submitted, wire.chunks) == (0, [])


async def test_what_was_read_when_the_run_was_stopped_is_still_checked(wire):
    read = asyncio.Event()

    async def numbers():
        for number in (1, 2, 3, 1, -5):
            yield number
        read.set()
        await asyncio.Event().wait()

    run = batch(numbers(), wire, size=3, dedupe=True, malformed="skip", check=lambda one: one < 0, raise_on_error=False)
    task = asyncio.create_task(run)
    await read.wait()
    run.stop()
    report = await task

    assert (report.duplicates, len(report.rejected)) == (1, 1)
    assert accounted(report) == report.submitted == 5


async def test_stopping_gives_up_what_has_not_been_handed_over():
    async def wait_for_ever(_items, attempts):
        attempts.began(on_wire=False)
        await asyncio.Event().wait()

    run = batch(range(4), wait_for_ever)
    task = asyncio.create_task(run)
    await until(lambda: run.report.requests == 2)

    run.stop()
    report = await task

    assert (report.unsent, report.requests) == ((0, 1, 2, 3), 2)


async def test_the_input_may_stop_the_run_itself(wire):
    async def numbers():
        yield 0
        yield 1
        await until(lambda: wire.chunks)
        run.stop()
        yield 2
        yield 3

    run = batch(numbers(), wire, size=2)
    report = await run

    assert (report.done, report.unsent) == (2, (2,))


# Deadlines and stalls.


@either_way
async def test_the_deadline_cuts_off_what_is_under_way(wire, way):
    wire.gate.clear()
    source = Source(count())

    with pytest.raises(BatchError, match=r"deadline of 0\.3 s passed") as caught:
        await batch(way(source), wire, concurrency=2, deadline=0.3)

    report = caught.value.report
    assert isinstance(caught.value.__cause__, DeadlineExceededError)
    assert report.ambiguous == (0, 1, 2, 3)
    assert accounted(report) == report.submitted
    assert source.closed


async def test_a_deadline_that_is_not_reached_changes_nothing(wire):
    report = await batch(range(5), wire, deadline=100)

    assert report.ok


async def test_a_stalled_source_has_its_short_chunk_sent(wire):
    more = asyncio.Event()

    async def numbers():
        yield 1
        await more.wait()
        yield 2

    run = asyncio.create_task(batch(numbers(), wire, size=10, flush_after=0.01))
    await until(lambda: wire.chunks)
    more.set()
    report = await run

    assert wire.chunks == [[1], [2]]
    assert report.done == 2


async def test_a_source_without_stalls_has_full_chunks_sent(wire):
    await batch(Source(range(6)).stream(), wire, size=3, flush_after=100)

    assert wire.chunks == [[0, 1, 2], [3, 4, 5]]


async def test_a_malformed_item_is_found_when_a_stalled_source_is_flushed(wire):
    async def numbers():
        yield 1
        yield -2
        await asyncio.Event().wait()

    run = batch(numbers(), wire, size=10, flush_after=0.01, check=lambda one: one < 0, raise_on_error=False)
    report = await run

    assert (report.unsent, [one.position for one in report.rejected]) == ((1,), [1])


# Inputs that misbehave.


async def swallowing(endlessly=False):
    """Give numbers, and take a cancellation for an ordinary end, or for nothing at all."""
    numbers = count()
    while True:
        yield next(numbers)
        try:
            await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            if not endlessly:
                return


@pytest.mark.parametrize("endlessly", [False, True], ids=["ends", "goes on"])
async def test_a_source_that_swallows_a_cancellation_cannot_hold_the_run_or_lose_items(wire, endlessly):
    run = batch(swallowing(endlessly), wire, size=1000)
    task = asyncio.create_task(run)
    await until(lambda: run.report.submitted >= 3)

    async with no_task_left():
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert accounted(run.report) == run.report.submitted
    assert wire.chunks == []


@pytest.mark.parametrize("endlessly", [False, True], ids=["ends", "goes on"])
async def test_a_source_that_swallows_a_cancellation_cannot_hold_a_stopped_run(wire, endlessly):
    run = batch(swallowing(endlessly), wire, size=1000)
    task = asyncio.create_task(run)
    await until(lambda: run.report.submitted >= 3)

    run.stop()
    report = await task

    assert report.unsent == tuple(range(report.submitted))


async def test_a_source_that_swallows_the_deadline_cannot_hold_the_run(wire):
    with pytest.raises(BatchError, match="deadline"):
        await batch(swallowing(endlessly=True), wire, size=1_000_000, deadline=0.02)


async def test_a_source_that_turns_a_cancellation_into_its_own_error_does_not_stop_it(wire):
    async def numbers():
        yield 1
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ValueError("mine") from None

    run = batch(numbers(), wire, size=10)
    task = asyncio.create_task(run)
    await until(lambda: run.report.submitted == 1)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (run.report.unsent, wire.chunks) == ((1,), [])


async def test_a_source_that_fails_with_a_cancellation_of_its_own_is_not_taken_for_ended(wire):
    async def numbers():
        yield 1
        lost = asyncio.get_running_loop().create_future()
        lost.cancel()
        await lost

    run = batch(numbers(), wire)

    with pytest.raises(asyncio.CancelledError):
        await run

    assert run.report.done == 1


async def test_a_send_that_fails_with_a_cancellation_of_its_own_does_not_hang_the_run(wire):
    wire.answer = refuse(*range(100), error=asyncio.CancelledError())
    run = batch(range(100), wire, concurrency=2)

    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(10):
            await run

    assert accounted(run.report) == run.report.submitted


@either_way
@pytest.mark.parametrize("streamed", [False, True], ids=["awaited", "streamed"])
async def test_a_generator_that_fails_while_it_is_closed_says_so_itself_and_cuts_nothing_off(wire, way, streamed):
    wire.answer = refuse(0, error=AuthenticationError("bad key"))

    class Failing(Source):
        def __iter__(self):
            try:
                yield from count()
            finally:
                raise KeyError("mine")

        async def stream(self):
            try:
                for number in count():
                    yield number
            finally:
                raise KeyError("mine")

    run = batch(iter(Failing(())) if way is iter else Failing(()).stream(), wire)

    with pytest.raises(KeyError, match="mine"):
        await (collected(run) if streamed else run)

    assert (run.report.ambiguous, wire.under_way) == ((), 0)


async def test_a_collection_that_cannot_be_read_says_so_itself(wire):
    class Rows(list):
        def __iter__(self):
            yield 1
            raise KeyError("mine")

    run = batch(Rows([1, 2]), wire)

    with pytest.raises(KeyError, match="mine"):
        await run

    assert (run.report.submitted, wire.chunks) == (0, [])


async def test_an_item_that_came_while_a_stalled_chunk_waited_for_its_place_is_flushed_too(wire):
    more = asyncio.Event()

    async def numbers():
        yield 1
        await until(lambda: wire.chunks)
        yield 2
        await asyncio.sleep(0.03)  # the chunk of 2 waits for its place now
        yield 3
        await more.wait()

    wire.gate.clear()
    run = asyncio.create_task(batch(numbers(), wire, size=10, concurrency=1, flush_after=0.01))
    await asyncio.sleep(0.1)
    wire.gate.set()
    await until(lambda: wire.items == [1, 2, 3])
    more.set()
    report = await run

    assert report.done == 3


async def test_the_deadline_does_not_hide_what_had_stopped_the_run_before():
    hanging = asyncio.Event()

    async def send(items, attempts):
        attempts.began(on_wire=True)
        if 0 in items:
            await hanging.wait()
            attempts.ended(ambiguous=False)
            raise AuthenticationError("bad key")
        hanging.set()
        await asyncio.Event().wait()

    with pytest.raises(BatchError, match="bad key") as caught:
        await batch(range(4), send, deadline=0.3)

    assert (caught.value.report.failed, caught.value.report.ambiguous) == (2, (2, 3))


async def test_a_stream_that_is_cancelled_twice_leaves_nothing_behind(wire):
    async def slow_to_close():
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)

    async def read():
        async with batch(slow_to_close(), wire) as outcomes:
            await anext(outcomes)

    task = asyncio.create_task(read())
    await asyncio.sleep(0.005)

    async with no_task_left():
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_stream_does_not_end_well_where_its_source_raised_something_extraordinary(wire):
    class Extraordinary(BaseException):
        pass

    with pytest.raises(BaseExceptionGroup) as caught:
        await collected(batch(Source([1], Extraordinary()), wire))

    assert caught.group_contains(Extraordinary)


# The chunker by itself.


@given(
    st.lists(st.integers(-5, 20)),
    st.integers(1, 7),
    st.booleans(),
)
def test_the_chunker_loses_nothing_and_keeps_the_order(items, size, dedupe):
    chunker = Chunker(size, lambda some: [(at, "no") for at, one in enumerate(some) if one < 0], dedupe)
    chunks = []

    for item in items:
        chunker.raw.append(item)
        if chunker.room == 0:
            chunker.sift()
        if chunker.room == 0:
            chunks.append(chunker.take())
    chunker.sift()
    chunks += [one for one in [chunker.take()] if one]

    sent = [(at, item) for one in chunks for at, item in zip(one.positions, one.items, strict=True)]
    good = [(at, item) for at, item in enumerate(items) if item >= 0]
    if dedupe:
        good = [(at, item) for at, item in good if item not in items[:at]]
    assert sent == good
    assert [(one.position, one.value) for one in chunker.rejected] == [
        (at, item) for at, item in enumerate(items) if item < 0
    ]
    assert chunker.duplicates == len(items) - len(chunker.rejected) - len(good)
    assert (chunker.submitted, chunker.waiting.items) == (len(items), ())
    assert all(len(one.items) <= size for one in chunks)


def test_an_empty_chunker_gives_no_chunk():
    assert Chunker(3).take() is None


async def test_a_run_says_in_its_repr_how_far_it_is(wire):
    run = batch([1, 2, 3], wire)
    before = repr(run)
    await run

    assert (before, repr(run)) == ("<Run not begun: 0 of 0 items done>", "<Run ended: 3 of 3 items done>")


async def test_iterating_a_run_itself_says_how_to_stream(wire):
    run = batch([1], wire)

    with pytest.raises(TypeError, match="async with run as outcomes"):
        async for _ in run:
            pass
    run.close()


def test_a_run_can_be_stopped_where_no_loop_runs(wire):
    run = batch([1], wire)
    run.stop()

    assert asyncio.run(_awaited(run)).done == 0


async def _awaited(run):
    return await run
