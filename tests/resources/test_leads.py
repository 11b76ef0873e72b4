"""Leads: added once and only once, read from lemlist's three shapes, paused, marked and removed."""

import asyncio
import pickle
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import accounted, client_of, until

from lemlist_async import (
    BatchError,
    ConflictError,
    DeadlineExceededError,
    InvalidRequestError,
    Lead,
    LeadInput,
    NotFoundError,
    TransportError,
    UnexpectedReplyError,
)
from lemlist_async.models.convert import structured


def lead(number=0, **fields):
    return LeadInput(**({"email": f"person{number}@acme.com"} | fields))


def leads(count):
    return [lead(number) for number in range(count)]


@pytest.fixture
def campaign(sandbox):
    return sandbox.state.campaigns.add("Q4")


def add(sandbox, campaign, email="jane@acme.com", **values):
    return sandbox.state.campaigns.add_lead(campaign, email=email, **values)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({}, "needs an email or a linkedin_url"),
        ({"email": " "}, "needs an email or a linkedin_url"),
        ({"email": 7}, "email must be a string, not int"),
        ({"email": "a@b.co", "variables": {"firstName": "x"}}, "has a field of its own: first_name"),
        ({"email": "a@b.co", "variables": {"": "x"}}, "name must be a string, and not empty"),
        ({"email": "a@b.co", "variables": {7: "x"}}, "name must be a string, and not empty"),
        ({"email": "a@b.co", "variables": {"plan": 7}}, "must be a string, not int"),
    ],
)
def test_a_lead_that_cannot_be_sent_is_refused_at_once(fields, complaint):
    with pytest.raises(InvalidRequestError, match=complaint):
        LeadInput(**fields)


def test_a_lead_names_its_fields_and_shows_no_values():
    shown = repr(lead(first_name="Jane", variables={"plan": "pro"}))

    assert shown == "LeadInput(email, first_name, variables.plan)"


def test_a_lead_can_be_pickled():
    one = lead(variables={"plan": "pro"})

    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - our own bytes


async def test_a_lead_goes_out_in_lemlists_words(sandbox, lemlist, campaign):
    one = lead(first_name=" Jane ", job_title="", variables={"plan": "pro"})

    result = await lemlist.leads.add(campaign, one, find_phone=True, verify_email=True)

    sent = sandbox.received[0]
    assert sent.json == {"email": "person0@acme.com", "firstName": "Jane", "plan": "pro"}
    assert sent.query == {"findPhone": "true", "verifyEmail": "true"}
    assert (result.added, result.already) == (True, None)
    assert (result.lead.campaign_id, result.lead.campaign_name, result.lead.first_name) == (campaign, "Q4", "Jane")
    assert (result.lead.last_name, result.lead.fields["plan"]) == (None, "pro")
    assert "acme" not in repr(result)


async def test_who_is_there_already_is_a_result_and_no_error(sandbox, lemlist, campaign):
    other = sandbox.state.campaigns.add("Q3")
    add(sandbox, campaign, "here@acme.com")
    add(sandbox, other, "there@acme.com")

    here = await lemlist.leads.add(campaign, LeadInput(email="Here@acme.com"))
    there = await lemlist.leads.add(campaign, LeadInput(email="there@acme.com"), deduplicate=True)
    both = await lemlist.leads.add(campaign, LeadInput(email="there@acme.com"))

    assert [(one.added, one.already) for one in (here, there, both)] == [
        (False, "here"),
        (False, "elsewhere"),
        (True, None),
    ]


async def test_a_duplicate_that_lemlist_calls_a_500_is_not_tried_again(sandbox, lemlist, campaign):
    sandbox.faults.answer(500, body="Lead already in other campaign", times=None)

    result = await lemlist.leads.add(campaign, lead(), deduplicate=True)

    assert (result.added, result.already, sandbox.count()) == (False, "elsewhere", 1)


async def test_another_conflict_is_an_error(sandbox, lemlist, campaign):
    sandbox.faults.answer(409, body="Campaign is being archived")

    with pytest.raises(ConflictError, match="being archived"):
        await lemlist.leads.add(campaign, lead())


async def test_an_addition_with_deduplicate_is_repeated_after_a_lost_answer(sandbox, lemlist, campaign):
    """The repetition meets the lead of the first attempt, so nobody knows who added it."""
    sandbox.faults.drop(after_applying=True)

    result = await lemlist.leads.add(campaign, lead(), deduplicate=True)

    assert (result.added, result.already, sandbox.count()) == (None, "here", 2)
    assert sandbox.state.campaigns.emails(campaign) == ["person0@acme.com"]


async def test_an_addition_with_deduplicate_is_repeated_where_the_first_was_not_applied(sandbox, lemlist, campaign):
    sandbox.faults.drop()

    result = await lemlist.leads.add(campaign, lead(), deduplicate=True)

    assert (result.added, sandbox.count()) == (True, 2)


