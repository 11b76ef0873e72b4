"""A journal in PostgreSQL, for several machines: held by a lease with an epoch, each commit fenced in one statement.

A process that was frozen and resumes is a second owner. Its epoch is no longer the journal's, so its commits find no
row to write to, and it learns that its lease is lost. A commit is one statement without a transaction around it: an
owner that is frozen inside a transaction would hold the row, and the next owner would wait for it forever.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final, Self

from attrs import astuple, define, field

from lemlist_async.extras import needed

with needed("A journal in PostgreSQL", "postgres"):
    from psycopg import AsyncConnection, Error, errors
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
    from psycopg.types.json import Jsonb

from lemlist_async.errors import InvalidRequestError, JournalError, LeaseLostError
from lemlist_async.jobs.journal.entries import Addition
from lemlist_async.jobs.journal.schema import PART, SCHEMA, VERSION
from lemlist_async.jobs.journal.sqlite import entry_of, row_of
from lemlist_async.jobs.journal.store import Changes, Known, uncut

# Seconds for which a lease holds without a renewal, and how many renewals fit in.
TTL: Final = 30.0
_BEATS_IN_TTL = 3

# More known rows than this are read at once: 100,000 take a tenth of a second, 500 look-ups of 200 some four.
_FEW = 10_000

# A half-open connection would block a job for hours.
_KEPT_ALIVE: Final[dict[str, int | str]] = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "application_name": "lemlist-async",
}

_TAKE = """
    INSERT INTO lemlist_journals AS kept (name, owner, epoch, expires) VALUES (%s, %s, 1, now() + %s * interval '1 s')
    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, epoch = kept.epoch + 1, expires = excluded.expires
    WHERE kept.expires < now() RETURNING id, epoch
"""
_BEAT = "UPDATE lemlist_journals SET expires = now() + %s * interval '1 s' WHERE id = %s AND epoch = %s"
_LET_GO = "UPDATE lemlist_journals SET expires = '-infinity' WHERE id = %s AND epoch = %s"
_COLUMNS = "slot, fingerprint, contact_id, result, reason, warnings, run, turn, earlier_result, listed"
_COMMIT = f"""
    WITH fence AS MATERIALIZED (
        SELECT id FROM lemlist_journals WHERE id = %(journal)s AND epoch = %(epoch)s FOR NO KEY UPDATE
    ), facts AS (
        UPDATE lemlist_journals SET facts = facts || %(facts)s
        WHERE id IN (SELECT id FROM fence) AND %(has_facts)s
    ), written AS (
        INSERT INTO lemlist_rows (journal, {_COLUMNS})
        SELECT fence.id, row.* FROM fence, unnest(%(slot)s::bytea[], %(fingerprint)s::bytea[], %(contact_id)s::text[],
            %(result)s::text[], %(reason)s::text[], %(warnings)s::text[], %(run)s::int[], %(turn)s::bigint[],
            %(earlier_result)s::text[], %(listed)s::smallint[]) AS row
        ON CONFLICT (journal, slot) DO UPDATE SET ({_COLUMNS}) = (excluded.slot, excluded.fingerprint,
            excluded.contact_id, excluded.result, excluded.reason, excluded.warnings, excluded.run, excluded.turn,
            excluded.earlier_result, excluded.listed)
    ), forgotten AS (
        DELETE FROM lemlist_rows WHERE journal IN (SELECT id FROM fence) AND slot = ANY(%(forgotten)s::bytea[])
    ), people AS (
        INSERT INTO lemlist_people SELECT fence.id, person.* FROM fence,
            unnest(%(identity)s::bytea[], %(person_turn)s::bigint[]) AS person
        ON CONFLICT (journal, identity) DO UPDATE SET turn = excluded.turn
    ), additions AS (
        INSERT INTO lemlist_additions SELECT fence.id, addition.* FROM fence, unnest(%(added_in)s::int[],
            %(sent)s::int[], %(added)s::int[], %(added_max)s::int[], %(already)s::int[], %(unaccounted)s::int[]
        ) AS addition
    )
    SELECT count(*) FROM fence
