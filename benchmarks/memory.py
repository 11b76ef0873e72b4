"""Whether memory stays the same when the input grows tenfold: IDs from a generator, without dedupe."""

from __future__ import annotations

import asyncio
import resource
import tracemalloc
from collections.abc import Iterator

from processes import Place, Server, in_fresh_process, sandbox
from tables import Target, print_table

from lemlist_async import Lemlist, Unlimited

SMALL, LARGE = 30_000, 300_000
# Peaks differ by a few percent from run to run: how many replies are under way at once is up to the network.
TOLERANCE = 1.1


def measure(*, quick: bool) -> list[Target]:
    with sandbox(Server()) as (place, _):
        small, large = (_measured(place, count) for count in (SMALL, LARGE))
    print_table(
        "Peak memory of lists.add(a generator, dedupe=False), a fresh process each",
        ["IDs", "Python's own, KiB", "whole process, KiB"],
        [[f"{SMALL:,}", *small], [f"{LARGE:,}", *large]],
    )
    ours, whole = large[0] / small[0], large[1] / small[1]
    return [
        Target(
            "memory for 300,000 IDs: that for 30,000 (within 10 %)",
            f"{ours:.2f} x Python's own, {whole:.2f} x the process",
            max(ours, whole) <= TOLERANCE,
        )
    ]


def _measured(place: Place, count: int) -> tuple[int, int]:
    return in_fresh_process(_python_peak, place, count), in_fresh_process(_process_peak, place, count)


def _python_peak(place: Place, count: int) -> int:
    tracemalloc.start()
    asyncio.run(_add(place, 1000))
    tracemalloc.reset_peak()
    asyncio.run(_add(place, count))
    return tracemalloc.get_traced_memory()[1] // 1024


def _process_peak(place: Place, count: int) -> int:
    asyncio.run(_add(place, count))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def _add(place: Place, count: int) -> None:
    async with Lemlist(place.key, base_url=place.url, limiter=Unlimited()) as lemlist:
        report = await lemlist.lists.add(place.list_id, _ids(count), dedupe=False)
    if report.done != count:
        raise RuntimeError(f"{report.done} of {count} IDs are done: this measures something else.")


def _ids(count: int) -> Iterator[str]:
    return (f"ctc_{number:017}" for number in range(count))
