"""Import what a query yields, as an async generator of mappings, and stop in good order when time is up.

In one terminal:   python -m lemlist_async.sandbox
In another one:    export LEMLIST_API_KEY=sandbox-key LEMLIST_BASE_URL=http://127.0.0.1:8787/api
                   python examples/warehouse_import.py
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from lemlist_async import BatchError, Lemlist
from lemlist_async.jobs import Row, import_contacts


async def customers() -> AsyncIterator[dict[str, Any]]:
    """Yield rows as a database cursor would, read only as fast as they are sent; keys in any of lemlist's spellings."""
    for number in range(60):
        await asyncio.sleep(0)  # `async for record in connection.cursor("SELECT …")`
        yield {"email": f"customer{number}@meridian.example", "first_name": "Customer", "jobTitle": "Buyer"}
    yield {"email": None, "first_name": "Nobody"}  # of this one no contact can be made


def refuse(row: Row, reason: str) -> None:
    """Tell of a row that was refused, here or by lemlist; the others go on."""
    print(f"row {row.number}: {reason}")


async def main() -> None:
    """Import with a limit of time; the journal takes the next run on from there."""
    with tempfile.TemporaryDirectory() as folder:  # a place that stays, in your own job
        async with Lemlist() as lemlist:
            everyone = await lemlist.lists.find_or_create("Customers")
            job = import_contacts(
                lemlist,
                customers(),
                list_id=everyone.id,
                journal=Path(folder) / "customers.journal",
                name="customers",  # what the journal belongs to
                on_rejected=refuse,
            )
            alarm = asyncio.get_running_loop().call_later(3600, job.stop)  # finishes what is under way, then ends
            try:
                report = await job
            except BatchError as error:  # lemlist was out of reach, or rows are unfinished or unlisted: run it again
                report = job.report
                print(error)
            finally:
                alarm.cancel()
        print(f"{report.created} created, {report.updated} updated, {report.rejected} rejected")
        print(f"{report.added_count} added to the list; {'done' if report.is_complete else 'to be run again'}")


if __name__ == "__main__":
    asyncio.run(main())