"""  # noqa: S608
_NAMES = tuple(_COLUMNS.split(", "))
_ADDITION_NAMES = ("added_in", "sent", "added", "added_max", "already", "unaccounted")


@define(eq=False)
class PostgresStore:
    """An open journal, which no other process can open while this one renews its lease.

    Attributes:
        lost: set once another process has taken the journal over; from then on every commit is refused.
    """

    name: str
    _connection: AsyncConnection = field(repr=False)
    _journal: int
    _epoch: int
    _ttl: float
    lost: asyncio.Event = field(factory=asyncio.Event, repr=False)
    _using: asyncio.Lock = field(factory=asyncio.Lock, repr=False)
    _rows: dict[bytes, tuple[Any, ...]] | None = field(default=None, repr=False)
    _turns: dict[bytes, int] | None = field(default=None, repr=False)
    _beating: asyncio.Task[None] = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._beating = asyncio.create_task(self._beat())

    @classmethod
    async def open(cls, dsn: str, name: str, *, ttl: float = TTL) -> Self:
        """Open a journal, or create a new one.

        Args:
            dsn: the database, `postgresql://…`.
            name: of the journal.
            ttl: seconds without a renewal after which another process may take it over.

        Raises:
            JournalError: it is in use (`retryable`), the database cannot be reached, or lacks the tables. The message
                names host and database, never the password.
        """
        shown = f"{name!r} in {address(dsn)}"
        connection = await connect(dsn)
        taking = asyncio.ensure_future(cls._take(connection, dsn, name, shown, ttl))
        try:
            return await uncut(taking)
        except BaseException:
            if not taking.cancelled() and taking.exception() is None:  # a lease that is not released makes others wait
                await taking.result().aclose()
            await uncut(asyncio.ensure_future(connection.close()))
            raise

    @classmethod
    async def _take(cls, connection: AsyncConnection, dsn: str, name: str, shown: str, ttl: float) -> Self:
        with journal_errors(shown):
            await _check_schema(connection, dsn)
            owner = f"{socket.gethostname()}:{os.getpid()}"
            journal, epoch = _taken(await (await connection.execute(_TAKE, (name, owner, ttl))).fetchone(), shown)
        return cls(shown, connection, journal, epoch, ttl)

    async def aclose(self) -> None:
        """Release it, so that another process can take it at once. What was committed stays."""
        self._beating.cancel()
        await uncut(asyncio.ensure_future(self._let_go()))

    async def facts(self) -> Mapping[str, str]:
        """Return what is known about the job."""
        [(facts,)] = await self._fetch("SELECT facts FROM lemlist_journals WHERE id = %s", (self._journal,))
        return dict(facts)

    async def last_turn(self) -> int:
        """Return the last turn of all rows, 0 if there is none; and read all that is known at once, if that is much."""
        await self._read_ahead()
        latest = """
            SELECT max(turn) FROM (SELECT turn FROM lemlist_rows WHERE journal = %s
                                   UNION ALL SELECT turn FROM lemlist_people WHERE journal = %s) turns
        """
        [(turn,)] = await self._fetch(latest, (self._journal, self._journal))
        return turn or 0

    async def look_up(self, slots: Collection[bytes], identities: Collection[bytes]) -> Known:
        """Return what is known about these rows and people."""
        if self._rows is not None and self._turns is not None:
            rows = [row for slot in slots if (row := self._rows.get(slot))]
            turns = {one: self._turns[one] for one in identities if one in self._turns}
            return Known({row[0]: entry_of(row) for row in rows}, turns)
        found = await self._fetch(
            f"SELECT {_COLUMNS} FROM lemlist_rows WHERE journal = %s AND slot = ANY(%s)",  # noqa: S608
            (self._journal, list(slots)),
        )
        people = await self._fetch(
            "SELECT identity, turn FROM lemlist_people WHERE journal = %s AND identity = ANY(%s)",
            (self._journal, list(identities)),
        )
        return Known({row[0]: entry_of(row) for row in found}, dict(people))

    async def additions(self, run: int) -> Addition:
        """Return the sum of a run's list changes."""
        sums = ", ".join(f"coalesce(sum({name}), 0)" for name in _ADDITION_NAMES[1:])
        query = f"SELECT {sums} FROM lemlist_additions WHERE journal = %s AND run = %s"  # noqa: S608
        [(sent, added, added_max, already, unaccounted)] = await self._fetch(query, (self._journal, run))
        return Addition(sent=sent, added=added, added_max=added_max, already=already, unaccounted=unaccounted)

    async def commit(self, changes: Changes) -> None:
        """Make these changes, all or none of them.

        Raises:
            LeaseLostError: another process has taken the journal over; nothing was written.
        """
        if self.lost.is_set():
            raise self._lease_lost()
        [(fences,)] = await self._fetch(_COMMIT, {"journal": self._journal, "epoch": self._epoch, **_arrays(changes)})
        if not fences:
            self.lost.set()
            raise self._lease_lost()
        if self._rows is not None and self._turns is not None:
            for slot, entry in changes.entries.items():
                if entry is None:
                    self._rows.pop(slot, None)
                else:
                    self._rows[slot] = row_of(entry)
            self._turns |= changes.turns

    async def empty(self) -> None:
        """Remove all rows, people and list changes, if the journal is still this process's."""
        for table in ("rows", "people", "additions"):
            query = f"""
                DELETE FROM lemlist_{table} WHERE journal IN (
                    SELECT id FROM lemlist_journals WHERE id = %s AND epoch = %s FOR NO KEY UPDATE
                ) RETURNING 1
            """  # noqa: S608
            await self._fetch(query, (self._journal, self._epoch))

    async def _read_ahead(self) -> None:
        count = "SELECT count(*) FROM (SELECT FROM lemlist_rows WHERE journal = %s LIMIT %s) known"
        [(known,)] = await self._fetch(count, (self._journal, _FEW + 1))
        if known > _FEW:
            rows = await self._fetch(f"SELECT {_COLUMNS} FROM lemlist_rows WHERE journal = %s", (self._journal,))  # noqa: S608
            people = await self._fetch("SELECT identity, turn FROM lemlist_people WHERE journal = %s", (self._journal,))
            self._rows, self._turns = {row[0]: row for row in rows}, dict(people)

    async def _fetch(self, query: str, values: Any) -> list[tuple[Any, ...]]:
        """Run a statement to its end, even if the caller is cancelled."""
        return await uncut(asyncio.ensure_future(self._fetch_now(query, values)))

    async def _fetch_now(self, query: str, values: Any) -> list[tuple[Any, ...]]:
        async with self._using:
            with journal_errors(self.name):
                return await (await self._connection.execute(query.encode(), values, binary=True)).fetchall()

    async def _beat(self) -> None:
        """Renew the lease, or find out that it is lost. If the database is down, retry."""
        every = self._ttl / _BEATS_IN_TTL
        while not self.lost.is_set():
            await asyncio.sleep(every)
            with suppress(Error, OSError):
                async with self._using:
                    done = await self._connection.execute(_BEAT, (self._ttl, self._journal, self._epoch))
                if not done.rowcount:
                    self.lost.set()

    async def _let_go(self) -> None:
        with suppress(Error, OSError):
            async with self._using:
                await self._connection.execute(_LET_GO, (self._journal, self._epoch))
        await self._connection.close()

    def _lease_lost(self) -> LeaseLostError:
        return LeaseLostError(
            f"The journal {self.name} was taken over by another process, which continues the job: nothing more is"
            " sent from here."
        )


