"""The engine behind every batched call, without HTTP: what it sends, and what it does when that fails."""

import asyncio
import gc
import weakref
from itertools import count

import pytest
from engine import LOST, Source, batch, either_way, refuse, shared
from support import accounted, no_task_left, until

from lemlist_async import AuthenticationError, BatchError, InvalidRequestError


@either_way
async def test_every_item_is_sent_in_chunks_in_the_order_of_the_input(wire, way):
    report = await batch(way(Source(range(5))), wire, concurrency=1)

    assert wire.chunks == [[0, 1], [2, 3], [4]]
    assert (report.submitted, report.done, report.chunks, report.requests) == (5, 5, 3, 3)
    assert report.ok


async def test_no_more_than_concurrency_chunks_are_under_way(wire):
    wire.gate.clear()
    run = asyncio.create_task(batch(range(50), wire, concurrency=3))
    await until(lambda: wire.under_way == 3)
    for _ in range(50):
        await asyncio.sleep(0)

    wire.gate.set()
    await run

    assert wire.most_under_way == 3


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


async def test_a_defect_in_the_send_comes_back_as_itself_and_leaves_its_chunk_in_doubt(wire):
    wire.answer = refuse(0, error=ZeroDivisionError("mine"))
    run = batch(Source(count()), wire, concurrency=2)

    with pytest.raises(ZeroDivisionError, match="mine"):
        await run

    assert run.report.ambiguous == (0, 1)
    assert accounted(run.report) == run.report.submitted


async def test_a_send_that_fails_with_a_cancellation_of_its_own_does_not_hang_the_run(wire):
    wire.answer = refuse(*range(100), error=asyncio.CancelledError())
    run = batch(range(100), wire, concurrency=2)

    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(10):
            await run

    assert accounted(run.report) == run.report.submitted


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


async def test_settling_returns_the_report_whatever_failed(wire):
    wire.answer = lambda items: refuse(2, error=LOST)(items) if 2 in items else refuse(4)(items)

    report = await batch([0, 1, 2, 3, 4, 5, -6], wire, check=lambda one: one < 0, malformed="skip").settle()

    assert (report.done, report.failed, report.ambiguous, len(report.rejected)) == (2, 2, (2, 3), 1)
    assert (report.ok, report.stopped_by) == (False, None)


async def test_settling_names_what_stopped_the_run(wire):
    error = AuthenticationError("bad key")
    wire.answer = refuse(0, error=error)

    report = await batch(Source(count()), wire, concurrency=1).settle()

    assert report.stopped_by is error
    assert accounted(report) == report.submitted


async def test_settling_raises_what_is_the_callers_own(wire):
    with pytest.raises(KeyError, match="mine"):
        await batch(Source([1], KeyError("mine")), wire).settle()


async def test_a_run_is_settled_once(wire):
    run = batch([1], wire)
    await asyncio.create_task(run.settle())

    with pytest.raises(RuntimeError, match="once"):
        await run.settle()


class Row:
    """An item that can be watched being forgotten."""


async def test_what_failed_can_be_let_go_of_so_that_nothing_of_it_is_kept(wire):
    def answer(_items):
        raise InvalidRequestError("no", status=400)

    wire.answer = answer
    seen = weakref.WeakSet()
    run = batch((Row() for _ in range(50)), wire)

    async with run as outcomes:
        async for outcome in outcomes:
            seen.update(outcome.items)
            run.forget([outcome])
    del outcome
    wire.chunks.clear()
    gc.collect()

    assert len(seen) == 0
    assert (run.report.failed, run.report.failures, run.failures, run.report.ok) == (50, (), [], False)
    assert accounted(run.report) == run.report.submitted


async def test_what_was_let_go_of_still_makes_the_run_fail(wire):
    wire.answer = refuse(2)
    run = batch(range(6), wire)

    async def let_go():
        await until(lambda: run.failures)
        run.forget(list(run.failures))

    task = asyncio.create_task(let_go())
    with pytest.raises(BatchError, match="2 failed"):
        await run
    await task