@pytest.mark.parametrize(
    ("one", "options"),
    [
        (lead(), {}),
        (lead(), {"deduplicate": True, "find_email": True}),
        (LeadInput(linkedin_url="https://linkedin.com/in/jane"), {"deduplicate": True}),
    ],
    ids=["without deduplicate", "for credits", "without an email"],
)
async def test_any_other_addition_is_not_repeated(sandbox, lemlist, campaign, one, options):
    sandbox.faults.drop(after_applying=True)

    with pytest.raises(TransportError) as caught:
        await lemlist.leads.add(campaign, one, **options)

    assert (caught.value.ambiguous, caught.value.requests, sandbox.count()) == (True, 1, 1)


async def test_only_a_lead_input_is_added(sandbox, lemlist, campaign):
    with pytest.raises(InvalidRequestError, match="dict is not a LeadInput"):
        await lemlist.leads.add(campaign, {"email": "a@b.co"})

    assert sandbox.count() == 0


async def test_a_deadline_bounds_the_wait_for_ones_turn(sandbox, lemlist, campaign):
    sandbox.faults.silence()
    first = asyncio.create_task(lemlist.leads.add(campaign, lead()))
    await until(lambda: sandbox.received)

    with pytest.raises(DeadlineExceededError) as caught:
        await lemlist.leads.add(campaign, lead(), deadline=0.05)

    first.cancel()
    assert (caught.value.ambiguous, caught.value.requests) == (False, 0)
    assert (caught.value.method, caught.value.path) == ("POST", "/campaigns/{campaign_id}/leads/")


async def test_many_are_added_and_counted(sandbox, lemlist, campaign):
    other = sandbox.state.campaigns.add("Q3")
    add(sandbox, campaign, "person1@acme.com")
    add(sandbox, other, "person2@acme.com")

    report = await lemlist.leads.add_many(campaign, leads(5), deduplicate=True)

    assert (report.added_count, report.already_in_campaign, report.already_elsewhere, report.unknown_count) == (
        3,
        1,
        1,
        0,
    )
    assert (report.ok, report.is_exact, report.requests) == (True, True, 5)


async def test_one_person_is_never_added_twice_at_once(sandbox, campaign):
    sandbox.latency = (0.01, 0.02)

    async with client_of(sandbox) as lemlist:
        report = await lemlist.leads.add_many(campaign, [lead(), lead(email="PERSON0@acme.com"), lead()])

    spans = [(one.at, one.answered_at) for one in sandbox.received]
    assert all(later[0] > earlier[1] for earlier, later in pairwise(spans))
    assert (report.added_count, report.already_in_campaign) == (1, 2)


async def test_the_first_of_two_with_one_email_is_the_one_that_counts(sandbox, lemlist, campaign):
    await lemlist.leads.add_many(campaign, [lead(first_name="First"), lead(first_name="Second")])

    assert (await lemlist.leads.get("person0@acme.com")).first_name == "First"


async def test_a_missing_campaign_stops_the_run(sandbox, lemlist):
    with pytest.raises(BatchError, match="Campaign not found") as caught:
        await lemlist.leads.add_many("cam_gone", iter(leads(100)), concurrency=2)

    assert sandbox.count() <= 2
    assert accounted(caught.value.report) == caught.value.report.submitted


async def test_what_is_no_lead_stops_the_run_or_is_skipped(lemlist, campaign):
    with pytest.raises(BatchError, match="str is not a LeadInput"):
        await lemlist.leads.add_many(campaign, ["a@b.co"])
    report = await lemlist.leads.add_many(campaign, ["a@b.co", lead()], malformed="skip", raise_on_error=False)

    assert (len(report.rejected), report.added_count) == (1, 1)


async def test_a_lead_whose_answer_was_lost_is_ambiguous(sandbox, lemlist, campaign):
    sandbox.faults.drop(after_applying=True)

    report = await lemlist.leads.add_many(campaign, [lead()], raise_on_error=False)

    assert (report.ambiguous, report.is_exact) == ((lead(),), False)


async def test_with_deduplicate_random_faults_add_nobody_twice_and_the_counts_hold(sandbox, lemlist, campaign):
    sandbox.faults.randomly(0.3, ["429", "500", "drop", "garble", "truncate"], seed=5, seconds=0.01)

    report = await lemlist.leads.add_many(campaign, leads(120), deduplicate=True, raise_on_error=False)

    emails = sandbox.state.campaigns.emails(campaign)
    assert len(emails) == len(set(emails))
    assert accounted(report) == 120
    certain = report.added_count + report.already_in_campaign
    assert certain + report.unknown_count <= len(emails) <= certain + report.unknown_count + len(report.doubts)


