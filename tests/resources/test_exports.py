"""Exports: rows that are yielded while the CSV arrives, whatever happens to it on the way."""

import asyncio
import csv
import gc
import io
from contextlib import aclosing, asynccontextmanager, suppress

import aiohttp
import pytest
from support import QUICK, CountedLimiter, until

from lemlist_async import (
    AuthenticationError,
    InvalidRequestError,
    Lemlist,
    NotFoundError,
    RetryPolicy,
    ServerError,
    TransportError,
    UnexpectedReplyError,
    Unlimited,
)

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"


class Server:
    """A server that sends an export in parts, as the test says.

    Attributes:
        parts: bytes, each sent as one chunk; a number of seconds to wait; None to break the connection off.
        connections: how many were made.
        closed: set when the client has left.
    """

    def __init__(self, *parts):
        self.parts = parts
        self.connections = 0
        self.sent = 0
        self.closed = asyncio.Event()

    async def answer(self, reader, writer):
        self.connections += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(HEAD)
            for part in self.parts:
                if not await self.send(part, reader, writer):
                    return
            writer.write(b"0\r\n\r\n")
            await reader.read()
        except OSError:
            pass
        finally:
            self.closed.set()
            writer.close()

    async def send(self, part, reader, writer):
        """Send a part, and tell whether the client is still there."""
        if part is None:
            writer.transport.abort()
            return False
        if isinstance(part, bytes):
            writer.write(b"%x\r\n%s\r\n" % (len(part), part))
            await writer.drain()
            self.sent += len(part)
            return True
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.read(), part)
            return False
        return True


