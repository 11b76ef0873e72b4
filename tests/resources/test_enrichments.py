"""Enrichments: each result finds its request, and credits are never spent twice by themselves."""

import asyncio
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import accounted, answer_json, enrichment_request, until

from lemlist_async import (
    BatchError,
    ConflictError,
    Done,
    EnrichmentRequest,
    InvalidRequestError,
    PaymentRequiredError,
    TransportError,
    UnexpectedReplyError,
)
from lemlist_async.resources.enrichments import matched


def requests(count):
    return [enrichment_request(number) for number in range(count)]


def sent(sandbox):
    return [one.json for one in sandbox.requests("POST", "/bulk")]


async def test_a_request_goes_out_in_lemlists_words(sandbox, lemlist):
    one = EnrichmentRequest(
        first_name=" Jane ",
        last_name="Doe",
        company_domain="acme.com",
        job_title="",
        email="jane@acme.com",
        find_email=True,
        verify_email=True,
        metadata={"row": 7},
    )

    await lemlist.enrichments.submit_many([one], webhook_url="https://hooks.example.com/x")

    assert sent(sandbox) == [
        [
            {
                "input": {
                    "email": "jane@acme.com",
                    "companyDomain": "acme.com",
                    "firstName": "Jane",
                    "lastName": "Doe",
                },
                "enrichmentRequests": ["find_email", "verify"],
                "metadata": {"row": 7},
            }
        ]
    ]
    assert sandbox.received[0].query == {"webhookUrl": "https://hooks.example.com/x"}


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"email": "a@b.co"}, "needs at least one task: find_email, find_phone"),
        ({"find_email": True, "email": "  "}, "needs at least one input: linkedin_url, email"),
        ({"find_email": True, "email": 7}, "email must be a string, not int"),
        ({"find_email": True, "email": "a@b.co", "metadata": 7}, "metadata must be a string or a mapping, not int"),
        ({"find_email": True, "email": "a@b.co", "metadata": {"x": {1}}}, "metadata holds something that JSON"),
    ],
    ids=["nothing to do", "nothing to go by", "a number", "odd metadata", "unwritable metadata"],
)
def test_a_request_for_which_lemlist_would_refuse_all_is_refused_at_once(fields, complaint):
    with pytest.raises(InvalidRequestError, match=complaint):
        EnrichmentRequest(**fields)


def test_a_request_shows_nothing_personal():
    shown = repr(enrichment_request(linkedin_url="https://linkedin.com/in/jane"))

    assert "acme" not in shown
    assert "jane" not in shown
    assert "row" not in shown


async def test_ids_come_by_the_position_of_their_request_500_a_call(sandbox, lemlist):
    report = await lemlist.enrichments.submit_many(requests(1200), concurrency=3)

    known = sandbox.state.enrichments.by_id
    assert report.ok
    assert {position: known[one].metadata for position, one in report.ids.items()} == {
        number: f"row {number}" for number in range(1200)
    }
    assert sorted(map(len, sent(sandbox))) == [200, 500, 500]


async def test_one_that_lemlist_refuses_is_named_and_spares_the_others(sandbox, lemlist):
    some = [enrichment_request(0), enrichment_request(1, email=None, first_name="Jane"), enrichment_request(2)]

    with pytest.raises(BatchError, match=r"Of 3 items 2 are done, 1 failed.*MISSING_EMAIL") as caught:
        await lemlist.enrichments.submit_many(some)

    report = caught.value.report
    assert report.refused == {1: "MISSING_EMAIL"}
    assert sorted(report.ids) == [0, 2]
    assert (report.failures[0].item, report.failures[0].position, report.failures[0].error.code) == (
        some[1],
        1,
        "MISSING_EMAIL",
    )
    assert (report.requests, accounted(report)) == (1, 3)


async def test_streamed_outcomes_have_an_answer_for_each_item(lemlist):
    async with lemlist.enrichments.submit_many(
        [enrichment_request(0), enrichment_request(1, email=None, first_name="J")]
    ) as outcomes:
        (outcome,) = [one async for one in outcomes]

    assert isinstance(outcome, Done)
    assert [(one.id is None, one.error) for one in outcome.result] == [(False, None), (True, "MISSING_EMAIL")]


