"""Make a list hold exactly these contacts: a dry run, the brake, and then for real.

In one terminal:   python -m lemlist_async.sandbox --contacts 200
In another one:    export LEMLIST_API_KEY=sandbox-key LEMLIST_BASE_URL=http://127.0.0.1:8787/api
                   python examples/nightly_sync.py
"""

import asyncio

from lemlist_async import BatchError, ContactInput, JobRefusedError, Lemlist
from lemlist_async.jobs import sync_list


async def main() -> None:
    """Begin with a list of everyone; tonight a few have left and two have come."""
    async with Lemlist() as lemlist:
        active = await lemlist.lists.find_or_create("Active customers")
        ids = [contact.id async for contact in lemlist.contacts.iterate()]
        await lemlist.lists.add(active.id, ids)

        newcomers = [ContactInput(email=f"newcomer{number}@meridian.example") for number in (1, 2)]
        # IDs and contacts; a ContactFile or your cursor would do as well.
        wanted: list[str | ContactInput] = [*ids[3:], *newcomers]

        plan = await sync_list(lemlist, active.id, wanted, dry_run=True)  # only reads
        print(f"{plan.kept} stay, {len(plan.adds) + len(plan.upserts)} come, {len(plan.removals)} go")
        print(f"{plan.requests} requests, {plan.least_seconds:.0f} s at least")

        try:
            await sync_list(lemlist, active.id, newcomers)  # tonight's export broke off after two rows
        except JobRefusedError as error:  # more than 10 % would go: nobody is removed
            print(error)

        try:
            # A number, a share, or None for no brake. It adds before it removes.
            report = await sync_list(lemlist, active.id, wanted, max_removals=0.25)
        except BatchError as error:  # it holds too many and never too few; the next sync goes on from there
            print(error)
        else:
            removed = 0 if report.removed is None else report.removed.removed_count
            print(f"{removed} removed; the list is {'as it should be' if report.is_complete else 'not complete'}")


if __name__ == "__main__":
    asyncio.run(main())
