"""Add what a query yields to a list, row by row, and show how far it is.

In one terminal:   python -m lemlist_async.sandbox --contacts 20000 --latency 0.1-0.3
In another one:    export LEMLIST_API_KEY=sandbox-key LEMLIST_BASE_URL=http://127.0.0.1:8787/api
                   python examples/sync_from_generator.py
"""

import asyncio
from collections.abc import AsyncIterator

from lemlist_async import AddReport, Lemlist


async def warehouse(lemlist: Lemlist) -> AsyncIterator[str]:
    """Yield contact IDs as a database cursor would; the sandbox's own contacts stand in for the rows."""
    async for contact in lemlist.contacts.iterate():
        yield contact.id


def show(report: AddReport) -> None:
    """Print the totals of this moment: what was read is done, failed, ambiguous, a duplicate or not sent yet."""
    waiting = len(report.unsent) + len(report.ambiguous)
    print(f"{report.elapsed:5.1f} s  {report.submitted:6} read  {report.done:6} done  {waiting:5} in flight")


async def main() -> None:
    """Run the sync as a task and look at its report twice a second."""
    async with Lemlist() as lemlist:
        active = await lemlist.lists.find_or_create("Active customers")
        # Nothing is read before there is room for it, and a short chunk leaves after a second of silence.
        run = lemlist.lists.add(active.id, warehouse(lemlist), flush_after=1.0)
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(run)
            while not task.done():
                show(run.report)
                await asyncio.wait({task}, timeout=0.5)
        report = task.result()
        show(report)
        print(f"{report.added_count} added, {report.already_in_list} were there, {report.requests} requests")


if __name__ == "__main__":
    asyncio.run(main())
