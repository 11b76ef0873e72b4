"""How a run ends before its input does: stopped, late; and how a stalled source is flushed."""

import asyncio
from itertools import count

import pytest
from engine import Source, batch, either_way
from support import accounted, until

from lemlist_async import AuthenticationError, BatchError, DeadlineExceededError


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


@either_way
async def test_the_deadline_cuts_off_what_is_under_way(wire, way):
    wire.gate.clear()
    source = Source(count())

    with pytest.raises(BatchError, match=r"deadline of 0\.3 s passed") as caught:
        await batch(way(source), wire, concurrency=2, deadline=0.3)

    report = caught.value.report
    assert isinstance(caught.value.__cause__, DeadlineExceededError)
    assert report.stopped_by is caught.value.__cause__
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


def test_a_run_can_be_stopped_where_no_loop_runs(wire):
    run = batch([1], wire)
    run.stop()

    assert asyncio.run(_awaited(run)).done == 0


async def _awaited(run):
    return await run
