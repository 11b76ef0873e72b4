"""Companies: upserted one by one or in runs, looked up by the hundred, deleted, and their notes."""

import asyncio
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import ONCE, client_of, until

from lemlist_async import (
    BatchError,
    Company,
    CompanyInput,
    DeadlineExceededError,
    InvalidRequestError,
    Lemlist,
    NotFoundError,
    TransportError,
    UnexpectedReplyError,
)

JSON = "application/json"


def company(number=0, **fields):
    return CompanyInput(**({"name": f"Company {number}", "domain": f"company{number}.com"} | fields))


def codes(result):
    return [one.code for one in result.warnings]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "needs name and domain"),
        ({"name": "Acme"}, "needs domain"),
        ({"domain": "acme.com", "name": " "}, "needs name"),
        ({"name": "Acme", "domain": 5}, "domain must be a string"),
        ({"company_id": "cpn_1", "custom": {"foundedOn": "1999"}}, "write founded_on="),
        ({"company_id": "cpn_1", "custom": {"": "1999"}}, "must not be empty"),
        ({"company_id": "cpn_1", "custom": {"score": float("nan")}}, "not a finite number"),
    ],
)
def test_a_company_that_cannot_be_sent_is_refused_at_once(fields, words):
    with pytest.raises(InvalidRequestError, match=words):
        CompanyInput(**fields)


def test_an_input_shows_which_values_it_has_and_none_of_them_and_can_be_pickled():
    acme = company(name="Secret Ltd", custom={"plan": "pro"})

    assert repr(acme) == "CompanyInput(domain, name, custom.plan)"
    assert pickle.loads(pickle.dumps(acme)) == acme  # noqa: S301 - our own


async def test_a_company_is_created_then_updated(sandbox, lemlist):
    sandbox.state.add_field("plan", entity="company")
    acme = company(name="Acme", industry="Anvils", founded_on="1999", custom={"plan": "pro"})

    first = await lemlist.companies.upsert(acme)
    second = await lemlist.companies.upsert(CompanyInput(company_id=first.company.id, size="11-50"))

    assert (first.created, second.created) == (True, False)
    assert first.company.id == second.company.id
    assert (second.company.name, second.company.industry, second.company.size) == ("Acme", "Anvils", "11-50")
    assert (first.company.fields["plan"], first.company.fields["foundedOn"], first.warnings) == ("pro", "1999", ())


async def test_what_lemlist_leaves_out_is_told(lemlist):
    result = await lemlist.companies.upsert(company(company_owner="nobody@acme.com", custom={"plan": "pro"}))

    assert codes(result) == ["OWNER_NOT_APPLIED", "FIELD_NOT_REGISTERED"]
    assert "company_owner" in result.warnings[0].message


async def test_an_owner_is_applied_by_email_in_any_case(sandbox, lemlist):
    owner = sandbox.state.team.users[1]

    result = await lemlist.companies.upsert(company(company_owner="SAM@sandbox.example"))

    assert (result.company.owner_id, result.warnings) == (owner.id, ())


async def test_an_owner_that_cannot_be_checked_is_told(sandbox):
    sandbox.faults.answer(500, path="/team")

    async with client_of(sandbox, retry=ONCE) as lemlist:
        result = await lemlist.companies.upsert(company(company_owner="sam@sandbox.example"))

    assert codes(result) == ["OWNER_NOT_CHECKED"]


async def test_a_company_that_lemlist_refuses_is_an_error_with_its_code(lemlist):
    with pytest.raises(InvalidRequestError) as caught:
        await lemlist.companies.upsert(company(domain="nonsense"))

    assert (caught.value.code, caught.value.status, caught.value.path) == ("INVALID_DOMAIN", 400, "/companies")


async def test_anything_but_a_company_input_is_refused_at_once(sandbox, lemlist):
    with pytest.raises(InvalidRequestError, match="dict is not a CompanyInput"):
        await lemlist.companies.upsert({"name": "Acme"})

    assert sandbox.count() == 0


async def test_whether_a_company_is_new_is_unknown_after_a_lost_answer(sandbox, lemlist):
    sandbox.faults.drop(after_applying=True)

    assert (await lemlist.companies.upsert(company())).created is None


async def test_a_creation_after_a_lost_attempt_is_certain(sandbox, lemlist):
    sandbox.faults.drop()

    assert (await lemlist.companies.upsert(company())).created is True


@pytest.mark.parametrize("body", ["[]", "{}", '{"data": {"_id": {}}}'])
async def test_an_answer_without_a_company_is_an_error(sandbox, lemlist, body):
    sandbox.faults.answer(200, body=body, content_type=JSON)

    with pytest.raises(UnexpectedReplyError) as caught:
        await lemlist.companies.upsert(company())

    assert caught.value.ambiguous


async def test_a_deadline_holds_for_all_that_an_upsert_takes(sandbox, lemlist):
    sandbox.faults.silence()

    with pytest.raises(DeadlineExceededError) as caught:
        await lemlist.companies.upsert(company(), deadline=0.1)

    assert (caught.value.ambiguous, caught.value.requests, caught.value.path) == (True, 1, "/companies")


