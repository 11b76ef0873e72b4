"""Import: every row ends as exactly one thing, whatever happens, and the next run knows what this one did."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lemlist_async import (
    AuthenticationError,
    BatchError,
    ContactInput,
    InvalidRequestError,
    JobRefusedError,
    JournalError,
    Lemlist,
    RetryPolicy,
    TransportError,
    Unlimited,
)
from lemlist_async.jobs import ContactFile, ImportReport, Journal, Row, import_contacts, listing
from lemlist_async.sandbox import Sandbox


def people(count: int, **fields: str) -> list[dict[str, str]]:
    return [{"email": f"person{number}@example.com", "firstName": f"N{number}"} | fields for number in range(count)]


def results(report: ImportReport) -> dict[str, int]:
    """The parts into which the rows fall, without those that are empty."""
    names = ("created", "updated", "unchanged", "unknown", "rejected", "unfinished")
    parts = {name: getattr(report, name) for name in names}
    assert sum(parts.values()) == report.rows
    return {name: count for name, count in parts.items() if count}


def upserts(sandbox: Sandbox) -> list[str]:
    return [one.json["email"] for one in sandbox.requests("POST", "/contacts") if one.path == "/contacts"]


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(0.001)


class Refused:
    """Collects the rows that were handed back."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str]] = []

    def __call__(self, row: Row, reason: str) -> None:
        self.rows.append((row.number, reason))


# What becomes of rows.


async def test_every_row_is_upserted_and_is_in_the_list_afterwards(lemlist, sandbox, newsletter):
    sandbox.state.add_contact(email="person1@example.com")

    report = await import_contacts(lemlist, people(3), list_id=newsletter)

    assert results(report) == {"created": 2, "updated": 1}
    assert (report.added_count, report.added_count_max, report.already_in_list) == (3, 3, 0)
    assert len(sandbox.state.members(newsletter)) == 3
    assert report.is_complete
    assert report.is_exact
    assert report.requests == len(sandbox.received)
    assert report.elapsed > 0


async def test_rows_come_from_any_kind_of_iterable(lemlist, sandbox):
    async def rows() -> AsyncIterator[Any]:
        yield ContactInput(email="a@example.com")
        yield {"Email": "b@example.com"}

    report = await import_contacts(lemlist, rows())

    assert results(report) == {"created": 2}


async def test_no_rows_send_nothing_but_the_check(lemlist, sandbox):
    report = await import_contacts(lemlist, [])

    assert report.rows == 0
    assert report.is_complete
    assert [one.path for one in sandbox.received] == ["/team"]


async def test_a_file_without_identifiers_is_refused_before_anything_is_sent(tmp_path, sandbox):
    file = tmp_path / "contacts.csv"
    file.write_text("firstName\nJane\n", encoding="utf-8")

    with pytest.raises(InvalidRequestError, match=r"contacts\.csv"):
        ContactFile(file)


async def test_refused_rows_come_back_with_their_number_and_reason(lemlist, sandbox, newsletter):
    """One is refused here, one by lemlist; the others are not held up."""
    refused = Refused()
    rows = [*people(1), {"firstName": "No identifier"}, {"contactId": "ctc_nobody"}, *people(2)[1:]]

    report = await import_contacts(lemlist, rows, list_id=newsletter, on_rejected=refused)

    assert results(report) == {"created": 2, "rejected": 2}
    assert [number for number, _ in refused.rows] == [2, 3]
    assert "no column identifies a contact" in refused.rows[0][1]
    assert refused.rows[1][1].startswith("CONTACT_NOT_FOUND_BY_ID: No contact found")
    assert report.is_complete


async def test_a_broken_row_in_the_middle_of_a_file_costs_only_itself(lemlist, sandbox, tmp_path):
    file = tmp_path / "contacts.csv"
    file.write_text('email,firstName\na@example.com,A\nb@example.com,"B" x\nc@example.com,C\n', encoding="utf-8")
    refused = Refused()

    report = await import_contacts(lemlist, ContactFile(file), on_rejected=refused)

    assert results(report) == {"created": 2, "rejected": 1}
    assert [number for number, _ in refused.rows] == [3]


