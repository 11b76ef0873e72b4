"""Import: stopped or cancelled anywhere, it goes on where it was."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from jobs.support import cancelled_after, people, results, stopped_after, upserts
from support import until

from lemlist_async import (
    Lemlist,
    RetryPolicy,
    Unlimited,
)
from lemlist_async.jobs import Journal, import_contacts, listing


async def test_a_stopped_job_goes_on_where_it_was(lemlist, sandbox, newsletter, kept):
    first = await stopped_after(40, lemlist, people(100), kept, list_id=newsletter)

    report = await import_contacts(lemlist, people(100), list_id=newsletter, journal=kept)

    assert not first.is_complete
    assert first.created < 100
    assert results(report) == {"created": 100}
    assert (report.added_count, report.added_count_max) == (100, 100)
    assert Counter(upserts(sandbox)).most_common(1)[0][1] == 1


@pytest.mark.parametrize("concurrency", [1, 5, 20])
async def test_a_kill_would_leave_no_more_in_doubt_than_are_sent_at_a_time(
    lemlist, sandbox, kept, monkeypatch, concurrency
):
    in_doubt = []
    async with await Journal.open(kept) as journal:
        store, settled = type(journal._store), set()
        commit = store.commit

        async def commit_slowly(self, changes):
            await asyncio.sleep(0.02)
            in_doubt.append(len(upserts(sandbox)) - len(settled))
            await commit(self, changes)
            settled.update(slot for slot, entry in changes.entries.items() if entry and entry.is_settled)

        monkeypatch.setattr(store, "commit", commit_slowly)
        await import_contacts(lemlist, people(100), journal=journal, concurrency=concurrency)

    assert 0 < max(in_doubt) <= concurrency


async def test_a_job_that_was_stopped_before_it_began_sends_nothing(lemlist, sandbox):
    job = import_contacts(lemlist, people(3))
    job.stop()

    report = await job

    assert report.rows == 0
    assert not report.is_complete
    assert sandbox.requests("POST") == []


async def test_stopping_while_the_list_is_behind_loses_nobody(lemlist, sandbox, newsletter, kept):
    sandbox.faults.slow(0.1, times=None, path="/entities")
    job = import_contacts(lemlist, people(30), list_id=newsletter, journal=kept)
    task = asyncio.create_task(job)
    await until(lambda: len(upserts(sandbox)) >= 20)
    job.stop()
    await task

    report = await import_contacts(lemlist, people(30), list_id=newsletter, journal=kept)

    assert results(report) == {"created": 30}
    assert report.added_count == 30


@pytest.mark.parametrize("seed", range(2))
async def test_cancelled_at_any_await_it_goes_on_and_tells_the_truth(sandbox, newsletter, kept, monkeypatch, seed):
    """The job is cancelled after every number of steps of the loop in turn, each time going on with one journal."""
    monkeypatch.setattr(listing, "_PATIENCE", 0.01)
    rows = [*people(40), *people(40, jobTitle="second"), {"contactId": "ctc_nobody"}]
    sandbox.state.add_contact(email="person3@example.com")
    sandbox.faults.randomly(0.1, ["500", "drop", "truncate"], seed=seed)
    retry = RetryPolicy(attempts=20, first_wait=0.001, longest_backoff=0.001, budget=10_000)
    report = None
    cancellations = 0
    steps = 1
    while report is None:
        async with Lemlist(sandbox.api_key, base_url=sandbox.url, limiter=Unlimited(), retry=retry) as lemlist:
            job = import_contacts(lemlist, rows, list_id=newsletter, journal=kept, concurrency=4)
            report = await cancelled_after(steps, job)
        cancellations += report is None
        steps += 2 if steps < 60 else steps // 12

    created, added = len(sandbox.state.contacts.by_id) - 1, len(sandbox.state.members(newsletter))
    assert cancellations > 10
    assert (created, added) == (39, 40)
    assert report.rows == 81
    assert report.created <= created <= report.created + report.unknown
    assert report.added_count <= added <= report.added_count_max
    assert {one["fields"].get("jobTitle") for one in map(sandbox.state.contact, sandbox.state.members(newsletter))} == {
        "second"
    }


async def test_an_answer_that_was_not_written_down_any_more_leaves_the_row_in_doubt(
    lemlist, sandbox, kept, monkeypatch
):
    """Cancelled between lemlist's answer and the journal: what was applied must not be called unsent."""
    job = import_contacts(lemlist, people(1), journal=kept)
    write = Journal.write
    task = asyncio.create_task(job)

    async def cut_off(journal: Journal, entries: Any, **options: Any) -> None:
        entries = list(entries)
        if any(entry.is_settled for entry in entries):
            task.cancel()
            await asyncio.sleep(1)
        await write(journal, entries, **options)

    monkeypatch.setattr(Journal, "write", cut_off)
    with pytest.raises(asyncio.CancelledError):
        await task
    monkeypatch.setattr(Journal, "write", write)
    report = await import_contacts(lemlist, people(1), journal=kept)

    assert results(report) == {"unknown": 1}