def _taken(row: tuple[int, int] | None, name: str) -> tuple[int, int]:
    if row is not None:
        return row
    error = JournalError(f"The journal {name} is in use by another process. Wait for it, or name another journal.")
    error.retryable = True
    raise error


def _arrays(changes: Changes) -> dict[str, Any]:
    """Return the values of a commit, a list for each column."""
    rows = [_without_nul(row_of(entry)) for entry in changes.entries.values() if entry is not None]
    additions = [(run, *astuple(addition)) for run, addition in changes.additions]
    return {
        **_columns(_NAMES, rows),
        **_columns(_ADDITION_NAMES, additions),
        "facts": Jsonb(changes.facts),
        "has_facts": bool(changes.facts),
        "forgotten": [slot for slot, entry in changes.entries.items() if entry is None],
        "identity": list(changes.turns),
        "person_turn": list(changes.turns.values()),
    }


def _columns(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) if rows else {name: [] for name in names}


def _without_nul(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row that PostgreSQL takes: its strings hold no NUL."""
    return tuple(value.replace("\0", "") if isinstance(value, str) else value for value in row)


def address(dsn: str) -> str:
    """Return what may be shown of a DSN: host, port and database.

    Raises:
        InvalidRequestError: it is not a connection string of PostgreSQL. The message does not show it.
    """
    try:
        known = conninfo_to_dict(dsn)
    except Error:
        raise InvalidRequestError("A DSN must look like postgresql://user@host/database.") from None
    return f"{known.get('host') or 'localhost'}:{known.get('port') or 5432}/{known.get('dbname') or ''}"


def conninfo(dsn: str) -> str:
    """Return a connection string with which half-open connections are noticed."""
    known = conninfo_to_dict(dsn)
    return make_conninfo(dsn, **{name: value for name, value in _KEPT_ALIVE.items() if name not in known})


async def connect(dsn: str) -> AsyncConnection:
    """Open a connection.

    Raises:
        JournalError: the database cannot be reached. The message names host and database, never the password.
    """
    shown = address(dsn)
    try:
        return await AsyncConnection.connect(conninfo(dsn), autocommit=True)
    except (Error, OSError) as error:
        kind = type(error).__name__
    unreachable = JournalError(f"PostgreSQL at {shown} cannot be reached, or refuses this DSN ({kind}).")
    unreachable.retryable = True
    raise unreachable


async def migrate_journals(connection: AsyncConnection) -> None:
    """Bring the tables of journals up to this version. Safe to repeat."""
    await connection.execute(SCHEMA.encode())


async def _check_schema(connection: AsyncConnection, dsn: str) -> None:
    advice = "run `lemlist-async worker migrate`"
    try:
        found = await (
            await connection.execute("SELECT version FROM lemlist_schema WHERE part = %s", (PART,))
        ).fetchone()
    except errors.UndefinedTable:
        found = None
    if found is None:
        raise JournalError(f"The database {address(dsn)} has no tables for journals: {advice}.")
    if found[0] != VERSION:
        help_ = advice if found[0] < VERSION else "upgrade lemlist-async on this machine"
        raise JournalError(
            f"The journals in {address(dsn)} are of version {found[0]}, this program's of {VERSION}: {help_}."
        )


@contextmanager
def journal_errors(name: str) -> Iterator[None]:
    """Turn errors of the database into a `JournalError` that may pass, without the values that they show."""
    try:
        yield
    except (Error, OSError) as error:
        failed = JournalError(
            f"The journal {name} cannot be read or written ({type(error).__name__}). Run the job again when the"
            " database is back: nothing that was done is lost."
        )
        failed.retryable = True
    else:
        return
    raise failed
