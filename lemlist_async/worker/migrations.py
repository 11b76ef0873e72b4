"""The schemas that a worker needs in its database: the engine's, the journals' and the worker's own."""

from __future__ import annotations

from lemlist_async.extras import needed

with needed("A queue of jobs", "worker"):
    from procrastinate.schema import SchemaManager
    from psycopg import AsyncConnection

from lemlist_async.errors import InvalidRequestError
from lemlist_async.jobs.journal.postgres import address, connect
from lemlist_async.jobs.journal.schema import SCHEMA as JOURNAL_SCHEMA
from lemlist_async.worker.tables import PART, SCHEMA, VERSION

_MEND = "run: lemlist-async worker migrate"


def sql() -> str:
    """Return all statements that `migrate` runs on an empty database."""
    return "\n".join((SchemaManager.get_schema(), JOURNAL_SCHEMA, SCHEMA))


async def migrate(dsn: str) -> bool:
    """Bring a database up to this version; return whether anything had to be changed. Safe to repeat."""
    async with await connect(dsn) as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('lemlist-async migrate'))")
        was_ready = await _has(connection, "procrastinate_jobs") and await _version(connection) == VERSION
        if not await _has(connection, "procrastinate_jobs"):
            await connection.execute(SchemaManager.get_schema().encode())
        await connection.execute(JOURNAL_SCHEMA.encode())
        await connection.execute(SCHEMA.encode())
    return not was_ready


async def check_schema(dsn: str) -> None:
    """Check that the database has the schemas of this version.

    Raises:
        InvalidRequestError: it has none, or another one; the message says which command fixes it.
    """
    async with await connect(dsn) as connection:
        found = await _version(connection)
    if found is None:
        raise no_tables(dsn)
    if found != VERSION:
        advice = _MEND if found < VERSION else "upgrade lemlist-async on this machine"
        raise InvalidRequestError(
            f"The tables in {address(dsn)} are of version {found}, this program's are of {VERSION}; {advice}"
        )


def no_tables(dsn: str) -> InvalidRequestError:
    """Return the error for a database without tables."""
    return InvalidRequestError(f"The database {address(dsn)} has no tables of lemlist-async; {_MEND}")


async def _version(connection: AsyncConnection) -> int | None:
    if not await _has(connection, "lemlist_schema"):
        return None
    found = await (await connection.execute("SELECT version FROM lemlist_schema WHERE part = %s", (PART,))).fetchone()
    return found[0] if found else None


async def _has(connection: AsyncConnection, table: str) -> bool:
    row = await (await connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,))).fetchone()
    return bool(row and row[0])
