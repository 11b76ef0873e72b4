"""Contacts: upserted one by one or in runs, read, deleted; what lemlist leaves out in silence is told."""

import asyncio

import pytest
from support import ONCE, QUICK, client_of, no_task_left, people, person, stream_of, until

from lemlist_async import (
    BatchError,
    ConflictError,
    ContactInput,
    DeadlineExceededError,
    Done,
    Failed,
    InvalidRequestError,
    NotFoundError,
    TransportError,
    UnexpectedReplyError,
)


def owned(numbers):
    return [person(number, contact_owner="sam@sandbox.example") for number in numbers]


def codes(result):
    return [one.code for one in result.warnings]


async def test_a_contact_is_created_then_updated(sandbox, lemlist):
    sandbox.state.add_company(domain="acme.com")
    sandbox.state.add_field("plan")
    jane = ContactInput(email="jane@acme.com", first_name="Jane", company_domain="acme.com", custom={"plan": "pro"})

    first = await lemlist.contacts.upsert(jane)
    second = await lemlist.contacts.upsert(jane)

    assert (first.created, second.created) == (True, False)
    assert first.contact.id == second.contact.id
    assert (first.contact.first_name, first.contact.fields["plan"], first.warnings) == ("Jane", "pro", ())
    assert sandbox.state.contact("jane@acme.com")["companyId"] is not None


async def test_a_contact_that_lemlist_refuses_is_an_error_with_its_code(lemlist):
    with pytest.raises(InvalidRequestError) as caught:
        await lemlist.contacts.upsert(ContactInput(email="nonsense"))

    assert (caught.value.code, caught.value.status, caught.value.ambiguous) == ("INVALID_EMAIL", 400, False)


async def test_anything_but_a_contact_input_is_refused_at_once(sandbox, lemlist):
    with pytest.raises(InvalidRequestError, match="dict is not a ContactInput"):
        await lemlist.contacts.upsert({"email": "jane@acme.com"})

    assert sandbox.count() == 0


@pytest.mark.parametrize("body", ["[]", "{}", '{"data": []}', '{"data": {"_id": {}}}'])
async def test_an_answer_without_a_contact_is_an_error(sandbox, lemlist, body):
    sandbox.faults.answer(200, body=body, content_type="application/json")

    with pytest.raises(UnexpectedReplyError) as caught:
        await lemlist.contacts.upsert(person())

    assert caught.value.ambiguous


async def test_an_answer_that_does_not_say_whether_it_created_is_not_guessed(sandbox, lemlist):
    sandbox.faults.answer(200, body='{"data": {"_id": "ctc_1"}}', content_type="application/json")

    result = await lemlist.contacts.upsert(person())

    assert result.created is None


async def test_a_creation_after_a_lost_attempt_is_certain(sandbox, lemlist):
    sandbox.faults.drop()

    assert (await lemlist.contacts.upsert(person())).created is True


async def test_a_deadline_includes_the_wait_for_an_upsert_of_the_same_person(sandbox, lemlist):
    sandbox.faults.silence()
    first = asyncio.create_task(lemlist.contacts.upsert(person()))
    await until(sandbox.count)

    with pytest.raises(DeadlineExceededError) as caught:
        async with asyncio.timeout(10):
            await lemlist.contacts.upsert(person(), deadline=0.05)

    assert (caught.value.ambiguous, caught.value.path) == (False, "/contacts")
    first.cancel()
    await asyncio.wait({first})


async def test_a_deadline_includes_the_reading_of_the_team(sandbox, lemlist):
    sandbox.faults.silence(path="/team")

    with pytest.raises(DeadlineExceededError):
        async with asyncio.timeout(10):
            await lemlist.contacts.upsert(person(contact_owner="sam@sandbox.example"), deadline=0.05)


async def test_an_owner_is_found_by_id_and_by_email(sandbox, lemlist):
    sam = sandbox.state.team.user("sam@sandbox.example").id

    by_id = await lemlist.contacts.upsert(person(1, contact_owner=sam))
    by_email = await lemlist.contacts.upsert(person(2, contact_owner="Sam@Sandbox.example"))

    assert (by_id.warnings, by_email.warnings) == ((), ())
    assert by_email.contact.owner_id == sam


