"""One call: its attempts, limit, retries and deadline."""

import asyncio

import aiohttp
import pytest
from scripted import BASE, CHANGE, CREATION, READ, sent, url
from support import QUICK, CountedLimiter, client_of, no_task_left, people, person, until

from lemlist_async import (
    AuthenticationError,
    DeadlineExceededError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RetryPolicy,
    ServerError,
    TransportError,
    UnexpectedReplyError,
    Unlimited,
    Window,
)
from lemlist_async.wire.call import Call
from lemlist_async.wire.exchange import Attempts
from lemlist_async.wire.session import Session


async def test_a_call_carries_the_key_and_nothing_that_is_not_needed(session, replies):
    replies.post(url(CHANGE), payload={"ok": True})
    replies.get(url(READ), payload={})

    assert await session.send(CHANGE) == {"ok": True}
    await session.send(READ)

    options = sent(replies, CHANGE)[0].kwargs
    assert options["headers"]["Authorization"] == aiohttp.encode_basic_auth("", "the-key")
    assert options["headers"]["Content-Type"] == "application/json"
    assert options["data"].decode() == '{"a": 1}'
    assert options["allow_redirects"] is False
    assert "Content-Type" not in sent(replies, READ)[0].kwargs["headers"]


@pytest.mark.parametrize(
    ("body", "value"), [("", None), ('"updated"', "updated"), ('{"a": [1]}', {"a": [1]}), (" \n", None)]
)
async def test_a_reply_is_decoded_whatever_its_json_is(session, replies, body, value):
    replies.get(url(READ), body=body)

    assert await session.send(READ) == value


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_what_passes_is_tried_again(session, replies, naps, status):
    replies.post(url(CHANGE), status=status)
    replies.post(url(CHANGE), payload=1)

    assert await session.send(CHANGE) == 1

    assert len(naps.seconds) == 1


async def test_retries_wait_for_a_random_time_whose_upper_end_doubles(session, replies, naps):
    replies.get(url(READ), status=500, repeat=True)

    with pytest.raises(ServerError) as caught:
        await session.send(READ)

    assert caught.value.requests == 5
    assert all(0 <= seconds <= 0.5 * 2**retry for retry, seconds in enumerate(naps.seconds))
    assert len(naps.seconds) == 4


@pytest.mark.parametrize("status", [429, 503])
async def test_a_retry_waits_as_long_as_lemlist_asks(session, replies, naps, status):
    replies.get(url(READ), status=status, headers={"Retry-After": "7"})
    replies.get(url(READ), payload=1)

    await session.send(READ)

    assert naps.seconds == [7.0]


async def test_retry_after_on_a_success_never_delays(session, replies, naps):
    replies.get(url(READ), payload=1, headers={"Retry-After": "60"}, repeat=True)

    await session.send(READ)
    await session.send(READ)

    assert naps.seconds == []


async def test_a_wait_that_is_too_long_raises_at_once_and_concerns_everyone(session, replies, naps):
    replies.get(url(READ), status=429, headers={"Retry-After": "3600"})

    with pytest.raises(RateLimitedError, match="3600 s") as caught:
        await session.send(READ)

    assert (naps.seconds, caught.value.is_shared, caught.value.requests) == ([], True, 1)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (302, UnexpectedReplyError),
    ],
)
async def test_what_does_not_pass_is_raised_at_once(session, replies, naps, status, kind):
    replies.post(url(CHANGE), status=status, body="no", headers={"Location": "https://elsewhere.test/"})

    with pytest.raises(kind) as caught:
        await session.send(CHANGE)

    assert (caught.value.requests, caught.value.ambiguous, naps.seconds) == (1, False, [])


async def test_a_page_of_html_on_a_success_is_an_error_that_all_would_share(session, replies):
    replies.post(url(CHANGE), body="<!DOCTYPE html><html></html>", content_type="text/html")

    with pytest.raises(UnexpectedReplyError, match="HTML") as caught:
        await session.send(CHANGE)

    assert (caught.value.is_shared, caught.value.ambiguous) == (True, True)


async def test_a_reply_of_another_shape_is_an_error_and_not_tried_again(session, replies, naps):
    def read(_data):
        raise UnexpectedReplyError("no count in it.")

    replies.post(url(CHANGE), payload={})

    with pytest.raises(UnexpectedReplyError, match="no count") as caught:
        await session.send(Call(method="POST", path="/change", json={"a": 1}, repeatable=True, read=read))

    assert (caught.value.ambiguous, naps.seconds) == (True, [])


async def test_a_key_that_is_echoed_by_an_error_is_blackened(session, replies):
    replies.get(url(READ), status=401, body="the key the-key is unknown")

    with pytest.raises(AuthenticationError, match=r"the key \*\*\* is unknown"):
        await session.send(READ)


async def test_a_creation_is_not_repeated_after_an_answer_that_leaves_it_open(session, replies):
    replies.post(url(CREATION), status=500, repeat=True)

    with pytest.raises(ServerError, match="may have been applied") as caught:
        await session.send(CREATION)

    assert (caught.value.requests, caught.value.ambiguous) == (1, True)


async def test_a_creation_is_repeated_after_a_429(session, replies):
    replies.post(url(CREATION), status=429)
    replies.post(url(CREATION), payload=1)

    assert await session.send(CREATION) == 1


async def test_a_creation_is_repeated_if_it_was_never_sent(session, replies):
    replies.post(url(CREATION), exception=OSError("refused"))
    replies.post(url(CREATION), payload=1)

    assert await session.send(CREATION) == 1