@asynccontextmanager
async def serving(*parts, **options):
    """Give a server of these parts and a client of it."""
    server = Server(*parts)
    listener = await asyncio.start_server(server.answer, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    options = {"limiter": Unlimited(), "retry": QUICK} | options
    async with listener, Lemlist("key", base_url=f"http://127.0.0.1:{port}", **options) as lemlist:
        yield server, lemlist


def written(table):
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue().encode()


async def failing(export):
    async with aclosing(export):
        async for _row in export:
            raise ValueError("mine")


async def into(read, export):
    async for row in export:
        read.append(row["a"])


async def rows_of(export):
    return [row async for row in export]


async def test_all_contacts_are_exported(sandbox, lemlist):
    sandbox.state.add_field("plan")
    sandbox.state.add_contact(email="jane@acme.com", firstName='Jane\n"J" Ünal', plan="pro")
    sandbox.state.add_contacts(2000)

    rows = await rows_of(lemlist.contacts.export())

    assert len(rows) == 2001
    assert (rows[0]["email"], rows[0]["firstName"], rows[0]["plan"]) == ("jane@acme.com", 'Jane\n"J" Ünal', "pro")
    assert rows[1]["plan"] == ""
    assert [one.query for one in sandbox.received] == [{"listId": "all"}]


async def test_a_list_is_exported(sandbox, lemlist):
    jane = sandbox.state.add_contact(email="jane@acme.com")
    sandbox.state.add_contact(email="joe@acme.com")
    newsletter = sandbox.state.add_list("Newsletter", members=[jane])

    rows = await rows_of(lemlist.lists.export(newsletter))

    assert [(row["email"], row["contactLists"]) for row in rows] == [("jane@acme.com", "Newsletter")]


async def test_companies_are_exported(sandbox, lemlist):
    sandbox.state.add_company(domain="acme.com", name="Acme")
    newsletter = sandbox.state.add_list("Newsletter")

    every = await rows_of(lemlist.companies.export())
    await rows_of(lemlist.companies.export(newsletter))

    assert [row["name"] for row in every] == ["Acme"]
    assert [one.query for one in sandbox.received] == [
        {"listId": "all", "entity": "company"},
        {"listId": newsletter, "entity": "company"},
    ]


async def test_a_malformed_list_id_is_refused_at_once(sandbox, lemlist):
    for noun in (lemlist.lists, lemlist.companies):
        with pytest.raises(InvalidRequestError, match="not a list ID"):
            noun.export("Newsletter")

    assert sandbox.count() == 0


async def test_rows_come_before_the_export_has_ended():
    async with serving(b"a,b\n1,2\n", 60) as (_, lemlist), aclosing(lemlist.contacts.export()) as rows:
        assert await anext(rows) == {"a": "1", "b": "2"}


async def test_an_export_may_be_cut_anywhere():
    body = 'name,note\nÜnal,"first\nsecond ""third"""\n'.encode()

    async with serving(*(body[i : i + 1] for i in range(len(body)))) as (_, lemlist):
        rows = await rows_of(lemlist.contacts.export())

    assert rows == [{"name": "Ünal", "note": 'first\nsecond "third"'}]


async def test_a_slow_reader_slows_the_server_down():
    """What nobody reads waits with the server: memory stays flat."""
    part = b"x" * 99 + b"\n"
    async with (
        serving(b"a\n", *[part * 1000] * 200) as (server, lemlist),
        aclosing(lemlist.contacts.export()) as rows,
    ):
        await anext(rows)
        await asyncio.sleep(0.1)
        ahead = server.sent
        count = 1 + len([row async for row in rows])

    assert count == 200_000
    assert ahead < 15_000_000  # some buffers of the system's, of 20 MB


async def test_a_reader_that_rests_is_not_taken_for_a_silent_server():
    part = b"x" * 99 + b"\n"
    timeout = aiohttp.ClientTimeout(total=60, sock_read=0.2)
    async with (
        serving(b"a\n", *[part * 1000] * 100, timeout=timeout) as (_, lemlist),
        aclosing(lemlist.contacts.export()) as rows,
    ):
        await anext(rows)
        await asyncio.sleep(0.5)

        assert len([row async for row in rows]) == 99_999


async def test_leaving_the_loop_closes_the_connection():
    async with serving(b"a\n1\n2\n", 60) as (server, lemlist):
        async for _row in lemlist.contacts.export():
            break
        gc.collect()

        await asyncio.wait_for(server.closed.wait(), 5)


async def test_an_error_in_the_loop_closes_the_connection():
    async with serving(b"a\n1\n2\n", 60) as (server, lemlist):
        rows = lemlist.contacts.export()
        with pytest.raises(ValueError, match="mine"):
            await failing(rows)

        await asyncio.wait_for(server.closed.wait(), 5)


@pytest.mark.parametrize("parts", [(60,), (b"a\n1\n", 60)], ids=["before the first part", "in the middle"])
async def test_cancelling_closes_the_connection_and_gives_the_permit_back(parts):
    limiter = CountedLimiter()
    async with serving(*parts, limiter=limiter) as (server, lemlist):
        task = asyncio.create_task(rows_of(lemlist.contacts.export()))
        await until(lambda: server.connections and (limiter.heard or parts == (60,)))

        task.cancel()
        await asyncio.wait({task})

        assert task.cancelled()
        await asyncio.wait_for(server.closed.wait(), 5)
    assert limiter.out == 0


class Cancelling(CountedLimiter):
    """A limiter that cancels whoever tells it what a reply said."""

    async def acquire(self):
        permit = await super().acquire()

        class Permit:
            written, release = permit.written, permit.release

            async def heard(self, _limit):
                raise asyncio.CancelledError

        return Permit()


async def test_a_cancellation_just_after_the_first_part_closes_the_connection():
    limiter = Cancelling()
    async with serving(b"a\n1\n", 60, limiter=limiter) as (server, lemlist):
        with pytest.raises(asyncio.CancelledError):
            await rows_of(lemlist.contacts.export())

        await asyncio.wait_for(server.closed.wait(), 5)
    assert limiter.out == 0


async def test_a_connection_whose_export_was_read_to_its_end_is_used_again():
    async with serving(b"a\n1\n") as (server, lemlist):
        await rows_of(lemlist.contacts.export())

        assert not server.closed.is_set()


async def test_a_connection_that_breaks_tells_how_many_rows_came():
    read = []
    async with serving(b"a\n1\n2\n3", 0.05, None) as (server, lemlist):
        with pytest.raises(TransportError, match="2 rows had come") as caught:
            await into(read, lemlist.contacts.export())

    assert read == ["1", "2"]
    assert (caught.value.path, caught.value.ambiguous) == ("/contacts/export", False)
    assert server.connections == 1


async def test_half_of_an_export_is_an_error(sandbox, lemlist):
    sandbox.state.add_contacts(10)
    sandbox.faults.truncate()

    with pytest.raises(TransportError, match="rows had come"):
        await rows_of(lemlist.contacts.export())


async def test_a_connection_that_breaks_before_the_first_part_is_tried_again():
    async with serving(None) as (server, lemlist):
        with pytest.raises(TransportError) as caught:
            await rows_of(lemlist.contacts.export())

    assert (server.connections, caught.value.requests) == (QUICK.attempts, QUICK.attempts)


async def test_a_server_that_falls_silent_is_given_up():
    timeout = aiohttp.ClientTimeout(total=60, sock_read=0.1)
    async with serving(b"a\n1\n", 60, timeout=timeout) as (server, lemlist):
        with pytest.raises(TransportError, match=r"no answer in time.* 1 row had come"):
            await rows_of(lemlist.contacts.export())

        await asyncio.wait_for(server.closed.wait(), 5)


async def test_a_server_that_is_silent_before_the_first_part_is_asked_again_and_left():
    async with serving(60, timeout=0.1, retry=RetryPolicy(attempts=2, first_wait=0)) as (server, lemlist):
        with pytest.raises(TransportError):
            await rows_of(lemlist.contacts.export())

        assert server.connections == 2


async def test_an_export_may_take_longer_than_other_calls():
    async with serving(b"a\n1\n", 0.15, b"2\n", 0.15, b"3", timeout=0.25) as (_, lemlist):
        assert len(await rows_of(lemlist.contacts.export())) == 3


async def test_an_export_has_a_timeout_for_the_whole_of_it():
    async with serving(b"a\n1\n", *[0.05, b"2\n"] * 100) as (_, lemlist):
        with pytest.raises(TransportError, match="rows had come"):
            await rows_of(lemlist.contacts.export(timeout=0.2))


async def test_a_refused_key_is_what_it_is(sandbox):
    async with Lemlist("wrong", base_url=sandbox.url, limiter=Unlimited()) as lemlist:
        with pytest.raises(AuthenticationError):
            await rows_of(lemlist.contacts.export())


async def test_an_unknown_list_is_what_lemlist_says(lemlist):
    with pytest.raises(NotFoundError):
        await rows_of(lemlist.lists.export("clt_unknown"))


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_what_passes_is_tried_again(sandbox, lemlist, status):
    sandbox.state.add_contacts(1)
    sandbox.faults.answer(status)

    assert len(await rows_of(lemlist.contacts.export())) == 1


async def test_what_does_not_pass_is_raised_with_its_attempts(sandbox, lemlist):
    sandbox.faults.answer(500, times=None)

    with pytest.raises(ServerError) as caught:
        await rows_of(lemlist.contacts.export())

    assert (caught.value.requests, caught.value.path) == (QUICK.attempts, "/contacts/export")


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("<!DOCTYPE html><html></html>", "text/html", "HTML"),
        (
            '{"error": {"code": "EXPORT_FAILED", "message": "Try later"}}',
            "application/json",
            "EXPORT_FAILED.*Try later",
        ),
        ('[{"email": "jane@acme.com"}]', "application/json", "no CSV came back"),
        ("Bad team", "text/plain", "no CSV came back"),
        ("", "application/json", "no CSV came back"),
    ],
)
async def test_what_is_no_csv_is_an_error(sandbox, lemlist, body, kind, words):
    sandbox.faults.answer(200, body=body, content_type=kind)

    with pytest.raises(UnexpectedReplyError, match=words) as caught:
        await rows_of(lemlist.contacts.export())

    assert "jane" not in str(caught.value)
    assert sandbox.count() == 1