@pytest.mark.parametrize("owner", ["usr_unknown", "nobody@acme.com"])
async def test_an_owner_that_lemlist_did_not_take_is_told(lemlist, owner):
    result = await lemlist.contacts.upsert(person(contact_owner=owner))

    assert codes(result) == ["OWNER_NOT_APPLIED"]


async def test_the_team_is_read_once_for_all_owners(sandbox, lemlist):
    crowd = owned(range(20))

    await lemlist.contacts.upsert_many(crowd)

    assert sandbox.count(path="/team") == 1


async def test_an_owner_that_cannot_be_checked_is_told(sandbox, lemlist):
    sandbox.faults.answer(403, path="/team", times=None)

    result = await lemlist.contacts.upsert(person(contact_owner="sam@sandbox.example"))

    assert codes(result) == ["OWNER_NOT_CHECKED"]


async def test_a_team_that_the_key_may_not_read_is_asked_for_once(sandbox, lemlist):
    sandbox.faults.answer(403, path="/team", times=None)
    crowd = owned(range(20))

    report = await lemlist.contacts.upsert_many(crowd)

    assert sandbox.count(path="/team") == 1
    assert [(one.code, one.count) for one in report.warnings] == [("OWNER_NOT_CHECKED", 20)]


async def test_a_team_that_could_not_be_read_for_a_moment_is_asked_for_again(sandbox):
    sandbox.faults.answer(500, path="/team")

    async with client_of(sandbox, retry=ONCE) as lemlist:
        first = await lemlist.contacts.upsert(person(1, contact_owner="sam@sandbox.example"))
        second = await lemlist.contacts.upsert(person(2, contact_owner="sam@sandbox.example"))

    assert (codes(first), codes(second)) == (["OWNER_NOT_CHECKED"], [])


async def test_a_team_that_stays_out_of_reach_costs_three_looks_and_then_one_a_minute(sandbox, monkeypatch):
    """The retries that all calls share are not spent on it."""
    sandbox.faults.answer(500, path="/team", times=None)

    async with client_of(sandbox) as lemlist:
        clock = [0.0]
        monkeypatch.setattr(lemlist._shared.roster, "_now", lambda: clock[0])
        report = await lemlist.contacts.upsert_many(owned(range(30)))
        within_a_moment = sandbox.count(path="/team")
        clock[0] += 60
        await lemlist.contacts.upsert_many(owned(range(30, 60)))

    assert (report.done, within_a_moment, sandbox.count(path="/team")) == (30, 3 * QUICK.attempts, 4 * QUICK.attempts)


async def test_a_company_that_was_not_linked_and_a_field_that_was_not_kept_are_told(lemlist):
    result = await lemlist.contacts.upsert(person(company_domain="unknown.com", custom={"plan": "pro", "empty": ""}))

    assert "COMPANY_NOT_LINKED" in codes(result)
    assert "FIELD_NOT_REGISTERED" in codes(result)
    assert not any("empty" in one.message for one in result.warnings)


async def test_a_refused_linkedin_url_costs_the_contact_unless_it_may_be_dropped(sandbox, lemlist):
    jane = ContactInput(email="jane@acme.com", linkedin_url="https://acme.com/jane")

    with pytest.raises(InvalidRequestError) as caught:
        await lemlist.contacts.upsert(jane)
    result = await lemlist.contacts.upsert(jane, drop_refused_linkedin=True)

    assert caught.value.code == "INVALID_LINKEDIN_URL"
    assert codes(result) == ["LINKEDIN_URL_REFUSED"]
    assert sandbox.state.contact("jane@acme.com") is not None


async def test_a_contact_that_has_nothing_but_a_refused_linkedin_url_is_refused(lemlist):
    nobody = ContactInput(linkedin_url="https://acme.com/jane")

    with pytest.raises(InvalidRequestError):
        await lemlist.contacts.upsert(nobody, drop_refused_linkedin=True)


