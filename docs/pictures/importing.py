"""The process that `scenes.resume` kills: `python importing.py URL KEY JOURNAL`."""

from __future__ import annotations

import asyncio
import sys

from lemlist_async import Lemlist
from lemlist_async.jobs import import_contacts


async def main(url: str, key: str, journal: str) -> None:
    """Import 150 people."""
    async with Lemlist(key, base_url=url) as lemlist:
        rows = [{"email": f"p{number}@example.com"} for number in range(150)]
        await import_contacts(lemlist, rows, journal=journal)


asyncio.run(main(*sys.argv[1:]))
