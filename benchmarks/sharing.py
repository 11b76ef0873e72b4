"""How several processes share one key's limit: what they reach together, how evenly, and what lemlist refuses."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Literal

from attrs import frozen
from processes import Arrival, Place, Server, sandbox
from tables import Target, print_table

from lemlist_async import Lemlist, LemlistError

Kind = Literal["sliding", "fixed"]

KINDS: tuple[Kind, ...] = ("sliding", "fixed")
LATENCY = (0.02, 0.08)
TASKS = 20

# Workers begin at once: a job that is killed is started again within milliseconds, not after a second of imports.
_workers = multiprocessing.get_context("fork")

# Seconds until the first request: all processes are there by then.
_HEAD_START = 1.0


@frozen(kw_only=True)
class Result:
    """What some processes reached together.

    Attributes:
        efficiency: the share of what the limit allows.
        refused: how many 429s lemlist answered.
        failed: how many calls failed.
        least: the requests of the process that made the fewest, as a share of an even one.
    """

    efficiency: float
    refused: int
    requests: int
    failed: int
    least: float


def measure(*, quick: bool) -> list[Target]:
    seconds = 8.0 if quick else 12.0
    with _private_folder():
        together = {(count, kind): together_for(seconds, count, kind) for count in (1, 2, 4, 8) for kind in KINDS}
        killed = [killed_and_started_again(kind) for kind in KINDS]
        one_of_three = [one_of_three_killed(kind) for kind in KINDS]
    print_table(
        f"One key in several processes on a host, {TASKS} tasks each, {LATENCY[0] * 1e3:.0f}-{LATENCY[1] * 1e3:.0f} ms",
        ["", "window", "efficiency", "429s", "requests", "least share"],
        [
            *([f"{count} processes", kind, *_cells(result)] for (count, kind), result in together.items()),
            *(["one of three killed", kind, *_cells(one)] for kind, one in zip(KINDS, one_of_three, strict=True)),
            *(["six killed and started again", kind, *_cells(one)] for kind, one in zip(KINDS, killed, strict=True)),
        ],
    )
    return [
        *targets("processes of a host", together, one_of_three),
        _none_refused("a job killed and started again, six times: no 429", killed),
    ]


def targets(who: str, together: dict[tuple[int, Kind], Result], killed: list[Result]) -> list[Target]:
    """Hold what was reached against what is promised of every shared window."""
    results = list(together.values())
    slowest, least = min(one.efficiency for one in results), min(one.least for one in results)
    after_a_kill = min(one.efficiency for one in killed)
    return [
        Target(f"{who}: efficiency >= 95 % in each setting", f"{slowest:.1%} at least", slowest >= 0.95),
        Target(f"{who}: each >= 60 % of an even share", f"{least:.0%} at least", least >= 0.6),
        _none_refused(f"{who}: no 429", results),
        Target(f"{who}, one of three killed: >= 92 %", f"{after_a_kill:.1%} at least", after_a_kill >= 0.92),
        _none_refused(f"{who}, one of three killed: no 429", killed),
    ]


def _none_refused(promise: str, results: list[Result]) -> Target:
    refused = [one.refused for one in results]
    return Target(promise, f"{sum(refused)} in {sum(one.requests for one in results)} requests", not any(refused))


def _cells(one: Result) -> tuple[str, int, int, str]:
    return f"{one.efficiency:.1%}", one.refused, one.requests, f"{one.least:.0%}"


def together_for(seconds: float, count: int, kind: Kind) -> Result:
    """Let so many processes ask as fast as they may, for so many seconds."""
    with sandbox(_server(kind)) as (place, arrivals):
        with _working(place, count, seconds) as (_, tallies):
            done = tallies()
        return _result(arrivals(), done, count)


def one_of_three_killed(kind: Kind) -> Result:
    """Kill one of three processes in the middle of their work, with whatever permits it has in hand."""
    with sandbox(_server(kind)) as (place, arrivals):
        with _working(place, 3, 20.0) as (processes, tallies):
            time.sleep(_HEAD_START + 6.1)
            processes[0].kill()
            done = tallies()
        return _result(arrivals(), done[1:], 2)


def killed_and_started_again(kind: Kind) -> Result:
    """Kill a process in mid-window, six times, and start it again each time."""
    with sandbox(_server(kind)) as (place, arrivals):
        for number in range(6):
            with _working(place, 1, 60.0, head_start=0.0) as (processes, _):
                time.sleep(0.5 + 0.37 * number)
                processes[0].kill()
        return _result(arrivals(), [], 1)


def _server(kind: Kind) -> Server:
    return Server(quota=kind, latency=LATENCY, phase=0.7)


def _result(seen: list[Arrival], done: list[tuple[int, int]], count: int) -> Result:
    times = [one.at for one in seen]
    counts = [requests for requests, _ in done]
    return Result(
        efficiency=(len(seen) - 20) / 10 / (max(times) - min(times)),
        refused=sum(one.status == 429 for one in seen),
        requests=len(seen),
        failed=sum(failed for _, failed in done),
        least=min(counts) * count / sum(counts) if counts else 1.0,
    )


Tallies = Callable[[], list[tuple[int, int]]]


@contextmanager
def _working(
    place: Place, count: int, seconds: float, head_start: float = _HEAD_START
) -> Iterator[tuple[list[multiprocessing.context.ForkProcess], Tallies]]:
    """Run processes that ask as fast as they may; gives them, and what waits for how much each of them did."""
    starts_at = time.monotonic() + head_start
    pipes = [_workers.Pipe() for _ in range(count)]
    processes = [
        _workers.Process(target=_work, args=(theirs, place, starts_at, seconds, number))
        for number, (_, theirs) in enumerate(pipes)
    ]
    for process, (_, theirs) in zip(processes, pipes, strict=True):
        process.start()
        theirs.close()
    try:
        yield processes, lambda: [_received(ours) for ours, _ in pipes]
    finally:
        for process in processes:
            process.join()


def _received(pipe: Connection) -> tuple[int, int]:
    try:
        requests, failed = pipe.recv()
    except (EOFError, ConnectionResetError):  # it was killed
        return 0, 0
    return requests, failed


def _work(pipe: Connection, place: Place, starts_at: float, seconds: float, _number: int) -> None:
    pipe.send(asyncio.run(_ask_for(place, starts_at, seconds)))


async def _ask_for(place: Place, starts_at: float, seconds: float) -> tuple[int, int]:
    await asyncio.sleep(max(0.0, starts_at - time.monotonic()))
    ends_at = max(starts_at, time.monotonic()) + seconds
    counts = itertools.count()
    failures = itertools.count()

    async def ask() -> None:
        while True:
            try:
                await lemlist.team.get()
                next(counts)
            except LemlistError:
                next(failures)

    async with Lemlist(place.key, base_url=place.url) as lemlist:
        tasks = [asyncio.create_task(ask()) for _ in range(TASKS)]
        await asyncio.sleep(ends_at - time.monotonic())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return next(counts), next(failures)


@contextmanager
def _private_folder() -> Iterator[None]:
    """Keep the windows of this measurement to itself."""
    before = os.environ.get("XDG_RUNTIME_DIR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        yield
    if before is None:
        del os.environ["XDG_RUNTIME_DIR"]
    else:
        os.environ["XDG_RUNTIME_DIR"] = before
