"""How several processes share one key's limit: what they reach together, how evenly, and what lemlist refuses."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from multiprocessing.connection import Connection
from shutil import which
from typing import Literal, Self

from attrs import evolve, frozen
from processes import Arrival, Place, Server, sandbox
from tables import Target, print_table

from lemlist_async import Lemlist, LemlistError
from lemlist_async.limits.redis import RedisWindows

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
    seconds = 10.0 if quick else 24.0
    with _private_folder():
        on_one_host = _Measured.of(seconds, (1, 2, 4, 8))
        restarted = [killed_and_started_again(kind) for kind in KINDS]
    _print("One key in the processes of a host", on_one_host, {"six killed and started again": restarted})
    return [
        *_targets("processes of a host", on_one_host),
        _none_refused("a job killed and started again, six times: no 429", restarted),
        *_measured_on_many_hosts(seconds),
    ]


def _measured_on_many_hosts(seconds: float) -> list[Target]:
    if which("redis-server") is None:
        return [Target("many hosts, through Redis", "redis-server is not installed", None)]
    import redis.asyncio

    with Redis() as redis:
        through_redis = _Measured.of(seconds, (1, 2, 4), redis.url)
        skewed = [together_for(seconds, 2, kind, redis.url, skew=30.0) for kind in KINDS]
        without = [redis_gone(kind, redis) for kind in KINDS]
    _print("One key on many hosts, through Redis", through_redis, {"one clock 30 s off": skewed, "8 s gone": without})
    slowest = min(one.efficiency for one in without)
    return [
        *_targets("through Redis", through_redis),
        _none_refused("through Redis, one clock 30 s off: no 429", skewed),
        Target(
            "Redis gone for 8 s in 60 s: <= 5 429s, >= 85 %, no call fails",
            f"{max(one.refused for one in without)} at most, {slowest:.1%}, {sum(one.failed for one in without)}",
            max(one.refused for one in without) <= 5 and slowest >= 0.85 and not any(one.failed for one in without),
        ),
    ]


@frozen
class _Measured:
    """What processes reached together, and what two of three did beside one that was killed."""

    together: dict[tuple[int, Kind], Result]
    one_killed: list[Result]

    @classmethod
    def of(cls, seconds: float, counts: tuple[int, ...], redis: str | None = None) -> _Measured:
        return cls(
            {(count, kind): together_for(seconds, count, kind, redis) for count in counts for kind in KINDS},
            [one_of_three_killed(kind, redis) for kind in KINDS],
        )


def _print(title: str, measured: _Measured, more: dict[str, list[Result]]) -> None:
    others = {"one of three killed": measured.one_killed} | more
    print_table(
        f"{title}, {TASKS} tasks each, {LATENCY[0] * 1e3:.0f}-{LATENCY[1] * 1e3:.0f} ms",
        ["", "window", "efficiency", "429s", "requests", "least share", "failed"],
        [
            *([f"{count} processes", kind, *_cells(result)] for (count, kind), result in measured.together.items()),
            *(
                [name, kind, *_cells(one)]
                for name, some in others.items()
                for kind, one in zip(KINDS, some, strict=True)
            ),
        ],
    )


def _targets(who: str, measured: _Measured) -> list[Target]:
    results, killed = list(measured.together.values()), measured.one_killed
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


def _cells(one: Result) -> tuple[str, int, int, str, int]:
    return f"{one.efficiency:.1%}", one.refused, one.requests, f"{one.least:.0%}", one.failed


def together_for(seconds: float, count: int, kind: Kind, redis: str | None = None, skew: float = 0.0) -> Result:
    """Let so many processes ask as fast as they may, for so many seconds; the clock of the first one is off."""
    with sandbox(_server(kind)) as (place, arrivals):
        with _working(_Work(place=place, seconds=seconds, redis=redis, skew=skew), count) as (_, tallies):
            done = tallies()
        return _result(arrivals(), done, count)


def redis_gone(kind: Kind, redis: Redis) -> Result:
    """Kill Redis for 8 of 60 seconds, under two processes; it comes back empty."""
    with sandbox(_server(kind)) as (place, arrivals):
        with _working(_Work(place=place, seconds=60.0, redis=redis.url), 2) as (_, tallies):
            time.sleep(_HEAD_START + 20.7)
            redis.kill()
            time.sleep(8.0)
            redis.start()
            done = tallies()
        return _result(arrivals(), done, 2)


def one_of_three_killed(kind: Kind, redis: str | None = None) -> Result:
    """Kill one of three processes in the middle of their work, with whatever permits it has in hand."""
    with sandbox(_server(kind)) as (place, arrivals):
        with _working(_Work(place=place, seconds=20.0, redis=redis), 3) as (processes, tallies):
            time.sleep(_HEAD_START + 6.1)
            processes[0].kill()
            done = tallies()
        return _result(arrivals(), done[1:], 2)


def killed_and_started_again(kind: Kind) -> Result:
    """Kill a process in mid-window, six times, and start it again each time."""
    with sandbox(_server(kind)) as (place, arrivals):
        for number in range(6):
            with _working(_Work(place=place, seconds=60.0), 1, head_start=0.0) as (processes, _):
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


@frozen(kw_only=True)
class _Work:
    """What a process is to do: ask at a place for some seconds, at the pace that it is allowed."""

    place: Place
    seconds: float
    redis: str | None = None
    skew: float = 0.0


@contextmanager
def _working(
    work: _Work, count: int, head_start: float = _HEAD_START
) -> Iterator[tuple[list[multiprocessing.context.ForkProcess], Tallies]]:
    """Run processes that ask as fast as they may; gives them, and what waits for how much each of them did."""
    starts_at = time.monotonic() + head_start
    pipes = [_workers.Pipe() for _ in range(count)]
    processes = [
        _workers.Process(target=_do, args=(theirs, work if number == 0 else evolve(work, skew=0.0), starts_at))
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


def _do(pipe: Connection, work: _Work, starts_at: float) -> None:
    pipe.send(asyncio.run(_asked_for(work, starts_at)))


async def _asked_for(work: _Work, starts_at: float) -> tuple[int, int]:
    await asyncio.sleep(max(0.0, starts_at - time.monotonic()))
    ends_at = max(starts_at, time.monotonic()) + work.seconds
    counts = itertools.count()
    failures = itertools.count()

    async def ask() -> None:
        while True:
            try:
                await lemlist.team.get()
                next(counts)
            except LemlistError:
                next(failures)

    async with AsyncExitStack() as stack:
        limiter = None
        if work.redis is not None:
            windows = await stack.enter_async_context(
                RedisWindows(work.redis, clock=lambda: time.monotonic() + work.skew)
            )
            limiter = windows.of(work.place.key, work.place.url)
        lemlist = await stack.enter_async_context(Lemlist(work.place.key, base_url=work.place.url, limiter=limiter))
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


class Redis:
    """A Redis of this measurement's own, which keeps nothing."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        self._process = subprocess.Popen(
            ("redis-server", "--port", str(self._port), "--save", "", "--appendonly", "no"), stdout=subprocess.DEVNULL
        )
        while not self._answers():
            time.sleep(0.01)

    def kill(self) -> None:
        """End it, as a crash would."""
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self._port)) == 0
