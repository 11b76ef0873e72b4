"""A machine looks for marked values in all that a program can get hold of, and finds none if the documents say none."""

import asyncio
import contextlib
import json
import logging
import pickle
import traceback
from base64 import b64encode
from collections import deque
from functools import partial
from types import MappingProxyType

import aiohttp
import pytest
from hostile import calls, walk
from hostile.faults import MOST, Fault, reply, reset
from hostile.server import Hostile
from support import QUICK, client_of

from lemlist_async import BatchReport, InvalidRequestError, Lemlist, LemlistError, RetryPolicy, Unlimited
from lemlist_async.batch.outcomes import Rejected, Settled
from lemlist_async.jobs import ContactFile, SyncPlan, import_contacts, sync_list
from lemlist_async.sandbox import Sandbox

KEY = "zK3y9q7w5distinctive"
CUSTOM = "zplan-value"
SECRETS = (KEY, b64encode(f":{KEY}".encode()).decode())
PERSONAL = (calls.MARK, calls.EMAIL, CUSTOM, calls.EMAIL.replace("@", "%40"))
# Somebody whom the call did not name.
STRANGER = "stranger@acme.example"
# Of a row that is refused: what the file holds, and nothing else does.
REFUSED = "zrefused-value"
RETRY = RetryPolicy(attempts=2, first_wait=0.001, longest_backoff=0.002)

# What the sandbox logs, in the same process: a server's own words.
OF_THE_SERVER = {"aiohttp.access", "aiohttp.server"}

# They hold the caller's own items, to be sent again; their repr and their pickle hold none.
OPEN_TO_THE_CALLER = (BatchReport, Settled, Rejected, SyncPlan)


def echo(status, body):
    """Return a fault that repeats the key and all that was sent in its words and in its headers."""

    async def play(exchange):
        said = reply(status, body.replace(b"%s", STRANGER.encode() + b" %s"), X_Request_Id="%s", X_Echo="%s")
        await exchange.write(exchange.echoed(said))

    return Fault(f"{status} {body.decode()}", play)


async def _reset_after_applying(exchange):
    await exchange.honest()
    reset(exchange.writer)


REFUSAL = b'{"error": {"code": "ODD_VALUE", "message": "%s"}}'
WARNING = b'{"data": {"_id": "ctc_AbCd12345"}, "warnings": [{"code": "ODD", "message": "%s"}, "%s", {"code": "%s"}]}'


async def _well(exchange):
    status, _, body = await exchange.honest()
    await exchange.write(reply(status, body, "application/json" if body[:1] in b'[{"' else "text/csv"))


FAULTS = [
    Fault("no fault", _well, applies=True),
    *(echo(status, REFUSAL) for status in (400, 401, 404, 409, 500)),
    echo(400, b"%s"),
    echo(200, WARNING),
    echo(200, b'{"success": false, "error": "%s"}'),
    echo(200, b'{"data": "%s"'),
    Fault("reset after applying", _reset_after_applying, applies=True),
]


@pytest.fixture
def watched(caplog, spans):
    """Look into the log's records and the spans of a test when it is over."""
    caplog.set_level(logging.DEBUG)
    yield
    records = [one for one in caplog.get_records("call") if one.name not in OF_THE_SERVER]
    assert spans()
    assert records
    look_into([vars(record) | {"said": record.getMessage()} for record in records])
    look_into([span.to_json() for span in spans()])


def look_into(thing):
    """Find no marked value in what can be reached, and no key even in frames and among the caller's own items."""
    leaks = _with(SECRETS, walk.texts(thing))
    leaks += _with((*PERSONAL, REFUSED, STRANGER), walk.texts(thing, frames=False, closed=OPEN_TO_THE_CALLER))
    assert not leaks


def _with(marks, texts):
    """Return the strings in which a mark stands, in capitals or not."""
    lowered = [one.lower() for one in marks]
    return [text for text in texts if any(one in text.lower() for one in lowered)]


def look_at(thing):
    """Find no marked value in what a value looks like, and in its pickle."""
    look_into([str(thing), repr(thing), pickle.dumps(thing)])


def look_into_error(error):
    look_into(error)
    look_at(error)
    look_into("".join(traceback.format_exception(error)))


