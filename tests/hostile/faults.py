"""What a server can do wrong with one request: the rows of the matrix."""

import asyncio
import gzip
import json
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from attrs import field, frozen

MOST = 200_000  # max_reply_bytes of the clients that are tested
_DAY = datetime.now(UTC)


@frozen
class Fault:
    """One thing that a server does wrong.

    Attributes:
        name: what, as the test is called.
        play: does it, on an `Exchange`.
        applies: whether lemlist has done what it was asked for by then, or None if it is not asked at all.
        lies: whether the answer tells something else than what was done, so that no client can know.
    """

    name: str
    play: Callable[..., Awaitable[None]] = field(repr=False)
    applies: bool | None = None
    lies: bool = False


def reset(writer):
    """Close with a reset instead of a farewell."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


def reply(status=200, body=b"", kind="application/json", **headers):
    """Return the bytes of a whole reply."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape") + body


def raw(data, *, end=None):
    """Return what writes bytes and ends the connection as told: `close`, `reset` or not at all."""

    async def play(exchange):
        await exchange.write(data(exchange) if callable(data) else data)
        await exchange.end(end)

    return play


def after_applying(mangle, *, end=None):
    """Return what has lemlist answer, mangles its answer, and writes that."""

    async def play(exchange):
        status, headers, body = await exchange.honest()
        await exchange.write(mangle(status, headers, body))
        await exchange.end(end)

    return play


def _head(status, *lines):
    return "\r\n".join([f"HTTP/1.1 {status} OK", "Content-Type: application/json", *lines, "", ""]).encode()


async def _silence(exchange):
    await exchange.honest()
    await asyncio.sleep(30)


async def _one_byte_at_a_time(exchange):
    status, _, body = await exchange.honest()
    for byte in _head(status, f"Content-Length: {len(body)}") + body:
        await exchange.write(bytes([byte]))
        await asyncio.sleep(0.05)


async def _slow_body(exchange):
    status, _, _ = await exchange.honest()
    await exchange.write(_head(status, "Content-Length: 100"))
    for _ in range(100):
        await exchange.write(b" ")
        await asyncio.sleep(0.05)


async def _closed_as_it_is_used(exchange):
    """Answer well, and close the connection at the moment at which it is used again."""
    status, headers, body = await exchange.honest()
    await exchange.write(_whole(status, headers, body))
    await exchange.reader.read(1)
    reset(exchange.writer)


async def _closed_behind_its_back(exchange):
    status, headers, body = await exchange.honest()
    await exchange.write(_whole(status, headers, body))
    await exchange.end("close")


def _whole(status, _headers, body):
    return _head(status, f"Content-Length: {len(body)}") + body


def _compressed(change):
    def mangle(status, _headers, body):
        data, coding = change(body)
        return _head(status, f"Content-Encoding: {coding}", f"Content-Length: {len(data)}") + data

    return mangle


def _chunked(*parts):
    def mangle(status, _headers, body):
        chunk = f"{len(body):x}\r\n".encode() + body + b"\r\n"
        return _head(status, "Transfer-Encoding: chunked") + b"".join(chunk if one is ... else one for one in parts)

    return mangle


