"""A raw server in front of a sandbox: it passes requests on, and does with the answers what a fault says."""

import asyncio
import contextlib
from base64 import b64encode

from attrs import define, field
from hostile.faults import json_escaped, reset


@define
class Exchange:
    """One request at the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: bytes
    body: bytes
    server: "Hostile"

    @property
    def echo(self):
        """The key, in the forms in which it can be echoed, on one line."""
        key = self.server.sandbox.api_key
        return f"{key} {b64encode(f':{key}'.encode()).decode()}"

    def echoed(self, data):
        """Fill the key and what the client sent into the words of a reply, and mend its length."""
        head, _, body = data.partition(b"\r\n\r\n")
        asked = f"{self.head.split()[1].decode()} {self.body.decode(errors='replace')}"
        words = f"{self.echo} {asked}"
        filled = body.replace(b"%s", json_escaped(words).encode())
        head = head.replace(b"%s", " ".join(words.split()).encode())
        return head.replace(f"Content-Length: {len(body)}".encode(), b"Content-Length: %d" % len(filled)) + (
            b"\r\n\r\n" + filled
        )

    async def honest(self):
        """Have the sandbox answer: return its status, headers and body."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.sandbox.port)
        try:
            head = self.head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1).replace(b"gzip, deflate", b"identity")
            writer.write(head + self.body)
            answer = await reader.read()
        finally:
            writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        status, *headers = head.decode().split("\r\n")
        return int(status.split()[1]), headers, body if b"chunked" not in head.lower() else _joined(body)

    async def write(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def end(self, how):
        if how == "reset":
            reset(self.writer)
        elif how == "close":
            self.writer.close()


def _joined(chunks):
    body = b""
    while True:
        size, _, rest = chunks.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return body
        body, chunks = body + rest[:length], rest[length + 2 :]


@define(eq=False)
class Hostile:
    """Plays a fault on the first request, or on every one; answers the others as the sandbox does.

    Attributes:
        received: requests so far.
    """

    sandbox: object
    fault: object
    always: bool
    received: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _busy: set = field(factory=set)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/api"

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._busy.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while not writer.is_closing():
                    await self._one(reader, writer)
        finally:
            self._busy.discard(task)
            writer.transport.abort()

    async def _one(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        self.received += 1
        exchange = Exchange(reader, writer, head, await reader.readexactly(_length(head)), self)
        if self.always or self.received == 1:
            await self.fault.play(exchange)
        else:
            status, _, body = await exchange.honest()
            kind = "text/csv" if not body.lstrip().startswith((b"{", b"[", b'"')) else "application/json"
            head = f"HTTP/1.1 {status} OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            await exchange.write(head.encode() + body)


def _length(head):
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