async def met(name, fault):
    """Have a call meet a fault, and look into all that comes of it."""
    async with (
        Sandbox(api_key=KEY, quota=None) as sandbox,
        Hostile(sandbox, fault, always=True) as server,
        Lemlist(
            KEY,
            base_url=server.url,
            limiter=Unlimited(),
            retry=RETRY,
            timeout=0.5,
            max_reply_bytes=MOST,
            on_retry=look_into,
        ) as lemlist,
    ):
        there = calls.arrange(sandbox)
        with lemlist.recording() as exchanges:
            try:
                await calls.use(lemlist, name, there)
            except LemlistError as error:
                look_into_error(error)
        if there.report is not None:
            look_at(there.report)
            look_into(there.report)
            look_into(there.report.warnings)
            look_into([one.error for one in (*there.report.failures, *there.report.doubts)])
        look_into(exchanges)


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_no_call_gives_a_marked_value_away_whatever_it_meets(fault):
    for name in calls.names():
        await met(name, fault)


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_outcomes_results_and_clients_hold_no_key_and_show_no_value(fault):
    async with (
        Sandbox(api_key=KEY, quota=None) as sandbox,
        Hostile(sandbox, fault, always=True) as server,
        Lemlist(KEY, base_url=server.url, limiter=Unlimited(), retry=RETRY, timeout=0.5) as lemlist,
    ):
        run = lemlist.contacts.upsert_many([calls.CONTACT, calls.CONTACT], raise_on_error=False)
        async with run as outcomes:
            async for outcome in outcomes:
                look_at(outcome)
                look_into(outcome)
                look_into(getattr(outcome, "result", None) and outcome.result.warnings)
        other = lemlist.with_options(timeout=1, retry=RETRY, deadline=3, concurrency=2)
        for client in (lemlist, other):
            look_into([repr(client), str(client), vars(client)])


async def test_what_the_caller_deals_with_gets_into_no_span(sandbox, spans):
    """Before, a span held the traceback of an error, and with it the words of the exceptions that it is chained to."""
    sandbox.faults.answer(400, times=None)

    async def fail(*_):
        raise ValueError(calls.EMAIL)

    hook = aiohttp.TraceConfig()
    hook.on_request_end.append(fail)
    async with client_of(sandbox) as lemlist, client_of(sandbox, trace_configs=[hook]) as hooked:
        try:
            _ = {}[calls.EMAIL]
        except KeyError:
            with pytest.raises(InvalidRequestError) as caught:
                await lemlist.contacts.get("ctc_AbCd12345")
        with pytest.raises(ValueError, match="zaphod"):
            await hooked.team.get()

    assert isinstance(caught.value.__context__, KeyError)
    told = [span.to_json() for span in spans()]
    assert any("ValueError" in span for span in told)
    look_into(told)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "people.csv"
    rows = [f"person{number}@acme.example,{calls.MARK},{CUSTOM}" for number in range(5)]
    path.write_text(
        "\n".join(["email,firstName,plan", f"{calls.EMAIL},{calls.MARK},{CUSTOM}", *rows, f"no {REFUSED},,"])
    )
    return path


def bytes_of(folder):
    """Return what is on the disk: SQLite's file, its log of writes, and its shared memory."""
    found = []
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):  # SQLite removes them as it likes
            found.append(path.read_bytes())
    return found


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_no_job_gives_a_marked_value_away(tmp_path, file, fault):
    kept = tmp_path / "kept"
    kept.mkdir()
    rejected = []
    async with Sandbox(api_key=KEY, quota=None) as sandbox, _client(sandbox.url) as calm:
        sandbox.state.add_field("plan")
        list_id = sandbox.state.add_list("Newsletter")
        async with Hostile(sandbox, _writes_only(fault), always=True) as server, _client(server.url) as lemlist:
            for lists_own in (lemlist, calm):  # what is left open, another run goes on with
                jobs = [
                    import_contacts(
                        lists_own,
                        ContactFile(file),
                        list_id=list_id,
                        journal=kept / "import",
                        on_rejected=lambda row, reason: rejected.append(reason),
                    ),
                    sync_list(lists_own, list_id, [calls.CONTACT], journal=kept / "sync", max_removals=None),
                ]
                for job in jobs:
                    await _look_into_job(job, kept)

    look_into(bytes_of(kept))
    look_into(rejected)


async def _look_into_job(job, kept):
    task = asyncio.ensure_future(job)
    while not task.done():
        look_into(bytes_of(kept))
        await asyncio.sleep(0.02)
    try:
        report = task.result()
    except LemlistError as error:
        look_into_error(error)
    else:
        look_at(report)
        look_into(report)


def _client(url):
    return Lemlist(KEY, base_url=url, limiter=Unlimited(), retry=QUICK, timeout=0.5)


def _writes_only(fault):
    """Return the fault of writes; reads are answered."""

    async def play(exchange):
        if exchange.head.startswith(b"GET"):
            status, _, body = await exchange.honest()
            await exchange.write(reply(status, body))
        else:
            await fault.play(exchange)

    return Fault(fault.name, play)


def test_the_walk_finds_a_value_in_each_place_that_is_looked_into():
    """A walk that finds nothing anywhere would pass every other test."""
    error = LemlistError("x")
    error.code = CUSTOM

    def with_a_default(*, one=error):
        return one

    for thing in (
        error,
        [{"a": (error,)}],
        lambda: error,
        with_a_default,
        json.dumps({"x": CUSTOM}).encode(),
        {KEY: 1},
        calls.MARK.upper(),
        deque([error]),
        partial(print, error),
        map(str, [error]),
        memoryview(CUSTOM.encode()),
        CUSTOM.encode().decode,
        ExceptionGroup("x", [error]),
        MappingProxyType({"a": error}),
        iter([error]),
    ):
        with pytest.raises(AssertionError):
            look_into(thing)
