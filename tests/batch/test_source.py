"""What a run reads: either kind of iterable, lazily, and whatever the input does."""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import count

import pandas as pd
import polars as pl
import pytest
from engine import Source, batch, collected, either_way, refuse
from support import accounted, no_task_left, people, stream_of, until

from lemlist_async import AuthenticationError, BatchError, ServerError
from lemlist_async.models.lists import Added
from lemlist_async.resources import lists


@pytest.mark.parametrize("items", [[], (), set(), iter([]), stream_of([])])
async def test_empty_input_sends_nothing(wire, items):
    report = await batch(items, wire)

    assert wire.chunks == []
    assert (report.submitted, report.chunks, report.ok) == (0, 0, True)


@pytest.mark.parametrize("items", ["ctc_1", b"ctc_1", bytearray(b"ctc_1"), 5, None])
async def test_one_item_instead_of_many_is_a_type_error(wire, items):
    with pytest.raises(TypeError, match="not one"):
        batch(items, wire)


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


class Counted:
    """A generator under a wrapper that knows its length, as progress bars are: it can be read once."""

    def __init__(self, items):
        self.items = iter(items)

    def __iter__(self):
        return self.items

    def __len__(self):
        return 500

    def __contains__(self, item):
        return item in self.items


async def test_a_generator_that_claims_a_length_is_sent_whole(wire):
    report = await batch(Counted(range(5)), wire, check=lambda one: one < 0)

    assert sorted(wire.items) == [0, 1, 2, 3, 4]
    assert (report.submitted, report.done) == (5, 5)


@pytest.mark.parametrize("change", ["add", "remove"])
async def test_a_generator_that_claims_a_length_is_no_empty_list_change(lemlist, sandbox, change):
    contacts = sandbox.state.add_contacts(3)
    newsletter = sandbox.state.add_list("Newsletter")

    report = await getattr(lemlist.lists, change)(newsletter, Counted(contacts))

    assert (report.submitted, report.done) == (3, 3)


async def test_a_generator_that_claims_a_length_is_upserted_and_looked_up(lemlist):
    written = await lemlist.contacts.upsert_many(Counted(people(3)))
    found = await lemlist.contacts.get_many(Counted(one.email for one in people(3)))

    assert (written.done, len(found.found)) == (3, 3)


class Rows(Sequence):
    """A sequence of a caller's own."""

    def __init__(self, *items):
        self.items = items

    def __getitem__(self, index):
        return self.items[index]

    def __len__(self):
        return len(self.items)


@pytest.mark.parametrize(
    "items",
    [
        [1, -2],
        (1, -2),
        {1, -2},
        frozenset({1, -2}),
        {1: "", -2: ""},
        {1: "", -2: ""}.keys(),
        {"": 1, " ": -2}.values(),
        deque([1, -2]),
        range(1, -3, -3),
        Rows(1, -2),
    ],
    ids=lambda items: type(items).__name__,
)
async def test_what_can_certainly_be_read_twice_is_checked_before_anything_is_sent(wire, items):
    report = await batch(items, wire, size=1, check=lambda one: one < 0).settle()

    assert wire.chunks == []
    assert [one.value for one in report.rejected] == [-2]


async def test_a_malformed_item_that_is_put_into_a_list_during_the_run_is_found(wire):
    ids = [1, 2, 3, 4]
    wire.answer = lambda items: ids.append(-5) or Added(added=len(items), already=0)

    report = await batch(ids, wire, concurrency=1, check=lambda one: one < 0).settle()

    assert [one.value for one in report.rejected] == [-5]
    assert sorted(wire.items) == sorted({1, 2, 3, 4} - set(report.unsent))


@pytest.mark.parametrize("new", [None, 5, "jane@acme.com", ["ctc_1"]], ids=str)
async def test_a_list_that_is_changed_during_the_run_raises_nothing_raw(lemlist, sandbox, new, monkeypatch):
    monkeypatch.setattr(lists, "IDS_PER_CALL", 2)
    contacts = sandbox.state.add_contacts(6)
    newsletter = sandbox.state.add_list("Newsletter")
    run = lemlist.lists.add(newsletter, contacts, concurrency=1)

    async with run as outcomes:
        with pytest.raises(BatchError, match="item 5"):
            async for _ in outcomes:
                contacts[-1] = new

    assert [one.value for one in run.report.rejected] == [new]
    assert accounted(run.report) == run.report.submitted


@pytest.mark.parametrize(
    "frame",
    [pd.DataFrame({"email": ["ctc_1"]}), pl.DataFrame({"email": ["ctc_1"]})],
    ids=["pandas", "polars"],
)
async def test_a_frame_is_not_taken_for_the_names_of_its_columns(wire, frame):
    with pytest.raises(TypeError, match=r"frame\['id'\], and not the whole DataFrame"):
        batch(frame, wire)
    report = await batch(frame["email"], wire)

    assert report.done == 1
