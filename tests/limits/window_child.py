"""A process that uses the host's window: `python window_child.py URL KEY write|hold COUNT`; prints when it wrote."""

import asyncio
import sys
import time

from lemlist_async.limits.host import shared_window


async def main(url, key, command, count):
    window = shared_window(url, key)
    permits = [await window.acquire() for _ in range(count)] if command == "hold" else []
    if command == "write":
        await asyncio.gather(*(write(window) for _ in range(count)))
    print("done", flush=True)  # noqa: T201 - its parent reads it
    await asyncio.sleep(60)
    del permits


async def write(window):
    permit = await window.acquire()
    await permit.written()
    print(time.monotonic(), flush=True)  # noqa: T201
    await permit.release()


asyncio.run(main(*sys.argv[1:4], int(sys.argv[4])))
