"""The network as it is: refused, reset, silent and broken connections, and sessions that are lent or closed."""

import asyncio
import pickle
from contextlib import asynccontextmanager

import aiohttp
import pytest
from scripted import CHANGE, READ, url
from support import ONCE, CountedLimiter, client_of, people, person, until

from lemlist_async import (
    DeadlineExceededError,
    NotFoundError,
    TransportError,
    UnexpectedReplyError,
    Window,
)
from lemlist_async.wire.exchange import Attempts


@asynccontextmanager
async def raw_server(answer):
    """Serve whatever bytes `answer` gives for a request."""

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api"


async def test_a_refused_connection_was_never_sent(sandbox):
    await sandbox.stop()

    async with client_of(sandbox) as lemlist:
        with pytest.raises(TransportError, match="refused or could not be made") as caught:
            await lemlist.contacts.upsert(person())

    assert (caught.value.requests, caught.value.ambiguous) == (5, False)


async def test_a_name_that_cannot_be_resolved_was_never_sent(session, replies):
    unknown = aiohttp.ClientConnectorDNSError(_key_of("lemlist.test"), OSError("unknown"))
    replies.post(url(CHANGE), exception=unknown, repeat=True)

    with pytest.raises(TransportError, match="could not be resolved") as caught:
        await session.send(CHANGE)

    assert not caught.value.ambiguous


async def test_a_connection_that_takes_too_long_was_never_sent(session, replies):
    replies.post(url(CHANGE), exception=aiohttp.ConnectionTimeoutError(), repeat=True)

    with pytest.raises(TransportError, match="no connection in time") as caught:
        await session.send(CHANGE)

    assert not caught.value.ambiguous


async def test_a_bad_certificate_is_not_tried_again(session, replies, naps):
    bad = aiohttp.ClientConnectorCertificateError(_key_of("lemlist.test"), ValueError("expired"))
    replies.get(url(READ), exception=bad)

    with pytest.raises(TransportError, match="certificate was not accepted"):
        await session.send(READ)

    assert naps.seconds == []


async def test_an_address_that_no_server_can_have_is_called_so(session, replies, naps):
    replies.get(url(READ), exception=aiohttp.InvalidURL("https://a..b"))

    with pytest.raises(TransportError, match="address is not valid"):
        await session.send(READ)

    assert naps.seconds == []


def _key_of(host):
    return aiohttp.client_reqrep.ConnectionKey(host, 443, True, True, None, None, None)


@pytest.mark.parametrize("after_applying", [False, True], ids=["before applying", "after applying"])
@pytest.mark.parametrize("kind", ["drop", "truncate", "garble"])
async def test_a_lost_answer_is_asked_for_again_and_leaves_a_doubt(sandbox, lemlist, kind, after_applying):
    getattr(sandbox.faults, kind)(after_applying=after_applying)

    result = await lemlist.contacts.upsert(person())

    assert sandbox.count() == 2
    assert result.created is (None if after_applying else True)


@pytest.mark.parametrize("after_applying", [False, True], ids=["before applying", "after applying"])
async def test_silence_ends_with_the_timeout_and_leaves_a_doubt(sandbox, after_applying):
    sandbox.faults.silence(after_applying=after_applying)

    async with client_of(sandbox, timeout=0.3, retry=ONCE) as lemlist:
        with pytest.raises(TransportError, match="no answer in time") as caught:
            await lemlist.contacts.upsert(person())

    assert caught.value.ambiguous


async def test_an_answer_that_is_no_http_is_a_lost_answer_without_its_request(sandbox):
    async with raw_server(b"HTTP/1.1 abc\r\n\r\n") as base_url, client_of(sandbox, retry=ONCE) as lemlist:
        lemlist._session._transport.base_url = base_url
        with pytest.raises(TransportError, match="connection broke") as caught:
            await lemlist.contacts.upsert(person())

    assert caught.value.ambiguous
    assert caught.value.__cause__ is None


async def test_a_redirect_is_not_followed(sandbox, lemlist):
    sandbox.faults.answer(307, headers={"Location": sandbox.url + "/team"})

    with pytest.raises(UnexpectedReplyError, match="redirect"):
        await lemlist.team.get()

    assert sandbox.count() == 1


