"""What can be seen of the replies behind results and errors: recordings, exchanges, hooks, traces, spans."""

import asyncio
import pickle
import subprocess
import sys

import aiohttp
import pytest
from support import ONCE, CountedLimiter, client_of, people, person

from lemlist_async import LemlistError, Retry, ServerError, TransportError
from lemlist_async.sandbox import Quota, Sandbox
from lemlist_async.wire import telemetry
from lemlist_async.wire.call import Call


async def test_a_recording_shows_the_reply_behind_a_result():
    async with Sandbox(quota=Quota()) as sandbox, client_of(sandbox) as lemlist:
        with lemlist.recording() as exchanges:
            await lemlist.team.get()
        await lemlist.team.get()

    [exchange] = exchanges
    assert (exchange.method, exchange.path, exchange.status, exchange.attempt) == ("GET", "/team", 200, 1)
    assert exchange.headers["X-RateLimit-Limit"] == "20"
    assert exchange.rate_limit.remaining == 19
    assert exchange.waited >= 0
    assert exchange.seconds > 0


async def test_a_recording_holds_retries_and_what_tasks_do(sandbox, lemlist):
    sandbox.faults.answer(500)

    with lemlist.recording() as exchanges:
        await asyncio.gather(lemlist.team.get(), lemlist.lists.all())

    assert sorted(one.status for one in exchanges) == [200, 200, 500]


async def test_recordings_inside_of_each_other_both_record(lemlist):
    with lemlist.recording() as outer:
        with lemlist.recording() as inner:
            await lemlist.team.get()
        await lemlist.team.get()

    assert (len(outer), len(inner)) == (2, 1)


async def test_an_error_shows_all_of_its_attempts(sandbox, lemlist):
    sandbox.faults.answer(500, times=None, headers={"X-Request-Id": "req-1", "Set-Cookie": "a=b"})

    with pytest.raises(ServerError) as caught:
        await lemlist.team.get()

    exchanges = pickle.loads(pickle.dumps(caught.value)).exchanges  # noqa: S301 - our own
    assert [(one.attempt, one.status) for one in exchanges] == [(number, 500) for number in (1, 2, 3, 4)]
    assert exchanges[0].headers["X-Request-Id"] == "req-1"
    assert "Set-Cookie" not in exchanges[0].headers


async def test_an_attempt_without_a_reply_has_no_status(sandbox):
    sandbox.faults.drop(times=2)  # aiohttp itself sends a GET again after a dropped connection

    async with client_of(sandbox, retry=ONCE) as lemlist:
        with pytest.raises(TransportError) as caught:
            await lemlist.team.get()

    [exchange] = caught.value.exchanges
    assert (exchange.status, exchange.rate_limit, dict(exchange.headers)) == (None, None, {})


async def test_outcomes_show_their_exchanges(sandbox, lemlist):
    sandbox.faults.answer(500)

    async with lemlist.contacts.upsert_many(people(1)) as outcomes:
        [outcome] = [one async for one in outcomes]

    assert [one.status for one in outcome.exchanges] == [500, 201]


async def test_a_hook_is_called_before_every_retry(sandbox):
    retries: list[Retry] = []
    sandbox.faults.answer(500, times=2)

    async with client_of(sandbox, on_retry=retries.append) as lemlist:
        await lemlist.team.get()

    assert [(one.method, one.path, one.attempt) for one in retries] == [("GET", "/team", 2), ("GET", "/team", 3)]
    assert all(isinstance(one.error, LemlistError) and one.wait >= 0 for one in retries)
    assert [one.error.__traceback__ for one in retries] == [None, None]  # its frames lead to the client


async def test_aiohttp_traces_work_beside_our_own(sandbox):
    ended = []
    config = aiohttp.TraceConfig()

    @config.on_request_end.append
    async def _(_session, _context, params):
        ended.append(params.response.status)

    async with client_of(sandbox, trace_configs=[config]) as lemlist:
        await lemlist.team.get()

    assert ended == [200]


@pytest.mark.parametrize("has_body", [True, False], ids=["with a body", "without one"])
async def test_the_limiter_hears_of_a_request_when_its_bytes_go_out(sandbox, has_body):
    """Headers that aiohttp has announced go out with the first part of the body, if there is one."""
    limiter, seen = CountedLimiter(), []
    config = aiohttp.TraceConfig()

    @config.on_request_headers_sent.append
    async def _(_session, _context, _params):
        seen.append(("headers", limiter.written))

    @config.on_request_chunk_sent.append
    async def _(_session, _context, _params):
        seen.append(("body", limiter.written))

    async with client_of(sandbox, limiter=limiter, trace_configs=[config]) as lemlist:
        await (lemlist.contacts.upsert(person()) if has_body else lemlist.team.get())

    assert seen == ([("headers", 0), ("body", 1)] if has_body else [("headers", 1)])


async def test_the_limiter_hears_of_a_request_whose_body_is_empty(sandbox):
    limiter = CountedLimiter()

    async with client_of(sandbox, limiter=limiter) as lemlist:
        await lemlist._session.send(Call(method="GET", path="/team", content=b""))

    assert limiter.written == 1


async def test_a_limiter_that_fails_when_it_hears_of_a_write_fails_as_itself(sandbox, monkeypatch):
    limiter = CountedLimiter()
    permit = await limiter.acquire()
    monkeypatch.setattr(type(permit), "written", _broken)

    async with client_of(sandbox, limiter=limiter) as lemlist:
        for call in (lemlist.team.get, lambda: lemlist.contacts.upsert(person())):
            with pytest.raises(KeyError, match="mine"):
                await call()

    assert sandbox.received == []


async def _broken(_permit):
    raise KeyError("mine")


async def test_each_run_and_each_attempt_is_a_span(sandbox, lemlist, spans):
    sandbox.faults.answer(500)

    await lemlist.contacts.upsert_many(people(1))

    *attempts, run = spans()
    assert [span.name for span in attempts] == ["POST /contacts"] * 2
    assert [span.attributes["http.response.status_code"] for span in attempts] == [500, 201]
    assert [span.attributes["http.request.resend_count"] for span in attempts] == [0, 1]
    assert (run.name, run.attributes["lemlist.run"]) == ("lemlist run", "upsert")
    assert {span.parent.span_id for span in attempts} == {run.context.span_id}


async def test_spans_hold_no_contacts_data(sandbox, lemlist, spans):
    sandbox.faults.answer(404, body="nobody by jane@acme.com")

    with pytest.raises(LemlistError):
        await lemlist.contacts.get("jane@acme.com")

    [span] = spans()
    assert "jane" not in span.to_json()


async def test_without_opentelemetry_nothing_is_traced(lemlist, monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    telemetry._tracer.cache_clear()

    try:
        assert (await lemlist.team.get()).id
    finally:
        telemetry._tracer.cache_clear()


def test_opentelemetry_is_not_imported_before_it_is_needed():
    code = "import sys, lemlist_async.client; sys.exit('opentelemetry' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