async def test_a_linkedin_url_that_lemlist_refuses_does_not_cost_the_contact(lemlist, sandbox, newsletter):
    refused = Refused()
    rows = people(1, linkedinUrl="https://example.com/nobody")

    report = await import_contacts(lemlist, rows, list_id=newsletter, on_rejected=refused)

    assert results(report) == {"created": 1}
    assert [(one.code, one.count, one.positions) for one in report.warnings] == [("LINKEDIN_URL_REFUSED", 1, (1,))]
    assert refused.rows[0][1].startswith("imported, but: lemlist does not accept the contact's LinkedIn URL")


async def test_what_lemlist_leaves_out_without_a_word_is_counted_with_examples(lemlist, sandbox):
    rows = people(2, contactOwner="usr_nobody", companyDomain="unknown.example")
    rows[1]["custom.plan"] = "pro"

    report = await import_contacts(lemlist, rows)

    assert {one.code: (one.count, one.positions) for one in report.warnings} == {
        "OWNER_NOT_APPLIED": (2, (1, 2)),
        "COMPANY_NOT_LINKED": (2, (1, 2)),
        "FIELD_NOT_REGISTERED": (1, (2,)),
    }


async def test_contacts_that_have_unsubscribed_are_counted(lemlist, sandbox):
    body = '{"data": {"_id": "ctc_1", "created": false, "unsubscribed": true}}'
    sandbox.faults.answer(200, body=body, content_type="application/json", method="POST")

    report = await import_contacts(lemlist, people(1))

    assert [(one.code, one.count) for one in report.warnings] == [("CONTACT_UNSUBSCRIBED", 1)]


async def test_warnings_are_told_again_by_the_run_that_goes_on(lemlist, sandbox, tmp_path):
    """The final report is that of the whole job."""
    rows = people(30, contactOwner="usr_nobody")
    await stopped_after(10, lemlist, rows, tmp_path / "journal")

    report = await import_contacts(lemlist, rows, journal=tmp_path / "journal")

    assert [(one.code, one.count) for one in report.warnings] == [("OWNER_NOT_APPLIED", 30)]


# Rows of one person.


async def test_rows_of_one_person_keep_their_order_and_make_one_contact(lemlist, sandbox, newsletter):
    """In one batch of rows and across several, whichever identifier they share."""
    url = "https://linkedin.com/in/jane"
    first = {"email": "jane@example.com", "linkedinUrl": url, "jobTitle": "first"}
    last = {"linkedinUrl": url.upper().replace("HTTPS", "https"), "jobTitle": "last"}
    rows = [first, {"email": "JANE@example.com", "jobTitle": "second"}, *people(450), last]

    report = await import_contacts(lemlist, rows, list_id=newsletter)

    assert len(sandbox.state.contacts.by_id) == 451
    assert sandbox.state.contact("jane@example.com")["fields"]["jobTitle"] == "last"
    assert results(report) == {"created": 451, "updated": 2}
    assert report.added_count == len(sandbox.state.members(newsletter)) == 451


async def test_the_second_row_of_a_person_is_sent_when_the_first_has_changed(lemlist, sandbox, tmp_path):
    """Otherwise the first row's values would stay."""
    rows = [*people(1, jobTitle="first"), *people(250)[1:], *people(1, jobTitle="last")]
    await import_contacts(lemlist, rows, journal=tmp_path / "journal")
    rows[0]["jobTitle"] = "changed"

    report = await import_contacts(lemlist, rows, journal=tmp_path / "journal")

    assert results(report) == {"updated": 2, "unchanged": 249}
    assert sandbox.state.contact("person0@example.com")["fields"]["jobTitle"] == "last"


async def test_people_who_share_a_linkedin_url_in_turns_each_keep_a_place_of_their_own(lemlist, sandbox, tmp_path):
    url = "https://linkedin.com/in/shared"
    rows = [
        {"email": "a@example.com", "linkedinUrl": url},
        {"email": "b@example.com", "linkedinUrl": url},
        {"linkedinUrl": url, "firstName": "1"},
        {"email": "c@example.com", "linkedinUrl": url},
        {"linkedinUrl": url, "firstName": "2"},
    ]
    await import_contacts(lemlist, rows, journal=tmp_path / "journal")

    report = await import_contacts(lemlist, rows, journal=tmp_path / "journal")

    assert results(report) == {"unchanged": 5}


