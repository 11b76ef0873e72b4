"""Counting the requests of a block: all of them, the cancelled ones and the tasks that it starts included."""

import asyncio

import pytest
from support import ONCE, client_of, people, person, until

from lemlist_async import LemlistError


async def test_a_count_is_what_the_server_received_retries_included(sandbox, lemlist):
    sandbox.faults.answer(500, times=2)

    with lemlist.counting() as count:
        await lemlist.contacts.upsert_many(people(5))

    assert count.requests == sandbox.count() == 7


async def test_a_request_that_aiohttp_sends_again_counts_twice(sandbox, lemlist):
    sandbox.faults.drop(method="GET")

    with lemlist.counting() as count:
        await lemlist.team.get()

    assert count.requests == sandbox.count() == 2


async def test_a_cancelled_request_counts(sandbox, lemlist):
    sandbox.faults.silence()

    with lemlist.counting() as count:
        task = asyncio.create_task(lemlist.team.get())
        await until(sandbox.count)
        task.cancel()
        await asyncio.wait({task})

    assert count.requests == sandbox.count() == 1


async def test_a_failed_request_counts(sandbox):
    sandbox.faults.answer(400)

    async with client_of(sandbox, retry=ONCE) as lemlist:
        with lemlist.counting() as count, pytest.raises(LemlistError):
            await lemlist.contacts.upsert(person())

    assert count.requests == 1


async def test_blocks_count_their_own_and_what_is_inside(sandbox, lemlist):
    with lemlist.counting() as outer:
        await lemlist.team.get()
        with lemlist.counting() as inner:
            await asyncio.gather(*(lemlist.team.get() for _ in range(3)))
    await lemlist.team.get()

    assert (outer.requests, inner.requests, lemlist._session.requests) == (4, 3, 5)


async def test_blocks_in_other_tasks_do_not_meet(sandbox, lemlist):
    async def count(times):
        with lemlist.counting() as mine:
            for _ in range(times):
                await lemlist.team.get()
        return mine.requests

    assert await asyncio.gather(count(1), count(3), count(2)) == [1, 3, 2]