async def test_used_up_credits_stop_the_run_and_nothing_is_lost(sandbox, lemlist):
    sandbox.state.enrichments.credits = 500

    with pytest.raises(BatchError, match="Insufficient credits") as caught:
        await lemlist.enrichments.submit_many(iter(requests(2000)), concurrency=1)

    report = caught.value.report
    assert isinstance(report.failures[0].error, PaymentRequiredError)
    assert (report.done, report.failed, sandbox.count()) == (500, 500, 2)
    assert accounted(report) == report.submitted


@pytest.mark.parametrize("fault", ["drop", "truncate", "garble"])
async def test_a_chunk_whose_answer_was_lost_is_reported_and_never_sent_again(sandbox, lemlist, fault):
    getattr(sandbox.faults, fault)(after_applying=True)

    with pytest.raises(BatchError, match="2 ambiguous") as caught:
        await lemlist.enrichments.submit_many(requests(2))

    assert sandbox.count() == 1
    assert caught.value.report.ambiguous == tuple(requests(2))
    assert caught.value.report.ids == {}


async def test_a_500_leaves_open_whether_credits_were_spent(sandbox, lemlist):
    sandbox.faults.answer(500, after_applying=True)

    report = await lemlist.enrichments.submit_many(requests(1), raise_on_error=False)

    assert (len(report.ambiguous), sandbox.count()) == (1, 1)


async def test_a_429_costs_nothing_and_is_waited_out(sandbox, lemlist):
    sandbox.faults.answer(429, retry_after=0.01)

    report = await lemlist.enrichments.submit_many(requests(1))

    assert (report.ok, report.requests) == (True, 2)


async def test_a_run_that_is_cancelled_while_the_answer_is_awaited_is_in_doubt(sandbox, lemlist):
    sandbox.faults.silence(after_applying=True)
    run = lemlist.enrichments.submit_many(requests(2))
    task = asyncio.create_task(run)
    await until(lambda: sandbox.received)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (len(run.report.ambiguous), accounted(run.report)) == (2, 2)


async def test_random_faults_never_spend_credits_twice(sandbox, lemlist):
    sandbox.faults.randomly(0.4, seed=3, seconds=0.01)

    report = await lemlist.enrichments.submit_many(requests(6000), raise_on_error=False)

    asked = [one.metadata for one in sandbox.state.enrichments.by_id.values()]
    assert len(asked) == len(set(asked))
    assert accounted(report) == 6000


async def test_what_is_no_request_stops_the_run_or_is_skipped(lemlist):
    with pytest.raises(BatchError, match="dict is not an EnrichmentRequest"):
        await lemlist.enrichments.submit_many([{"email": "a@b.co"}])
    report = await lemlist.enrichments.submit_many([{}, enrichment_request()], malformed="skip", raise_on_error=False)

    assert (len(report.rejected), list(report.ids)) == (1, [1])


def test_a_webhook_url_that_is_none_is_refused_at_once_and_not_shown(lemlist):
    with pytest.raises(InvalidRequestError, match="webhook_url must begin with https://") as caught:
        lemlist.enrichments.submit_many([], webhook_url="ftp://secret")

    assert "secret" not in str(caught.value)


def rows_for(some):
    """Make up an answer for each request: an error for those whose metadata says so."""
    for number, one in enumerate(some):
        refused = "bad" in str(one.metadata)
        row = {"error": "MISSING_INPUTS"} if refused else {"id": f"enr_{number}"}
        yield row if one.metadata is None else row | {"metadata": one.metadata}


metadata = st.one_of(
    st.none(), st.text(max_size=3), st.just("bad"), st.dictionaries(st.text(max_size=2), st.integers(), max_size=2)
)


@given(st.lists(metadata, max_size=20))
def test_answers_in_order_are_matched_by_position_duplicates_included(all_metadata):
    some = [enrichment_request(metadata=one) for one in all_metadata]

    answers = matched(some, list(rows_for(some)))

    assert [one.metadata for one in answers] == all_metadata
    assert [one.id or one.error for one in answers] == [
        "MISSING_INPUTS" if "bad" in str(one) else f"enr_{number}" for number, one in enumerate(all_metadata)
    ]


@given(st.lists(metadata, max_size=20, unique_by=lambda one: json.dumps(one, sort_keys=True)), st.randoms())
def test_shuffled_answers_find_their_requests_where_the_metadata_are_unique(all_metadata, chance: random.Random):
    some = [enrichment_request(metadata=one) for one in all_metadata]
    rows = list(rows_for(some))
    right = matched(some, rows)
    chance.shuffle(rows)

    try:
        answers = matched(some, rows)
    except UnexpectedReplyError:
        raise AssertionError("unique metadata are enough") from None

    assert answers == right


