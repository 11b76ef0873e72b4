"""Imports of leads, companies and values: at the cost of what has changed, and nothing twice that may not be twice."""

import asyncio
from pathlib import Path

import pytest
from jobs.support import Refused, people
from support import until

from lemlist_async import BatchError, CompanyInput, ContactInput, InvalidRequestError, JournalError, LeadInput
from lemlist_async.jobs import (
    CarriedRow,
    ContactFile,
    ImportReport,
    Journal,
    Row,
    import_companies,
    import_contacts,
    import_leads,
    import_unsubscribes,
)

FILE = "Email,First name,Company,Hook\njane@example.com,Jane,Acme,Shoes\njim@example.com,Jim,,\n"
RESULTS = (
    *("created", "updated", "unchanged", "unknown", "rejected", "unfinished"),
    *("already_in_campaign", "already_elsewhere", "unsubscribed"),
)


def results(report: ImportReport) -> dict[str, int]:
    """The parts into which the rows fall, without those that are empty."""
    parts = {name: getattr(report, name) for name in RESULTS}
    assert sum(parts.values()) == report.rows
    return {name: count for name, count in parts.items() if count}


def leads(count: int, **fields: str) -> list[LeadInput]:
    return [LeadInput(**({"email": f"person{number}@example.com"} | fields)) for number in range(count)]


def companies(count: int, **fields: str) -> list[CompanyInput]:
    return [CompanyInput(domain=f"acme{number}.com", name=f"Acme {number}", **fields) for number in range(count)]


def added(sandbox, campaign) -> list[str]:
    return sorted(one.email for one in sandbox.state.campaigns.by_id[campaign].leads.values())


@pytest.fixture
def campaign(sandbox):
    return sandbox.state.campaigns.add("Outreach", "paused")


@pytest.fixture(params=["leads", "companies", "unsubscribes"])
def begin(request, lemlist, campaign):
    """A function that begins an import of so many rows of one kind."""

    def begin(count: int, **options):
        if request.param == "leads":
            return import_leads(lemlist, campaign, leads(count), deduplicate=True, **options)
        if request.param == "companies":
            return import_companies(lemlist, companies(count), **options)
        values = [f"person{number}@example.com" for number in range(count)]
        return import_unsubscribes(lemlist, values, **options)

    return begin


async def killed(job, journal: Journal, sandbox) -> None:
    """Let what is in flight be cut off, as a kill does: lemlist has it, and the journal does not know."""
    task = asyncio.create_task(job)
    before = sandbox.count(method="POST")
    await until(lambda: sandbox.count(method="POST") > before)
    task.cancel()
    await asyncio.wait({task})


# what all of them have in common


async def test_an_unchanged_input_sends_no_row_on_the_next_run(begin, sandbox, kept):
    first = await begin(30, journal=kept)
    sandbox.reset_received()

    second = await begin(30, journal=kept)

    assert first.rows == sum(results(first).values()) == 30
    assert results(second) == {"unchanged": 30}
    assert [one.path for one in sandbox.received] == ["/team"]


async def test_only_new_rows_are_sent(begin, sandbox, tmp_path):
    await begin(3, journal=tmp_path / "journal")
    sandbox.reset_received()

    report = await begin(4, journal=tmp_path / "journal")

    assert report.unchanged == 3
    assert sandbox.count(method="POST") == 1


async def test_full_sends_every_row(begin, sandbox, tmp_path):
    await begin(3, journal=tmp_path / "journal")

    report = await begin(3, journal=tmp_path / "journal", full=True)

    assert report.unchanged == 0


async def test_rows_that_may_have_been_sent_are_sent_again_if_that_is_safe(begin, sandbox, tmp_path):
    sandbox.faults.silence(method="POST", after_applying=True, times=None)
    async with await Journal.open(tmp_path / "journal") as journal:
        await killed(begin(5, journal=journal), journal, sandbox)
    sandbox.faults.clear()

    report = await begin(5, journal=tmp_path / "journal")

    assert report.is_complete
    assert report.in_doubt == 0
    assert report.created + report.unknown + report.unsubscribed == 5


