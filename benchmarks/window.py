"""The window against lemlist's quota on a clock that jumps: an hour of requests in a second, in many settings."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Iterator
from typing import Any, Literal

from attrs import frozen
from tables import Target, print_table

from lemlist_async import RateLimit, Window
from lemlist_async.sandbox import Quota

REQUESTS = 1000


@frozen(kw_only=True)
class Setting:
    """Who asks lemlist, and how the way there is.

    Attributes:
        tasks: how many requests may be under way at once.
        latency: least and most seconds that a request takes, half of them before it counts.
        cold: seconds by which a request on a new connection counts later.
        processing: seconds that lemlist takes to answer once the request has counted.
        foreign: how many requests someone else makes in every two seconds, with the same key.
    """

    tasks: int
    kind: Literal["sliding", "fixed"] = "sliding"
    latency: tuple[float, float] = (0.02, 0.12)
    cold: float = 0.0
    processing: float = 0.0
    foreign: int = 0


@frozen(kw_only=True)
class Result:
    """What came of it."""

    refused: int
    efficiency: float


def measure(*, quick: bool) -> list[Target]:
    seeds = range(1 if quick else 3)
    rows, calm = [], []
    for title, settings in _settings().items():
        for tasks, by_kind in settings:
            results = {kind: [simulate(one, seed) for seed in seeds] for kind, one in by_kind.items()}
            rows.append([title, tasks, *(cell for some in results.values() for cell in _cells(some))])
            if title in _CALM and tasks >= 20:
                calm += [one.refused for some in results.values() for one in some]
    print_table(
        f"The window alone, {REQUESTS:,} requests on a virtual clock, {len(seeds)} seeds",
        ["", "tasks", "429s sliding", "efficiency", "429s fixed", "efficiency"],
        rows,
    )
    return [Target("the window alone, 20 tasks or more: no 429", f"{sum(calm)} in {len(calm)} runs", not any(calm))]


_CALM = ("20-120 ms", "90-250 ms")


def _settings() -> dict[str, list[tuple[int, dict[str, Setting]]]]:
    facts: dict[str, dict[str, Any]] = {
        "20-120 ms": {},
        "90-250 ms": {"latency": (0.09, 0.25)},
        "60 ms more on new connections": {"cold": 0.06},
        "answered after 1.5 s": {"processing": 1.5},
        "someone else takes 5 of 20": {"foreign": 5},
    }
    return {
        title: [
            (tasks, {kind: Setting(tasks=tasks, kind=kind, **some) for kind in ("sliding", "fixed")})
            for tasks in (1, 3, 5, 8, 20, 50)
        ]
        for title, some in facts.items()
    }


def _cells(results: list[Result]) -> Iterator[object]:
    yield " ".join(str(one.refused) for one in results)
    yield f"{sum(one.efficiency for one in results) / len(results):.1%}"


def simulate(setting: Setting, seed: int, **window: Any) -> Result:
    """Make 1,000 requests through one window; what is refused is tried again."""
    with asyncio.Runner(loop_factory=_JumpingLoop) as runner:
        return runner.run(_simulated(setting, random.Random(seed), window))


async def _simulated(setting: Setting, chance: random.Random, options: dict[str, Any]) -> Result:
    now = asyncio.get_running_loop().time
    phase = chance.uniform(0, 2)
    quota = Quota(kind=setting.kind, clock=lambda: now() + phase)
    window = Window(clock=now, **options)
    refused, arrivals = 0, []
    someone_else = asyncio.create_task(_use_up(quota, setting.foreign, chance))

    async def work(jobs: Iterator[int]) -> None:
        nonlocal refused
        lag = setting.cold
        for _ in jobs:
            accepted = False
            while not accepted:
                permit = await window.acquire()
                await permit.written()
                half_way = chance.uniform(*setting.latency) / 2
                await asyncio.sleep(half_way + lag)
                accepted, lag = quota.take(), 0.0
                arrivals.append(now())
                limit = _as_heard(quota, limited=not accepted)
                await asyncio.sleep(half_way + setting.processing)
                await permit.heard(limit)
                await permit.release()
                refused += not accepted

    began = now()
    jobs = iter(range(REQUESTS))
    await asyncio.gather(*(work(jobs) for _ in range(setting.tasks)))
    someone_else.cancel()
    slots = 20 - setting.foreign
    least = max((REQUESTS - slots) / slots * 2, 1e-9)
    return Result(refused=refused, efficiency=least / (arrivals[-1] - began))


def _as_heard(quota: Quota, *, limited: bool) -> RateLimit:
    headers = quota.headers()
    return RateLimit(
        limited=limited,
        limit=int(headers["X-RateLimit-Limit"]),
        remaining=int(headers["X-RateLimit-Remaining"]),
        retry_after=float(headers["Retry-After"]) if limited else None,
    )


async def _use_up(quota: Quota, requests: int, chance: random.Random) -> None:
    while requests:
        quota.foreign(1)
        await asyncio.sleep(chance.uniform(0, 4 / requests))


class _JumpingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock does not pass but jumps to the next timer."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_NoWait(self))

    def time(self) -> float:
        return self._now

    def jump(self, seconds: float) -> None:
        self._now += seconds


class _NoWait(selectors.DefaultSelector):  # type: ignore[valid-type,misc]
    """Looks at the sockets without waiting, and moves the loop's clock by as much."""

    def __init__(self, loop: _JumpingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout:
            self._loop.jump(timeout)
        return super().select(0)
