"""Import a pandas frame as it is, and read what lemlist holds into a polars one.

In one terminal:   python -m lemlist_async.sandbox --no-quota
In another one:    export LEMLIST_API_KEY=sandbox-key LEMLIST_BASE_URL=http://127.0.0.1:8787/api
                   python examples/frames.py
"""

import asyncio

import pandas as pd
import polars as pl

from lemlist_async import Lemlist
from lemlist_async.jobs import import_contacts

CUSTOMERS = pd.DataFrame(
    {
        "Email": ["jane@acme.com", "john@acme.com", "no address"],
        "First Name": ["Jane", None, "Nobody"],
        "Phone": [33612345678.0, float("nan"), None],
        "signedUp": pd.to_datetime(["2026-11-21", None, None]),
    }
)


async def main() -> None:
    """Import the frame; empty cells of any kind are not sent, and a row that is not a contact costs only itself."""
    async with Lemlist() as lemlist:
        report = await import_contacts(lemlist, CUSTOMERS, list_name="Customers")
        print(f"{report.created} created, {report.updated} updated, {report.rejected} rejected")
        for row in report.rejected_rows:
            print(f"row {row.number}: {row.reason}")

        rows = [row async for row in lemlist.contacts.export()]  # one request
        print(pl.DataFrame(rows, infer_schema_length=None).select("email", "firstName"))


if __name__ == "__main__":
    asyncio.run(main())
