"""Callers of coalescers, those who wait in lanes, and makers of lists, cancelled at any moment. On every loop."""

import asyncio

import pytest
from support import EVERY_LOOP, CountedLimiter, cancelled_after, client_of, no_task_left, settled

from lemlist_async import Done, LemlistError
from lemlist_async.batch.coalesce import Coalescer
from lemlist_async.batch.lanes import Lanes
from lemlist_async.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_factories=EVERY_LOOP)


class Wire:
    """Sends what it is given in steps: wait, write, wait, hear, come back; it keeps what was written."""

    def __init__(self):
        self.written = []

    async def __call__(self, keys, attempts):
        await asyncio.sleep(0)
        attempts.began(on_wire=False)
        await asyncio.sleep(0)
        attempts.written()
        self.written += keys
        await asyncio.sleep(0)
        attempts.succeeded()
        await asyncio.sleep(0)
        return len(keys)


def coalescer_of(wire):
    return Coalescer(wire, size=2, linger=0, max_pending=4, concurrency=1)


def settled_items(stats):
    return stats.done + stats.failed + stats.ambiguous + stats.withdrawn


async def test_a_caller_that_is_cancelled_at_any_moment_costs_nobody_else_anything():
    cancelled = True
    steps = 1

    while cancelled:
        wire = Wire()
        async with no_task_left(), coalescer_of(wire) as coalescer:
            others = [asyncio.create_task(coalescer.ask(key)) for key in ("a", "b", "c")]
            cancelled = await cancelled_after(steps, coalescer.ask("gone"))
            answers = await asyncio.gather(*others)
        steps += 1

        assert [answer.result > 0 for answer in answers] == [True] * 3
        assert sorted({*wire.written} - {"gone"}) == ["a", "b", "c"]
        assert (coalescer.stats.waiting, coalescer.stats.done) == (0, len(wire.written))
        assert settled_items(coalescer.stats) in {3, 4}  # nothing is counted of one that was never let in

    assert steps > 4


async def ask_all(coalescer, keys, told):
    """Ask for keys, each in a task that notes what it was told, and wait for all of them inside of the block."""

    async def ask(key):
        try:
            told[key] = await coalescer.ask(key)
        except LemlistError as error:
            told[key] = error

    async with coalescer:
        tasks = [asyncio.create_task(ask(key)) for key in keys]
        await asyncio.wait(tasks)


async def test_a_block_that_is_cancelled_at_any_moment_tells_every_caller_the_truth():
    keys = ["a", "b", "c", "d", "e"]
    cancelled = True
    steps = 1

    while cancelled:
        wire, told = Wire(), {}
        coalescer = coalescer_of(wire)
        before = asyncio.all_tasks()
        cancelled = await cancelled_after(steps, ask_all(coalescer, keys, told))
        if left := asyncio.all_tasks() - before:
            _, late = await asyncio.wait(left, timeout=10)
            assert not late
        steps += 1

        applied = {key for key, answer in told.items() if isinstance(answer, Done)}
        in_doubt = {key for key, answer in told.items() if getattr(answer, "ambiguous", False)}
        assert applied <= set(wire.written) <= applied | in_doubt
        assert not set(coalescer.unsent) & set(wire.written)
        assert coalescer.stats.waiting == 0

    assert set(told) == applied == set(keys)
    assert steps > 10


async def visit(lanes, keys, inside):
    async with lanes.enter(keys):
        assert not inside & keys
        inside |= keys
        try:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        finally:
            inside -= keys


@pytest.mark.parametrize("place", range(3), ids=["first", "second", "last"])
async def test_who_is_cancelled_in_a_lane_at_any_moment_leaves_it_to_the_others(place):
    cancelled = True
    steps = 1

    while cancelled:
        lanes, inside = Lanes(), set()
        earlier = [asyncio.create_task(visit(lanes, {"a", number}, inside)) for number in range(place)]
        cancelling = asyncio.create_task(cancelled_after(steps, visit(lanes, {"a", "b"}, inside)))
        later = [asyncio.create_task(visit(lanes, {"b", "a"}, inside)) for _ in range(2 - place)]
        cancelled = await cancelling
        await asyncio.wait_for(asyncio.gather(*earlier, *later), timeout=10)
        steps += 1

        assert not lanes._last
        assert not inside

    assert steps > 3


def trouble_for(sandbox, kind):
    if kind == "lost":
        sandbox.faults.drop(after_applying=True, method="POST", path="/contacts/lists")
    if kind == "refused":
        sandbox.faults.answer(429, retry_after=0.001, method="POST", path="/contacts/lists")


@pytest.mark.parametrize("trouble", ["none", "lost", "refused"])
async def test_making_a_list_can_be_cancelled_at_any_moment_and_repeated(trouble):
    cancelled = True
    steps = 1

    while cancelled:
        limiter = CountedLimiter()
        async with Sandbox(quota=None) as sandbox, no_task_left():
            trouble_for(sandbox, trouble)
            async with client_of(sandbox, limiter=limiter) as lemlist:
                cancelled = await cancelled_after(steps, lemlist.lists.find_or_create("Newsletter"))
                assert not lemlist.lists._lanes._last
            await settled(sandbox)
            async with client_of(sandbox) as lemlist:
                again = await lemlist.lists.find_or_create("Newsletter")

            assert [one.id for one in sandbox.state.lists.values()] == [again.id]
            assert limiter.out == 0
        steps += 1 if steps < 60 else 7

    assert steps > 10
