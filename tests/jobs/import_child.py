"""Imports files with journals, in processes that can be killed; forked, so that hundreds of them start quickly.

A line `[file, journal, list ID, where the report goes]` starts one and is answered by its process ID. The next line,
whatever it says, is answered by its exit code; until then nobody else is given that ID. The sandbox is where
`LEMLIST_BASE_URL` says.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from attrs import asdict
from kill_child import client

from lemlist_async.jobs import ContactFile, import_contacts


async def run(file: str, journal: str, list_id: str, report: str) -> None:
    async with client() as lemlist:
        job = import_contacts(lemlist, ContactFile(file), list_id=list_id, journal=journal, concurrency=8)
        result = await job
    part = Path(f"{report}.part")
    part.write_text(json.dumps(asdict(result)), encoding="utf-8")
    part.rename(report)


def main() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            asyncio.run(run(*json.loads(line)))
            os._exit(0)  # not on to the next line
        _say(pid)
        sys.stdin.readline()
        _say(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
