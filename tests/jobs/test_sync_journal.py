"""Sync with a journal: the next run tells what a killed one did, or may have done."""

import asyncio

import pytest

from lemlist_async import BatchError, JournalError
from lemlist_async.jobs import ContactFile, EarlierRuns, Journal, sync_list


@pytest.fixture
def ids(sandbox):
    return sandbox.state.add_contacts(60)


@pytest.fixture
def list_id(sandbox, ids):
    return sandbox.state.add_list("List", members=ids[:40])


async def cut_off(job, phase: str) -> None:
    """Cancel a sync in one of its phases, once it has sent something in it."""
    task = asyncio.create_task(job)
    while job.phase != phase:  # noqa: ASYNC110 - a phase has no event
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_sync_that_came_to_its_end_leaves_nothing_to_tell(lemlist, list_id, ids, kept):
    first = await sync_list(lemlist, list_id, ids[2:], journal=kept)
    second = await sync_list(lemlist, list_id, ids[2:], journal=kept)

    assert first.is_complete
    assert first.earlier == second.earlier == EarlierRuns()


@pytest.fixture(params=["upserting", "adding", "removing"])
def phase(request):
    return request.param


async def test_the_next_run_tells_what_a_cut_off_one_may_have_done(  # noqa: PLR0917
    lemlist, sandbox, list_id, ids, kept, phase
):
    path, method = {"upserting": ("/contacts", "POST")}.get(phase, ("/entities", "POST"))
    wanted = [*ids[4:60], *({"email": f"new{number}@acme.com"} for number in range(30))]
    contacts, members = len(sandbox.state.contacts.by_id), set(sandbox.state.members(list_id))
    if phase == "removing":
        await sync_list(lemlist, list_id, [*ids, *wanted[-30:]])
        contacts, members = len(sandbox.state.contacts.by_id), set(sandbox.state.members(list_id))
    sandbox.faults.silence(path=path, method=method, times=None, after_applying=True)
    await cut_off(sync_list(lemlist, list_id, wanted, journal=kept), phase)
    made = len(sandbox.state.contacts.by_id) - contacts
    now = set(sandbox.state.members(list_id))
    sandbox.faults.clear()

    report = await sync_list(lemlist, list_id, wanted, journal=kept)

    earlier = report.earlier
    assert earlier.upserted <= made <= earlier.upserted_max
    assert earlier.added <= len(now - members) <= earlier.added_max
    assert earlier.removed <= len(members - now) <= earlier.removed_max
    assert earlier.upserted_max + earlier.added_max + earlier.removed_max > 0
    assert report.is_complete
    assert len(sandbox.state.members(list_id)) == 86


async def test_what_several_runs_may_have_done_adds_up(lemlist, sandbox, list_id, ids, kept):
    for _ in range(2):
        sandbox.faults.drop(path="/entities", times=4, after_applying=True)
        with pytest.raises(BatchError, match=r"The sync was stopped\. 20 contacts could not be added"):
            await sync_list(lemlist, list_id, ids, journal=kept)
        sandbox.state.remove_from_list(list_id, ids[40:])

    report = await sync_list(lemlist, list_id, ids, journal=kept)

    assert (report.earlier.added, report.earlier.added_max) == (0, 40)
    assert (await sync_list(lemlist, list_id, ids, journal=kept)).earlier == EarlierRuns()


async def test_a_journal_of_an_import_or_of_another_list_is_refused(lemlist, sandbox, list_id, ids, kept):
    other = sandbox.state.add_list("Other", members=ids[:1])
    async with await Journal.open(kept) as journal:
        await sync_list(lemlist, list_id, ids, journal=journal)
        sandbox.reset_received()

        with pytest.raises(JournalError, match="another list"):
            await sync_list(lemlist, other, ids, journal=journal)
        with pytest.raises(JournalError, match="another file or job"):
            await sync_list(lemlist, list_id, ids, journal=journal, name="other.csv")

    assert sandbox.received == []


async def test_two_syncs_of_one_journal_do_not_run_at_the_same_time(lemlist, list_id, ids, kept):
    jobs = [sync_list(lemlist, list_id, ids, journal=kept) for _ in range(2)]

    done = await asyncio.gather(*jobs, return_exceptions=True)

    assert sum(isinstance(one, JournalError) and "in use" in str(one) for one in done) == 1
    assert sum(not isinstance(one, Exception) for one in done) == 1


async def test_a_files_sync_is_called_as_the_file(lemlist, sandbox, list_id, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("email\njane@acme.com\n", encoding="utf-8")
    async with await Journal.open(tmp_path / "journal") as journal:
        await sync_list(lemlist, list_id, ContactFile(file), journal=journal, max_removals=None)

        with pytest.raises(JournalError, match=r"another file or job \('people.csv'"):
            await sync_list(lemlist, list_id, [], journal=journal)