async def test_many_companies_are_upserted_and_counted(sandbox, lemlist):
    sandbox.state.add_company(domain="company0.com")

    report = await lemlist.companies.upsert_many(company(number) for number in range(30))

    assert (report.created_count, report.updated_count, report.done) == (29, 1, 30)


async def test_one_company_is_never_written_twice_at_the_same_time(sandbox, lemlist):
    sandbox.latency = (0.005, 0.02)
    spellings = ["acme.com", "https://www.ACME.com/about", "Acme.com", "www.acme.com"] * 5

    report = await lemlist.companies.upsert_many(company(domain=one, name=str(i)) for i, one in enumerate(spellings))

    assert report.created_count == 1
    assert [one.json["name"] for one in sandbox.requests("POST")] == [str(number) for number in range(20)]


async def test_a_refused_company_does_not_stop_the_others(lemlist):
    with pytest.raises(BatchError) as caught:
        await lemlist.companies.upsert_many([company(1), company(domain="nonsense"), company(2), company(3)])

    report = caught.value.report
    assert (report.done, report.failures[0].position) == (3, 1)


async def test_what_is_no_company_is_skipped_if_asked(lemlist):
    report = await lemlist.companies.upsert_many([company(), None], malformed="skip", raise_on_error=False)

    assert (report.done, [one.position for one in report.rejected]) == (1, [1])


async def test_a_cancelled_run_knows_which_companies_are_in_doubt(sandbox, lemlist):
    sandbox.faults.silence(times=None)
    run = lemlist.companies.upsert_many([company(1), company(2)], concurrency=2)
    task = asyncio.create_task(run)
    await until(lambda: sandbox.count() == 2)

    task.cancel()
    await asyncio.wait({task})

    assert len(run.report.ambiguous) == 2


async def test_companies_are_matched_back_to_what_was_asked_for(sandbox, lemlist):
    acme = sandbox.state.add_company(domain="acme.com", name="Acme")
    zeta = sandbox.state.add_company(domain="zeta.io")
    asked = [acme, "ACME.com", "https://www.acme.com/about?x=1", "zeta.io", "none.com", "cpn_unknown"]

    report = await lemlist.companies.get_many(asked)

    assert {key: one.id for key, one in report.found.items()} == {
        **dict.fromkeys(asked[:3], acme),
        "zeta.io": zeta,
    }
    assert report.missing == ("none.com", "cpn_unknown")
    assert report.found[acme].name == "Acme"


async def test_a_hundred_companies_are_one_request(sandbox, lemlist):
    ids = [sandbox.state.add_company(domain=f"c{number}.com") for number in range(250)]

    report = await lemlist.companies.get_many(ids)

    assert len(report.found) == 250
    assert sorted(one.query["idsOrDomains"].count(",") for one in sandbox.received) == [49, 99, 99]


@pytest.mark.parametrize(
    "body",
    ['[{"_id": "cpn_1", "domain": "acme.com"}]', '{"data": [{"_id": "cpn_1", "domain": "acme.com"}], "total": 1}'],
    ids=["array", "page"],
)
async def test_companies_come_as_an_array_or_as_a_page(sandbox, lemlist, body):
    sandbox.faults.answer(200, body=body, content_type=JSON)

    report = await lemlist.companies.get_many(["acme.com"])

    assert report.found == {"acme.com": Company(id="cpn_1", domain="acme.com")}


@pytest.mark.parametrize("body", ["{}", "null", '{"data": {}}', "[1]", '[{"domain": "acme.com"}]'])
async def test_a_look_up_of_another_shape_is_an_error(sandbox, lemlist, body):
    sandbox.faults.answer(200, body=body, content_type=JSON, times=None)

    with pytest.raises(BatchError) as caught:
        await lemlist.companies.get_many(["acme.com"])

    assert isinstance(caught.value.report.failures[0].error, UnexpectedReplyError)


@pytest.mark.parametrize("key", ["acme", "jane@acme.com", "acme.com, zeta.io", "a b.com", "", 5, "http://"])
async def test_what_is_neither_id_nor_domain_is_named_before_anything_is_sent(sandbox, lemlist, key):
    report = await lemlist.companies.get_many(["acme.com", key], raise_on_error=False)

    assert [one.position for one in report.rejected] == [1]
    assert "jane" not in report.rejected[0].reason
    assert sandbox.count() == 0


HOSTS = st.sampled_from(["acme.com", "zeta.io", "sub.acme.com"])
SPELLINGS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "http://", "HTTPS://"]),
    st.sampled_from(["", "www.", "WWW."]),
    HOSTS.flatmap(lambda host: st.sampled_from([host, host.upper(), host.title()])),
    st.sampled_from(["", "/", "/about/us", "?a=b", "#top", ":443/x"]),
)
IDS = st.sampled_from(["cpn_1", "cpn_2", "cpn_9"])


