"""One job in a fresh interpreter, to be killed: `kill_child.py KIND PLACE FOLDER`.

PLACE is the ID of a list or a campaign. The sandbox is where `LEMLIST_BASE_URL` says. What the job read is in FOLDER;
its report is put there when it is done.
"""

import asyncio
import json
import sys
from pathlib import Path

from attrs import asdict

from lemlist_async import CompanyInput, Lemlist, RetryPolicy, Unlimited
from lemlist_async.jobs import (
    ContactFile,
    import_companies,
    import_contacts,
    import_leads,
    import_unsubscribes,
    listing,
    sync_list,
)

listing._PATIENCE = 0.05  # many list changes, to be killed in


def client() -> Lemlist:
    """Return a client that outlasts a lemlist which fails one request in twelve."""
    retry = RetryPolicy(attempts=20, first_wait=0.005, longest_backoff=0.02, budget=100_000)
    return Lemlist(limiter=Unlimited(), retry=retry, timeout=2)


async def run(kind: str, list_id: str, folder: Path) -> object:
    (folder / "started").touch()
    async with client() as lemlist:
        if kind == "import":
            file = ContactFile(folder / "people.csv")
            return await import_contacts(lemlist, file, list_id=list_id, journal=folder / "journal", concurrency=8)
        if kind == "leads":
            file = ContactFile(folder / "people.csv")
            return await import_leads(
                lemlist, list_id, file, deduplicate=True, journal=folder / "journal", concurrency=8
            )
        if kind == "companies":
            companies = json.loads((folder / "companies.json").read_text(encoding="utf-8"))
            rows = [CompanyInput(**one) for one in companies]
            return await import_companies(lemlist, rows, journal=folder / "journal", concurrency=8)
        if kind == "unsubscribes":
            values = json.loads((folder / "values.json").read_text(encoding="utf-8"))
            return await import_unsubscribes(lemlist, values, journal=folder / "journal")
        if kind == "sync":
            wanted = json.loads((folder / "wanted.json").read_text(encoding="utf-8"))
            return await sync_list(lemlist, list_id, wanted, journal=folder / "journal", max_removals=None)
        ids = json.loads((folder / "ids.json").read_text(encoding="utf-8"))
        await lemlist.lists.add(list_id, ids["add"], concurrency=2)
        return await lemlist.lists.remove(list_id, ids["remove"], concurrency=2)


def main() -> None:
    kind, list_id, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    report = asyncio.run(run(kind, list_id, folder))
    part = folder / "report.part"
    part.write_text(json.dumps(asdict(report), default=str), encoding="utf-8")
    part.rename(folder / "report.json")


if __name__ == "__main__":
    main()