@pytest.mark.parametrize("kind", ["drop", "truncate", "garble"])
async def test_a_creation_is_not_repeated_once_it_was_sent(sandbox, lemlist, kind):
    getattr(sandbox.faults, kind)(after_applying=True)

    with pytest.raises((TransportError, UnexpectedReplyError)) as caught:
        await lemlist.lists.create("Newsletter")

    assert caught.value.ambiguous
    assert len(sandbox.state.lists) == 1


async def test_an_outage_is_not_multiplied_by_many_calls(replies, naps):
    replies.get(url(READ), status=500, repeat=True)
    policy = RetryPolicy(attempts=5, budget=6)
    requests = []

    async with Session("key", base_url=BASE, limiter=Unlimited(), sleep=naps, retry=policy) as session:
        for _ in range(10):
            with pytest.raises(ServerError) as caught:
                await session.send(READ)
            requests.append(caught.value.requests)

    assert requests == [5, 3, *[1] * 8]
    assert caught.value.is_shared


async def test_success_fills_the_budget_again(replies, naps):
    policy = RetryPolicy(attempts=2, budget=1)

    async with Session("key", base_url=BASE, limiter=Unlimited(), sleep=naps, retry=policy) as session:
        for _ in range(3):
            replies.get(url(READ), status=500)
            replies.get(url(READ), payload=1)
            assert await session.send(READ) == 1


async def test_every_attempt_pays_and_every_permit_comes_back(sandbox):
    sandbox.faults.answer(500, times=2)
    limiter = CountedLimiter()

    async with client_of(sandbox, limiter=limiter) as lemlist:
        await lemlist.contacts.upsert(person())

    assert (limiter.granted, limiter.written, len(limiter.heard), limiter.out) == (3, 3, 3, 0)


async def test_a_429_pauses_every_task(sandbox):
    """One task's Retry-After holds all of them back, so the quota recovers."""
    sandbox.faults.answer(429, retry_after=0.5)

    async with client_of(sandbox, limiter=Window(requests=1000)) as lemlist:
        await lemlist.contacts.upsert_many(people(40), concurrency=8)

    assert sandbox.quiet_for(0.5)
    assert sandbox.count(status=429) == 1


async def test_a_limiter_of_the_users_own_may_fail_as_itself(sandbox):
    class Broken:
        async def acquire(self):
            raise TimeoutError("mine")

    async with client_of(sandbox, limiter=Broken()) as lemlist:
        with pytest.raises(TimeoutError, match="mine"):
            await lemlist.team.get()


async def test_a_wait_that_would_cross_the_deadline_is_not_begun(session, replies, naps):
    replies.get(url(READ), status=429, headers={"Retry-After": "30"})

    with pytest.raises(RateLimitedError) as caught:
        await session.send(READ, deadline=20)

    assert (naps.seconds, caught.value.is_shared) == ([], False)


@pytest.mark.parametrize("way", ["call", "policy"])
async def test_the_deadline_cuts_a_hanging_call_off(sandbox, way):
    sandbox.faults.silence()
    retry = RetryPolicy(deadline=0.3) if way == "policy" else QUICK

    async with client_of(sandbox, retry=retry) as lemlist:
        with pytest.raises(DeadlineExceededError, match=r"0\.3 s passed") as caught:
            await lemlist.contacts.upsert(person(), deadline=0.3 if way == "call" else None)

    assert isinstance(caught.value, TimeoutError)
    assert (caught.value.ambiguous, caught.value.requests) == (True, 1)
    assert caught.value.path == "/contacts"


async def test_the_deadline_holds_while_the_limit_is_waited_for(sandbox):
    full = Window(requests=1)

    async with client_of(sandbox, limiter=full) as lemlist:
        await lemlist.team.get()
        with pytest.raises(DeadlineExceededError) as caught:
            await lemlist.contacts.upsert(person(), deadline=0.05)

    assert (caught.value.ambiguous, caught.value.requests) == (False, 0)


async def test_a_call_that_is_cancelled_before_the_write_is_not_in_doubt(sandbox):
    full = Window(requests=1)
    attempts = Attempts()

    async with client_of(sandbox, limiter=full) as lemlist:
        await lemlist.team.get()
        task = asyncio.create_task(lemlist._session.send(CHANGE, attempts=attempts))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait({task})

    assert (attempts.requests, attempts.ambiguous) == (0, False)


async def test_a_call_that_is_cancelled_after_the_write_is_in_doubt(sandbox, lemlist):
    sandbox.faults.silence()
    attempts = Attempts()
    task = asyncio.create_task(lemlist._session.send(CHANGE, attempts=attempts))
    await until(sandbox.count)

    async with no_task_left():
        task.cancel()
        await asyncio.wait({task})

    assert (attempts.requests, attempts.ambiguous) == (1, True)


@pytest.mark.parametrize("call", [CHANGE, READ], ids=["with a body", "without"])
async def test_a_call_is_not_written_any_more_once_it_is_cancelled(sandbox, call):
    """After each number of turns of the loop: aiohttp writes a body in a task of its own, which goes on for a turn."""
    written = False
    steps = 0
    async with client_of(sandbox) as lemlist:
        await lemlist.team.get()  # the connection is there
        while not written:
            attempts = Attempts()
            task = asyncio.create_task(lemlist._session.send(call, attempts=attempts))
            for _ in range(steps):
                await asyncio.sleep(0)
            written = attempts.on_wire
            task.cancel()
            await asyncio.wait({task})
            await asyncio.sleep(0.001)  # time for what was left behind

            assert attempts.on_wire is written
            steps += 1

    assert steps > 1