async def test_an_attachment_is_a_csv_whatever_it_is_called(sandbox, lemlist):
    headers = {"Content-Disposition": "attachment; filename=export.csv"}
    sandbox.faults.answer(200, body="a\n1\n", content_type="application/octet-stream", headers=headers)

    assert await rows_of(lemlist.contacts.export()) == [{"a": "1"}]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("a,b\n1,2\n3\n", "row 2 has 1 value for 2 columns"),
        ("a\n1,2\n", "row 1 has 2 values for 1 column"),
        ('a\n"1\n', "stops in the middle"),
        ("a\n1\r2\n", "new-line"),
        ("a\n" + "1" * 200_000 + "\n", "field larger"),
    ],
)
async def test_a_damaged_csv_is_an_error(sandbox, lemlist, body, words):
    sandbox.faults.answer(200, body=body, content_type="text/csv")

    with pytest.raises(UnexpectedReplyError, match=words) as caught:
        await rows_of(lemlist.contacts.export())

    assert caught.value.path == "/contacts/export"


async def test_a_row_that_never_ends_is_given_up():
    async with serving(b"a\n", *[b"x" * 100_000] * 100) as (server, lemlist):
        with pytest.raises(UnexpectedReplyError, match="row 1 does not end"):
            await rows_of(lemlist.contacts.export())

        assert server.sent < 10_000_000


@pytest.mark.parametrize("body", [b"a\n\xff\n", b"a\n\xc3"], ids=["wrong", "cut off"])
async def test_what_is_not_utf_8_is_an_error(body):
    async with serving(body) as (_, lemlist):
        with pytest.raises(UnexpectedReplyError, match="not UTF-8"):
            await rows_of(lemlist.contacts.export())
