"""How fast 200 requests go against lemlist's strict limit, and how many of them it refuses.

Efficiency is (N - 20) / 10 s, the least time that the limit allows, over the time from the start to the last arrival.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import Barrier
from typing import Any, Literal, TypeAlias

import aiohttp
from aiolimiter import AsyncLimiter
from attrs import frozen
from processes import Place, Server, in_fresh_process, sandbox
from tables import Target, print_table

from lemlist_async import Lemlist

REQUESTS = 200
PER_CALL = 1000
IDS = REQUESTS * PER_CALL
LATENCIES = ((0.02, 0.08), (0.09, 0.25))
KINDS: tuple[Literal["sliding", "fixed"], ...] = ("sliding", "fixed")

# Seconds until the first contender begins: all of them have imported what they need by then.
_HEAD_START = 4.0

Contender: TypeAlias = Callable[[Place], Awaitable[float]]


@frozen(kw_only=True)
class Result:
    """What one contender reached against one sandbox."""

    seconds: float
    refused: int
    requests: int

    @property
    def efficiency(self) -> float:
        """The share of what the limit allows."""
        return (REQUESTS - 20) / 10 / self.seconds


def measure(*, quick: bool) -> list[Target]:
    phases = (0.0,) if quick else (0.0, 0.7, 1.3)
    latencies = LATENCIES[:1] if quick else LATENCIES
    ours: dict[tuple[str, str, str], list[Result]] = {}
    by_hand: dict[tuple[str, str, str], list[Result]] = {}
    for latency in latencies:
        for phase in phases:
            _race(_OURS, latency, phase, ours)
        _race(_BY_HAND, latency, 0.0, by_hand)
    print_table(
        f"{REQUESTS} requests of {PER_CALL:,} IDs against 20 per 2 s, median of {len(phases)} (by hand: one run)",
        ["", "window", "latency", "seconds", "efficiency", "429s", "requests"],
        [_row(key, results) for key, results in sorted((ours | by_hand).items(), key=_reading_order)],
    )
    return [_speed(_OURS_20, ours), _refusals(_OURS_20, ours, most=0), _refusals(_OURS_5, ours, most=1)]


def _speed(name: str, results: dict[tuple[str, str, str], list[Result]]) -> Target:
    slowest = min(median(one.efficiency for one in some) for key, some in results.items() if key[0] == name)
    return Target(f"{name}: efficiency >= 95 % in each setting", f"{slowest:.1%} at least", slowest >= 0.95)


def _refusals(name: str, results: dict[tuple[str, str, str], list[Result]], *, most: int) -> Target:
    refused = [one.refused for key, some in results.items() if key[0] == name for one in some]
    return Target(
        f"{name}: {f'at most {most}' if most else 'no'} 429 in a run",
        f"{max(refused)} at most, {sum(refused)} in {len(refused)} runs",
        max(refused) <= most,
    )


def _race(
    contenders: dict[str, Contender],
    latency: tuple[float, float],
    phase: float,
    results: dict[tuple[str, str, str], list[Result]],
) -> None:
    """Let every contender run against both kinds of window at the same time, each with a sandbox of its own.

    They begin once everything is ready, and spread over two seconds, so that nobody's burst delays another's.
    """
    entries = list(itertools.product(contenders, KINDS))
    ready = Barrier(len(entries))
    with ThreadPoolExecutor(len(entries)) as threads:
        runs = [
            threads.submit(_run, name, Server(quota=kind, latency=latency, phase=phase, contacts=IDS), ready, wait)
            for (name, kind), wait in zip(entries, _spread(len(entries)), strict=True)
        ]
        for (name, kind), run in zip(entries, runs, strict=True):
            shown = f"{latency[0] * 1e3:.0f}-{latency[1] * 1e3:.0f} ms"
            results.setdefault((name, kind, shown), []).append(run.result())


def _spread(count: int) -> list[float]:
    return [_HEAD_START + 2.0 * number / count for number in range(count)]


def _run(name: str, server: Server, ready: Barrier, wait: float) -> Result:
    with sandbox(server) as (place, arrivals):
        ready.wait()
        began = in_fresh_process(_contend, name, place, time.monotonic() + wait)
        seen = arrivals()
    return Result(
        seconds=max(one.at for one in seen) - began,
        refused=sum(one.status == 429 for one in seen),
        requests=len(seen),
    )


def _contend(name: str, place: Place, starts_at: float) -> float:
    async def contend() -> float:
        await asyncio.sleep(starts_at - time.monotonic())
        return await (_OURS | _BY_HAND)[name](place)

    return asyncio.run(contend())


def _with_concurrency(concurrency: int) -> Contender:
    async def contend(place: Place) -> float:
        async with Lemlist(place.key, base_url=place.url) as lemlist:
            add = lemlist.lists.add  # imports what lists need, some 100 ms once a process
            began = time.monotonic()
            report = await add(place.list_id, place.ids, concurrency=concurrency)
        _check(report.added_count)
        return began

    return contend


async def _one_after_the_other(place: Place) -> float:
    async with _http(place) as http:
        began = time.monotonic()
        _check(sum([await _post(http, place, ids) for ids in _chunks(place)]))
        return began


async def _all_at_once(place: Place) -> float:
    async with _http(place) as http:
        began = time.monotonic()
        _check(sum(await asyncio.gather(*(_post(http, place, ids) for ids in _chunks(place)))))
        return began


async def _with_aiolimiter(place: Place) -> float:
    limiter = AsyncLimiter(20, 2)
    async with _http(place) as http:
        began = time.monotonic()
        _check(sum(await asyncio.gather(*(_post(http, place, ids, limiter) for ids in _chunks(place)))))
        return began


async def _post(http: aiohttp.ClientSession, place: Place, ids: list[str], limiter: AsyncLimiter | None = None) -> int:
    """Post one chunk; after a 429 wait for what `Retry-After` says and post it again, as people do."""
    while True:
        if limiter is not None:
            await limiter.acquire()
        async with http.post(
            f"{place.url}/contacts/lists/{place.list_id}/entities", json={"contactIds": ids}
        ) as response:
            if response.status != 429:
                answer: dict[str, Any] = await response.json()
                return int(answer["addedCount"])
        await asyncio.sleep(float(response.headers["Retry-After"]))


def _http(place: Place) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(headers={"Authorization": aiohttp.encode_basic_auth("", place.key)})


def _chunks(place: Place) -> Iterator[list[str]]:
    return (place.ids[start : start + PER_CALL] for start in range(0, len(place.ids), PER_CALL))


def _check(count: int) -> None:
    if count != IDS:
        raise RuntimeError(f"{count} IDs were added: this measures something else.")


_OURS_20, _OURS_5 = "lists.add()", "lists.add(concurrency=5)"
_OURS: dict[str, Contender] = {_OURS_20: _with_concurrency(20), _OURS_5: _with_concurrency(5)}
_BY_HAND: dict[str, Contender] = {
    "by hand: one after the other": _one_after_the_other,
    "by hand: asyncio.gather": _all_at_once,
    "by hand: AsyncLimiter(20, 2)": _with_aiolimiter,
}


def _row(key: tuple[str, str, str], results: list[Result]) -> list[object]:
    return [
        *key,
        f"{median(one.seconds for one in results):.1f}",
        f"{median(one.efficiency for one in results):.1%}",
        " ".join(str(one.refused) for one in results),
        round(median(one.requests for one in results)),
    ]


def _reading_order(entry: tuple[tuple[str, str, str], list[Result]]) -> tuple[int, int, int]:
    name, kind, latency = entry[0]
    return len(latency), KINDS.index(kind), [*_OURS, *_BY_HAND].index(name)
