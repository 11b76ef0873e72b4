"""The schemas that a worker needs in its database: the engine's, the journals' and the worker's own."""

from __future__ import annotations

from importlib.metadata import version

from procrastinate import App
from procrastinate.schema import SchemaManager
from psycopg import AsyncConnection, Error

from lemlist_async.errors import InvalidRequestError
from lemlist_async.jobs.journal.postgres import SCHEMA as JOURNAL_SCHEMA
from lemlist_async.worker.engine import conninfo, shown
from lemlist_async.worker.tables import SCHEMA, VERSION

_MEND = "run: lemlist-async worker migrate"


def sql() -> str:
    """Return all statements that `migrate` carries out on an empty database."""
    return "\n".join((SchemaManager.get_schema(), JOURNAL_SCHEMA, SCHEMA))


async def connect(dsn: str) -> AsyncConnection:
    """Open a connection.

    Raises:
        InvalidRequestError: the database cannot be reached. The message names host and database, never the password.
    """
    try:
        return await AsyncConnection.connect(conninfo(dsn), autocommit=True)
    except Error as error:
        raise InvalidRequestError(f"PostgreSQL at {shown(dsn)} cannot be reached ({type(error).__name__}).") from None


async def migrate(dsn: str) -> bool:
    """Bring a database up to this version; return whether anything was to be done. Safe to repeat."""
    async with await connect(dsn) as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('lemlist-async migrate'))")
        had_engine = await _has(connection, "procrastinate_jobs")
        had_worker = await _has(connection, "lemlist_worker")
        if not had_engine:
            await connection.execute(SchemaManager.get_schema().encode())
        await connection.execute(JOURNAL_SCHEMA.encode())
        await connection.execute(SCHEMA.encode())
        await connection.execute(f"COMMENT ON TABLE lemlist_worker IS 'procrastinate {_engine_version()}'".encode())
    return not (had_engine and had_worker)


async def check_schema(dsn: str) -> None:
    """See that the database has the schemas of this version.

    Raises:
        InvalidRequestError: it has none, or another one; the message says which command mends it.
    """
    async with await connect(dsn) as connection:
        if not await _has(connection, "lemlist_worker"):
            raise InvalidRequestError(f"The database {shown(dsn)} has no tables of lemlist-async; {_MEND}")
        row = await (await connection.execute("SELECT max(version) FROM lemlist_worker")).fetchone()
    found = row[0] if row else None
    if found != VERSION:
        advice = _MEND if found is None or found < VERSION else "upgrade lemlist-async on this machine"
        raise InvalidRequestError(
            f"The tables in {shown(dsn)} are of version {found}, this program's are of {VERSION}; {advice}"
        )


async def _has(connection: AsyncConnection, table: str) -> bool:
    row = await (await connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,))).fetchone()
    return bool(row and row[0])


def _engine_version() -> str:
    return version(App.__module__.partition(".")[0])