async def test_a_row_that_failed_does_not_overwrite_a_later_one_when_it_is_sent_again(lemlist, sandbox, tmp_path):
    """The later row of the person is sent again, too, and stays counted as what it was."""
    rows = [*people(1, jobTitle="first"), *people(1, jobTitle="last")]
    sandbox.faults.answer(500, times=4, method="POST")
    with pytest.raises(BatchError, match="1 are unfinished") as raised:
        await import_contacts(lemlist, rows, journal=tmp_path / "journal", concurrency=1)

    report = await import_contacts(lemlist, rows, journal=tmp_path / "journal")

    assert results(raised.value.report) == {"created": 1, "unfinished": 1}
    assert sandbox.state.contact("person0@example.com")["fields"]["jobTitle"] == "last"
    assert results(report) == {"created": 1, "unknown": 1}


async def test_the_order_of_a_person_s_rows_survives_a_second_restart(lemlist, sandbox, tmp_path):
    """Stopped after the first row was mended, and before the last one was sent again."""
    rows = [*people(1, jobTitle="first"), *people(260)[1:], *people(1, jobTitle="last")]
    sandbox.faults.answer(500, times=4, method="POST")
    with pytest.raises(BatchError, match="1 are unfinished"):
        await import_contacts(lemlist, rows, journal=tmp_path / "journal", concurrency=1)
    await stopped_after(1, lemlist, rows, tmp_path / "journal", concurrency=1)

    report = await import_contacts(lemlist, rows, journal=tmp_path / "journal")

    assert sandbox.state.contact("person0@example.com")["fields"]["jobTitle"] == "last"
    assert results(report) == {"created": 260, "unknown": 1}


async def test_a_row_that_is_mended_between_two_restarts_does_not_overwrite_a_later_one(lemlist, sandbox, tmp_path):
    rows = [*people(1, contactId="ctc_nobody"), *people(250)[1:], *people(1, jobTitle="last"), *people(300)[250:]]
    await stopped_after(255, lemlist, rows, tmp_path / "journal")
    rows[0] = people(1, jobTitle="mended")[0]

    report = await import_contacts(lemlist, rows, journal=tmp_path / "journal")

    assert sandbox.state.contact("person0@example.com")["fields"]["jobTitle"] == "last"
    assert results(report) == {"created": 300, "updated": 1}


# The next day.


async def test_the_next_run_sends_only_what_has_changed(lemlist, sandbox, newsletter, tmp_path):
    rows = people(50)
    await import_contacts(lemlist, rows, list_id=newsletter, journal=tmp_path / "journal")
    sandbox.reset_received()
    rows[7]["firstName"] = "New"
    rows.append({"email": "new@example.com"})

    report = await import_contacts(lemlist, rows, list_id=newsletter, journal=tmp_path / "journal")

    assert results(report) == {"created": 1, "updated": 1, "unchanged": 49}
    assert sorted(upserts(sandbox)) == ["new@example.com", "person7@example.com"]
    assert (report.added_count, report.already_in_list) == (1, 0)
    assert len(sandbox.received) == report.requests == 5


async def test_a_row_that_lemlist_refused_is_not_sent_again_until_it_changes(lemlist, sandbox, tmp_path):
    refused = Refused()
    rows = [*people(1), {"contactId": "ctc_nobody"}]
    await import_contacts(lemlist, rows, journal=tmp_path / "journal")
    sandbox.reset_received()

    report = await import_contacts(lemlist, rows, journal=tmp_path / "journal", on_rejected=refused)

    assert results(report) == {"unchanged": 1, "rejected": 1}
    assert [number for number, _ in refused.rows] == [2]
    assert sandbox.requests("POST") == []


async def test_full_sends_every_row_whatever_the_journal_says(lemlist, sandbox, tmp_path):
    await import_contacts(lemlist, people(5), journal=tmp_path / "journal")

    report = await import_contacts(lemlist, people(5), journal=tmp_path / "journal", full=True)

    assert results(report) == {"updated": 5}


async def test_an_open_journal_stays_open_and_serves_one_job_after_the_other(lemlist, sandbox, tmp_path):
    async with await Journal.open(tmp_path / "journal") as journal:
        await import_contacts(lemlist, people(5), journal=journal)

        report = await import_contacts(lemlist, people(5), journal=journal)

    assert results(report) == {"unchanged": 5}


# What is refused before anything is sent.


async def test_full_and_verify_exclude_each_other(lemlist):
    with pytest.raises(InvalidRequestError, match="choose one"):
        import_contacts(lemlist, [], full=True, verify=True)


async def test_a_malformed_list_id_is_refused_at_once(lemlist):
    with pytest.raises(InvalidRequestError, match="clt_"):
        import_contacts(lemlist, [], list_id="Newsletter")


