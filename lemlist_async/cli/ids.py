"""Contact IDs from the command line, from stdin and from files, read as they come."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import click

T = TypeVar("T")

_PIECE = 65_536  # bytes: three thousand IDs


def given_ids(ids: Sequence[str]) -> list[str] | AsyncIterator[str]:
    """Return the IDs of a command's arguments; `-` alone means stdin.

    Raises:
        click.UsageError: there are none.
    """
    if not ids:
        raise click.UsageError("Give contact IDs (ctc_…), or - to read them from stdin.")
    if list(ids) == ["-"]:
        return stdin_ids()
    return list(ids)


def stdin_ids() -> AsyncIterator[str]:
    """Yield the IDs on stdin, separated by whitespace, commas or newlines, as they arrive."""
    stream = sys.stdin.buffer
    raw = getattr(stream, "raw", stream)  # unbuffered: returns what is there, and holds no lock at exit
    return _split(lambda: raw.read(_PIECE) or b"")


async def file_ids(path: Path) -> AsyncIterator[str]:
    """Yield the IDs in a text file, separated like those on stdin."""
    with path.open("rb") as file:
        async for one in _split(lambda: file.read(_PIECE)):
            yield one


async def in_thread(work: Callable[[], T]) -> T:
    """Return what `work` returns, without blocking the event loop, or the end of the process.

    With `asyncio.to_thread` the program could not end before a read from stdin returns.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def do() -> None:
        try:
            value = work()
        except Exception as error:  # noqa: BLE001 - it belongs to the caller
            _settle(loop, result, partial(result.set_exception, error))
        else:
            _settle(loop, result, partial(result.set_result, value))

    threading.Thread(target=do, name="lemlist-reader", daemon=True).start()
    return await result


def _settle(loop: asyncio.AbstractEventLoop, result: asyncio.Future[T], settle: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop has ended: nothing waits for it any more
        loop.call_soon_threadsafe(lambda: None if result.done() else settle())


async def _split(read: Callable[[], bytes]) -> AsyncIterator[str]:
    """Yield the IDs and emails in what is read, piece by piece."""
    from lemlist_async.rows.ids import IdReader

    reader = IdReader()
    while piece := await in_thread(read):
        for one in reader.take(piece):
            yield one
    for one in reader.end():
        yield one
