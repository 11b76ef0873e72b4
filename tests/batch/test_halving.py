"""A chunk that is refused is sent again as its halves, until what is refused stands alone."""

import asyncio

import pytest
from engine import LOST, batch, collected, refuse, shared
from hypothesis import given
from hypothesis import strategies as st
from support import EVERY_LOOP, accounted, cancelled_after, until

from lemlist_async import BatchError, Failed, InvalidRequestError


async def test_only_the_items_that_are_refused_fail(wire):
    wire.answer = refuse(3, 9)

    report = await batch(range(16), wire, size=8, halvings=100, raise_on_error=False)

    assert [list(one.items) for one in sorted(report.failures, key=lambda one: one.position)] == [[3], [9]]
    assert (report.done, report.added_count) == (14, 14)
    assert report.requests == len(wire.chunks) == 14


@given(
    refused=st.sets(st.integers(0, 29)), size=st.integers(1, 30), concurrency=st.integers(1, 4), most=st.integers(0, 40)
)
async def test_nothing_is_lost_or_sent_twice_with_success(refused, size, concurrency, most):
    sent = []

    async def send(items, attempts):
        attempts.began(on_wire=True)
        await asyncio.sleep(0)
        if set(items) & refused:
            attempts.ended(ambiguous=False)
            raise InvalidRequestError("no", status=400)
        attempts.succeeded()
        sent.extend(items)
        return refuse()(items)

    run = batch(range(30), send, size=size, concurrency=concurrency, halvings=most, raise_on_error=False)
    outcomes = await collected(run)

    assert sorted(item for one in outcomes for item in one.items) == list(range(30))
    assert len(sent) == len(set(sent)) == run.report.done
    assert accounted(run.report) == 30
    assert run.report.requests <= -(-30 // size) + 2 * most
    if most == 40:
        assert {item for one in run.report.failures for item in one.items} == refused


async def test_after_the_last_halving_the_rest_fails_together(wire):
    wire.answer = refuse(*range(8))

    report = await batch(range(8), wire, size=8, halvings=2, raise_on_error=False)

    assert sorted(map(len, (one.items for one in report.failures))) in ([2, 2, 4], [4, 4])
    assert (report.failed, report.requests) == (8, 5)


@pytest.mark.parametrize(
    "error", [InvalidRequestError("gone", status=404), LOST, shared()], ids=["404", "500", "shared"]
)
async def test_any_other_failure_is_that_of_the_whole_chunk(wire, error):
    wire.answer = refuse(1, error=error)

    await batch(range(4), wire, size=4, halvings=100, raise_on_error=False).settle()

    assert wire.chunks == [[0, 1, 2, 3]]


async def test_without_halvings_a_chunk_fails_as_a_whole(wire):
    wire.answer = refuse(1)

    with pytest.raises(BatchError) as caught:
        await batch(range(4), wire, size=4)

    assert caught.value.report.failed == 4


async def test_a_reader_who_frees_the_slots_gets_every_half(wire):
    wire.answer = refuse(5)
    run = batch(range(8), wire, size=8, halvings=100, concurrency=1, raise_on_error=False)
    slots, seen = run.keep_slots(), []

    async with run as outcomes:
        async for outcome in outcomes:
            seen.append(outcome)
            run.free_slots(1)

    assert slots == wire.most_under_way == 1
    assert [list(one.items) for one in seen if isinstance(one, Failed)] == [[5]]


async def test_a_run_that_is_stopped_halves_nothing_more(wire):
    wire.answer = refuse(1)
    wire.gate.clear()
    run = batch(range(4), wire, size=4, halvings=100, raise_on_error=False)
    task = asyncio.create_task(run)
    await until(lambda: wire.under_way == 1)

    run.stop()
    wire.gate.set()
    report = await task

    assert (report.failed, wire.chunks) == (4, [[0, 1, 2, 3]])


async def test_a_half_that_waits_for_a_slot_is_unsent_if_the_run_is_stopped(wire):
    def refuse_and_hold_up(items):
        wire.gate.clear()
        return refuse(0)(items)

    wire.answer = refuse_and_hold_up
    run = batch(range(4), wire, size=4, halvings=1, concurrency=1, raise_on_error=False)
    task = asyncio.create_task(run)
    await until(lambda: len(wire.chunks) == 2)

    run.stop()
    wire.gate.set()
    report = await task

    assert (wire.chunks, report.failed, report.unsent) == ([[0, 1, 2, 3], [0, 1]], 2, (2, 3))


@pytest.mark.parametrize("steps", range(2, 30, 3))
@pytest.mark.asyncio(loop_factories=EVERY_LOOP)
async def test_whenever_it_is_cancelled_every_item_is_accounted_for(wire, steps):
    wire.answer = refuse(1, 6)
    run = batch(range(8), wire, size=8, halvings=100, concurrency=2, raise_on_error=False)

    await cancelled_after(steps, run.settle())

    assert accounted(run.report) == run.report.submitted