async def test_a_missing_or_dynamic_list_is_refused_before_anything_is_sent(lemlist, sandbox, tmp_path):
    dynamic = sandbox.state.add_list("All", dynamic=True)

    with pytest.raises(JobRefusedError, match="There is no list clt_none"):
        await import_contacts(lemlist, people(1), list_id="clt_none", journal=tmp_path / "journal")
    with pytest.raises(JobRefusedError, match="is dynamic"):
        await import_contacts(lemlist, people(1), list_id=dynamic, journal=tmp_path / "journal")

    assert sandbox.requests("POST") == []


async def test_a_journal_of_another_file_or_list_is_refused_before_the_first_request(
    lemlist, sandbox, newsletter, tmp_path
):
    await import_contacts(lemlist, people(1), list_id=newsletter, journal=tmp_path / "journal", name="a.csv")
    sandbox.reset_received()

    with pytest.raises(JournalError, match=r"another file or job \('a.csv', not 'b.csv'\)"):
        await import_contacts(lemlist, people(1), list_id=newsletter, journal=tmp_path / "journal", name="b.csv")
    with pytest.raises(JournalError, match="another list"):
        await import_contacts(lemlist, people(1), journal=tmp_path / "journal", name="a.csv")

    assert sandbox.received == []


async def test_a_journal_of_another_team_is_refused_before_anything_is_sent(lemlist, sandbox, tmp_path):
    await import_contacts(lemlist, people(1), journal=tmp_path / "journal")

    async with Sandbox(quota=None, seed=1) as other, Lemlist(other.api_key, base_url=other.url) as client:
        with pytest.raises(JournalError, match="another team"):
            await import_contacts(client, people(1), journal=tmp_path / "journal")

        assert other.requests("POST") == []


# Failures.


async def test_a_refused_key_stops_the_job_and_says_so(sandbox, newsletter, tmp_path):
    async with Lemlist("wrong", base_url=sandbox.url) as lemlist:
        with pytest.raises(AuthenticationError):
            await import_contacts(lemlist, people(1), list_id=newsletter)


async def test_a_failure_that_all_rows_share_stops_the_job_which_can_go_on(lemlist, sandbox, newsletter, tmp_path):
    sandbox.faults.answer(402, body="Not in your plan", times=None, method="POST")

    with pytest.raises(BatchError, match=r"stopped and can go on.*Not in your plan") as raised:
        await import_contacts(lemlist, people(50), list_id=newsletter, journal=tmp_path / "journal")
    sandbox.faults.clear()
    report = await import_contacts(lemlist, people(50), list_id=newsletter, journal=tmp_path / "journal")

    assert "unfinished" in results(raised.value.report)
    assert results(report) == {"created": 50}


async def test_a_row_whose_answer_is_lost_for_good_is_unfinished_and_told(lemlist, sandbox, tmp_path):
    """The process that goes on cannot know who created it, and says so."""
    sandbox.faults.drop(after_applying=True, times=4, method="POST")
    with pytest.raises(BatchError, match="1 are unfinished") as raised:
        await import_contacts(lemlist, people(1), journal=tmp_path / "journal")

    report = await import_contacts(lemlist, people(1), journal=tmp_path / "journal")

    assert isinstance(raised.value.__cause__, TransportError)
    assert not raised.value.report.is_complete
    assert results(report) == {"unknown": 1}
    assert not report.is_exact


async def test_a_row_that_certainly_was_not_sent_leaves_no_doubt(lemlist, sandbox, tmp_path):
    sandbox.faults.answer(429, retry_after=0, times=4, method="POST")
    with pytest.raises(BatchError, match="1 are unfinished"):
        await import_contacts(lemlist, people(1), journal=tmp_path / "journal")
    sandbox.state.add_contact(email="person0@example.com")

    report = await import_contacts(lemlist, people(1), journal=tmp_path / "journal")

    assert results(report) == {"updated": 1}


async def test_a_row_that_lemlist_refuses_after_a_lost_answer_is_rejected(lemlist, sandbox):
    """Sent twice, it is refused twice: there is nothing left to find out."""
    sandbox.faults.drop(after_applying=True, method="POST")

    report = await import_contacts(lemlist, [{"contactId": "ctc_nobody"}])

    assert results(report) == {"rejected": 1}


