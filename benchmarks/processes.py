"""Fresh processes: one for each measurement, and one for each sandbox, so that nobody pays for anybody else."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Literal, TypeVar

from attrs import frozen

Result = TypeVar("Result")

_fresh = multiprocessing.get_context("spawn")


@frozen(kw_only=True)
class Server:
    """What a sandbox in a process of its own is to be like.

    Attributes:
        quota: which window lemlist has; None for no limit.
        phase: seconds by which a fixed window is shifted; where its edges lie decides how many 429s a burst meets.
        latency: least and most seconds that a request takes.
        contacts: how many there are.
        foreign: how many requests someone else with the same key makes in every two seconds.
    """

    quota: Literal["sliding", "fixed"] | None = None
    phase: float = 0.0
    latency: tuple[float, float] = (0.0, 0.0)
    contacts: int = 0
    foreign: int = 0


@frozen(kw_only=True)
class Place:
    """Where a sandbox listens, and what it holds."""

    url: str
    key: str
    list_id: str
    ids: list[str]


@frozen(kw_only=True)
class Arrival:
    """A request as the sandbox saw it; `at` is on the monotonic clock, which all processes share."""

    at: float
    status: int | None


def in_fresh_process(function: Callable[..., Result], *args: Any) -> Result:
    """Return what the function returns in a new interpreter; it must live at a module's top level."""
    ours, theirs = _fresh.Pipe()
    process = _fresh.Process(target=_answer, args=(theirs, function, args))
    process.start()
    theirs.close()
    try:
        result: Result = ours.recv()
    finally:
        process.join()
    return result


@contextmanager
def sandbox(server: Server) -> Iterator[tuple[Place, Callable[[], list[Arrival]]]]:
    """Run a sandbox in a process of its own; gives its place, and what asks it for all arrivals so far."""
    ours, theirs = _fresh.Pipe()
    process = _fresh.Process(target=_serve, args=(theirs, server))
    process.start()
    theirs.close()

    def arrivals() -> list[Arrival]:
        ours.send("arrivals")
        seen: list[Arrival] = ours.recv()
        return seen

    try:
        yield ours.recv(), arrivals
    finally:
        ours.close()
        process.join()


def _answer(pipe: Connection, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    pipe.send(function(*args))


def _serve(pipe: Connection, server: Server) -> None:
    asyncio.run(_serve_until_closed(pipe, server))


async def _serve_until_closed(pipe: Connection, server: Server) -> None:
    from lemlist_async.sandbox import Quota, Sandbox

    quota = Quota(kind=server.quota, clock=lambda: time.monotonic() + server.phase) if server.quota else None
    async with Sandbox(quota=quota, latency=server.latency, keep_bodies=False) as lemlist:
        ids = lemlist.state.add_contacts(server.contacts)
        pipe.send(Place(url=lemlist.url, key=lemlist.api_key, list_id=lemlist.state.add_list("Newsletter"), ids=ids))
        someone_else = asyncio.create_task(_use_up(quota, server.foreign))
        while await asyncio.to_thread(_asked, pipe):
            pipe.send([Arrival(at=one.at, status=one.status) for one in lemlist.received])
        someone_else.cancel()


async def _use_up(quota: Any, requests: int) -> None:
    """Be another user of the key: evenly spread, as a job of someone else's is."""
    while quota is not None and requests:
        quota.foreign(1)
        await asyncio.sleep(2 / requests)


def _asked(pipe: Connection) -> bool:
    try:
        return bool(pipe.recv())
    except EOFError:
        return False
