"""Import a file with a journal, and again: the second run sends only what has changed.

In one terminal:   python -m lemlist_async.sandbox
In another one:    export LEMLIST_API_KEY=sandbox-key LEMLIST_BASE_URL=http://127.0.0.1:8787/api
                   python examples/import_csv.py

The first run takes almost a minute: about 500 contacts, one a request, at lemlist's rate limit.
"""

import asyncio
import tempfile
from pathlib import Path

from lemlist_async import BatchError, Lemlist
from lemlist_async.jobs import ContactFile, ImportReport, RejectedFile, import_contacts

CONTACTS = Path(__file__).with_name("contacts.csv")


async def run(lemlist: Lemlist, list_id: str, folder: Path) -> None:
    """Import the file; killed at any moment, the same call continues where it stopped."""
    rows = ContactFile(CONTACTS, fields=await lemlist.fields.all())
    # `rejected_path(CONTACTS)` is the usual place: beside the file, to be mended and imported.
    with RejectedFile(folder / "contacts.rejected.csv", rows.headers) as rejected:
        job = import_contacts(
            lemlist, rows, list_id=list_id, journal=folder / "contacts.journal", on_rejected=rejected.write
        )
        try:  # a column that lemlist has no field for is refused before anything is sent
            show(await job)
        except BatchError as error:  # some rows are unfinished or not in the list yet: run it again
            show(job.report)
            print(error)
    print(f"{rejected.count} rows to correct")


def show(report: ImportReport) -> None:
    """Print what became of the rows."""
    print(f"{report.rows} rows in {report.requests} requests and {report.elapsed:.1f} s")
    print(f"  {report.created} created, {report.updated} updated, {report.unchanged} unchanged")
    print(f"  {report.rejected} rejected, {report.unfinished} unfinished, {report.unlisted} unlisted")
    for warning in report.warnings:
        print(f"  {warning.count} x {warning.code}, such as in rows {warning.positions[:3]}")


async def main() -> None:
    """Run the job twice; the journal lies in a folder for this once, and yours where the next run finds it."""
    async with Lemlist() as lemlist:
        customers = await lemlist.lists.find_or_create("Customers")
        with tempfile.TemporaryDirectory() as folder:
            await run(lemlist, customers.id, Path(folder))
            await run(lemlist, customers.id, Path(folder))  # tomorrow night


if __name__ == "__main__":
    asyncio.run(main())