async def test_an_error_of_the_caller_s_own_rows_reaches_the_caller_after_what_came_before_it(
    lemlist, sandbox, newsletter, tmp_path
):
    def rows() -> Iterator[dict[str, str]]:
        yield from people(5)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await import_contacts(lemlist, rows(), list_id=newsletter, journal=tmp_path / "journal")
    report = await import_contacts(lemlist, people(6), list_id=newsletter, journal=tmp_path / "journal")

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


async def test_an_error_of_the_caller_s_own_callback_reaches_the_caller(lemlist, sandbox, tmp_path):
    rows = [*people(3), {"contactId": "ctc_nobody"}]

    def fail(_row: Row, _reason: str) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await import_contacts(lemlist, rows, journal=tmp_path / "journal", on_rejected=fail)
    report = await import_contacts(lemlist, rows, journal=tmp_path / "journal")

    assert report.rejected == 1
    assert report.created <= 3 <= report.created + report.unknown


# The list.


async def test_list_changes_go_out_while_the_upserts_go_on(lemlist, sandbox, newsletter, monkeypatch):
    monkeypatch.setattr(listing, "_PATIENCE", 0.02)

    report = await import_contacts(lemlist, people(300), list_id=newsletter, concurrency=2)

    paths = [one.path for one in sandbox.requests("POST")]
    assert any("/entities" in path for path in paths[:150])
    assert report.added_count == 300


async def test_lost_answers_of_list_changes_make_bounds(lemlist, sandbox, newsletter):
    sandbox.faults.drop(after_applying=True, path="/entities")

    report = await import_contacts(lemlist, people(3), list_id=newsletter)

    assert (report.added_count, report.added_count_max, report.already_in_list) == (0, 3, 3)
    assert report.is_complete


async def test_a_list_change_that_is_never_answered_leaves_the_job_unfinished(lemlist, sandbox, newsletter, tmp_path):
    """Its contacts are sent once more by the next run, and perhaps were added by this one."""
    sandbox.faults.drop(after_applying=True, times=4, path="/entities")
    with pytest.raises(BatchError, match="3 are not known to be in the list") as raised:
        await import_contacts(lemlist, people(3), list_id=newsletter, journal=tmp_path / "journal")

    report = await import_contacts(lemlist, people(3), list_id=newsletter, journal=tmp_path / "journal")

    assert (raised.value.report.unlisted, raised.value.report.added_count_max) == (3, 3)
    assert (report.added_count, report.added_count_max, report.unlisted) == (0, 3, 0)
    assert results(report) == {"created": 3}


async def test_a_list_change_that_certainly_failed_is_made_by_the_next_run(lemlist, sandbox, newsletter, tmp_path):
    sandbox.faults.answer(429, retry_after=0, times=4, path="/entities")
    with pytest.raises(BatchError, match="3 are not known to be in the list"):
        await import_contacts(lemlist, people(3), list_id=newsletter, journal=tmp_path / "journal")

    report = await import_contacts(lemlist, people(3), list_id=newsletter, journal=tmp_path / "journal")

    assert (report.added_count, report.added_count_max) == (3, 3)


async def test_a_list_that_goes_away_stops_the_job(lemlist, sandbox, newsletter, tmp_path):
    sandbox.faults.answer(404, body="Contact list not found", times=None, path="/entities")

    with pytest.raises(BatchError, match="Contact list not found") as raised:
        await import_contacts(lemlist, people(3), list_id=newsletter, journal=tmp_path / "journal")

    assert results(raised.value.report) == {"created": 3}
    assert raised.value.report.unlisted == 3


async def test_contacts_that_the_list_knows_nothing_of_are_counted_and_tried_again(
    lemlist, sandbox, newsletter, tmp_path
):
    body = '{"addedCount": 1, "alreadyInList": 0}'
    sandbox.faults.answer(200, body=body, content_type="application/json", path="/entities")
    first = await import_contacts(lemlist, people(2), list_id=newsletter, journal=tmp_path / "journal")

    second = await import_contacts(lemlist, people(2), list_id=newsletter, journal=tmp_path / "journal")

    assert (first.unaccounted, first.added_count) == (1, 1)
    assert (second.unaccounted, second.added_count) == (0, 2)
    assert results(second) == {"unchanged": 2}


# Stopping, cancelling, going on.


