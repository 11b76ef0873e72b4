"""Import: what fails is told, and the list is as the report says."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from jobs.support import people, results, upserts
from support import until

from lemlist_async import (
    AuthenticationError,
    BatchError,
    Lemlist,
    TransportError,
)
from lemlist_async.jobs import Row, import_contacts, listing


async def test_a_refused_key_stops_the_job_and_says_so(sandbox, newsletter, kept):
    async with Lemlist("wrong", base_url=sandbox.url) as lemlist:
        with pytest.raises(AuthenticationError):
            await import_contacts(lemlist, people(1), list_id=newsletter)


async def test_a_failure_that_all_rows_share_stops_the_job_which_can_go_on(lemlist, sandbox, newsletter, kept):
    sandbox.faults.answer(402, body="Not in your plan", times=None, method="POST")

    with pytest.raises(BatchError, match=r"stopped and can be continued.*Not in your plan") as raised:
        await import_contacts(lemlist, people(50), list_id=newsletter, journal=kept)
    sandbox.faults.clear()
    report = await import_contacts(lemlist, people(50), list_id=newsletter, journal=kept)

    assert "unfinished" in results(raised.value.report)
    assert results(report) == {"created": 50}


async def test_a_row_whose_answer_is_lost_for_good_is_unfinished_and_told(lemlist, sandbox, kept):
    """The process that goes on cannot know who created it, and says so."""
    sandbox.faults.drop(after_applying=True, times=4, method="POST")
    with pytest.raises(BatchError, match="1 is unfinished") as raised:
        await import_contacts(lemlist, people(1), journal=kept)

    report = await import_contacts(lemlist, people(1), journal=kept)

    assert isinstance(raised.value.__cause__, TransportError)
    assert not raised.value.report.is_complete
    assert results(report) == {"unknown": 1}
    assert not report.is_exact


async def test_a_row_that_certainly_was_not_sent_leaves_no_doubt(lemlist, sandbox, kept):
    sandbox.faults.answer(429, retry_after=0, times=4, method="POST")
    with pytest.raises(BatchError, match="1 is unfinished"):
        await import_contacts(lemlist, people(1), journal=kept)
    sandbox.state.add_contact(email="person0@example.com")

    report = await import_contacts(lemlist, people(1), journal=kept)

    assert results(report) == {"updated": 1}


async def test_a_row_that_lemlist_refuses_after_a_lost_answer_is_rejected(lemlist, sandbox):
    """Sent twice, it is refused twice: there is nothing left to find out."""
    sandbox.faults.drop(after_applying=True, method="POST")

    report = await import_contacts(lemlist, [{"contactId": "ctc_nobody"}], max_rejected=1)

    assert results(report) == {"rejected": 1}


async def test_an_error_of_the_caller_s_own_rows_reaches_the_caller_after_what_came_before_it(
    lemlist, sandbox, newsletter, kept
):
    def rows() -> Iterator[dict[str, str]]:
        yield from people(5)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await import_contacts(lemlist, rows(), list_id=newsletter, journal=kept)
    report = await import_contacts(lemlist, people(6), list_id=newsletter, journal=kept)

    assert len(upserts(sandbox)) == 6
    assert results(report) == {"created": 6}
    assert report.added_count_max == 6


async def test_the_caller_s_generator_is_closed_when_the_job_ends(lemlist, sandbox):
    closed = []

    async def rows() -> AsyncIterator[dict[str, str]]:
        try:
            for row in people(1000):
                yield row
        finally:
            closed.append(True)

    job = import_contacts(lemlist, rows(), on_rejected=lambda *_: None)
    task = asyncio.create_task(job)
    await until(lambda: job.report.rows >= 10)
    job.stop()
    await task

    assert closed == [True]


async def test_an_error_of_the_caller_s_own_callback_reaches_the_caller(lemlist, sandbox, kept):
    rows = [*people(3), {"contactId": "ctc_nobody"}]

    def fail(_row: Row, _reason: str) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await import_contacts(lemlist, rows, journal=kept, on_rejected=fail)
    report = await import_contacts(lemlist, rows, journal=kept)

    assert report.rejected == 1
    assert report.created <= 3 <= report.created + report.unknown


async def test_list_changes_go_out_while_the_upserts_go_on(lemlist, sandbox, newsletter, monkeypatch):
    monkeypatch.setattr(listing, "_PATIENCE", 0.02)
    sandbox.faults.slow(0.005, times=None, method="POST", path="/contacts")

    report = await import_contacts(lemlist, people(300), list_id=newsletter, concurrency=2)

    paths = [one.path for one in sandbox.requests("POST")]
    assert any("/entities" in path for path in paths[:150])
    assert report.added_count == 300


async def test_lost_answers_of_list_changes_make_bounds(lemlist, sandbox, newsletter):
    sandbox.faults.drop(after_applying=True, path="/entities")

    report = await import_contacts(lemlist, people(3), list_id=newsletter)

    assert (report.added_count, report.added_count_max, report.already_in_list) == (0, 3, 3)
    assert report.is_complete


async def test_a_list_change_that_is_never_answered_leaves_the_job_unfinished(lemlist, sandbox, newsletter, kept):
    """Its contacts are sent once more by the next run, and perhaps were added by this one."""
    sandbox.faults.drop(after_applying=True, times=4, path="/entities")
    with pytest.raises(BatchError, match="3 are not known to be in the list") as raised:
        await import_contacts(lemlist, people(3), list_id=newsletter, journal=kept)

    report = await import_contacts(lemlist, people(3), list_id=newsletter, journal=kept)

    assert (raised.value.report.unlisted, raised.value.report.added_count_max) == (3, 3)
    assert (report.added_count, report.added_count_max, report.unlisted) == (0, 3, 0)
    assert results(report) == {"created": 3}


async def test_a_list_change_that_certainly_failed_is_made_by_the_next_run(lemlist, sandbox, newsletter, kept):
    sandbox.faults.answer(429, retry_after=0, times=4, path="/entities")
    with pytest.raises(BatchError, match="3 are not known to be in the list"):
        await import_contacts(lemlist, people(3), list_id=newsletter, journal=kept)

    report = await import_contacts(lemlist, people(3), list_id=newsletter, journal=kept)

    assert (report.added_count, report.added_count_max) == (3, 3)


async def test_a_list_that_goes_away_stops_the_job(lemlist, sandbox, newsletter, kept):
    sandbox.faults.answer(404, body="Contact list not found", times=None, path="/entities")

    with pytest.raises(BatchError, match="Contact list not found") as raised:
        await import_contacts(lemlist, people(3), list_id=newsletter, journal=kept)

    assert results(raised.value.report) == {"created": 3}
    assert raised.value.report.unlisted == 3


async def test_contacts_that_the_list_knows_nothing_of_are_counted_and_tried_again(lemlist, sandbox, newsletter, kept):
    body = '{"addedCount": 1, "alreadyInList": 0}'
    sandbox.faults.answer(200, body=body, content_type="application/json", path="/entities")
    first = await import_contacts(lemlist, people(2), list_id=newsletter, journal=kept)

    second = await import_contacts(lemlist, people(2), list_id=newsletter, journal=kept)

    assert (first.unaccounted, first.added_count) == (1, 1)
    assert (second.unaccounted, second.added_count) == (0, 2)
    assert (first.is_complete, second.is_complete) == (False, True)
    assert results(second) == {"unchanged": 2}
