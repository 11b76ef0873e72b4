"""The journal: what a job has done, on disk, in an order that makes `kill -9` at any point safe.

Before a row is handed to the network its intent is committed; once lemlist answered, its result is. What a killed
process leaves as an intent may have been applied: it is sent again, and `created` is then believed only where
lemlist says so. The same holds for list memberships. The file holds hashes, contact IDs and counts: no contact's data.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import IntEnum
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiosqlite
from attrs import asdict, define, evolve, field, frozen

from lemlist_async.convert import contact_json
from lemlist_async.errors import JournalError
from lemlist_async.models import ApiWarning, ContactInput

FORMAT = 1

_TABLES = """
    CREATE TABLE job (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE rows (
        slot BLOB PRIMARY KEY,
        fingerprint BLOB NOT NULL,
        contact_id TEXT,
        result TEXT NOT NULL,
        reason TEXT NOT NULL,
        warnings TEXT NOT NULL,
        run INTEGER NOT NULL,
        listed INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE additions (
        run INTEGER NOT NULL, sent INTEGER NOT NULL, added INTEGER NOT NULL,
        added_max INTEGER NOT NULL, already INTEGER NOT NULL, unaccounted INTEGER NOT NULL
    );
"""
_SEEN = (
    "CREATE TEMP TABLE seen (identity BLOB PRIMARY KEY, times INTEGER NOT NULL, sent INTEGER NOT NULL) WITHOUT ROWID"
)


class Listed(IntEnum):
    """Whether a contact is in the job's list, as far as the journal knows."""

    NO = 0
    PERHAPS = 1
    YES = 2


@frozen(kw_only=True)
class JobIdentity:
    """What a journal belongs to. Another value in any of these is another job."""

    kind: str
    name: str
    team: str
    list_id: str


@frozen(kw_only=True)
class Entry:
    """What the journal knows about one row.

    Attributes:
        slot: the row's place: its identity, and how often that came before in the input.
        fingerprint: of what was sent.
        result: `intended`, `created`, `updated`, `unknown` or `rejected`.
        reason: why lemlist refused it.
        run: the number of the run in which the result was reached.
    """

    slot: bytes
    fingerprint: bytes
    contact_id: str | None = None
    result: str = "intended"
    reason: str = ""
    warnings: tuple[ApiWarning, ...] = ()
    run: int = 0
    listed: Listed = Listed.NO

    @property
    def is_settled(self) -> bool:
        """Whether lemlist's answer is known."""
        return self.result != "intended"


@frozen(kw_only=True)
class Addition:
    """One answered list change: the least and the most that it can have added."""

    sent: int
    added: int
    added_max: int
    already: int
    unaccounted: int


@frozen(kw_only=True)
class Place:
    """Where a row stands among those of the same person.

    Attributes:
        slot: the key of its entry.
        follows_sent: whether an earlier row of this person was sent in this run; then this one must be, too.
    """

    slot: bytes
    follows_sent: bool


@define(eq=False)
class Journal:
    """An open journal. One process at a time: a second one is refused."""

    path: str
    run: int = 0
    _db: aiosqlite.Connection = field(repr=False, kw_only=True)
    _transaction: asyncio.Lock = field(factory=asyncio.Lock, repr=False)

    @classmethod
    async def open(cls, path: str | Path | None) -> Self:
        """Open a journal, or make a new one; None keeps it in memory, for this run only.

        Raises:
            JournalError: it is damaged, no journal at all, in use by another process, or cannot be written.
        """
        where = ":memory:" if path is None else str(path)
        with _told(where):
            db = await aiosqlite.connect(where, isolation_level=None, timeout=0.5)
            journal = cls(where, db=db)
            try:
                await journal._prepare()
            except BaseException:
                await db.close()
                raise
        return journal

    async def aclose(self) -> None:
        """Close the file. What was done is in it already."""
        await self._db.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def begin(self, job: JobIdentity) -> None:
        """Begin a run of this job, or go on with the one that was not finished.

        Raises:
            JournalError: the journal is of another job, file, list or team.
        """
        known = await self._facts()
        for name, value in asdict(job).items():
            if known.get(name, value) != value:
                raise JournalError(
                    f"The journal {self.path} belongs to another {_SPOKEN[name]} ({known[name]!r}, not {value!r})."
                    " Name another journal, or delete it to start afresh."
                )
        self.run = int(known.get("run", 0)) + (known.get("open") != "yes")
        await self._remember({**asdict(job), "run": str(self.run), "open": "yes"})

    async def finish(self) -> None:
        """Say that the run is complete: the next one begins anew, and sends what has changed by then."""
        await self._remember({"open": "no"})

    async def places(self, contacts: Sequence[ContactInput]) -> list[Place]:
        """Tell where these rows stand; they are those that come next in the input."""
        keys = [[_digest(name, value) for name, value in contact.identities] for contact in contacts]
        seen = await self._seen({key for several in keys for key in several})
        places = []
        for several in keys:
            times, _ = seen.get(several[0], (0, False))
            places.append(
                Place(
                    slot=_digest(several[0], times),
                    follows_sent=any(seen.get(key, (0, False))[1] for key in several),
                )
            )
            for key in several:
                seen[key] = (times + 1, seen.get(key, (0, False))[1])
        await self._note_seen((key, *facts) for key, facts in seen.items())
        return places

    async def note_sent(self, identities: Iterable[tuple[str, str]]) -> None:
        """Remember who is sent in this run, so that later rows of the same person are sent after them."""
        keys = [(_digest(name, value),) for name, value in identities]
        async with self._write() as db:
            await db.executemany("UPDATE seen SET sent = 1 WHERE identity = ?", keys)

    async def look_up(self, slots: Sequence[bytes]) -> dict[bytes, Entry]:
        """Return what is known about these rows."""
        marks = ",".join("?" * len(slots))
        with _told(self.path):
            found = await self._db.execute_fetchall(f"SELECT * FROM rows WHERE slot IN ({marks})", slots)  # noqa: S608
        return {row[0]: _entry(tuple(row)) for row in found}

    async def write(self, entries: Iterable[Entry], *, addition: Addition | None = None) -> None:
        """Write entries, and the list change that they come from, all or none of them."""
        rows = [_row(entry) for entry in entries]
        async with self._write() as db:
            await db.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            if addition is not None:
                values = (self.run, *asdict(addition).values())
                await db.execute("INSERT INTO additions VALUES (?, ?, ?, ?, ?, ?)", values)

    async def forget(self, slots: Iterable[bytes]) -> None:
        """Remove entries: intents that were never carried out."""
        async with self._write() as db:
            await db.executemany("DELETE FROM rows WHERE slot = ?", [(slot,) for slot in slots])

    async def additions(self) -> Addition:
        """Return the sum of this run's list changes, those before a restart included."""
        sums = "total(sent), total(added), total(added_max), total(already), total(unaccounted)"
        with _told(self.path):
            rows = await self._db.execute_fetchall(f"SELECT {sums} FROM additions WHERE run = ?", (self.run,))  # noqa: S608
        sent, added, added_max, already, unaccounted = (int(value) for value in next(iter(rows)))
        return Addition(sent=sent, added=added, added_max=added_max, already=already, unaccounted=unaccounted)

    async def _prepare(self) -> None:
        """Check that the file is whole, ours and writable, and take it for this process."""
        await self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        await self._db.execute("PRAGMA journal_mode = WAL")
        await self._db.execute("PRAGMA synchronous = FULL")
        rows = await self._db.execute_fetchall("PRAGMA quick_check(1)")
        if tuple(next(iter(rows))) != ("ok",):
            raise sqlite3.DatabaseError(next(iter(rows))[0])
        tables = {
            row[0] for row in await self._db.execute_fetchall("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        if not tables:
            await self._db.executescript(f"BEGIN; {_TABLES} COMMIT;")
            await self._remember({"format": str(FORMAT)})
        elif tables != {"job", "rows", "additions"} or (await self._facts()).get("format") != str(FORMAT):
            raise JournalError(f"{self.path} is not a journal of this version. Name another file.")
        await self._remember({"opened": "yes"})  # shows now, before the first request, that it can be written
        await self._db.execute(_SEEN)

    async def _facts(self) -> dict[str, str]:
        with _told(self.path):
            return {row[0]: row[1] for row in await self._db.execute_fetchall("SELECT key, value FROM job")}

    async def _remember(self, facts: Mapping[str, str]) -> None:
        async with self._write() as db:
            await db.executemany("INSERT OR REPLACE INTO job VALUES (?, ?)", list(facts.items()))

    async def _seen(self, identities: Iterable[bytes]) -> dict[bytes, tuple[int, bool]]:
        keys = list(identities)
        marks = ",".join("?" * len(keys))
        with _told(self.path):
            rows = await self._db.execute_fetchall(f"SELECT * FROM seen WHERE identity IN ({marks})", keys)  # noqa: S608
        return {row[0]: (row[1], bool(row[2])) for row in rows}

    async def _note_seen(self, rows: Iterable[tuple[bytes, int, bool]]) -> None:
        async with self._write() as db:
            await db.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", list(rows))

    @asynccontextmanager
    async def _write(self) -> AsyncIterator[aiosqlite.Connection]:
        """Make what is written inside one transaction."""
        async with self._transaction:
            with _told(self.path):
                await self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                except BaseException:
                    await self._db.rollback()
                    raise
                await self._db.commit()


_SPOKEN = {"kind": "kind of job", "name": "file or job", "team": "team", "list_id": "list"}


def fingerprint(contact: ContactInput) -> bytes:
    """Return a hash of what would be sent for this contact; the same for the same content, on every machine."""
    return _digest(json.dumps(contact_json(contact), sort_keys=True, ensure_ascii=False))


def renewed(entry: Entry, **changes: Any) -> Entry:
    """Return the entry with these changes."""
    return evolve(entry, **changes)


def _digest(*parts: str | bytes | int) -> bytes:
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        digest.update(len(data).to_bytes(4, "big") + data)
    return digest.digest()


def _row(entry: Entry) -> tuple[Any, ...]:
    warnings = json.dumps([[one.code, one.message] for one in entry.warnings])
    return (
        entry.slot,
        entry.fingerprint,
        entry.contact_id,
        entry.result,
        entry.reason,
        warnings,
        entry.run,
        entry.listed,
    )


def _entry(row: tuple[Any, ...]) -> Entry:
    slot, mark, contact_id, result, reason, warnings, run, listed = row
    return Entry(
        slot=slot,
        fingerprint=mark,
        contact_id=contact_id,
        result=result,
        reason=reason,
        warnings=tuple(ApiWarning(code=code, message=message) for code, message in json.loads(warnings)),
        run=run,
        listed=Listed(listed),
    )


class _told:  # noqa: N801 - reads as a statement
    """Turns SQLite's errors into a `JournalError` that says what to do."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, sqlite3.Error):
            raise JournalError(f"The journal {self._path} {_trouble(error)}") from error


def _trouble(error: sqlite3.Error) -> str:
    words = str(error)
    if "locked" in words or "busy" in words:
        return "is in use by another process. Wait for it, or name another journal."
    if isinstance(error, sqlite3.OperationalError):
        return f"cannot be opened or written ({words}). Mend that and run the job again: nothing done is forgotten."
    return (
        f"is damaged ({words}). Restore it from a copy; or delete it, and the next run sends every row again, which is"
        " safe for the contacts but makes the counts of created contacts uncertain."
    )