async def test_an_import_that_is_stopped_goes_on_with_the_next_run(begin, sandbox, tmp_path):
    sandbox.latency = (0.01, 0.02)
    job = begin(40, journal=tmp_path / "journal", concurrency=2)
    task = asyncio.create_task(job)
    await until(lambda: sandbox.count(method="POST") > 0)
    job.stop()
    stopped = await task

    report = await begin(40, journal=tmp_path / "journal")

    assert results(report).keys() <= {"created", "unsubscribed", "unchanged"}
    assert report.rows == 40
    assert stopped.rows <= 40


async def test_a_journal_of_one_kind_is_refused_for_another(begin, lemlist, tmp_path):
    await import_contacts(lemlist, people(1), journal=tmp_path / "journal")

    with pytest.raises(JournalError, match="belongs to another kind of job"):
        await begin(1, journal=tmp_path / "journal")


async def test_a_share_that_is_none_is_refused_at_once(begin):
    with pytest.raises(InvalidRequestError, match="max_rejected"):
        begin(1, max_rejected="many")


# leads


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
    with pytest.raises(BatchError, match="stopped and can go on") as caught:
        await import_leads(lemlist, "cam_gone", leads(3), journal=tmp_path / "journal")

    report = caught.value.report
    assert (report.rejected, report.in_doubt) == (0, 0)
    assert report.unfinished == report.rows > 0


async def in_doubt(lemlist, sandbox, campaign, journal: Path, rows=None) -> ImportReport:
    """Add one lead whose answer is lost and who is not safe to repeat."""
    sandbox.faults.drop(after_applying=True, method="POST", times=1)
    with pytest.raises(BatchError, match="may be in lemlist already and are not sent again") as caught:
        await import_leads(lemlist, campaign, leads(3) if rows is None else rows, journal=journal, concurrency=1)
    return caught.value.report


async def test_a_row_in_doubt_is_told_and_not_sent_again(lemlist, sandbox, campaign, tmp_path):
    first = await in_doubt(lemlist, sandbox, campaign, tmp_path / "journal")
    sandbox.reset_received()

    with pytest.raises(BatchError, match="1 of them may be in lemlist") as caught:
        await import_leads(lemlist, campaign, leads(3), journal=tmp_path / "journal", full=True)

    report = caught.value.report
    assert results(first) == {"created": 2, "unfinished": 1}
    assert (first.in_doubt, first.in_doubt_rows) == (report.in_doubt, report.in_doubt_rows) == (1, (1,))
    assert {one.json["email"] for one in sandbox.requests("POST")} <= {"person1@example.com", "person2@example.com"}


@pytest.mark.parametrize("how", [{"in_doubt": "resend"}, {"deduplicate": True}], ids=str)
async def test_a_row_in_doubt_is_sent_again_if_somebody_says_so(lemlist, sandbox, campaign, tmp_path, how):
    await in_doubt(lemlist, sandbox, campaign, tmp_path / "journal")
    sandbox.reset_received()

    report = await import_leads(lemlist, campaign, leads(3), journal=tmp_path / "journal", **how)

    assert results(report) == {"created": 2, "unknown": 1}
    assert [one.json["email"] for one in sandbox.requests("POST")] == ["person0@example.com"]
    assert added(sandbox, campaign) == [one.email for one in leads(3)]


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


# companies


async def test_a_company_that_has_changed_is_sent_again(lemlist, sandbox, tmp_path):
    await import_companies(lemlist, companies(3), journal=tmp_path / "journal")
    sandbox.reset_received()

    changed = [*companies(2), *companies(3, industry="Toys")[2:]]
    report = await import_companies(lemlist, changed, journal=tmp_path / "journal")

    assert results(report) == {"updated": 1, "unchanged": 2}
    assert [one.json["industry"] for one in sandbox.requests("POST")] == ["Toys"]


