"""The health of a worker, for supervisors: a file that is touched, or a port that answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import define, field

# Seconds without a heartbeat after which a worker is unhealthy.
UNWELL_AFTER = 60.0


@define(eq=False)
class Health:
    """The health reports of a worker.

    Attributes:
        file: touched at each heartbeat; the worker is unhealthy if it was not touched for 60 s.
        port: answers 200 to any HTTP request on this machine's loopback, 503 without a heartbeat for 60 s.
    """

    file: Path | None = None
    port: int | None = None
    clock: Callable[[], float] = time.monotonic
    _well_at: float | None = field(default=None, init=False)

    def well(self) -> None:
        """Record a heartbeat: the database answered."""
        self._well_at = self.clock()
        if self.file is not None:
            self.file.touch()

    @property
    def is_well(self) -> bool:
        """Whether there was a heartbeat within the last minute."""
        return self._well_at is not None and self.clock() - self._well_at < UNWELL_AFTER

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """Answer on the port, if there is one, during the block."""
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
