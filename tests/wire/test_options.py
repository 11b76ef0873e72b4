"""A client with other options, on the same connections, limit and budget."""

import asyncio

import pytest
from support import CountedLimiter, client_of, people

from lemlist_async import DeadlineExceededError, InvalidRequestError, RetryPolicy, ServerError, TransportError


async def test_options_hold_for_the_client_that_has_them_alone(sandbox, lemlist):
    once = lemlist.with_options(retry=RetryPolicy(attempts=1))
    sandbox.faults.answer(500, times=2)

    with pytest.raises(ServerError) as caught:
        await once.team.get()
    await lemlist.team.get()

    assert caught.value.requests == 1
    assert sandbox.count() == 3


async def test_a_timeout_and_a_deadline_bound_its_calls(sandbox, lemlist):
    sandbox.faults.silence(times=None)

    with pytest.raises(TransportError, match="no answer in time"):
        await lemlist.with_options(timeout=0.1, retry=RetryPolicy(attempts=1)).team.get()
    with pytest.raises(DeadlineExceededError, match=r"0\.1 s"):
        await lemlist.with_options(deadline=0.1).team.get()


async def test_connections_limit_counts_and_lanes_are_shared(sandbox):
    limiter = CountedLimiter()

    async with client_of(sandbox, limiter=limiter) as lemlist:
        other = lemlist.with_options(deadline=10).with_options(concurrency=2)
        await lemlist.team.get()
        await other.team.get()
        connections = len(sandbox._runner.server.connections)

    assert (limiter.granted, connections) == (2, 1)
    assert lemlist._session.requests == other._session.requests == 2
    assert other._shared.lanes is lemlist._shared.lanes
    assert other.rate_limit is lemlist.rate_limit


async def test_its_runs_go_by_its_concurrency(sandbox, lemlist):
    sandbox.latency = (0.05, 0.05)
    most = 0

    async def watch():
        nonlocal most
        while True:
            most = max(most, len(sandbox._under_way))
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    await lemlist.with_options(concurrency=2).contacts.upsert_many(people(8))
    watching.cancel()

    assert most == 2


async def test_closing_it_closes_nothing_and_closing_the_first_closes_all(sandbox, lemlist):
    async with lemlist.with_options(deadline=5) as other:
        await other.team.get()
    await lemlist.team.get()
    await lemlist.aclose()

    with pytest.raises(RuntimeError, match="closed"):
        await other.team.get()


async def test_resources_that_are_imported_late_have_the_options_too(sandbox, lemlist):
    sandbox.faults.silence(times=None)

    with pytest.raises(DeadlineExceededError):
        await lemlist.with_options(deadline=0.1).webhooks.all()


@pytest.mark.parametrize("options", [{"timeout": 0}, {"concurrency": 0}])
async def test_options_that_make_no_sense_are_refused(lemlist, options):
    with pytest.raises(InvalidRequestError):
        lemlist.with_options(**options)
