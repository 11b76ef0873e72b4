"""What the package costs in CPU time over the same requests by bare aiohttp, with nothing to wait for."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import aiohttp
from processes import Place, Server, in_fresh_process, sandbox
from tables import Target, print_table

from lemlist_async import Lemlist, Unlimited

IDS = 300_000
PER_CALL = 1000
CONCURRENCY = 20
# Times that one process measures the same: the machine's mood and the first use of memory raise single figures, and
# nothing lowers them, so that the least of many is the cost itself.
TIMES = 3


def measure(*, quick: bool) -> list[Target]:
    rounds = 3 if quick else 8
    ways: dict[str, tuple[Callable[..., list[float]], tuple[Any, ...]]] = {
        "bare aiohttp": (_bare_seconds, ()),
        "lists.add(dedupe=False)": (_our_seconds, (False,)),
        "lists.add()": (_our_seconds, (True,)),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    with sandbox(Server(contacts=IDS)) as (place, _):
        for _ in range(rounds):  # in turns
            for name, (seconds, options) in ways.items():
                taken[name] += in_fresh_process(seconds, place, *options)
    least = {name: min(seconds) for name, seconds in taken.items()}
    bare = least["bare aiohttp"]
    chunks = IDS // PER_CALL
    print_table(
        f"CPU time for {IDS:,} IDs in {chunks} requests, {rounds} rounds of {TIMES} in turns",
        ["", "least ms", "median ms", "least µs a request", "ratio of the least"],
        [
            [
                name,
                round(least[name] * 1e3),
                round(median(seconds) * 1e3),
                round(least[name] / chunks * 1e6),
                f"{least[name] / bare:.2f}",
            ]
            for name, seconds in taken.items()
        ],
    )
    plain, deduped = (least[name] / bare for name in ("lists.add(dedupe=False)", "lists.add()"))
    return [
        Target("CPU over bare aiohttp, dedupe=False: <= 0.95", f"{plain:.2f}", plain <= 0.95),
        Target("CPU over bare aiohttp, with dedupe: <= 1.15", f"{deduped:.2f}", deduped <= 1.15),
    ]


def _our_seconds(place: Place, dedupe: bool) -> list[float]:
    sys.modules["opentelemetry.trace"] = None  # type: ignore[assignment] # an extra; the tests have it, most users do not

    async def add(lemlist: Lemlist) -> float:
        ids = _fresh(place.ids)
        began = _start()
        report = await lemlist.lists.add(place.list_id, iter(ids), dedupe=dedupe, concurrency=CONCURRENCY)
        seconds = time.process_time() - began
        _check(report.added_count + report.already_in_list)
        return seconds

    async def add_many_times() -> list[float]:
        async with Lemlist(place.key, base_url=place.url, limiter=Unlimited()) as lemlist:
            await lemlist.lists.all()  # connected, imported, warm
            return [await add(lemlist) for _ in range(TIMES)]

    return asyncio.run(add_many_times())


def _bare_seconds(place: Place) -> list[float]:
    """Do what is written by hand where only speed counts: workers on one iterator, and no care at all."""

    async def add(http: aiohttp.ClientSession) -> float:
        ids = _fresh(place.ids)
        began = _start()
        chunks = _chunks(ids)
        counts = await asyncio.gather(*(_work(http, place, chunks) for _ in range(CONCURRENCY)))
        seconds = time.process_time() - began
        _check(sum(counts))
        return seconds

    async def add_many_times() -> list[float]:
        headers = {"Authorization": aiohttp.encode_basic_auth("", place.key)}
        async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0)) as http:
            async with http.get(f"{place.url}/contacts/lists") as response:
                await response.json()
            return [await add(http) for _ in range(TIMES)]

    return asyncio.run(add_many_times())


async def _work(http: aiohttp.ClientSession, place: Place, chunks: Iterator[list[str]]) -> int:
    count = 0
    for chunk in chunks:
        async with http.post(
            f"{place.url}/contacts/lists/{place.list_id}/entities", json={"contactIds": chunk}
        ) as response:
            answer = await response.json()
        count += answer["addedCount"] + answer["alreadyInList"]
    return count


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + PER_CALL] for start in range(0, len(ids), PER_CALL))


def _fresh(ids: list[str]) -> list[str]:
    """Return strings that nobody has hashed before, as those are that come from a file or a database."""
    return [one[:-1] + one[-1] for one in ids]


def _start() -> float:
    """Begin to count, with the garbage collector in the same state for all."""
    gc.collect()
    return time.process_time()


def _check(count: int) -> None:
    if count != IDS:
        raise RuntimeError(f"{count} of {IDS} IDs were counted: this measures something else.")