async def stopped_after(
    count: int, lemlist: Lemlist, rows: Any, journal: Path, *, concurrency: int = 4, **options: Any
) -> ImportReport:
    """Import until so many rows have an answer in this run, then stop in good order."""
    job = import_contacts(lemlist, rows, journal=journal, concurrency=concurrency, **options)
    task = asyncio.create_task(job)
    while not task.done():
        await asyncio.sleep(0.001)
        posted = job._upserts.report.done if job._upserts is not None else 0
        if posted >= count:
            job.stop()
            break
    return await task


async def test_a_stopped_job_goes_on_where_it_was(lemlist, sandbox, newsletter, tmp_path):
    first = await stopped_after(40, lemlist, people(100), tmp_path / "journal", list_id=newsletter)

    report = await import_contacts(lemlist, people(100), list_id=newsletter, journal=tmp_path / "journal")

    assert not first.is_complete
    assert first.created < 100
    assert results(report) == {"created": 100}
    assert (report.added_count, report.added_count_max) == (100, 100)
    assert Counter(upserts(sandbox)).most_common(1)[0][1] == 1


async def test_a_job_that_was_stopped_before_it_began_sends_nothing(lemlist, sandbox):
    job = import_contacts(lemlist, people(3))
    job.stop()

    report = await job

    assert report.rows == 0
    assert not report.is_complete
    assert sandbox.requests("POST") == []


async def test_stopping_while_the_list_is_behind_loses_nobody(lemlist, sandbox, newsletter, tmp_path):
    sandbox.faults.slow(0.1, times=None, path="/entities")
    job = import_contacts(lemlist, people(30), list_id=newsletter, journal=tmp_path / "journal")
    task = asyncio.create_task(job)
    await until(lambda: len(upserts(sandbox)) >= 20)
    job.stop()
    await task

    report = await import_contacts(lemlist, people(30), list_id=newsletter, journal=tmp_path / "journal")

    assert results(report) == {"created": 30}
    assert report.added_count == 30


@pytest.mark.parametrize("seed", range(2))
async def test_cancelled_at_any_await_it_goes_on_and_tells_the_truth(sandbox, newsletter, tmp_path, monkeypatch, seed):
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
            job = import_contacts(lemlist, rows, list_id=newsletter, journal=tmp_path / "journal", concurrency=4)
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


async def cancelled_after(steps: int, job: Any) -> Any:
    """Cancel the job after so many steps of the event loop; return its report if it came to its end."""
    task = asyncio.create_task(job)
    for _ in range(steps):
        if task.done():
            break
        await asyncio.sleep(0)
    task.cancel()
    try:
        return await task
    except asyncio.CancelledError:
        return job.report if job.report.is_complete else None


async def test_an_answer_that_was_not_written_down_any_more_leaves_the_row_in_doubt(
    lemlist, sandbox, tmp_path, monkeypatch
):
    """Cancelled between lemlist's answer and the journal: what was applied must not be called unsent."""
    job = import_contacts(lemlist, people(1), journal=tmp_path / "journal")
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
    report = await import_contacts(lemlist, people(1), journal=tmp_path / "journal")

    assert results(report) == {"unknown": 1}


# What a newcomer does.


async def test_a_file_with_columns_that_lemlist_would_drop_is_refused(lemlist, sandbox, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("email,Plan\njane@acme.com,pro\n", encoding="utf-8")
    file = ContactFile(path, fields=await lemlist.fields.all())

    with pytest.raises(JobRefusedError, match="no field for 'Plan'"):
        import_contacts(lemlist, file)
    report = await import_contacts(lemlist, file, drop_unregistered=True)

    assert report.created == 1


async def test_a_refusal_of_the_moment_is_not_remembered(lemlist, sandbox, tmp_path):
    sandbox.faults.answer(409, path="/contacts", method="POST")
    rows, journal = [{"email": "jane@acme.com"}], tmp_path / "journal"

    with pytest.raises(BatchError) as caught:
        await import_contacts(lemlist, rows, journal=journal)
    again = await import_contacts(lemlist, rows, journal=journal)

    assert caught.value.report.unfinished == 1
    assert again.is_complete


async def test_verify_finds_contacts_known_by_linkedin_alone(lemlist, sandbox, tmp_path):
    rows = [{"linkedinUrl": f"https://www.linkedin.com/in/person-{number}"} for number in range(5)]
    await import_contacts(lemlist, rows, journal=tmp_path / "journal")

    report = await import_contacts(lemlist, rows, journal=tmp_path / "journal", verify=True)

    assert report.unchanged == 5