async def test_another_refusal_drops_nothing(sandbox, lemlist):
    bad = ContactInput(email="nonsense", linkedin_url="https://linkedin.com/in/jane")

    with pytest.raises(InvalidRequestError, match="INVALID_EMAIL"):
        await lemlist.contacts.upsert(bad, drop_refused_linkedin=True)

    assert sandbox.count() == 1


@pytest.mark.parametrize("source", [list, iter, stream_of], ids=["list", "iterator", "async"])
async def test_many_contacts_are_upserted_one_a_request(sandbox, lemlist, source):
    sandbox.state.add_contact(email="person0@acme.com")

    report = await lemlist.contacts.upsert_many(source(people(30)))

    assert (report.created_count, report.updated_count, report.unknown_count) == (29, 1, 0)
    assert (report.is_exact, report.requests, sandbox.count()) == (True, 30, 30)


async def test_each_outcome_tells_its_item_and_its_place(lemlist):
    crowd = [person(0), ContactInput(email="nonsense"), person(2)]

    async with lemlist.contacts.upsert_many(crowd) as outcomes:
        seen = {outcome.position: outcome async for outcome in outcomes}

    assert [type(seen[place]) for place in range(3)] == [Done, Failed, Done]
    assert seen[1].item is crowd[1]
    assert seen[2].result.contact.email == "person2@acme.com"


async def test_a_refused_contact_does_not_stop_the_others(lemlist):
    crowd = [*people(10), ContactInput(email="nonsense")]

    with pytest.raises(BatchError, match="INVALID_EMAIL") as caught:
        await lemlist.contacts.upsert_many(crowd)

    assert (caught.value.report.done, caught.value.report.failed) == (10, 1)


async def test_what_is_no_contact_input_stops_the_run_or_is_skipped(sandbox, lemlist):
    crowd = [person(1), "jane@acme.com", person(2)]

    with pytest.raises(BatchError, match="item 1: A str is not a ContactInput"):
        await lemlist.contacts.upsert_many(crowd)
    sent_before = sandbox.count()
    report = await lemlist.contacts.upsert_many(crowd, malformed="skip", raise_on_error=False)

    assert sent_before == 0
    assert (report.done, [one.position for one in report.rejected]) == (2, [1])


async def test_refused_linkedin_urls_are_dropped_in_a_run_too(lemlist):
    crowd = [person(number, linkedin_url="https://acme.com/jane") for number in range(3)]

    report = await lemlist.contacts.upsert_many(crowd, drop_refused_linkedin=True)

    assert (report.created_count, report.requests) == (3, 6)
    assert [(one.code, one.count) for one in report.warnings] == [("LINKEDIN_URL_REFUSED", 3)]


async def test_upserts_of_one_person_keep_their_order_and_make_one_contact(sandbox, lemlist):
    sandbox.latency = (0.0, 0.01)
    versions = [
        ContactInput(email=email, first_name=str(number))
        for number, email in enumerate(["jane@acme.com", "JANE@acme.com"] * 10)
    ]

    report = await lemlist.contacts.upsert_many(versions, concurrency=8)

    assert (report.created_count, report.updated_count) == (1, 19)
    assert [one.json["firstName"] for one in sandbox.received] == [str(number) for number in range(20)]
    assert sandbox.state.contact("jane@acme.com")["fields"]["firstName"] == "19"


async def test_contacts_that_share_any_identifier_wait_for_each_other(sandbox, lemlist):
    sandbox.latency = (0.01, 0.01)
    url = "https://linkedin.com/in/jane"

    report = await lemlist.contacts.upsert_many(
        [
            ContactInput(email="jane@acme.com"),
            ContactInput(linkedin_url=url),
            ContactInput(email="jane@acme.com", linkedin_url=url, first_name="Jane"),
        ]
    )

    assert report.done == 3
    assert sandbox.received[-1].json["firstName"] == "Jane"