async def test_an_unknown_path_is_an_error_although_lemlist_answers_200(lemlist):
    with pytest.raises(UnexpectedReplyError, match="HTML"):
        await lemlist.request("GET", "/nonsense")


# aiohttp re-sends some calls by itself.


async def test_a_read_that_aiohttp_sends_again_counts_twice(sandbox):
    sandbox.faults.drop(method="GET")
    limiter = CountedLimiter()

    async with client_of(sandbox, limiter=limiter) as lemlist:
        await lemlist.team.get()

    assert (sandbox.count(), limiter.written, limiter.granted) == (2, 2, 1)


async def test_a_delete_that_aiohttp_sends_again_is_done_although_nothing_is_left(sandbox, lemlist):
    contact_id = sandbox.state.add_contact(email="jane@acme.com")
    sandbox.faults.drop(method="DELETE", after_applying=True)

    await lemlist.contacts.delete(contact_id)

    assert sandbox.count(method="DELETE") == 2
    assert sandbox.state.contact(contact_id) is None


async def test_a_read_that_fails_twice_tells_how_often_it_was_sent(sandbox):
    sandbox.faults.drop(times=None)

    async with client_of(sandbox, retry=ONCE) as lemlist:
        with pytest.raises(TransportError) as caught:
            await lemlist.team.get()

    assert (caught.value.requests, caught.value.ambiguous) == (2, False)


async def test_a_borrowed_session_is_used_and_left_open(sandbox):
    async with aiohttp.ClientSession(headers={"X-Mine": "1"}) as http:
        async with client_of(sandbox, session=http) as lemlist:
            team = await lemlist.team.get()
        assert not http.closed

    assert team.id == sandbox.state.team.id


async def test_on_a_borrowed_session_a_request_counts_when_its_reply_is_there(sandbox):
    async with aiohttp.ClientSession() as http:
        window = Window(requests=1)
        async with client_of(sandbox, session=http, limiter=window) as lemlist:
            await lemlist.team.get()
            with pytest.raises(DeadlineExceededError):
                await lemlist.team.get(deadline=0.05)


async def test_on_a_borrowed_session_a_lost_answer_is_in_doubt_and_counts(sandbox):
    sandbox.faults.drop()
    limiter = CountedLimiter()

    async with (
        aiohttp.ClientSession() as http,
        client_of(sandbox, session=http, limiter=limiter, retry=ONCE) as lemlist,
    ):
        with pytest.raises(TransportError) as caught:
            await lemlist.contacts.upsert(person())

    assert (caught.value.ambiguous, limiter.written, limiter.out) == (True, 1, 0)


async def test_on_a_borrowed_session_a_refused_connection_was_never_sent(sandbox):
    await sandbox.stop()
    limiter = CountedLimiter()

    async with (
        aiohttp.ClientSession() as http,
        client_of(sandbox, session=http, limiter=limiter, retry=ONCE) as lemlist,
    ):
        with pytest.raises(TransportError) as caught:
            await lemlist.contacts.upsert(person())

    assert (caught.value.ambiguous, limiter.written, limiter.out) == (False, 0, 0)


async def test_a_borrowed_session_that_was_closed_sends_nothing(sandbox):
    attempts = Attempts()

    async with aiohttp.ClientSession() as http:
        pass
    async with client_of(sandbox, session=http) as lemlist:
        with pytest.raises(RuntimeError, match="closed"):
            await lemlist._session.send(CHANGE, attempts=attempts)

    assert not attempts.ambiguous


async def test_a_closed_client_says_so(lemlist):
    await lemlist.team.get()
    await lemlist.aclose()
    await lemlist.aclose()

    with pytest.raises(RuntimeError, match="closed"):
        await lemlist.team.get()


async def test_a_client_that_was_never_used_closes_without_a_word(sandbox):
    await client_of(sandbox).aclose()


async def test_no_connection_is_left_open(sandbox):
    async with client_of(sandbox) as lemlist:
        await lemlist.contacts.upsert_many(people(20))

    await until(lambda: not sandbox._runner.server.connections)


async def test_errors_survive_a_pickle(session, replies):
    replies.get(url(READ), status=404, body="unknown", headers={"X-Request-Id": "r1"})

    with pytest.raises(NotFoundError) as caught:
        await session.send(READ)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own

    assert (str(again), again.request_id, again.requests) == (str(caught.value), "r1", 1)
