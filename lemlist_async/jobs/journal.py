"""The journal: what a job has done, on disk, in an order that makes `kill -9` at any point safe.

Before a row is handed to the network its intent is committed; once lemlist answered, its result is. What a killed
process leaves as an intent may have been applied: it is sent again, and `created` is then believed only where
lemlist says so. The same holds for list memberships. The file holds hashes, contact IDs and counts: no contact's data.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from enum import IntEnum
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

import aiosqlite
from attrs import asdict, define, field, frozen

from lemlist_async.errors import JournalError
from lemlist_async.models.base import ApiWarning
from lemlist_async.models.contacts import ContactInput
from lemlist_async.models.convert import contact_json
from lemlist_async.privacy import redacted

FORMAT = "1"

# The turn of a row that is being sent: later than every one that is in the journal.
NOW = 2**62

_TABLES = """
    BEGIN;
    CREATE TABLE job (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    INSERT INTO job VALUES ('format', '1');
    CREATE TABLE rows (
        slot BLOB PRIMARY KEY,
        fingerprint BLOB NOT NULL,
        contact_id TEXT,
        result TEXT NOT NULL,
        reason TEXT NOT NULL,
        warnings TEXT NOT NULL,
        run INTEGER NOT NULL,
        turn INTEGER NOT NULL,
        found TEXT NOT NULL,
        listed INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE additions (
        run INTEGER NOT NULL, sent INTEGER NOT NULL, added INTEGER NOT NULL,
        added_max INTEGER NOT NULL, already INTEGER NOT NULL, unaccounted INTEGER NOT NULL
    );
    COMMIT;
"""
_SEEN = (
    "CREATE TEMP TABLE seen (identity BLOB PRIMARY KEY, times INTEGER NOT NULL, turn INTEGER NOT NULL) WITHOUT ROWID"
)
_HEADER = b"SQLite format 3\0"
_INSERT = "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

T = TypeVar("T")
Change: TypeAlias = tuple[str, Sequence[tuple[Any, ...]]]
"""A statement, and the values for each time that it is carried out."""


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
        turn: when it was reached, counted in answers; of two rows of one person the later one is what lemlist holds.
        found: the result that this run had reached already when the row had to be sent once more, or `unknown` where an
            answer was lost with a killed process; unless lemlist says "created" now, it stays.
        listed: whether the contact is in the list.
    """

    slot: bytes
    fingerprint: bytes
    contact_id: str | None = None
    result: str = "intended"
    reason: str = ""
    warnings: tuple[ApiWarning, ...] = ()
    run: int = 0
    turn: int = 0
    found: str = ""
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
        after: the latest turn in this run of the person's rows that came before it in the input, 0 for none. What was
            sent before that is overwritten, and must be sent again.
        keys: of its identities.
    """

    slot: bytes
    after: int
    keys: Sequence[bytes]


@define(eq=False)
class Journal:
    """An open journal. One process at a time: a second one is refused."""

    path: str
    run: int = 0
    _db: aiosqlite.Connection = field(repr=False, kw_only=True)
    _turn: int = 0
    _transaction: asyncio.Lock = field(factory=asyncio.Lock, repr=False)

    @classmethod
    async def open(cls, path: str | Path | None) -> Self:
        """Open a journal, or make a new one; None keeps it in memory, for this run only.

        Raises:
            JournalError: it is damaged, no journal at all, in use by another process, or cannot be written.
        """
        opening = asyncio.ensure_future(cls._open(path))
        try:
            return await _uncut(opening)
        except asyncio.CancelledError:
            if not opening.cancelled() and opening.exception() is None:
                await opening.result().aclose()
            raise

    @classmethod
    async def _open(cls, path: str | Path | None) -> Self:
        where = ":memory:" if path is None else str(path)
        with _told(where):
            if path is not None:
                await asyncio.to_thread(_see_that_it_is_there, Path(path))
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
        await _uncut(asyncio.ensure_future(self._db.close()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def check(self, **facts: str) -> None:
        """See that the journal belongs to this job, as far as these facts of it tell.

        Raises:
            JournalError: it is of another job, file, list or team.
        """
        known = await self._facts()
        for name, value in facts.items():
            if known.get(name, value) != value:
                raise JournalError(
                    f"The journal {self.path} belongs to another {_SPOKEN[name]} ({known[name]!r}, not {value!r})."
                    " Name another journal, or delete it to start afresh."
                )

    async def begin(self, job: JobIdentity) -> None:
        """Begin a run of this job, or go on with the one that was not finished.

        Raises:
            JournalError: the journal is of another job, file, list or team.
        """
        await self.check(**asdict(job))
        known = await self._facts()
        self.run = int(known.get("run", 0)) + (known.get("open") != "yes")
        latest = await self._rows("SELECT max(turn) FROM rows WHERE run = ?", [self.run])
        self._turn = latest[0][0] or 0
        await self._change(("DELETE FROM seen", [()]))
        await self._remember({**asdict(job), "run": str(self.run), "open": "yes"})

    def next_turn(self) -> int:
        """Return the number of the answer that comes now."""
        self._turn += 1
        return self._turn

    async def finish(self) -> None:
        """Say that the run is complete: the next one begins anew, and sends what has changed by then."""
        await self._remember({"open": "no"})

    async def places(self, contacts: Sequence[ContactInput]) -> list[Place]:
        """Tell where these rows stand; they are those that come next in the input."""
        keys = [[_digest(name.encode(), value.encode()) for name, value in contact.identities] for contact in contacts]
        seen = await self._seen({key for several in keys for key in several})
        places = []
        for several in keys:
            known = [seen.get(key, (0, 0)) for key in several]
            times = known[0][0]
            places.append(
                Place(slot=_digest(several[0], b"%d" % times), after=max(turn for _, turn in known), keys=several)
            )
            for key, (times, turn) in zip(several, known, strict=True):
                seen[key] = (times + 1, turn)
        await self._note_seen(seen)
        return places

    async def note_turns(self, turns: Mapping[bytes, int]) -> None:
        """Remember when persons' rows were sent in this run, so that later ones are sent after them."""
        if turns:
            await self._change(
                ("UPDATE seen SET turn = max(turn, ?) WHERE identity = ?", [(at, key) for key, at in turns.items()])
            )

    async def look_up(self, slots: Sequence[bytes]) -> dict[bytes, Entry]:
        """Return what is known about these rows."""
        marks = ",".join("?" * len(slots))
        rows = await self._rows(f"SELECT * FROM rows WHERE slot IN ({marks})", slots)  # noqa: S608
        try:
            return {row[0]: _entry(row) for row in rows}
        except (TypeError, ValueError) as error:
            raise JournalError(f"The journal {self.path} {_trouble(error)}") from error

    async def write(self, entries: Iterable[Entry], *, addition: Addition | None = None) -> None:
        """Write entries, and the list change that they come from, all or none of them."""
        changes: list[Change] = [(_INSERT, [_row(entry) for entry in entries])]
        if addition is not None:
            changes.append(
                ("INSERT INTO additions VALUES (?, ?, ?, ?, ?, ?)", [(self.run, *asdict(addition).values())])
            )
        await self._change(*changes)

    async def forget(self, slots: Iterable[bytes]) -> None:
        """Remove entries: intents that were never carried out."""
        await self._change(("DELETE FROM rows WHERE slot = ?", [(slot,) for slot in slots]))

    async def additions(self) -> Addition:
        """Return the sum of this run's list changes, those before a restart included."""
        sums = "total(sent), total(added), total(added_max), total(already), total(unaccounted)"
        rows = await self._rows(f"SELECT {sums} FROM additions WHERE run = ?", [self.run])  # noqa: S608
        sent, added, added_max, already, unaccounted = map(int, rows[0])
        return Addition(sent=sent, added=added, added_max=added_max, already=already, unaccounted=unaccounted)

    async def _prepare(self) -> None:
        """Check that the file is whole, ours and writable, and take it for this process."""
        await self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        await self._db.execute("PRAGMA journal_mode = WAL")
        await self._db.execute("PRAGMA synchronous = FULL")
        if self.path == ":memory:":
            await self._db.executescript(_TABLES)
        [(state,)] = await self._rows("PRAGMA quick_check(1)")
        if state != "ok":
            raise sqlite3.DatabaseError(state)
        tables = {name for (name,) in await self._rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables != {"job", "rows", "additions"} or (await self._facts()).get("format") != FORMAT:
            raise JournalError(f"{self.path} is not a journal of this version. Name another file.")
        await self._remember({"opened": "yes"})  # shows now, before the first request, that it can be written
        await self._db.execute(_SEEN)

    async def _facts(self) -> dict[str, str]:
        return dict(await self._rows("SELECT key, value FROM job"))

    async def _remember(self, facts: Mapping[str, str]) -> None:
        await self._change(("INSERT OR REPLACE INTO job VALUES (?, ?)", list(facts.items())))

    async def _seen(self, identities: Iterable[bytes]) -> dict[bytes, tuple[int, int]]:
        keys = list(identities)
        marks = ",".join("?" * len(keys))
        rows = await self._rows(f"SELECT * FROM seen WHERE identity IN ({marks})", keys)  # noqa: S608
        return {key: (times, turn) for key, times, turn in rows}

    async def _note_seen(self, seen: Mapping[bytes, tuple[int, int]]) -> None:
        """Write what was seen, in one statement: as a transaction it took a tenth of a run with few changes."""
        if not seen:
            return
        marks = ",".join(["(?, ?, ?)"] * len(seen))
        values = [value for key, facts in seen.items() for value in (key, *facts)]
        async with self._transaction:
            await self._rows(f"INSERT OR REPLACE INTO seen VALUES {marks}", values)  # noqa: S608

    async def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with _told(self.path):
            return list(await self._db.execute_fetchall(query, values))

    async def _change(self, *changes: Change) -> None:
        """Make these changes, all or none of them, one transaction after the other."""
        if any(rows for _, rows in changes):
            await _uncut(asyncio.ensure_future(self._transact(changes)))

    async def _transact(self, changes: Iterable[Change]) -> None:
        async with self._transaction:
            with _told(self.path):
                try:
                    await self._db.execute("BEGIN IMMEDIATE")
                    for statement, rows in changes:
                        await self._db.executemany(statement, rows)
                    await self._db.commit()
                except BaseException:
                    await self._db.rollback()
                    raise


_SPOKEN = {"kind": "kind of job", "name": "file or job", "team": "team", "list_id": "list"}


async def _uncut(work: asyncio.Future[T]) -> T:
    """Await work that must not be cut in two; a cancellation is let through when it has ended.

    SQLite's thread goes on all the same, and a transaction that was begun must be ended.
    """
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():  # it takes milliseconds; however often one is cancelled
            with suppress(asyncio.CancelledError):
                await asyncio.wait({work})
        if not work.cancelled():
            work.exception()  # what the caller hears of is the cancellation
        raise


def _see_that_it_is_there(path: Path) -> None:
    """Put an empty journal in its place, whole, so that a file that is empty or half there is a damaged one."""
    if path.exists():
        _see_that_it_is_a_database(path)
        return
    if Path(f"{path}-wal").exists():
        raise sqlite3.DatabaseError("the file is gone, and only its -wal is there")
    new = path.with_name(f"{path.name}.{token_hex(4)}.new")  # another process may be making one, too
    try:
        with closing(sqlite3.connect(new)) as db:
            db.executescript(_TABLES)
        _put(new, path)
    finally:
        new.unlink(missing_ok=True)


def _put(new: Path, path: Path) -> None:
    """Give a file its name, unless another process was quicker."""
    try:
        os.link(new, path)  # unlike a renaming, it does not replace what another process has made meanwhile
    except FileExistsError:
        pass
    except OSError:  # this file system has no links
        new.rename(path)


def _see_that_it_is_a_database(path: Path) -> None:
    """Refuse what SQLite would take for a database that has just been made: a file that is empty, or nearly so."""
    with path.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            raise sqlite3.DatabaseError("file is not a database")


def fingerprint(contact: ContactInput) -> bytes:
    """Return a hash of what would be sent for this contact; the same for the same content, on every machine."""
    return _digest(json.dumps(contact_json(contact), sort_keys=True).encode())


def _digest(*parts: bytes) -> bytes:
    return blake2b(b"\0".join(parts), digest_size=16).digest()


def _row(entry: Entry) -> tuple[Any, ...]:
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
        entry.found,
        entry.listed,
    )


def _entry(row: tuple[Any, ...]) -> Entry:
    slot, mark, contact_id, result, reason, warnings, run, turn, found, listed = row
    return Entry(
        slot=slot,
        fingerprint=mark,
        contact_id=contact_id,
        result=result,
        reason=reason,
        warnings=() if warnings == "[]" else _warnings(warnings),
        run=run,
        turn=turn,
        found=found,
        listed=Listed(listed),
    )


def _warnings(text: str) -> tuple[ApiWarning, ...]:
    return tuple(ApiWarning(code=code, message=message) for code, message in json.loads(text))


class _told:  # noqa: N801 - reads as a statement
    """Turns SQLite's errors into a `JournalError` that says what to do."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, sqlite3.Error | OSError):
            raise JournalError(f"The journal {self._path} {_trouble(error)}") from error


# What concerns the disk and not what is on it.
_MENDABLE = ("SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_NOMEM", "SQLITE_PERM", "SQLITE_READONLY")


def _trouble(error: Exception) -> str:
    words, kind = str(error), getattr(error, "sqlite_errorname", "")
    if kind.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "is in use by another process. Wait for it, or name another journal."
    if isinstance(error, OSError) or kind.startswith(_MENDABLE):
        return f"cannot be opened or written ({words}). Mend that and run the job again: nothing done is forgotten."
    return (
        f"is damaged ({words}). Restore it from a copy; or delete it, and the next run sends every row again, which is"
        " safe for the contacts but makes the counts of created contacts uncertain."
    )
