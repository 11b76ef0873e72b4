"""Upsert a CSV file, see what becomes of each row while it goes on, and put everyone into a list.

In one terminal:   python -m lemlist_async.sandbox --no-quota
In another one:    export LEMLIST_API_KEY=sandbox-key LEMLIST_BASE_URL=http://127.0.0.1:8787/api
                   python examples/stream_outcomes.py
"""

import asyncio
import csv
from collections.abc import Iterator
from pathlib import Path

from lemlist_async import Ambiguous, ContactInput, Done, Failed, Lemlist


def people() -> Iterator[ContactInput]:
    """Read the rows that name someone: a ContactInput without any identifier is refused when it is made."""
    with Path(__file__).with_name("contacts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if None not in row and (row["Email"] or row["LinkedIn URL"]):  # None: more cells than columns
                yield ContactInput(email=row["Email"], linkedin_url=row["LinkedIn URL"], first_name=row["First Name"])


async def main() -> None:
    """Stream the outcomes, which come as they are known, and collect the IDs."""
    ids = []
    async with Lemlist() as lemlist:
        # lemlist refuses a whole contact for a malformed LinkedIn URL; this sends it again without the URL.
        run = lemlist.contacts.upsert_many(people(), drop_refused_linkedin=True)
        async with run as outcomes:
            async for outcome in outcomes:
                match outcome:
                    case Done(result=result):
                        ids.append(result.contact.id)
                    case Failed(error=error) | Ambiguous(error=error):
                        print(f"contact {outcome.position}: {error}")
        print(f"{run.report.created_count} created, {run.report.updated_count} updated, {run.report.failed} failed")

        everyone = await lemlist.lists.find_or_create("Everyone")
        added = await lemlist.lists.add(everyone.id, ids)
        print(f"{added.added_count} added, {added.duplicates} came twice, {added.already_in_list} were there before")


if __name__ == "__main__":
    asyncio.run(main())
