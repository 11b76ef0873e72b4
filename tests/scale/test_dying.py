"""Workers that are killed, frozen, stopped: another one goes on; nothing is lost, nothing known is sent twice."""

import random
import signal

from support import spec, until
from workplace import LONG, written

KILLS = 3 if LONG else 1
ROWS = 600 if LONG else 240
# What is in flight, and what is answered and not yet committed, together.
IN_DOUBT = 20
# Seconds until a job is taken up: stale 6 s, a sweep each 2 s, and 2 s for a machine that is busy.
TAKEN_UP_IN = 30


async def test_a_killed_workers_job_is_taken_up_and_nothing_is_lost(workplace, sandbox, people):
    await workplace.started(2)
    [number] = await workplace.add(spec(people(ROWS), list="Newsletter"))
    chance = random.Random(1)

    for _ in range(KILLS):
        runner = await workplace.runner_of(number)
        mark = len(written(sandbox)) + chance.randint(20, 60)
        await until(lambda mark=mark: len(written(sandbox)) >= mark)
        runner.signal(signal.SIGKILL)
        runner.wait()
        workplace.workers.remove(runner)
        workplace.start()
        before = len(sandbox.received)
        await until(lambda before=before: len(sandbox.received) > before, TAKEN_UP_IN)
    job = await workplace.ended(number)

    counts = written(sandbox)
    assert job.status == "succeeded"
    assert len(counts) == ROWS
    assert job.progress["created"] + job.progress["unknown"] == ROWS
    assert job.progress["unknown"] <= IN_DOUBT * KILLS
    assert sum(counts.values()) <= ROWS + IN_DOUBT * KILLS
    assert job.progress["added_count"] <= ROWS <= job.progress["added_count_max"]


async def test_a_frozen_worker_that_wakes_writes_nothing_and_ends_its_process(workplace, sandbox, people):
    await workplace.started(2)
    [number] = await workplace.add(spec(people(ROWS), list="Newsletter"))
    runner = await workplace.runner_of(number)
    await until(lambda: len(written(sandbox)) >= 30)

    runner.signal(signal.SIGSTOP)
    other = next(one for one in workplace.workers if one is not runner)
    await until(lambda: number in other.took, TAKEN_UP_IN)
    await until(lambda: workplace.rows("SELECT epoch FROM lemlist_journals") == [(2,)], TAKEN_UP_IN)
    runner.signal(signal.SIGCONT)
    code = runner.wait(10)
    job = await workplace.ended(number)

    assert code == 75
    assert workplace.rows("SELECT epoch FROM lemlist_journals") == [(2,)]
    assert other.took.count(number) == 1
    assert job.status == "succeeded"
    assert job.progress["created"] + job.progress["unknown"] == ROWS == len(written(sandbox))


async def test_a_worker_that_is_asked_to_stop_leaves_nothing_in_doubt(workplace, sandbox, people):
    await workplace.started(2)
    [number] = await workplace.add(spec(people(ROWS), list="Newsletter"))
    runner = await workplace.runner_of(number)
    await until(lambda: len(written(sandbox)) >= 30)

    runner.signal(signal.SIGTERM)
    code = runner.wait(30)
    job = await workplace.ended(number)

    assert code == 0
    assert job.status == "succeeded"
    assert (job.progress["created"], job.progress["unknown"]) == (ROWS, 0)
    assert set(written(sandbox).values()) == {1}


async def test_a_job_that_is_aborted_ends_soon_and_its_journal_knows_what_was_sent(workplace, sandbox, people):
    from lemlist_async.worker.queue import abort_job, retry_job

    await workplace.started(1)
    [number] = await workplace.add(spec(people(ROWS), list="Newsletter"))
    await workplace.runner_of(number)
    await until(lambda: len(written(sandbox)) >= 30)

    await abort_job(workplace.engine, number)
    aborted = await workplace.ended(number, 20)
    again = await workplace.ended(await retry_job(workplace.engine, number))

    assert (aborted.status, again.status) == ("aborted", "succeeded")
    assert len(written(sandbox)) == ROWS
    assert sum(written(sandbox).values()) <= ROWS + IN_DOUBT


async def test_a_waiting_twin_of_a_stalled_job_leaves_no_key_blocked(workplace, sandbox, people):
    """The trap of a queueing lock: the stalled job cannot go back into the queue, and would hold its key forever."""
    await workplace.started(1)
    path = people(60)
    [number] = await workplace.add(spec(path, list="Newsletter"))
    await workplace.runner_of(number)
    workplace.rows("UPDATE procrastinate_jobs SET queueing_lock = 'one' WHERE id = %s RETURNING 1", number)
    [runner] = workplace.workers
    runner.signal(signal.SIGKILL)
    runner.wait()
    [twin] = await workplace.add(spec(path, list="Newsletter", name="twin"))
    workplace.rows("UPDATE procrastinate_jobs SET queueing_lock = 'one' WHERE id = %s RETURNING 1", twin)

    workplace.start()
    job = await workplace.ended(twin, 90)

    assert job.status == "succeeded"
