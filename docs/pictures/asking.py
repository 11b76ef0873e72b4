"""One of the processes of `scenes.processes`: `python asking.py URL KEY own|shared SECONDS`."""

from __future__ import annotations

import asyncio
import sys

from lemlist_async import Lemlist, LemlistError, Window


async def main(url: str, key: str, way: str, seconds: float) -> None:
    """Ask as fast as the window allows, with 20 tasks, for so long."""
    loop = asyncio.get_running_loop()
    limiter = Window() if way == "own" else None  # by default the host's
    async with Lemlist(key, base_url=url, limiter=limiter) as lemlist:
        end = loop.time() + seconds

        async def ask() -> None:
            while loop.time() < end:
                try:
                    await lemlist.team.get()
                except LemlistError:
                    continue

        await asyncio.gather(*(ask() for _ in range(20)))


asyncio.run(main(*sys.argv[1:4], float(sys.argv[4])))