@given(st.lists(st.sampled_from(["a", "b", None]), min_size=2, max_size=8), st.randoms())
def test_no_answer_goes_to_a_request_with_other_metadata(all_metadata, chance: random.Random):
    some = [enrichment_request(metadata=one) for one in all_metadata]
    rows = list(rows_for(some))
    chance.shuffle(rows)

    try:
        answers = matched(some, rows)
    except UnexpectedReplyError:
        return

    assert all(one.metadata in {None, asked} for one, asked in zip(answers, all_metadata, strict=True))


def test_answers_without_any_metadata_are_matched_by_position():
    answers = matched(requests(2), [{"id": "enr_a"}, {"id": "enr_b"}])

    assert [one.id for one in answers] == ["enr_a", "enr_b"]


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ({}, "0 answers to 2 requests"),
        ([{"id": "enr_a"}], "1 answer to 2 requests"),
        ([{"id": "enr_a"}, {}], "neither an ID nor an error"),
        ([{"id": "enr_a"}, 7], "neither an ID nor an error"),
        ([{"id": 7, "error": ""}, {"id": "enr_a"}], "neither an ID nor an error"),
        ([{"id": "enr_a", "metadata": "x"}, {"id": "enr_b", "metadata": "x"}], "cannot be matched"),
        ([{"id": "enr_a", "metadata": "x"}, {"id": "enr_b", "metadata": "row 1"}], "cannot be matched"),
    ],
    ids=["no array", "too few", "empty", "no object", "no text", "twice the same", "foreign"],
)
async def test_answers_that_cannot_be_matched_leave_the_chunk_in_doubt(sandbox, lemlist, rows, complaint):
    answer_json(sandbox, rows)

    report = await lemlist.enrichments.submit_many(requests(2), raise_on_error=False)

    assert complaint in str(report.doubts[0].error)
    assert (len(report.ambiguous), sandbox.count()) == (2, 1)


async def test_one_is_submitted_in_the_body_and_not_in_the_url(sandbox, lemlist):
    enrichment_id = await lemlist.enrichments.submit(enrichment_request())

    assert enrichment_id in sandbox.state.enrichments.by_id
    assert (sandbox.received[0].path, sandbox.received[0].query) == ("/v2/enrichments/bulk", {})


async def test_one_that_lemlist_refuses_is_an_error_with_its_code(lemlist):
    with pytest.raises(InvalidRequestError, match="answered 200 MISSING_EMAIL") as caught:
        await lemlist.enrichments.submit(enrichment_request(email=None, first_name="Jane"))

    assert caught.value.code == "MISSING_EMAIL"


async def test_only_a_request_is_submitted(lemlist):
    with pytest.raises(InvalidRequestError, match="dict is not an EnrichmentRequest"):
        await lemlist.enrichments.submit({})


async def test_one_whose_answer_was_lost_says_so(sandbox, lemlist):
    sandbox.faults.drop(after_applying=True)

    with pytest.raises(TransportError) as caught:
        await lemlist.enrichments.submit(enrichment_request())

    assert (caught.value.ambiguous, sandbox.count()) == (True, 1)


async def test_a_lead_is_enriched_from_what_lemlist_knows(sandbox, lemlist):
    lead_id = sandbox.state.campaigns.add_lead(sandbox.state.campaigns.add("Q4"), email="jane@acme.com")

    with pytest.raises(ConflictError) as caught:
        await lemlist.enrichments.submit_lead(lead_id, find_email=True)
    made = await lemlist.enrichments.submit_lead(
        lead_id, find_email=True, find_phone=True, verify_email=True, linkedin_enrichment=True, force=True
    )

    assert caught.value.code == "ALREADY_ENRICHED"
    assert sandbox.state.enrichments.by_id[made].workflows == [
        "find_email",
        "find_phone",
        "verify",
        "linkedin_enrichment",
    ]


async def test_a_lead_needs_something_to_be_done(lemlist):
    with pytest.raises(InvalidRequestError, match="at least one task"):
        await lemlist.enrichments.submit_lead("lea_a")


@pytest.mark.parametrize("body", ["[]", "{}", '{"id": {}}', '{"id": null}'])
async def test_an_answer_without_an_id_is_an_error(sandbox, lemlist, body):
    sandbox.faults.answer(200, body=body, content_type="application/json")

    with pytest.raises(UnexpectedReplyError, match=r"no id|another shape"):
        await lemlist.enrichments.submit_lead("lea_a", find_email=True)
