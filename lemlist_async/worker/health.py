"""The health of a worker, for supervisors: a file that is touched, or a port that answers."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import define, field

from lemlist_async.errors import InvalidRequestError

log = logging.getLogger("lemlist_async")

# Seconds without a heartbeat after which a worker is unhealthy.
UNWELL_AFTER = 60.0


@define(eq=False)
class Health:
    """The health reports of a worker.

    Attributes:
        file: touched at each heartbeat; the worker is unhealthy if it was not touched for 60 s.
        port: answers 200 to any HTTP request on this machine's loopback, 503 without a heartbeat for 60 s; 0 for any
            free one.
    """

    file: Path | None = None
    port: int | None = None
    clock: Callable[[], float] = time.monotonic
    _well_at: float | None = field(default=None, init=False)

    def well(self) -> None:
        """Record a heartbeat: the database answered."""
        self._well_at = self.clock()
        if self.file is not None:
            self._touch(self.file)

    def _touch(self, file: Path) -> None:
        try:
            file.touch()
        except OSError as error:
            log.warning("The health file %s cannot be touched: %s.", file, error.strerror)

    @property
    def is_well(self) -> bool:
        """Whether there was a heartbeat within the last minute."""
        return self._well_at is not None and self.clock() - self._well_at < UNWELL_AFTER

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """Answer on the port, if there is one, during the block.

        Raises:
            InvalidRequestError: the file cannot be written, or the port cannot be used.
        """
        self._check_file()
        if self.port is None:
            yield
            return
        async with await self._listening(self.port):
            yield

    def _check_file(self) -> None:
        if self.file is None:
            return
        there = self.file if os.path.exists(self.file) else self.file.parent  # noqa: PTH110 - False without a right
        if not os.access(there, os.W_OK):
            raise InvalidRequestError(
                f"The health file {self.file} cannot be written: create its folder, or name another file."
            )

    async def _listening(self, port: int) -> asyncio.Server:
        try:
            return await asyncio.start_server(self._answer, "127.0.0.1", port)
        except OverflowError:
            reason = "it must be between 0 and 65535"
        except OSError as error:
            reason = os.strerror(error.errno or 0)
        raise InvalidRequestError(f"The health port {port} cannot be used: {reason}.")

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        status, words = (b"200 OK", b"well") if self.is_well else (b"503 Service Unavailable", b"no sign of life")
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status, len(words), words))
        await writer.drain()
        writer.close()