async def test_what_a_companys_last_row_says_is_what_lemlist_holds(lemlist, sandbox, tmp_path):
    rows = [*companies(1, industry="Toys"), *companies(1, industry="Tools")]
    await import_companies(lemlist, rows, journal=tmp_path / "journal")

    report = await import_companies(lemlist, rows[:1], journal=tmp_path / "journal")

    assert results(report) == {"updated": 1}
    assert sandbox.requests("POST")[-1].json["industry"] == "Toys"


async def test_a_row_that_is_no_company_costs_only_itself(lemlist):
    refused = Refused()
    rows = [
        *companies(1, type="Club"),
        {"domain": "b.com"},
        CarriedRow(number=9, value=CompanyInput(domain="c.com", name="C", custom={"tier": "gold"})),
        CompanyInput(domain="d.com", name="\ud83d"),
    ]

    report = await import_companies(lemlist, rows, on_rejected=refused)

    assert results(report) == {"created": 2, "rejected": 2}
    assert (2, "a row must be a CompanyInput, not dict") in refused.rows
    assert [one.code for one in report.warnings] == ["FIELD_NOT_REGISTERED"]


async def test_a_company_is_handed_back_with_its_cells(lemlist, sandbox):
    sandbox.faults.answer(400, method="POST", times=1)
    handed: list[Row] = []
    company = CompanyInput(domain="a.com", name="A", custom={"tier": "gold"})

    await import_companies(lemlist, [company], max_rejected=1, on_rejected=lambda row, _: handed.append(row))

    assert [row.values for row in handed] == [{"domain": "a.com", "name": "A", "custom.tier": "gold"}]


# values


async def test_values_go_out_by_the_ten_thousand(lemlist, sandbox, tmp_path):
    values = [f"person{number}@example.com" for number in range(12_000)]

    report = await import_unsubscribes(lemlist, values, journal=tmp_path / "journal")

    assert results(report) == {"unsubscribed": 12_000}
    assert sandbox.count(method="POST") == 2
    assert len(sandbox.state.unsubscribes.by_value) == 12_000


async def test_values_that_are_none_are_refused_and_the_others_are_sent(lemlist, sandbox):
    refused = Refused()
    values = [" jane@example.com ", "acme.com", 7, "@acme.com", "jane@example.com"]

    report = await import_unsubscribes(lemlist, values, on_rejected=refused)

    assert results(report) == {"unsubscribed": 3, "rejected": 2}
    assert refused.rows == [
        (2, "A domain is written with an @ in front of it."),
        (3, "a row must be a string, not int"),
    ]
    assert sorted(sandbox.state.unsubscribes.by_value) == ["@acme.com", "jane@example.com"]


async def test_a_chunk_that_lemlist_refuses_rejects_none_of_its_values(lemlist, sandbox, tmp_path):
    values = ["jane@example.com", "jim@example.com"]
    sandbox.faults.answer(400, method="POST", times=1)

    with pytest.raises(BatchError, match="2 are unfinished") as caught:
        await import_unsubscribes(lemlist, values, journal=tmp_path / "journal")
    report = await import_unsubscribes(lemlist, values, journal=tmp_path / "journal")

    assert caught.value.report.rejected == 0
    assert "known to be in the list" not in caught.value.message
    assert results(report) == {"unsubscribed": 2}


async def test_one_value_that_lemlist_refuses_is_rejected(lemlist, sandbox):
    sandbox.faults.answer(400, method="POST", times=1)

    report = await import_unsubscribes(lemlist, ["jane@example.com"], max_rejected=1)

    assert results(report) == {"rejected": 1}


async def test_one_string_is_no_input(lemlist):
    with pytest.raises(TypeError):
        import_unsubscribes(lemlist, "jane@example.com")


async def test_a_key_that_is_refused_with_404_rejects_no_contact(lemlist, sandbox, tmp_path):
    sandbox.faults.answer(404, body="No user found for this API key", method="POST", times=1)

    with pytest.raises(BatchError) as caught:
        await import_contacts(lemlist, people(3), journal=tmp_path / "journal", concurrency=1)

    assert caught.value.report.rejected == 0
