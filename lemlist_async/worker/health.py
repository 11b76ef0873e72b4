"""Whether a worker is well, for those who restart it: a file whose time moves on, or a port that answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import define, field

# Seconds without a sign of life after which a worker is not well.
UNWELL_AFTER = 60.0


@define(eq=False)
class Health:
    """Where a worker says that it is well.

    Attributes:
        file: touched at each sign of life; one that was not touched for 60 s means trouble.
        port: answers 200 to any HTTP request on this machine's loopback, 503 without a sign of life for 60 s.
    """

    file: Path | None = None
    port: int | None = None
    clock: Callable[[], float] = time.monotonic
    _well_at: float | None = field(default=None, init=False)

    def well(self) -> None:
        """Note a sign of life: the database answered."""
        self._well_at = self.clock()
        if self.file is not None:
            self.file.touch()

    @property
    def is_well(self) -> bool:
        """Whether there was a sign of life within the last minute."""
        return self._well_at is not None and self.clock() - self._well_at < UNWELL_AFTER

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """Answer on the port for the time of the block, if there is one."""
        if self.port is None:
            yield
            return
        server = await asyncio.start_server(self._answer, "127.0.0.1", self.port)
        async with server:
            yield

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        status, words = (b"200 OK", b"well") if self.is_well else (b"503 Service Unavailable", b"no sign of life")
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(words), words))
        await writer.drain()
        writer.close()
