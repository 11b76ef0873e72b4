"""Upsert contacts, keep a list of them, and read what was done.

In one terminal:   python -m lemlist_async.sandbox
In another one:    export LEMLIST_API_KEY=sandbox-key LEMLIST_BASE_URL=http://127.0.0.1:8787/api
                   python examples/quickstart.py
"""

import asyncio

from lemlist_async import ContactInput, Lemlist

PEOPLE = [
    ContactInput(email="ines@faroluz.example", first_name="Inés", job_title="Head of Growth"),
    ContactInput(email="soren@fjordline.example", first_name="Søren", custom={"plan": "enterprise"}),
    ContactInput(linkedin_url="https://www.linkedin.com/in/mei-example-01", first_name="Mei"),
]


async def main() -> None:
    """Write one contact, then several, then the list they belong to."""
    async with Lemlist() as lemlist:  # the key comes from LEMLIST_API_KEY
        result = await lemlist.contacts.upsert(
            ContactInput(email="jane@quillandpaper.example", first_name="Jane", custom={"plan": "pro"})
        )
        print(f"{result.contact.id} is {'new' if result.created else 'updated'}")
        for warning in result.warnings:  # what lemlist left out without an error
            print(f"  {warning.code}: {warning.message}")

        upserts = await lemlist.contacts.upsert_many(PEOPLE)
        print(f"{upserts.created_count} created, {upserts.updated_count} updated in {upserts.requests} requests")

        newsletter = await lemlist.lists.find_or_create("Newsletter")
        ids = [contact.id async for contact in lemlist.contacts.iterate()]
        added = await lemlist.lists.add(newsletter.id, ids)
        print(f"{added.added_count} added, {added.already_in_list} were in {newsletter.name} before")

        removed = await lemlist.lists.remove(newsletter.id, [result.contact.id])
        print(f"{removed.removed_count} removed")


if __name__ == "__main__":
    asyncio.run(main())
