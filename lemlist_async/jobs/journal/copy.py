"""Moving a journal from a file to a database: the next run there continues where the last one here ended."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from lemlist_async.errors import JournalError
from lemlist_async.jobs.journal.sqlite import SqliteStore
from lemlist_async.jobs.journal.store import Changes

if TYPE_CHECKING:
    from lemlist_async.jobs.journal.postgres import PostgresStore

_AT_ONCE = 1_000


async def copy_journal(path: str | Path, dsn: str, name: str) -> int:
    """Copy a journal's file into a database, and return the number of its rows. The file stays as it is.

    If it is killed, the next call replaces the part that it copied.

    Args:
        path: of the file.
        dsn: of the database, `postgresql://…`, which has the tables for journals.
        name: of the journal in the database; pass it as the job's `name` from then on.

    Raises:
        JournalError: the file is missing, damaged or in use; the database cannot be reached, or has a journal of this
            name that is in use, or that a job has written to.
    """
    from lemlist_async.jobs.journal.postgres import PostgresStore  # noqa: PLC0415 - an extra

    if not await asyncio.to_thread(Path(path).exists):
        raise JournalError(f"There is no journal {path}.")
    source = await SqliteStore.open(path)
    try:
        target = await PostgresStore.open(dsn, name)
        try:
            return await _copy(source, target)
        finally:
            await target.aclose()
    finally:
        await source.aclose()


async def _copy(source: SqliteStore, target: PostgresStore) -> int:
    before = await target.facts()
    if before and before.get("copying") != "yes":
        raise JournalError(f"The database has a journal {target.name} already. Name another one.")
    await target.empty()
    await target.commit(Changes(facts={"copying": "yes"}))
    rows = 0
    async for changes in source.contents(_AT_ONCE):
        rows += len(changes.entries)
        await target.commit(changes)
    known = {key: value for key, value in (await source.facts()).items() if key not in {"format", "opened"}}
    await target.commit(Changes(facts=known | {"copying": "no"}))
    return rows
