"""Leases: work ends at once when its journal is taken over, and only then."""

import asyncio
from contextlib import suppress

import pytest

from lemlist_async import LeaseLostError
from lemlist_async.jobs import Journal
from lemlist_async.jobs.leases import while_held


@pytest.fixture
async def journal():
    async with await Journal.open(None) as journal:
        yield journal


async def lose(journal):
    await asyncio.sleep(0)
    journal.lost.set()


async def test_work_is_cut_off_when_the_journal_is_taken_over(journal):
    losing = asyncio.create_task(lose(journal))

    with pytest.raises(LeaseLostError, match="taken over by another process"):
        async with while_held(journal):
            await asyncio.sleep(60)

    assert asyncio.current_task().cancelling() == 0
    await losing


async def test_work_that_ends_in_its_own_way_while_it_is_cut_off_is_lost_all_the_same(journal):
    losing = asyncio.create_task(lose(journal))

    with pytest.raises(LeaseLostError):
        async with while_held(journal):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    assert asyncio.current_task().cancelling() == 0
    await losing


async def test_a_cancellation_of_somebody_else_stays_one(journal):
    async def work():
        async with while_held(journal):
            await asyncio.sleep(60)

    cancelled, both = asyncio.create_task(work()), asyncio.create_task(work())
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.sleep(0)
    journal.lost.set()
    await asyncio.sleep(0)
    both.cancel()

    for task in (cancelled, both):
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_work_that_comes_to_its_end_is_done(journal):
    async with while_held(journal):
        await asyncio.sleep(0)

    assert asyncio.current_task().cancelling() == 0
