"""Imports of leads: whoever is safe to add twice is, and nobody else without being told so."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from jobs.support import Refused, leads, results
from support import until

from lemlist_async import BatchError, ContactInput, InvalidRequestError, JournalError, LeadInput
from lemlist_async.jobs import ContactFile, ImportReport, Journal, Row, import_leads

FILE = "Email,First name,Company,Hook\njane@example.com,Jane,Acme,Shoes\njim@example.com,Jim,,\n"


async def test_leads_are_read_of_files_contacts_mappings_and_leads(lemlist, sandbox, campaign, tmp_path):
    file = tmp_path / "leads.csv"
    file.write_text(FILE, encoding="utf-8")
    others = [
        LeadInput(email="a@example.com", variables={"plan": "pro"}),
        {"email": "b@example.com", "companyName": "Beta", "plan": 7},
        ContactInput(email="c@example.com", custom={"icebreaker": "Hi"}),
    ]

    first = await import_leads(lemlist, campaign, ContactFile(file))
    second = await import_leads(lemlist, campaign, others)

    bodies = {one.json["email"]: one.json for one in sandbox.requests("POST")}
    assert (results(first), results(second)) == ({"created": 2}, {"created": 3})
    assert {"companyName": "Acme", "hook": "Shoes"}.items() <= bodies["jane@example.com"].items()
    assert bodies["b@example.com"] == {"email": "b@example.com", "companyName": "Beta", "plan": "7"}
    assert bodies["c@example.com"]["icebreaker"] == "Hi"


async def test_variables_are_written_as_people_read_them(lemlist, sandbox, campaign):
    facts = {"seats": 5.0, "share": 2.5, "paid": True, "since": datetime(2026, 11, 1), "none": None}  # noqa: DTZ001
    row = {"email": "a@example.com", "additionalEmails": "b@example.com; c@example.com", **facts}

    await import_leads(lemlist, campaign, [row])

    [sent] = sandbox.requests("POST")
    assert sent.json == {
        "email": "a@example.com",
        "additionalEmails": "b@example.com, c@example.com",
        "seats": "5",
        "share": "2.5",
        "paid": "true",
        "since": "2026-11-01",
    }


async def test_a_file_gives_its_name_to_the_journal(lemlist, campaign, tmp_path):
    file = tmp_path / "leads.csv"
    file.write_text(FILE, encoding="utf-8")
    await import_leads(lemlist, campaign, ContactFile(file), journal=tmp_path / "journal")

    with pytest.raises(JournalError, match=r"'leads\.csv', not 'rows'"):
        await import_leads(lemlist, campaign, leads(1), journal=tmp_path / "journal")


async def test_a_journal_of_another_campaign_is_refused(lemlist, sandbox, campaign, tmp_path):
    await import_leads(lemlist, campaign, leads(1), journal=tmp_path / "journal")
    other = sandbox.state.campaigns.add("Other")

    with pytest.raises(JournalError, match="belongs to another list or campaign"):
        await import_leads(lemlist, other, leads(1), journal=tmp_path / "journal")


async def test_leads_who_are_there_already_are_told_apart(lemlist, sandbox, campaign):
    sandbox.state.campaigns.add_lead(campaign, email="person0@example.com")
    sandbox.state.campaigns.add_lead(sandbox.state.campaigns.add("Other"), email="person1@example.com")

    report = await import_leads(lemlist, campaign, leads(3), deduplicate=True)

    assert results(report) == {"already_in_campaign": 1, "already_elsewhere": 1, "created": 1}
    assert report.is_complete


async def test_a_lead_who_has_changed_is_sent_again_and_it_is_told_that_lemlist_keeps_the_old_one(
    lemlist, sandbox, campaign, tmp_path
):
    await import_leads(lemlist, campaign, leads(2), journal=tmp_path / "journal")
    changed = [*leads(1), *leads(2, first_name="Jim")[1:]]
    sandbox.reset_received()

    report = await import_leads(lemlist, campaign, changed, journal=tmp_path / "journal")

    assert [one.json["email"] for one in sandbox.requests("POST")] == ["person1@example.com"]
    assert results(report) == {"unchanged": 1, "already_in_campaign": 1}
    assert [one.code for one in report.warnings] == ["LEAD_NOT_CHANGED"]


async def test_rows_of_one_lead_are_sent_once_each_and_never_again(lemlist, sandbox, campaign, tmp_path):
    rows = [*leads(1), *leads(1, first_name="Other")]
    await import_leads(lemlist, campaign, rows, journal=tmp_path / "journal")
    sandbox.reset_received()

    twice = await import_leads(lemlist, campaign, rows, journal=tmp_path / "journal")
    once = await import_leads(lemlist, campaign, rows[:1], journal=tmp_path / "journal")

    assert (results(twice), results(once)) == ({"unchanged": 2}, {"unchanged": 1})
    assert sandbox.count(method="POST") == 0


async def test_a_row_that_is_no_lead_costs_only_itself(lemlist, campaign):
    refused = Refused()
    rows = [*leads(1), 7, {"email": "q\ud83d@example.com"}, Row(number=4, contact=None, reason="broken")]
    rows.append({"linkedinUrlSalesNav": "https://www.linkedin.com/sales/lead/ACwAA1"})

    report = await import_leads(lemlist, campaign, rows, on_rejected=refused)

    assert results(report) == {"created": 1, "rejected": 4}
    assert {number for number, _ in refused.rows} == {2, 3, 4, 5}
    assert (5, "A lead needs an email or a linkedin_url.") in refused.rows


async def test_what_lemlist_refuses_is_rejected_and_not_sent_again(lemlist, sandbox, campaign, tmp_path):
    sandbox.faults.answer(400, method="POST", times=1)
    first = await import_leads(lemlist, campaign, leads(2), journal=tmp_path / "journal", concurrency=1)
    sandbox.reset_received()

    second = await import_leads(lemlist, campaign, leads(2), journal=tmp_path / "journal")

    assert results(first) == {"created": 1, "rejected": 1}
    assert results(second) == {"unchanged": 1, "rejected": 1}
    assert sandbox.count(method="POST") == 0


async def test_a_campaign_that_is_gone_rejects_nobody(lemlist, sandbox, tmp_path):
    with pytest.raises(BatchError, match="stopped and can be continued") as caught:
        await import_leads(lemlist, "cam_gone", leads(3), journal=tmp_path / "journal")

    report = caught.value.report
    assert (report.rejected, report.in_doubt) == (0, 0)
    assert report.unfinished == report.rows > 0


async def in_doubt(lemlist, sandbox, campaign, journal: Path, rows=None) -> ImportReport:
    """Add one lead whose answer is lost and who is not safe to repeat."""
    sandbox.faults.drop(after_applying=True, method="POST", times=1)
    with pytest.raises(BatchError, match="1 of them may be in lemlist already and is not sent again") as caught:
        await import_leads(lemlist, campaign, leads(3) if rows is None else rows, journal=journal, concurrency=1)
    return caught.value.report


async def test_a_row_in_doubt_is_told_and_not_sent_again(lemlist, sandbox, campaign, tmp_path):
    first = await in_doubt(lemlist, sandbox, campaign, tmp_path / "journal")
    sandbox.reset_received()

    job = import_leads(lemlist, campaign, leads(3), journal=tmp_path / "journal", full=True)
    with pytest.raises(BatchError, match=r"1 is unfinished\. 1 of them may be in lemlist") as caught:
        await job

    report = caught.value.report
    assert results(first) == {"created": 2, "unfinished": 1}
    assert job.awaits_decision
    assert (first.in_doubt, first.in_doubt_rows) == (report.in_doubt, report.in_doubt_rows) == (1, (1,))
    assert {one.json["email"] for one in sandbox.requests("POST")} <= {"person1@example.com", "person2@example.com"}


@pytest.mark.parametrize("how", [{"in_doubt": "resend"}, {"deduplicate": True}], ids=str)
async def test_a_row_in_doubt_is_sent_again_if_somebody_says_so(lemlist, sandbox, campaign, tmp_path, how):
    await in_doubt(lemlist, sandbox, campaign, tmp_path / "journal")
    sandbox.reset_received()

    report = await import_leads(lemlist, campaign, leads(3), journal=tmp_path / "journal", **how)

    assert results(report) == {"created": 2, "unknown": 1}
    assert [one.json["email"] for one in sandbox.requests("POST")] == ["person0@example.com"]
    assert sorted(sandbox.state.campaigns.emails(campaign)) == [one.email for one in leads(3)]


async def test_a_row_in_doubt_is_taken_for_added_if_somebody_says_so(lemlist, sandbox, campaign, tmp_path):
    await in_doubt(lemlist, sandbox, campaign, tmp_path / "journal")
    sandbox.reset_received()

    report = await import_leads(lemlist, campaign, leads(3), journal=tmp_path / "journal", in_doubt="accept")
    again = await import_leads(lemlist, campaign, leads(3), journal=tmp_path / "journal")

    assert results(report) == {"created": 2, "unknown": 1}
    assert results(again) == {"unchanged": 3}
    assert sandbox.count(method="POST") == 0


async def test_accepting_leaves_alone_what_is_safe_to_repeat(lemlist, sandbox, campaign, tmp_path):
    await in_doubt(lemlist, sandbox, campaign, tmp_path / "journal")
    sandbox.reset_received()

    await import_leads(lemlist, campaign, leads(3), journal=tmp_path / "journal", deduplicate=True, in_doubt="accept")

    assert sandbox.count(method="POST") == 1


async def test_a_lead_without_an_email_is_never_safe_to_repeat(lemlist, sandbox, campaign, tmp_path):
    rows = [LeadInput(linkedin_url="https://www.linkedin.com/in/jane")]
    sandbox.faults.drop(after_applying=True, method="POST", times=1)

    with pytest.raises(BatchError) as caught:
        await import_leads(lemlist, campaign, rows, deduplicate=True, journal=tmp_path / "journal")

    assert caught.value.report.in_doubt == 1


async def test_leads_who_are_cut_off_are_in_doubt_at_once(lemlist, sandbox, campaign, tmp_path):
    sandbox.faults.silence(method="POST", times=None)
    job = import_leads(lemlist, campaign, leads(9), journal=tmp_path / "journal", concurrency=2)
    task = asyncio.create_task(job)
    await until(lambda: sandbox.count(method="POST") == 2)
    task.cancel()
    await asyncio.wait({task})

    assert job.report.in_doubt == 2
    async with await Journal.open(tmp_path / "journal") as journal:
        known = await journal.look_up({key for one in leads(9) for key in journal.hashes.identities(one)})
    assert sum(not one.is_settled for one in known.entries.values()) == 2


async def test_an_answer_after_a_lost_one_cannot_tell_who_added_the_lead(lemlist, sandbox, campaign):
    sandbox.faults.drop(after_applying=True, method="POST", times=1)

    report = await import_leads(lemlist, campaign, leads(1), deduplicate=True)

    assert results(report) == {"unknown": 1}


async def test_a_lead_known_before_is_known_after_a_lost_answer(lemlist, sandbox, campaign, tmp_path):
    await import_leads(lemlist, campaign, leads(1), deduplicate=True, journal=tmp_path / "journal")
    sandbox.faults.drop(after_applying=True, method="POST", times=1)

    report = await import_leads(lemlist, campaign, leads(1), deduplicate=True, full=True, journal=tmp_path / "journal")

    assert results(report) == {"already_in_campaign": 1}


def test_what_cannot_become_of_rows_in_doubt_is_refused_at_once(lemlist, campaign):
    with pytest.raises(InvalidRequestError, match="'report', 'resend', 'accept'"):
        import_leads(lemlist, campaign, [], in_doubt="forget")


def test_a_campaign_that_cannot_be_is_refused_at_once(lemlist):
    with pytest.raises(InvalidRequestError):
        import_leads(lemlist, "clt_1", [])