def _connections():
    yield Fault("reset at once", raw(b"", end="reset"))
    yield Fault("closed at once", raw(b"", end="close"))
    yield Fault("reset after applying", after_applying(lambda *_: b"", end="reset"), applies=True)
    yield Fault("closed after applying", after_applying(lambda *_: b"", end="close"), applies=True)
    yield Fault("silence", _silence, applies=True)
    yield Fault("one byte at a time", _one_byte_at_a_time, applies=True)
    yield Fault("a body that drips", _slow_body, applies=True)
    yield Fault("closed as it is used", _closed_as_it_is_used, applies=True)
    yield Fault("closed behind its back", _closed_behind_its_back, applies=True)
    for end in ("close", "reset"):
        for name, length in (("half a status line", 9), ("half the headers", 30), ("a head without its end", -4)):
            cut = after_applying(lambda s, h, b, n=length: _head(s, "Content-Length: 9")[:n], end=end)
            yield Fault(f"{name}, then {end}", cut, applies=True)
        no_body = after_applying(lambda s, h, b: _head(s, f"Content-Length: {len(b) + 1}"), end=end)
        yield Fault(f"no body, then {end}", no_body, applies=True)
        half = after_applying(lambda s, h, b: _whole(s, h, b)[: -max(1, len(b) // 2)], end=end)
        yield Fault(f"half a body, then {end}", half, applies=True)


def _lengths():
    for name, length in (
        ("too long", lambda body: len(body) + 10),
        ("too short", lambda body: max(0, len(body) - 3)),
        ("negative", lambda body: -1),
        ("no number", lambda body: "many"),
        ("of thirty digits", lambda body: "9" * 30),
        ("of full-width digits", lambda body: "１"),
    ):
        mangle = after_applying(lambda s, h, b, n=length: _head(s, f"Content-Length: {n(b)}") + b, end="close")
        yield Fault(f"a length {name}", mangle, applies=True)
    two = after_applying(lambda s, h, b: _head(s, "Content-Length: 1", f"Content-Length: {len(b)}") + b, end="close")
    yield Fault("two lengths", two, applies=True)
    none = after_applying(lambda s, h, b: _head(s) + b, end="close")
    yield Fault("no length", none, applies=True)
    for name, parts in (
        ("a chunk whose size is no number", (b"zz\r\n", ...)),
        ("chunks without an end", (...,)),
        ("chunks without the last line", (..., b"0\r\n")),
        ("a chunk that is cut", (b"ffff\r\n", b"{")),
        ("a chunk of a negative size", (b"-5\r\n", ..., b"0\r\n\r\n")),
        ("a chunk larger than memory", (b"fffffffffffffff\r\n", b"{}")),
        ("chunks with extensions and trailers", (b";a=b\r\n", ..., b"0\r\nX-Late: 1\r\n\r\n")),
    ):
        yield Fault(name, after_applying(_chunked(*parts), end="close"), applies=True)


def _codings():
    bomb = gzip.compress(b" " * 50_000_000)
    for name, change in (
        ("gzip without its last bytes", lambda body: (gzip.compress(body)[:-9], "gzip")),
        ("gzip cut in half", lambda body: (gzip.compress(body)[:12], "gzip")),
        ("damaged gzip", lambda body: (gzip.compress(body)[:10] + b"\xff\xff" + gzip.compress(body)[12:], "gzip")),
        ("gzip with rubbish behind it", lambda body: (gzip.compress(body) + b"rubbish", "gzip")),
        ("gzip that is plain", lambda body: (body, "gzip")),
        ("deflate cut in half", lambda body: (zlib.compress(body)[:5], "deflate")),
        ("a coding that nobody asked for", lambda body: (body, "br")),
        ("a coding of two", lambda body: (gzip.compress(gzip.compress(body)), "gzip, gzip")),
        ("a bomb of gzip", lambda body: (bomb, "gzip")),
        ("good gzip", lambda body: (gzip.compress(body), "gzip")),
    ):
        yield Fault(name, after_applying(_compressed(change)), applies=True)
    yield Fault("a refusal that is a bomb", raw(reply(400, bomb, Content_Encoding="gzip")))
    yield Fault("a body larger than is read", after_applying(lambda s, *_: reply(s, b" " * (MOST + 1))), applies=True)
    yield Fault("a refusal larger than is read", raw(reply(400, b"x" * (MOST + 1), "text/plain")))


_PAGE = b"<!DOCTYPE html><html><body>%s</body></html>"
_STATUSES = (200, 201, 202, 204, 205, 206, 301, 302, 304, 400, 401, 402, 403, 404, 405, 407, 408, 409, 410, 413, 415)
_STATUSES += (418, 421, 422, 425, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 507, 511, 520, 524, 530, 599, 999)


def _statuses():
    for status in _STATUSES:
        applies = 200 <= status < 300 or status >= 500 or status == 408
        yield _answered(f"HTML {status}", reply(status, _PAGE, "text/html"), applies=applies)
        yield _answered(f"an empty {status}", reply(status, b"", None), applies=applies)
    for status in ("99", "1000", "-1", "abc", "", "0"):
        yield _answered(f"the status {status!r}", reply(status, b"{}"), applies=True)


def _answered(name, data, *, applies):
    async def play(exchange):
        if applies:
            await exchange.honest()
        await exchange.write(exchange.echoed(data))

    return Fault(name, play, applies=applies or None)


# %s is replaced by the key, in two forms, and what the client sent.
_WORDS = {
    "text": b"%s",
    "a code": b'{"error": "SOME_CODE"}',
    "a code and words": b'{"error": {"code": "SOME_CODE", "message": "%s"}}',
    "words beside a code": b'{"error": "SOME_CODE", "message": "%s"}',
    "words": b'{"message": "%s"}',
    "success false": b'{"success": false, "message": "%s"}',
    "ok false": b'{"ok": false, "error": "%s"}',
    "errors": b'{"errors": [{"message": "%s", "code": "X_Y"}]}',
    "errors of strings": b'{"errors": ["%s"]}',
    "errors by field": b'{"errors": {"email": ["%s"]}}',
    "detail": b'{"detail": "%s"}',
    "a list of details": b'{"detail": [{"loc": ["body"], "msg": "%s"}]}',
    "words that are none": b'{"error": {"message": {"a": [1]}, "code": 7}}',
    "a JSON string": b'"%s"',
    "null": b"null",
    "a number": b"5",
    "true": b"true",
    "an array": b"[]",
    "an object": b"{}",
    "data of null": b'{"data": null}',
    "data of nulls": b'{"data": [null, 1, "x", [], {}]}',
    "a row without an ID": b'{"data": [{"email": "%s"}]}',
    "an ID that is none": b'{"_id": {"a": 1}, "data": {"_id": [1], "id": true}}',
    "counts that cannot be": b'{"addedCount": 5000, "alreadyInList": -3, "removedCount": 1e400}',
    "counts of another type": b'{"addedCount": true, "alreadyInList": "2", "removedCount": 9.9}',
    "counts of 25 digits": b'{"addedCount": 1000000000000000000000000, "removedCount": 1000000000000000000000000}',
    "a total that cannot be": b'{"data": [], "total": -5, "pagination": {"totalRecords": "x", "nextPage": -1}}',
    "half an emoji": b'{"message": "\\ud83d %s", "error": "\\udc00"}',
    "no UTF-8": b'{"message": "\xff\xfe"}',
    "a BOM": b"\xef\xbb\xbf{}",
    "NULs": b'{"message": "\x00\x00"}',
    "broken JSON": b'{"a": ',
    "two values": b"{} {}",
    "NaN": b'{"addedCount": NaN, "data": Infinity}',
    "deep": b"[" * 50_000,
    "deep and whole": b"[" * 900 + b"]" * 900,
    "a number of 5000 digits": b"1" * 5000,
    "CSV": b"_id,email\nctc_1,a@b.co\n",
    "CSV with a broken row": b"_id,email\nctc_1\n",
    "CSV with an open quote": b'_id,email\n"ctc_1,',
}


def _words():
    for name, words in _WORDS.items():
        kind = "text/csv" if name.startswith("CSV") else "application/json"
        for status in (200, 400, 404, 500):
            applies = status in {200, 500}
            lies = status == 200 and (name.startswith(("counts", "NaN", "success", "ok")) or name == "deep")
            fault = _answered(f"{name} with {status}", reply(status, words, kind), applies=applies)
            yield Fault(fault.name, fault.play, fault.applies, lies)


# What a 200 may tell although nothing was done.
_NOTHING_DONE = {
    "a status of 500": b'{"statusCode": 500, "message": "%s"}',
    "an error": b'{"error": {"code": "LIMIT", "message": "%s"}}',
    "errors": b'{"errors": ["%s"]}',
    "success 'false'": b'{"success": "false", "message": "%s"}',
    "success false": b'{"success": false, "message": "%s"}',
    "words": b'"%s"',
    "nothing": b"",
    "null": b"null",
}


def _nothing_done():
    for name, words in _NOTHING_DONE.items():
        yield _answered(f"{name} in a 200, and nothing done", reply(200, words), applies=False)


def _retry_afters():
    soon, late = _DAY + timedelta(seconds=1), _DAY + timedelta(days=400)
    for status in (429, 503):
        for number, text in enumerate((
            "0", "0.01", "-1", "", "abc", "1e309", "9" * 40, "NaN", "0x10", "１", "1,2", "1 second", "9" * 5000,
            format_datetime(soon, usegmt=True), format_datetime(late, usegmt=True), "Thu, 01 Jan 1970 00:00:00 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Fri, 31 Feb 99999 25:61:61 GMT",
            late.strftime("%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)"),
        )):  # fmt: skip
            data = reply(status, b"slow down", "text/plain", Retry_After=text)
            shown = f"{text[:40]!r}" if number < 13 else f"date {number}"  # a date's words change each second
            yield _answered(f"{status}, Retry-After {shown}", data, applies=status == 503)


def _redirects():
    for status in (301, 302, 303, 307, 308):
        for name, target in (
            ("another host", "http://127.0.0.2:9/%s"), ("itself", "/api/team"), ("nowhere", ""),
            ("a script", "javascript:alert(1)"), ("a file", "file:///etc/passwd"),
        ):  # fmt: skip
            yield _answered(f"{status} to {name}", reply(status, b"", None, Location=target), applies=False)


def _protocols():
    ten = after_applying(lambda s, h, b: _whole(s, h, b).replace(b"HTTP/1.1", b"HTTP/1.0"), end="close")
    yield Fault("HTTP/1.0", ten, applies=True)
    bare = after_applying(lambda s, h, b: _head(s).replace(b"HTTP/1.1", b"HTTP/1.0") + b, end="close")
    yield Fault("HTTP/1.0 without a length", bare, applies=True)
    for name, data in (
        ("HTTP/0.9", b"{}"),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("another protocol", b"SSH-2.0-OpenSSH_9.2p1\r\n"),
        ("bytes", bytes(range(256)) * 4),
        ("small letters", b"http/1.1 200 ok\r\n\r\n"),
        ("a status without words", b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}"),
        ("no headers", b"HTTP/1.1 200 OK\r\n\r\n{}"),
        ("line feeds only", b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"),
        ("switching protocols", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        ("continue without an end", b"HTTP/1.1 100 Continue\r\n\r\n" * 3),
        ("early hints", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
    ):

        async def play(exchange, data=data):
            await exchange.honest()
            await exchange.write(data)
            await exchange.end("close")

        yield Fault(name, play, applies=True, lies=True)
    twice = after_applying(lambda s, h, b: _whole(s, h, b) * 2)
    yield Fault("two answers to one question", twice, applies=True, lies=True)


def _headers():
    for name, lines in (
        ("the key in headers", "X-Request-Id: {echo}\r\nRetry-After: {echo}\r\nX-Other: {echo}\r\nDate: {echo}"),
        ("a cookie", "Set-Cookie: a={echo}; Path=/"),
        ("a header of 100 KB", "X-Long: " + "x" * 100_000),
        ("a thousand headers", "\r\n".join(f"X-{number}: 1" for number in range(1000))),
        ("a header without a colon", "nonsense"),
        ("a header without a name", ": nothing"),
        ("a folded header", "X-Folded: a\r\n b"),
        ("a NUL in a header", "X-Nul: a\0b"),
        ("letters beyond ASCII in a header", "X-Request-Id: zoë-1\r\nContent-Type: é/ü"),
        ("a kind that is none", "Content-Type: ;;;=,"),
        ("limits that are none", "X-RateLimit-Limit: x\r\nX-RateLimit-Remaining: -5\r\nX-RateLimit-Reset: 9e99"),
        ("a limit of nothing", "X-RateLimit-Limit: 0\r\nX-RateLimit-Remaining: 0\r\nRetry-After: 3600"),
    ):

        async def play(exchange, lines=lines):
            status, _, body = await exchange.honest()
            head = f"HTTP/1.1 {status} OK\r\n{lines}\r\nContent-Length: {len(body)}\r\n\r\n"
            await exchange.write(head.replace("{echo}", exchange.echo).encode() + body)

        yield Fault(name, play, applies=True)


FAULTS = (
    *_connections(),
    *_lengths(),
    *_codings(),
    *_statuses(),
    *_words(),
    *_nothing_done(),
    *_retry_afters(),
    *_redirects(),
    *_protocols(),
    *_headers(),
)


def json_escaped(text):
    """Return a text as it stands inside of a JSON string."""
    return json.dumps(text)[1:-1]
