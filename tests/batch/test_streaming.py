"""A run that is streamed: outcomes as they become known."""

import asyncio
from itertools import count

import pytest
from engine import LOST, Source, batch, collected, refuse, shared
from support import accounted, no_task_left, until

from lemlist_async import Ambiguous, BatchError, Done, Failed


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


async def test_a_reader_that_keeps_the_slots_says_when_more_is_sent(wire):
    source = Source(count())
    run = batch(source, wire, size=2, concurrency=3)
    read = []

    slots = run.keep_slots()
    async with run as outcomes:
        for freed in (0, 2):
            run.free_slots(freed)
            for _ in range(2):
                await anext(outcomes)
            for _ in range(200):
                await asyncio.sleep(0)
            read.append(source.read)

    assert (slots, read) == (3, [8, 12])


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
        await until(lambda: run._ending.stopped)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert run.report.ambiguous == (0, 1)


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