@given(
    asked=st.lists(SPELLINGS | IDS, unique=True),
    there=st.lists(st.builds(Company, id=st.sampled_from(["cpn_1", "cpn_2", "cpn_3"]), domain=HOSTS | st.none())),
)
def test_every_company_that_came_is_given_to_all_who_asked_for_it(asked, there):
    companies = Lemlist("key").companies

    found = companies._matched(asked, there)

    for key in asked:
        if key.startswith("cpn_"):
            assert ([found[key]] if key in found else []) == [one for one in there if one.id == key][:1]
        else:
            host = next(host for host in ("sub.acme.com", "acme.com", "zeta.io") if host in key.lower())
            assert ([found[key]] if key in found else []) == [one for one in there if one.domain == host][:1]


async def test_companies_are_read_in_the_order_of_their_creation(sandbox, lemlist):
    ids = [sandbox.state.add_company(domain=f"c{number}.com") for number in range(501)]

    read = [one.id async for one in lemlist.companies.iterate()]
    newest = [one.id async for one in lemlist.companies.iterate(newest_first=True)]

    assert (read, newest) == (ids, ids[::-1])
    assert sandbox.received[0].query == {"limit": "500", "offset": "0", "sortBy": "createdAt", "sortOrder": "asc"}


async def test_filters_go_into_the_query(sandbox, lemlist):
    sandbox.state.add_company(domain="acme.com", name="Acme")
    sandbox.state.add_company(domain="zeta.com", name="Zeta")

    read = [
        one.name
        async for one in lemlist.companies.iterate(
            search="acm", crm_sync_status="error", field_rejection_reason="crm_sync_invalid_domain"
        )
    ]

    assert read == ["Acme"]
    query = sandbox.received[0].query
    assert (query["crmSyncStatus"], query["fieldRejectionReason"]) == ("error", "crm_sync_invalid_domain")


async def test_a_company_with_contacts_is_deleted_only_by_force(sandbox, lemlist):
    company_id = sandbox.state.add_company(domain="acme.com")
    sandbox.state.add_contact(email="jane@acme.com", companyDomain="acme.com")

    with pytest.raises(InvalidRequestError, match="1 contacts attached") as caught:
        await lemlist.companies.delete(company_id)
    await lemlist.companies.delete(company_id, force=True)

    assert caught.value.code == "COMPANY_HAS_CONTACTS"
    assert company_id not in sandbox.state.companies.by_id


async def test_a_company_that_a_lost_attempt_deleted_is_deleted(sandbox, lemlist):
    company_id = sandbox.state.add_company(domain="acme.com")
    sandbox.faults.drop(after_applying=True)

    await lemlist.companies.delete(company_id)

    assert sandbox.count(method="DELETE") == 2


async def test_a_company_that_is_not_there_cannot_be_deleted(lemlist):
    with pytest.raises(NotFoundError) as caught:
        await lemlist.companies.delete("cpn_unknown")

    assert "cpn_unknown" not in str(caught.value)


@pytest.mark.parametrize("company_id", ["", "acme.com", "ctc_1", None, "cpn_1/../2"])
async def test_what_is_no_company_id_is_refused_at_once(sandbox, lemlist, company_id):
    for call in (lemlist.companies.delete, lambda one: lemlist.companies.add_note(one, "Hi")):
        with pytest.raises(InvalidRequestError, match="cpn_"):
            await call(company_id)
    with pytest.raises(InvalidRequestError, match="cpn_"):
        lemlist.companies.notes(company_id)

    assert sandbox.count() == 0


async def test_notes_are_added_and_read_page_by_page(sandbox, lemlist):
    company_id = sandbox.state.add_company(domain="acme.com")
    for number in range(201):
        sandbox.state.companies.add_note(company_id, f"note {number}")

    added = await lemlist.companies.add_note(company_id, "the last one")
    notes = [one async for one in lemlist.companies.notes(company_id)]
    newest = await anext(lemlist.companies.notes(company_id, newest_first=True))

    assert [one.note for one in notes] == [*(f"note {number}" for number in range(201)), "the last one"]
    assert notes[-1].id == added.id == newest.id
    assert (added.type, added.company_id, added.created_at.utcoffset().seconds) == ("annotated", company_id, 0)
    assert "the last one" not in repr(added)
    assert [one.query["page"] for one in sandbox.requests("GET")] == ["1", "2", "3", "1"]


async def test_a_note_whose_answer_was_lost_is_not_added_again(sandbox, lemlist):
    company_id = sandbox.state.add_company(domain="acme.com")
    sandbox.faults.drop(after_applying=True)

    with pytest.raises(TransportError) as caught:
        await lemlist.companies.add_note(company_id, "once")

    assert caught.value.ambiguous
    assert len(sandbox.state.companies.by_id[company_id].notes) == 1


@pytest.mark.parametrize("note", ["", " \n", None, 5])
async def test_an_empty_note_is_refused_at_once(sandbox, lemlist, note):
    with pytest.raises(InvalidRequestError, match="note must be a string"):
        await lemlist.companies.add_note("cpn_1", note)

    assert sandbox.count() == 0


async def test_notes_on_a_company_that_is_not_there_are_an_error(lemlist):
    with pytest.raises(NotFoundError):
        [one async for one in lemlist.companies.notes("cpn_unknown")]


async def test_the_companies_of_one_client_are_one_object(lemlist):
    assert lemlist.companies is lemlist.companies
