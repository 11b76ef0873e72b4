"""A sync that is stopped before it has a plan changes nothing."""

import asyncio

from lemlist_async import Lemlist
from lemlist_async.jobs import sync_list
from lemlist_async.sandbox import Sandbox


async def test_a_sync_that_is_stopped_while_it_reads_its_input_changes_nothing():
    """Half the input is no ground for removals: the plan is dropped, and the reading ends."""
    async with Sandbox(quota=None) as sandbox, Lemlist(sandbox.api_key, base_url=sandbox.url) as lemlist:
        people = sandbox.state.add_contacts(3)
        list_id = sandbox.state.add_list("Newsletter", members=people)
        read = []

        async def ids():
            for one in people:
                read.append(one)
                job.stop()
                yield one

        job = sync_list(lemlist, list_id, ids(), max_removals=None)
        report = await job

        assert read == people[:1]
        assert report.plan is None
        assert not report.is_complete
        assert sandbox.state.members(list_id) == people


async def test_a_sync_that_is_stopped_while_it_reads_the_list_reads_no_further_page():
    async with Sandbox(quota=None) as sandbox, Lemlist(sandbox.api_key, base_url=sandbox.url) as lemlist:
        people = sandbox.state.add_contacts(1_200)
        list_id = sandbox.state.add_list("Newsletter", members=people)
        sandbox.faults.slow(0.2, method="GET", path="/contacts", times=2)
        job = sync_list(lemlist, list_id, people[:1], max_removals=None)
        task = asyncio.create_task(job)
        while job.phase != "reading the list":  # noqa: ASYNC110 - a phase has no event
            await asyncio.sleep(0.01)

        job.stop()
        report = await task

        assert not report.is_complete
        assert sandbox.count(method="GET", path="/contacts") == 2  # the lists, and one page
        assert sandbox.state.members(list_id) == people
