"""Import: every row ends as exactly one thing."""

import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from jobs.support import Refused, people, results, stopped_after

from lemlist_async import (
    BatchError,
    ContactInput,
    InvalidRequestError,
    JobRefusedError,
    JournalError,
    Lemlist,
    Unlimited,
)
from lemlist_async.jobs import ContactFile, import_contacts
from lemlist_async.sandbox import Sandbox


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


async def test_a_refusal_whose_reason_is_cut_off_each_time_is_not_remembered(lemlist, sandbox):
    sandbox.state.add_contacts(1)
    sandbox.faults.truncate(times=None, path="/contacts", method="POST")
    rows = [{"contact_id": "ctc_unknown"}]

    with pytest.raises(BatchError) as caught:
        await import_contacts(lemlist, rows, journal=None)

    assert (caught.value.report.rejected, caught.value.report.unfinished) == (0, 1)


async def test_verify_finds_contacts_known_by_linkedin_alone(lemlist, sandbox, tmp_path):
    rows = [{"linkedinUrl": f"https://www.linkedin.com/in/person-{number}"} for number in range(5)]
    await import_contacts(lemlist, rows, journal=tmp_path / "journal")

    report = await import_contacts(lemlist, rows, journal=tmp_path / "journal", verify=True)

    assert report.unchanged == 5


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


def test_rows_that_are_refused_at_once_leave_no_warning_of_a_forgotten_await(recwarn):
    lemlist = Lemlist("key", limiter=Unlimited())

    with pytest.raises(TypeError):
        import_contacts(lemlist, "people.csv")
    gc.collect()

    assert not recwarn.list
