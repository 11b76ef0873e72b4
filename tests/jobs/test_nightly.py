"""Import: rows of one person keep their order, and the next run knows what this one did."""

import pytest
from jobs.support import Refused, people, results, stopped_after, upserts

from lemlist_async import (
    BatchError,
)
from lemlist_async.jobs import Journal, import_contacts


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


async def test_the_second_row_of_a_person_is_sent_when_the_first_has_changed(lemlist, sandbox, kept):
    """Otherwise the first row's values would stay."""
    rows = [*people(1, jobTitle="first"), *people(250)[1:], *people(1, jobTitle="last")]
    await import_contacts(lemlist, rows, journal=kept)
    rows[0]["jobTitle"] = "changed"

    report = await import_contacts(lemlist, rows, journal=kept)

    assert results(report) == {"updated": 2, "unchanged": 249}
    assert sandbox.state.contact("person0@example.com")["fields"]["jobTitle"] == "last"


async def test_people_who_share_a_linkedin_url_in_turns_each_keep_a_place_of_their_own(lemlist, sandbox, kept):
    url = "https://linkedin.com/in/shared"
    rows = [
        {"email": "a@example.com", "linkedinUrl": url},
        {"email": "b@example.com", "linkedinUrl": url},
        {"linkedinUrl": url, "firstName": "1"},
        {"email": "c@example.com", "linkedinUrl": url},
        {"linkedinUrl": url, "firstName": "2"},
    ]
    await import_contacts(lemlist, rows, journal=kept)

    report = await import_contacts(lemlist, rows, journal=kept)

    assert results(report) == {"unchanged": 5}


async def test_a_row_that_failed_does_not_overwrite_a_later_one_when_it_is_sent_again(lemlist, sandbox, kept):
    """The later row of the person is sent again, too, and stays counted as what it was."""
    rows = [*people(1, jobTitle="first"), *people(1, jobTitle="last")]
    sandbox.faults.answer(500, times=4, method="POST")
    with pytest.raises(BatchError, match="1 is unfinished") as raised:
        await import_contacts(lemlist, rows, journal=kept, concurrency=1)

    report = await import_contacts(lemlist, rows, journal=kept)

    assert results(raised.value.report) == {"created": 1, "unfinished": 1}
    assert sandbox.state.contact("person0@example.com")["fields"]["jobTitle"] == "last"
    assert results(report) == {"created": 1, "unknown": 1}


async def test_the_order_of_a_person_s_rows_survives_a_second_restart(lemlist, sandbox, kept):
    """Stopped after the first row was mended, and before the last one was sent again."""
    rows = [*people(1, jobTitle="first"), *people(260)[1:], *people(1, jobTitle="last")]
    sandbox.faults.answer(500, times=4, method="POST")
    with pytest.raises(BatchError, match="1 is unfinished"):
        await import_contacts(lemlist, rows, journal=kept, concurrency=1)
    await stopped_after(1, lemlist, rows, kept, concurrency=1)

    report = await import_contacts(lemlist, rows, journal=kept)

    assert sandbox.state.contact("person0@example.com")["fields"]["jobTitle"] == "last"
    assert results(report) == {"created": 260, "unknown": 1}


async def test_a_row_that_is_mended_between_two_restarts_does_not_overwrite_a_later_one(lemlist, sandbox, kept):
    rows = [*people(1, contactId="ctc_nobody"), *people(250)[1:], *people(1, jobTitle="last"), *people(300)[250:]]
    await stopped_after(255, lemlist, rows, kept)
    rows[0] = people(1, jobTitle="mended")[0]

    report = await import_contacts(lemlist, rows, journal=kept)

    assert sandbox.state.contact("person0@example.com")["fields"]["jobTitle"] == "last"
    assert results(report) == {"created": 300, "updated": 1}


async def test_the_next_run_sends_only_what_has_changed(lemlist, sandbox, newsletter, kept):
    rows = people(50)
    await import_contacts(lemlist, rows, list_id=newsletter, journal=kept)
    sandbox.reset_received()
    rows[7]["firstName"] = "New"
    rows.append({"email": "new@example.com"})

    report = await import_contacts(lemlist, rows, list_id=newsletter, journal=kept)

    assert results(report) == {"created": 1, "updated": 1, "unchanged": 49}
    assert sorted(upserts(sandbox)) == ["new@example.com", "person7@example.com"]
    assert (report.added_count, report.already_in_list) == (1, 0)
    assert len(sandbox.received) == report.requests == 5


async def test_a_row_that_lemlist_refused_is_not_sent_again_until_it_changes(lemlist, sandbox, kept):
    refused = Refused()
    rows = [*people(1), {"contactId": "ctc_nobody"}]
    await import_contacts(lemlist, rows, journal=kept)
    sandbox.reset_received()

    report = await import_contacts(lemlist, rows, journal=kept, on_rejected=refused)

    assert results(report) == {"unchanged": 1, "rejected": 1}
    assert [number for number, _ in refused.rows] == [2]
    assert sandbox.requests("POST") == []


async def test_full_sends_every_row_whatever_the_journal_says(lemlist, sandbox, kept):
    await import_contacts(lemlist, people(5), journal=kept)

    report = await import_contacts(lemlist, people(5), journal=kept, full=True)

    assert results(report) == {"updated": 5}


async def test_an_open_journal_stays_open_and_serves_one_job_after_the_other(lemlist, sandbox, kept):
    async with await Journal.open(kept) as journal:
        await import_contacts(lemlist, people(5), journal=journal)

        report = await import_contacts(lemlist, people(5), journal=journal)

    assert results(report) == {"unchanged": 5}
