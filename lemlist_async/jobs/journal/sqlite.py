"""A journal in a file: SQLite on a thread of its own, so that a commit never holds the event loop."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from attrs import astuple, define, field

from lemlist_async.errors import JournalError
from lemlist_async.jobs.journal.entries import Addition, Entry, Listed
from lemlist_async.jobs.journal.files import HeldFile, fill, in_use
from lemlist_async.jobs.journal.store import Changes, Known, uncut
from lemlist_async.models.base import ApiWarning
from lemlist_async.privacy import redacted

FORMAT = "2"
MEMORY = ":memory:"

_TABLES = f"""
    BEGIN;
    CREATE TABLE job (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    INSERT INTO job VALUES ('format', '{FORMAT}');
    CREATE TABLE rows (
        slot BLOB PRIMARY KEY,
        fingerprint BLOB NOT NULL,
        contact_id TEXT,
        result TEXT NOT NULL,
        reason TEXT NOT NULL,
        warnings TEXT NOT NULL,
        run INTEGER NOT NULL,
        turn INTEGER NOT NULL,
        earlier_result TEXT NOT NULL,
        listed INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE people (identity BLOB PRIMARY KEY, turn INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE additions (
        run INTEGER NOT NULL, sent INTEGER NOT NULL, added INTEGER NOT NULL,
        added_max INTEGER NOT NULL, already INTEGER NOT NULL, unaccounted INTEGER NOT NULL
    );
    COMMIT;
"""  # noqa: S608
_OWN_TABLES = {"job", "rows", "people", "additions"}

T = TypeVar("T")


@define(eq=False)
class SqliteStore:
    """An open file that no other process can open meanwhile."""

    name: str
    _opened: _Opened = field(repr=False)
    _thread: ThreadPoolExecutor = field(repr=False)
    lost: asyncio.Event = field(factory=asyncio.Event, repr=False)

    @classmethod
    async def open(cls, path: str | Path | None) -> Self:
        """Open a file, or create a new one; None keeps it in memory.

        Raises:
            JournalError: it is damaged, not a journal, in use by another process, or cannot be written.
        """
        thread = ThreadPoolExecutor(1, thread_name_prefix="lemlist journal")
        opening = asyncio.ensure_future(asyncio.wrap_future(thread.submit(_open, path)))
        try:
            opened = await uncut(opening)
            return cls(opened.name, opened, thread)
        except BaseException:
            if opening.done() and not opening.cancelled() and opening.exception() is None:
                await uncut(asyncio.wrap_future(thread.submit(opening.result().close)))
            thread.shutdown(wait=False)
            raise

    async def aclose(self) -> None:
        """Close the file."""
        try:
            await self._do(self._opened.close)
        finally:
            self._thread.shutdown(wait=False)

    async def facts(self) -> Mapping[str, str]:
        """Return what is known about the job."""
        return await self._do(lambda: _facts(self._opened.db))

    async def last_turn(self) -> int:
        """Return the last turn of all rows, 0 if there is none."""
        latest = "SELECT max(turn) FROM (SELECT turn FROM rows UNION ALL SELECT turn FROM people)"
        return await self._do(lambda: self._opened.db.execute(latest).fetchone()[0] or 0)

    async def look_up(self, slots: Collection[bytes], identities: Collection[bytes]) -> Known:
        """Return what is known about these rows and people."""
        return await self._do(lambda: Known(self._entries(tuple(slots)), self._turns(tuple(identities))))

    async def additions(self, run: int) -> Addition:
        """Return the sum of a run's list changes."""
        sums = "total(sent), total(added), total(added_max), total(already), total(unaccounted)"
        query = f"SELECT {sums} FROM additions WHERE run = ?"  # noqa: S608
        sent, added, added_max, already, unaccounted = map(
            int, await self._do(lambda: self._opened.db.execute(query, [run]).fetchone())
        )
        return Addition(sent=sent, added=added, added_max=added_max, already=already, unaccounted=unaccounted)

    async def contents(self, count: int) -> AsyncIterator[Changes]:
        """Yield all that is kept of rows, people and list changes, so many at a time, as changes to an empty store."""
        slot = identity = b""
        while rows := await self._rows("rows", "slot", slot, count):
            slot = rows[-1][0]
            yield Changes(entries={row[0]: entry_of(row) for row in rows})
        while people := await self._rows("people", "identity", identity, count):
            identity = people[-1][0]
            yield Changes(turns=dict(people))
        yield Changes(additions=[(row[0], _addition(row)) for row in await self._rows("additions", "rowid", -1, -1)])

    async def commit(self, changes: Changes) -> None:
        """Make these changes, all or none of them."""
        await self._do(lambda: self._commit(changes))

    async def _rows(self, table: str, key: str, after: object, count: int) -> list[Any]:
        query = f"SELECT * FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT ?"  # noqa: S608
        return await self._do(lambda: self._opened.db.execute(query, [after, count]).fetchall())

    async def _do(self, work: Callable[[], T]) -> T:
        """Do work on the thread, to its end, even if the caller is cancelled."""

        def done() -> T:
            with journal_errors(self.name):
                return work()

        try:
            doing = self._thread.submit(done)
        except RuntimeError:
            raise JournalError(f"The journal {self.name} is closed: open it again with Journal.open.") from None
        return await uncut(asyncio.wrap_future(doing))

    def _entries(self, slots: tuple[bytes, ...]) -> dict[bytes, Entry]:
        marks = ",".join("?" * len(slots))
        return {
            row[0]: entry_of(row)
            for row in self._opened.db.execute(f"SELECT * FROM rows WHERE slot IN ({marks})", slots)  # noqa: S608
        }

    def _turns(self, identities: tuple[bytes, ...]) -> dict[bytes, int]:
        marks = ",".join("?" * len(identities))
        return dict(self._opened.db.execute(f"SELECT * FROM people WHERE identity IN ({marks})", identities))  # noqa: S608

    def _commit(self, changes: Changes) -> None:
        written = [row_of(entry) for entry in changes.entries.values() if entry is not None]
        forgotten = [(slot,) for slot, entry in changes.entries.items() if entry is None]
        additions = [(run, *astuple(addition)) for run, addition in changes.additions]
        self._opened.check_place()
        self._opened.db.execute("BEGIN IMMEDIATE")
        try:
            self._opened.db.executemany("INSERT OR REPLACE INTO job VALUES (?, ?)", changes.facts.items())
            self._opened.db.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", written)
            self._opened.db.executemany("DELETE FROM rows WHERE slot = ?", forgotten)
            self._opened.db.executemany("INSERT OR REPLACE INTO people VALUES (?, ?)", changes.turns.items())
            self._opened.db.executemany("INSERT INTO additions VALUES (?, ?, ?, ?, ?, ?)", additions)
            self._opened.db.execute("COMMIT")
        except BaseException:
            if self._opened.db.in_transaction:
                self._opened.db.execute("ROLLBACK")
            raise


def _facts(db: sqlite3.Connection) -> dict[str, str]:
    return dict(db.execute("SELECT key, value FROM job"))


def _open(path: str | Path | None) -> _Opened:
    """Open a file, checked and held for this process; None opens a database in memory."""
    name = MEMORY if path is None else str(path)
    with journal_errors(name):
        if path is None:
            db = _connected(MEMORY)
            db.executescript(_TABLES)
            return _Opened(name, db)
        file = HeldFile.hold(path, partial(fill, tables=_TABLES))
        try:
            return _Opened(name, _prepared(str(file.path), name), file)
        except BaseException:
            file.close()
            raise


@define(eq=False)
class _Opened:
    """A database, and the file in which it is."""

    name: str
    db: sqlite3.Connection
    _file: HeldFile | None = None

    def check_place(self) -> None:
        """Check that the file is still where it was opened."""
        if self._file is not None:
            self._file.check_place()

    def close(self) -> None:
        """Close the database, then release the file."""
        self.db.close()
        if self._file is not None:
            self._file.close()


def _connected(where: str) -> sqlite3.Connection:
    return sqlite3.connect(where, isolation_level=None, timeout=0.5, check_same_thread=False)


def _prepared(where: str, name: str) -> sqlite3.Connection:
    db = _connected(where)
    try:
        _prepare(db, name)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, where: str) -> None:
    """Check that the file is complete, ours and writable, and take it for this process."""
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    [(state,)] = db.execute("PRAGMA quick_check(1)").fetchall()
    if state != "ok":
        raise sqlite3.DatabaseError(state)
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "job" not in tables or (known := _facts(db).get("format", "")) != FORMAT or tables != _OWN_TABLES:
        raise JournalError(_not_ours(where, tables, known if "job" in tables else ""))
    # This shows before the first request that it can be written.
    db.execute("INSERT OR REPLACE INTO job VALUES ('opened', 'yes')")


def _not_ours(where: str, tables: set[str], known: str) -> str:
    if {"job", "rows", "additions"} <= tables and known.isdigit() and int(known) < int(FORMAT):
        return (
            f"{where} is not a journal of this version but of an older one. Finish its run with that version, or delete"
            " it, and the next run sends every row again, which is safe."
        )
    return f"{where} is not a journal of this version. Name another file."


def row_of(entry: Entry) -> tuple[Any, ...]:
    """Return an entry as a row of a table."""
    warnings = "[]"
    if entry.warnings:
        warnings = json.dumps([[one.code, redacted(one.message)] for one in entry.warnings])
    return (
        entry.slot,
        entry.fingerprint,
        entry.contact_id,
        entry.result,
        redacted(entry.reason),
        warnings,
        entry.run,
        entry.turn,
        entry.earlier_result,
        entry.listed,
    )


def entry_of(row: Sequence[Any]) -> Entry:
    """Return the entry of a row."""
    slot, fingerprint, contact_id, result, reason, warnings, run, turn, earlier_result, listed = row
    return Entry(
        slot=slot,
        fingerprint=fingerprint,
        contact_id=contact_id,
        result=result,
        reason=reason,
        warnings=() if warnings == "[]" else _warnings(warnings),
        run=run,
        turn=turn,
        earlier_result=earlier_result,
        listed=_LISTED[listed],
    )


def _addition(row: Sequence[int]) -> Addition:
    _, sent, added, added_max, already, unaccounted = row
    return Addition(sent=sent, added=added, added_max=added_max, already=already, unaccounted=unaccounted)


_LISTED = tuple(Listed)


def _warnings(text: str) -> tuple[ApiWarning, ...]:
    return tuple(ApiWarning(code=code, message=message) for code, message in json.loads(text))


@contextmanager
def journal_errors(name: str) -> Iterator[None]:
    """Turn errors of SQLite, of the disk and of damaged content into a `JournalError` that says what to do."""
    try:
        yield
    except (sqlite3.Error, OSError, ValueError, IndexError, TypeError) as error:
        if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise in_use(name) from error
        raise JournalError(f"The journal {name} {_trouble(error)}") from error


# Errors of the disk, not of its content.
_MENDABLE = ("SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_NOMEM", "SQLITE_PERM", "SQLITE_READONLY")


def _trouble(error: Exception) -> str:
    words, kind = str(error), getattr(error, "sqlite_errorname", "")
    if isinstance(error, OSError) or kind.startswith(_MENDABLE):
        return f"cannot be opened or written ({words}). Fix that and run the job again: nothing that was done is lost."
    return (
        f"is damaged ({words}). Restore it from a copy; or delete it, and the next run sends every row again, which is"
        " safe for the contacts but makes the counts of created contacts uncertain."
    )
