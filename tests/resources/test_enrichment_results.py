"""What enrichments found, and waiting for it."""

import asyncio
from itertools import pairwise

import pytest
from support import ONCE, client_of, enrichment_request, until

from lemlist_async import (
    DeadlineExceededError,
    EnrichmentSubmission,
    InvalidRequestError,
    NotFoundError,
    RetryPolicy,
    UnexpectedReplyError,
)


async def test_an_enrichment_is_in_progress_and_then_done(sandbox, lemlist):
    enrichment_id = await lemlist.enrichments.submit(
        enrichment_request(find_phone=True, linkedin_url="linkedin.com/in/jane")
    )

    first = await lemlist.enrichments.get(enrichment_id)
    second = await lemlist.enrichments.get(enrichment_id)

    assert (first.id, first.status, first.is_done, first.email) == (enrichment_id, "in progress", False, None)
    assert (second.is_done, second.email, second.email_status) == (True, "person0@acme.com", "deliverable")
    assert (second.phone, second.input["email"]) == ("+33100000000", "person0@acme.com")
    assert "acme" not in repr(second)
    assert sandbox.count(status=202) == 1


@pytest.mark.parametrize("data", ['{"email": null}', '{"email": {"notFound": true}}', '{"email": {"email": ""}}', "{}"])
async def test_what_was_not_found_is_none(sandbox, lemlist, data):
    body = f'{{"enrichmentStatus": "done", "data": {data}}}'
    sandbox.faults.answer(200, body=body, content_type="application/json")

    found = await lemlist.enrichments.get("enr_a")

    assert (found.is_done, found.email) == (True, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [("{}", "in progress"), ('{"enrichmentStatus": "inProgress"}', "inProgress"), ('{"status": "done"}', "done")],
)
async def test_the_status_is_lemlists_own_word(sandbox, lemlist, body, status):
    sandbox.faults.answer(202, body=body, content_type="application/json")

    found = await lemlist.enrichments.get("enr_a")

    assert found.status == status


async def test_an_answer_that_is_no_enrichment_is_an_error(sandbox, lemlist):
    sandbox.faults.answer(200, body="[]", content_type="application/json")

    with pytest.raises(UnexpectedReplyError, match="holds no enrichment"):
        await lemlist.enrichments.get("enr_a")


async def test_an_unknown_enrichment_is_not_found(lemlist):
    with pytest.raises(NotFoundError):
        await lemlist.enrichments.wait("enr_unknown")


async def test_waiting_looks_again_until_it_is_done(sandbox, lemlist):
    sandbox.state.enrichments.slow = 3
    enrichment_id = await lemlist.enrichments.submit(enrichment_request())

    found = await lemlist.enrichments.wait(enrichment_id, every=0.01)

    times = [one.at for one in sandbox.requests("GET")]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert found.is_done
    assert len(pauses) == 3
    assert all(pause >= 0.01 * 1.5**number * 0.9 for number, pause in enumerate(pauses))


async def test_waiting_survives_a_dropped_connection(sandbox, lemlist):
    enrichment_id = await lemlist.enrichments.submit(enrichment_request())
    sandbox.faults.drop(method="GET")

    assert (await lemlist.enrichments.wait(enrichment_id, every=0.01)).is_done


async def test_waiting_ends_at_its_timeout(sandbox, lemlist):
    sandbox.state.enrichments.slow = 10**6
    enrichment_id = await lemlist.enrichments.submit(enrichment_request())

    with pytest.raises(DeadlineExceededError, match=r"GET /enrich/\{enrichment_id\}: .* not done within 0.1 s"):
        await lemlist.enrichments.wait(enrichment_id, timeout=0.1, every=0.01)


async def test_the_deadline_of_one_call_is_told_as_such(sandbox):
    sandbox.faults.silence(times=None)

    async with client_of(sandbox, retry=RetryPolicy(attempts=1, deadline=0.05)) as lemlist:
        with pytest.raises(DeadlineExceededError, match=r"the deadline of 0\.05 s passed"):
            await lemlist.enrichments.wait("enr_a", timeout=60)


async def test_waiting_can_be_cancelled(sandbox, lemlist):
    sandbox.state.enrichments.slow = 10**6
    enrichment_id = await lemlist.enrichments.submit(enrichment_request())
    task = asyncio.create_task(lemlist.enrichments.wait(enrichment_id, every=10))
    await until(lambda: sandbox.count(status=202))

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("options", [{"every": 0}, {"timeout": 0}])
async def test_waiting_needs_positive_times(lemlist, options):
    with pytest.raises(InvalidRequestError, match="more than 0 seconds"):
        await lemlist.enrichments.wait("enr_a", **options)


def test_a_submission_shows_no_metadata():
    assert "secret" not in repr(EnrichmentSubmission(id="enr_a", metadata="secret"))


async def test_metadata_are_optional(sandbox):
    async with client_of(sandbox, retry=ONCE) as lemlist:
        report = await lemlist.enrichments.submit_many([enrichment_request(metadata=None)])

    assert "metadata" not in sandbox.requests("POST", "/bulk")[0].json[0]
    assert list(report.ids) == [0]
