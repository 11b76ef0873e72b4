"""A run that is cancelled at any moment leaves nothing behind, and its report still tells the truth. On every loop."""

import asyncio

import pytest
from support import EVERY_LOOP, CountedLimiter, cancelled_after, client_of, fake_ids, no_task_left, person, settled
from truth import Truth

from lemlist_async import Window
from lemlist_async.batch.run import Options, Run
from lemlist_async.models.lists import Added
from lemlist_async.resources import lists
from lemlist_async.resources.lists import AddTally
from lemlist_async.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_factories=EVERY_LOOP)


async def awaited(run):
    await run


async def streamed(run):
    async with run as outcomes:
        async for _ in outcomes:
            pass


either_way = pytest.mark.parametrize("use", [awaited, streamed])


class Wire:
    """Sends what it is given in steps: wait, write, wait, hear, come back; it keeps what was written."""

    def __init__(self):
        self.written = set()

    async def __call__(self, items, attempts):
        await asyncio.sleep(0)
        attempts.began(on_wire=False)
        await asyncio.sleep(0)
        attempts.written()
        self.written |= set(items)
        await asyncio.sleep(0)
        attempts.succeeded()
        await asyncio.sleep(0)
        return Added(added=len(items), already=0)


async def slow_numbers(count):
    for number in range(count):
        await asyncio.sleep(0)
        yield number


@either_way
@pytest.mark.parametrize("source", [range, slow_numbers], ids=["sync", "async"])
@pytest.mark.parametrize("flush_after", [None, 0.001], ids=["", "flushing"])
async def test_the_report_is_whole_wherever_a_run_is_cancelled(use, source, flush_after):
    cancelled = True
    steps = 1

    while cancelled:
        wire = Wire()
        run = Run(source(11), 2, wire, AddTally(), Options(concurrency=2, flush_after=flush_after))
        async with no_task_left():
            cancelled = await cancelled_after(steps, use(run))
        report = run.report
        steps += 1

        assert report.submitted == report.done + len(report.ambiguous) + len(report.unsent)
        assert wire.written == set(range(report.submitted)) - set(report.unsent)
        assert report.added_count <= report.done <= report.added_count_max

    assert report.done == 11
    assert steps > 10


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(lists, "IDS_PER_CALL", 2)


def change_of(lemlist, truth, items):
    if truth.change == "upsert":
        return lemlist.contacts.upsert_many(items, concurrency=2)
    return getattr(lemlist.lists, truth.change)(truth.list_id, items, concurrency=2)


def arranged(sandbox, change):
    """Give what a change has to do, half of which is done already, and the sandbox as it is before."""
    members = sandbox.state.add_contacts(5)
    newsletter = sandbox.state.add_list("Newsletter", members=members[:3])
    if change == "upsert":
        sandbox.state.add_contact(email="person1@acme.com")
        items = [person(number, first_name="Written") for number in range(4)]
    else:
        items = [*members, *fake_ids(1)]
    return items, Truth(sandbox, change, newsletter)


def make_trouble(sandbox):
    sandbox.faults.answer(429, retry_after=0.001)
    sandbox.faults.answer(500, after_applying=True)


@pytest.mark.usefixtures("small_chunks")
@either_way
@pytest.mark.parametrize("trouble", [False, True], ids=["fair", "trouble"])
@pytest.mark.parametrize("change", ["add", "remove", "upsert"])
async def test_the_truth_lies_inside_the_report_wherever_a_run_is_cancelled(change, use, trouble):
    cancelled = True
    steps = 1

    while cancelled:
        limiter = CountedLimiter()
        async with Sandbox(quota=None) as sandbox, no_task_left():
            items, truth = arranged(sandbox, change)
            if trouble:
                make_trouble(sandbox)
            async with client_of(sandbox, limiter=limiter) as lemlist:
                run = change_of(lemlist, truth, items)
                cancelled = await cancelled_after(steps, use(run))
            await settled(sandbox)

            truth.check(run.report, items)
            assert limiter.out == 0
        steps += 1 if steps < 60 else 7

    assert run.report.done == len(items)
    assert steps > 10


@either_way
async def test_a_window_gets_its_slots_back_wherever_a_run_is_cancelled(sandbox, use):
    cancelled = True
    steps = 1

    while cancelled:
        window = Window(requests=1000)
        items, truth = arranged(sandbox, "upsert")
        async with client_of(sandbox, limiter=window) as lemlist:
            cancelled = await cancelled_after(steps, use(change_of(lemlist, truth, items)))
        steps += 3

        assert window._queue.is_idle


@either_way
async def test_a_window_that_is_full_forgets_those_who_gave_up(sandbox, use):
    window = Window(requests=2)
    items, truth = arranged(sandbox, "upsert")

    async with client_of(sandbox, limiter=window) as lemlist:
        await lemlist.team.get()
        await lemlist.team.get()
        run = change_of(lemlist, truth, items)
        await cancelled_after(50, use(run))

    assert window._queue.is_idle
    assert (run.report.ambiguous, run.report.requests) == ((), 0)