async def test_without_deduplicate_random_faults_add_nobody_twice_either(sandbox, lemlist, campaign):
    sandbox.faults.randomly(0.3, ["drop", "truncate"], seed=5)

    report = await lemlist.leads.add_many(campaign, leads(60), raise_on_error=False)

    emails = sandbox.state.campaigns.emails(campaign)
    assert len(emails) == len(set(emails))
    assert report.added_count <= len(emails) <= report.added_count + len(report.ambiguous)


async def test_a_run_that_is_cancelled_tells_who_is_in_doubt(sandbox, lemlist, campaign):
    sandbox.faults.silence(after_applying=True)
    run = lemlist.leads.add_many(campaign, leads(3), concurrency=1)
    task = asyncio.create_task(run)
    await until(lambda: sandbox.received)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (run.report.ambiguous, accounted(run.report)) == ((lead(0),), run.report.submitted)


async def test_a_lead_is_found_by_its_id_and_by_its_email(sandbox, lemlist, campaign):
    lead_id = add(sandbox, campaign, plan="pro")

    by_id, by_email = await lemlist.leads.get(lead_id), await lemlist.leads.get(" jane@acme.com ")

    assert by_id == by_email
    assert (by_id.id, by_id.email, by_id.is_paused, by_id.fields) == (lead_id, "jane@acme.com", False, {"plan": "pro"})


@pytest.mark.parametrize("key", ["", " ", "ctc_abc", "jane", "jane doe@acme.com", None])
async def test_what_is_neither_id_nor_email_is_refused(sandbox, lemlist, key):
    with pytest.raises(InvalidRequestError, match=r"Pass a lead's ID \(lea_…\) or email address"):
        await lemlist.leads.get(key)

    assert sandbox.count() == 0


async def test_an_unknown_lead_is_not_found(lemlist):
    with pytest.raises(NotFoundError):
        await lemlist.leads.get("lea_gone")


async def test_a_person_is_found_in_all_campaigns(sandbox, lemlist, campaign):
    other = sandbox.state.campaigns.add("Q3", status="paused")
    ids = [add(sandbox, one, firstName="Jane") for one in (campaign, other)]

    found = await lemlist.leads.find_all("jane@acme.com")

    assert [one.id for one in found] == ids
    assert [(one.campaign_id, one.campaign_name) for one in found] == [(campaign, "Q4"), (other, "Q3")]
    assert (found[0].email, found[0].state, found[0].email_status) == ("jane@acme.com", "scanned", "deliverable")
    assert found[0].fields == {"firstName": "Jane"}


async def test_a_person_who_is_nowhere_has_no_leads(lemlist):
    assert await lemlist.leads.find_all("nobody@acme.com") == []


async def test_all_leads_of_a_person_are_found_by_email_only(lemlist):
    with pytest.raises(InvalidRequestError, match="Pass an email address"):
        await lemlist.leads.find_all("lea_a")


async def test_a_campaigns_leads_come_all_beyond_500_too(sandbox, lemlist, campaign):
    ids = [add(sandbox, campaign, f"person{number}@acme.com") for number in range(700)]

    found = [one async for one in lemlist.leads.iterate(campaign)]

    assert [one.id for one in found] == ids
    assert (found[0].campaign_id, found[0].state, found[0].email) == (campaign, "scanned", "person0@acme.com")


async def test_leads_are_filtered_by_their_state(sandbox, lemlist, campaign):
    add(sandbox, campaign)
    wanted = sandbox.state.campaigns.add_lead(campaign, "contacted", email="john@acme.com")

    assert [one.id async for one in lemlist.leads.iterate(campaign, "contacted")] == [wanted]


async def test_a_malformed_campaign_is_refused_before_the_first_lead_is_asked_for(lemlist):
    with pytest.raises(InvalidRequestError, match="is not a campaign ID"):
        lemlist.leads.iterate("Q4")


@pytest.mark.parametrize("body", ["7", "[7]", "null"])
async def test_an_answer_that_is_no_lead_is_an_error(sandbox, lemlist, body):
    sandbox.faults.answer(200, body=body, content_type="application/json", times=None)

    with pytest.raises(UnexpectedReplyError, match=r"another shape than expected: TypeError @ \$\[0\]"):
        await lemlist.leads.find_all("jane@acme.com")


@given(
    st.dictionaries(st.sampled_from(["firstName", "plan", "leadUrl"]), st.text()),
    st.none() | st.sampled_from(["scanned", "interested"]),
)
def test_a_flat_lead_keeps_what_is_not_lemlists_own(values, state):
    found = structured({"_id": "lea_a", "state": state, "email": "a@b.co"} | values, Lead)

    assert (found.state, found.email) == (state, "a@b.co")
    assert found.fields == {name: value for name, value in values.items() if name != "leadUrl"}


async def test_objects_of_the_callers_own_carry_the_leads(lemlist, campaign):
    people = [("first", lead(1)), ("second", lead(2))]

    report = await lemlist.leads.add_many(campaign, people, of=lambda one: one[1])

    assert report.added_count == 2
