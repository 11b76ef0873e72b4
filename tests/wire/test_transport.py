"""The network as it is: refused, reset, silent and broken connections, and sessions that are lent or closed."""

import asyncio
import gzip
import pickle
from contextlib import asynccontextmanager

import aiohttp
import pytest
from attrs import evolve
from scripted import CHANGE, READ, url
from support import ONCE, QUICK, CountedLimiter, client_of, people, person, until

from lemlist_async import (
    DeadlineExceededError,
    InvalidRequestError,
    LeadInput,
    Lemlist,
    NotFoundError,
    TransportError,
    UnexpectedReplyError,
    Unlimited,
    Window,
)
from lemlist_async.sandbox import sandbox_thread
from lemlist_async.wire.call import Call
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

    assert (caught.value.requests, caught.value.ambiguous) == (QUICK.attempts, False)


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

    with pytest.raises(TransportError, match="URL is not valid"):
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


class TestBodies:
    @pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}], ids=["plain", "compressed"])
    async def test_no_more_is_read_of_a_reply_than_allowed(self, session, replies, headers):
        body = b"[" + b" " * 10_000 + b"]"
        session._transport._max_reply_bytes = 10_000
        replies.post(url(CHANGE), body=gzip.compress(body) if headers else body, headers=headers)

        with pytest.raises(UnexpectedReplyError, match=r"more than 10,000 bytes.*max_reply_bytes") as caught:
            await session.send(CHANGE)

        assert (caught.value.requests, caught.value.ambiguous, caught.value.status) == (1, True, 200)

    async def test_a_refusal_may_be_smaller_and_is_still_one(self, session, replies):
        replies.post(url(CHANGE), status=400, body=b"x" * 100_000)

        with pytest.raises(InvalidRequestError, match="more than 65,536 bytes") as caught:
            await session.send(CHANGE)

        assert (caught.value.status, caught.value.ambiguous) == (400, False)

    async def test_a_refusal_whose_words_are_cut_off_is_still_one(self):
        cut = b"HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\nunknown"
        options = {"limiter": Unlimited(), "retry": QUICK}

        async with raw_server(cut) as base_url, Lemlist("key", base_url=base_url, **options) as lemlist:
            with pytest.raises(NotFoundError, match="before its body was there") as caught:
                await lemlist.lists.create("Newsletter")

        assert (caught.value.requests, caught.value.ambiguous) == (QUICK.attempts, False)

    async def test_a_compressed_reply_that_is_cut_is_asked_for_again(self, session, replies):
        sent_whole = gzip.compress(b'{"a": 1}')
        replies.get(url(READ), body=sent_whole[:-9], headers={"Content-Encoding": "gzip"})
        replies.get(url(READ), body=sent_whole, headers={"Content-Encoding": "gzip"})

        assert await session.send(READ) == {"a": 1}

    async def test_an_empty_reply_to_a_call_that_needs_a_value_is_asked_for_again(self, session, replies):
        def read(data):
            if data is None:
                raise UnexpectedReplyError("nothing there.")
            return data

        replies.get(url(READ), body=b"")
        replies.get(url(READ), payload=7)

        assert await session.send(evolve(READ, read=read, repeatable=True)) == 7

    async def test_an_export_is_decompressed_while_it_arrives_and_checked_to_be_whole(self, session, replies):
        csv = b"_id,email\n" + b"ctc_1,a@b.co\n" * 100_000
        headers = {"Content-Encoding": "gzip", "Content-Type": "text/csv"}
        call = Call(method="GET", path="/export", accept="text/csv")
        session._transport._max_reply_bytes = 10
        for body in (gzip.compress(csv), gzip.compress(csv)[:-9]):
            replies.get(url(call), body=body, headers=headers)

        whole = await _streamed(session, call)
        with pytest.raises(UnexpectedReplyError, match="truncated") as caught:
            await _streamed(session, call)

        assert whole == csv
        assert (caught.value.path, caught.value.requests, caught.value.ambiguous) == ("/export", 1, False)

    async def test_of_a_stream_that_was_left_nothing_more_is_read(self, session, replies):
        call = Call(method="GET", path="/export", accept="text/csv")
        replies.get(url(call), body=b"_id\nctc_1\n", headers={"Content-Type": "text/csv"})

        async with session.stream(call, total=10) as body:
            assert await body.read()
        assert await body.read() == b""

    async def test_a_key_that_a_header_repeats_is_kept_nowhere(self, session, replies):
        replies.get(url(READ), status=400, body=b"no", headers={"X-Request-Id": "the-key-1", "Retry-After": "the-key"})

        with pytest.raises(InvalidRequestError) as caught:
            await session.send(READ)

        assert caught.value.request_id is None
        assert "X-Request-Id" not in caught.value.exchanges[0].headers
        assert "Retry-After" not in caught.value.exchanges[0].headers


async def test_a_refusal_whose_reason_is_cut_off_is_asked_for_again(sandbox, lemlist):
    """Also of a call that is not safe to repeat: lemlist has refused it."""
    sandbox.faults.truncate()

    with pytest.raises(NotFoundError, match="ampaign") as caught:
        await lemlist.leads.add("cam_unknown", LeadInput(email="ann@acme.com"))

    assert (caught.value.requests, caught.value.ambiguous, caught.value.retryable) == (2, False, False)


async def _streamed(session, call):
    async with session.stream(call, total=10) as body:
        return b"".join([part async for part in _parts(body)])


async def _parts(body):
    while part := await body.read():
        yield part


def test_a_client_of_another_event_loop_says_so():
    with sandbox_thread(quota=None) as sandbox, asyncio.Runner() as first, asyncio.Runner() as second:
        lemlist = client_of(sandbox)
        first.run(lemlist.team.get())

        with pytest.raises(RuntimeError, match=r"make one in each asyncio\.run"):
            second.run(lemlist.team.get())

        first.run(lemlist.aclose())