async def test_an_upsert_that_is_cancelled_while_it_waits_gives_its_place_up(sandbox, lemlist):
    sandbox.faults.silence(0.1)
    first = asyncio.create_task(lemlist.contacts.upsert(person(first_name="1")))
    await until(sandbox.count)
    second = asyncio.create_task(lemlist.contacts.upsert(person(first_name="2")))
    third = asyncio.create_task(lemlist.contacts.upsert(person(first_name="3")))
    await asyncio.sleep(0)

    async with no_task_left():
        second.cancel()
        await asyncio.wait({first, second, third})

    assert [one.json["firstName"] for one in sandbox.received] == ["1", "1", "3"]


@pytest.mark.parametrize("way", ["id", "email"])
async def test_a_contact_is_read_by_id_or_email(sandbox, lemlist, way):
    contact_id = sandbox.state.add_contact(email="jane+news@acme.com", firstName="Jane")

    found = await lemlist.contacts.get(f" {contact_id if way == 'id' else 'jane+news@acme.com'} ")

    assert (found.id, found.email, found.emails) == (contact_id, "jane+news@acme.com", ("jane+news@acme.com",))


async def test_a_contact_that_lemlist_does_not_have_is_not_found(sandbox, lemlist):
    with pytest.raises(NotFoundError, match="CONTACT_NOT_FOUND"):
        await lemlist.contacts.get("jane@acme.com")
    sandbox.faults.answer(200, body="null", content_type="application/json")
    with pytest.raises(NotFoundError, match="no such contact") as caught:
        await lemlist.contacts.get("jane@acme.com")

    assert "jane" not in str(caught.value)


@pytest.mark.parametrize("value", ["", " ", None, 5])
async def test_a_contact_is_named_by_a_text(lemlist, value):
    with pytest.raises(InvalidRequestError, match="ID or email"):
        await lemlist.contacts.get(value)
    with pytest.raises(InvalidRequestError, match="ID or email"):
        await lemlist.contacts.delete(value)


async def test_contacts_are_iterated_over(sandbox, lemlist):
    ids = sandbox.state.add_contacts(501)

    read = [one.id async for one in lemlist.contacts.iterate()]
    found = [one.email async for one in lemlist.contacts.iterate(email="person7@example.com", not_in_any_campaign=True)]

    assert read == ids
    assert found == ["person7@example.com"]
    assert sandbox.received[-1].query["notInAnyCampaign"] == "true"


async def test_only_one_company_filter_is_taken(lemlist):
    with pytest.raises(InvalidRequestError, match="companyId and companyDomain"):
        lemlist.contacts.iterate(company_id="cpn_1", company_domain="acme.com")


async def test_a_contact_is_deleted(sandbox, lemlist):
    sandbox.state.add_contact(email="jane@acme.com")

    await lemlist.contacts.delete("jane@acme.com")

    assert sandbox.state.contact("jane@acme.com") is None


async def test_deleting_what_is_not_there_is_an_error(lemlist):
    with pytest.raises(NotFoundError):
        await lemlist.contacts.delete("jane@acme.com")


async def test_a_contact_that_was_deleted_by_an_attempt_whose_answer_was_lost_is_deleted(sandbox, lemlist):
    sandbox.state.add_contact(email="jane@acme.com")
    sandbox.faults.answer(500, after_applying=True)

    await lemlist.contacts.delete("jane@acme.com")

    assert sandbox.count() == 2


async def test_a_contact_that_is_busy_is_a_conflict(sandbox, lemlist):
    sandbox.faults.answer(409, body='{"error": "CONTACT_DELETE_BLOCKED"}', content_type="application/json")

    with pytest.raises(ConflictError) as caught:
        await lemlist.contacts.delete("ctc_1")

    assert caught.value.code == "CONTACT_DELETE_BLOCKED"


async def test_a_contact_of_which_nobody_knows_whether_it_was_written_is_ambiguous(sandbox):
    sandbox.faults.drop(after_applying=True)

    async with client_of(sandbox, retry=ONCE) as lemlist:
        run = lemlist.contacts.upsert_many([person()])
        with pytest.raises(BatchError, match="1 ambiguous"):
            await run

    assert isinstance(run.report.doubts[0].error, TransportError)
    assert run.report.ambiguous == (person(),)
