"""The database dies and comes back, or freezes: the job ends as if it had not."""

import asyncio
import signal
import time

import pytest
from support import spec, until
from workplace import LONG, written

from lemlist_async.worker.health import UNWELL_AFTER

ROWS = 300


async def test_a_database_that_is_killed_and_comes_back_costs_nothing(workplace, postgres, sandbox, people):
    [worker] = await workplace.started(1)
    [number] = await workplace.add(spec(people(ROWS), list="Newsletter"))
    await workplace.runner_of(number)
    await until(lambda: len(written(sandbox)) >= 40)

    postgres.kill()
    await asyncio.sleep(10 if LONG else 3)
    postgres.start()
    if worker.process.poll() is not None:  # it has ended itself, and its supervisor starts another
        workplace.start()
    job = await workplace.ended(number, 120)

    assert job.status == "succeeded"
    assert len(written(sandbox)) == ROWS
    assert job.progress["created"] + job.progress["unknown"] + job.progress["unchanged"] == ROWS


@pytest.mark.skipif(not LONG, reason="takes more than a minute: make scale")
async def test_a_database_that_freezes_makes_its_workers_unwell(workplace, postgres):
    [worker] = await workplace.started(1)

    postgres.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(UNWELL_AFTER + 5)
        last = worker.health.stat().st_mtime
    finally:
        postgres.signal(signal.SIGCONT)

    assert time.time() - last > UNWELL_AFTER
