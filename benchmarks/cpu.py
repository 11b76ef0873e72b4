"""What the package costs in CPU time over the same requests by bare aiohttp, with nothing to wait for."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Iterator
from statistics import median

import aiohttp
from processes import Place, Server, in_fresh_process, sandbox
from tables import Target, print_table

from lemlist_async import Lemlist, Unlimited

IDS = 300_000
PER_CALL = 1000
CONCURRENCY = 20


def measure(*, quick: bool) -> list[Target]:
    pairs = 3 if quick else 9
    bare, plain, deduped, both = [], [], [], []
    with sandbox(Server(contacts=IDS)) as (place, _):
        for _ in range(pairs):  # side by side: the machine's mood meets all alike
            before = in_fresh_process(_bare_seconds, place)
            plain.append(in_fresh_process(_our_seconds, place, False))
            deduped.append(in_fresh_process(_our_seconds, place, True))
            after = in_fresh_process(_bare_seconds, place)
            bare += [before, after]
            both.append((before + after) / 2)
    ratio = median(ours / theirs for ours, theirs in zip(plain, both, strict=True))
    ratio_deduped = median(ours / theirs for ours, theirs in zip(deduped, both, strict=True))
    chunks = IDS // PER_CALL
    print_table(
        f"CPU time for {IDS:,} IDs in {chunks} requests, median of {pairs} runs side by side",
        ["", "ms", "µs a request", "ratio"],
        [
            ["bare aiohttp", round(median(bare) * 1e3), round(median(bare) / chunks * 1e6), "1.00"],
            ["lists.add(dedupe=False)", *_per_request(plain, chunks), f"{ratio:.2f}"],
            ["lists.add()", *_per_request(deduped, chunks), f"{ratio_deduped:.2f}"],
        ],
    )
    return [
        Target("CPU over bare aiohttp, dedupe=False: <= 1.15", f"{ratio:.2f}", ratio <= 1.15),
        Target("CPU over bare aiohttp, with dedupe: <= 1.25", f"{ratio_deduped:.2f}", ratio_deduped <= 1.25),
    ]


def _per_request(seconds: list[float], chunks: int) -> tuple[int, int]:
    return round(median(seconds) * 1e3), round(median(seconds) / chunks * 1e6)


def _our_seconds(place: Place, dedupe: bool) -> float:
    sys.modules["opentelemetry.trace"] = None  # type: ignore[assignment] # an extra; the tests have it, most users do not

    async def add() -> float:
        async with Lemlist(place.key, base_url=place.url, limiter=Unlimited()) as lemlist:
            await lemlist.lists.all()  # connected, imported, warm
            began = _start()
            report = await lemlist.lists.add(place.list_id, iter(place.ids), dedupe=dedupe, concurrency=CONCURRENCY)
            seconds = time.process_time() - began
        _check(report.added_count + report.already_in_list)
        return seconds

    return asyncio.run(add())


def _bare_seconds(place: Place) -> float:
    """Do what is written by hand where only speed counts: workers on one iterator, and no care at all."""

    async def add() -> float:
        headers = {"Authorization": aiohttp.encode_basic_auth("", place.key)}
        async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=0)) as http:
            async with http.get(f"{place.url}/contacts/lists") as response:
                await response.json()
            began = _start()
            chunks = _chunks(place.ids)
            counts = await asyncio.gather(*(_work(http, place, chunks) for _ in range(CONCURRENCY)))
            seconds = time.process_time() - began
        _check(sum(counts))
        return seconds

    return asyncio.run(add())


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


def _start() -> float:
    """Begin to count, with the garbage collector in the same state for all."""
    gc.collect()
    return time.process_time()


def _check(count: int) -> None:
    if count != IDS:
        raise RuntimeError(f"{count} of {IDS} IDs were counted: this measures something else.")
