"""Errors hold neither the key nor the objects of aiohttp: not in their frames, their causes or their contexts."""

import asyncio
import traceback

import aiohttp
import pytest
from hostile import walk
from scripted import READ
from support import ONCE, CountedLimiter, client_of, person, until

from lemlist_async import (
    DeadlineExceededError,
    InvalidRequestError,
    Lemlist,
    LemlistError,
    NotFoundError,
    TransportError,
    Unlimited,
)
from lemlist_async.wire.transport import forget_frames

KEY = "zK3y9q7w5distinctive"


@pytest.fixture
def api_key():
    return KEY


def modules_of(error):
    """Return the modules whose code is in the tracebacks of an error and of all that hangs on it."""
    chain, found = [error], set()
    while chain:
        one = chain.pop()
        found |= {frame.f_globals["__name__"] for frame, _ in traceback.walk_tb(one.__traceback__)}
        chain += [other for other in (one.__cause__, one.__context__) if other is not None]
    return found


def is_clean(error):
    return not any(name.startswith("aiohttp") for name in modules_of(error)) and not any(
        KEY in text for text in walk.texts(error)
    )


async def test_a_refused_connection_keeps_nothing_of_aiohttp(sandbox):
    await sandbox.stop()

    async with client_of(sandbox) as lemlist:
        with pytest.raises(TransportError, match="ECONNREFUSED") as caught:
            await lemlist.team.get()

    assert is_clean(caught.value)
    assert caught.value.__cause__ is None
    assert f"127.0.0.1:{sandbox.port}" in str(caught.value)


@pytest.mark.parametrize("kind", ["drop", "truncate", "garble", "silence"])
async def test_a_lost_answer_keeps_nothing_of_aiohttp(sandbox, kind):
    getattr(sandbox.faults, kind)(times=None)

    async with client_of(sandbox, retry=ONCE, timeout=0.2) as lemlist:
        with pytest.raises(LemlistError) as caught:
            await lemlist.team.get()

    assert is_clean(caught.value)


async def test_a_deadline_keeps_nothing_of_aiohttp(sandbox):
    sandbox.faults.silence(times=None)

    async with client_of(sandbox) as lemlist:
        with pytest.raises(DeadlineExceededError) as caught:
            await lemlist.team.get(deadline=0.1)
        with pytest.raises(DeadlineExceededError) as around:
            await lemlist.lists.find_or_create("New", deadline=0.1)

    assert is_clean(caught.value)
    assert is_clean(around.value)


async def test_a_timeout_of_the_callers_own_keeps_nothing_of_aiohttp(sandbox):
    sandbox.faults.silence(times=None)

    async with client_of(sandbox) as lemlist:
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.1):
                await lemlist.team.get()

    assert is_clean(caught.value)


async def test_a_cancellation_keeps_nothing_of_aiohttp(sandbox):
    sandbox.faults.silence(times=None)

    async with client_of(sandbox) as lemlist:
        task = asyncio.create_task(lemlist.team.get())
        await until(sandbox.count)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task

    assert is_clean(caught.value)


async def test_an_error_of_the_callers_own_trace_keeps_its_own_frames(sandbox):
    async def fail(*_):
        raise ValueError("theirs")

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(fail)
    async with client_of(sandbox, trace_configs=[trace]) as lemlist:
        with pytest.raises(ValueError, match="theirs") as caught:
            await lemlist.team.get()

    assert is_clean(caught.value)
    assert __name__ in modules_of(caught.value)


async def test_what_lies_below_a_call_is_not_in_its_traceback(sandbox, lemlist_of_key):
    with pytest.raises(NotFoundError) as caught:
        await lemlist_of_key.contacts.get("ctc_unknown1")

    names = [frame.f_code.co_name for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert names[-2:] == ["send", "_send"]


@pytest.fixture
async def lemlist_of_key(sandbox):
    async with client_of(sandbox) as lemlist:
        yield lemlist


async def test_what_the_caller_was_dealing_with_stays_its_context(sandbox, lemlist_of_key):
    async def look_while_failing():
        try:
            return {}["theirs"]
        except KeyError:
            return await lemlist_of_key.contacts.get("ctc_unknown1")

    with pytest.raises(NotFoundError) as caught:
        await look_while_failing()

    assert isinstance(caught.value.__context__, KeyError)


async def test_an_export_that_breaks_keeps_nothing_of_aiohttp(sandbox, lemlist_of_key):
    sandbox.state.add_contact(email="jane@acme.com")
    sandbox.faults.truncate(times=None)

    with pytest.raises(LemlistError) as caught:
        async for _ in lemlist_of_key.contacts.export():
            pass

    assert is_clean(caught.value)


async def test_a_borrowed_session_is_no_way_to_the_key(sandbox):
    await sandbox.stop()

    async with aiohttp.ClientSession() as http, client_of(sandbox, session=http, retry=ONCE) as lemlist:
        with pytest.raises(TransportError) as caught:
            await lemlist._session.send(READ)

    assert is_clean(caught.value)


def test_an_error_of_aiohttp_is_no_context_of_a_cancellation():
    cancelled = asyncio.CancelledError()
    cancelled.__context__ = aiohttp.ServerDisconnectedError()
    cancelled.__cause__ = cancelled

    forget_frames(cancelled)

    assert cancelled.__context__ is None


def test_a_bound_that_reads_nothing_is_refused():
    with pytest.raises(InvalidRequestError, match="max_reply_bytes"):
        Lemlist("key", limiter=Unlimited(), max_reply_bytes=0)


@pytest.mark.parametrize("has_body", [True, False], ids=["with a body", "without one"])
async def test_a_limiter_that_fails_at_a_write_keeps_nothing_of_the_write(sandbox, monkeypatch, has_body):
    async def broken(_permit):
        raise KeyError("mine")

    limiter = CountedLimiter()
    monkeypatch.setattr(type(await limiter.acquire()), "written", broken)

    async with client_of(sandbox, limiter=limiter) as lemlist:
        with pytest.raises(KeyError, match="mine") as caught:
            await (lemlist.contacts.upsert(person()) if has_body else lemlist.team.get())

    assert is_clean(caught.value)
    assert modules_of(caught.value).isdisjoint({"lemlist_async.wire.connections", "aiosignal"})
