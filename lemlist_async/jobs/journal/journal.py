"""The journal: what a job has done, in an order that makes `kill -9` at any point safe.

Before a row is handed to the network its intent is committed; after lemlist's answer, its result is. An intent that a
killed process leaves may have been applied: the row is sent again, and counts as created only if lemlist then says
so. The same holds for list memberships.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Self

from attrs import asdict, define, field

from lemlist_async.errors import InvalidRequestError, JobRefusedError, JournalError
from lemlist_async.jobs.journal.entries import Addition, Entry, Hashes, JobIdentity
from lemlist_async.jobs.journal.seen import Seen
from lemlist_async.jobs.journal.sqlite import SqliteStore
from lemlist_async.jobs.journal.store import Changes, Known, Store, uncut
from lemlist_async.spelling import is_dsn

_DATABASES = {("postgresql:",), ("postgres:",)}  # how a `Path` of their URLs begins
_SPOKEN = {"kind": "kind of job", "name": "file or job", "team": "team", "list_id": "list or campaign"}


@define(eq=False)
class Journal:
    """An open journal. One process at a time: a second one is refused.

    Attributes:
        run: the number of the current run.
        hashes: make its keys and fingerprints.
        seen: the people that this run has seen in its input.
        commits: how many transactions were made.
    """

    _store: Store = field(repr=False)
    hashes: Hashes = field(repr=False, kw_only=True)
    run: int = 0
    commits: int = 0
    seen: Seen = field(factory=Seen, repr=False)
    _turn: int = 0
    _waiting: list[_Commit] = field(factory=list, repr=False)
    _committing: asyncio.Lock = field(factory=asyncio.Lock, repr=False)

    @classmethod
    async def open(cls, path: str | Path | None, *, name: str = "journal", ttl: float = 30.0) -> Self:
        """Open a journal, or create a new one; None keeps it in memory, for this run only.

        Args:
            path: of a file, or `postgresql://…` for a journal that several machines share (extra `postgres`).
            name: which of the database's journals; a file holds one.
            ttl: seconds without a sign of life after which another process may take over a database's journal.

        Raises:
            InvalidRequestError: `path` is something else.
            JournalError: it is damaged, not a journal, in use by another process, or cannot be written.
        """
        if not isinstance(path, str | Path | None):
            raise InvalidRequestError("A journal is a path, postgresql://…, or None to keep none.")
        if isinstance(path, Path) and path.parts[:1] in _DATABASES:
            raise InvalidRequestError("A database's URL must be a string: a Path drops one of its slashes.")
        if is_dsn(path):
            from lemlist_async.jobs.journal.postgres import PostgresStore  # noqa: PLC0415 - an extra

            return await cls.over(await PostgresStore.open(str(path), name, ttl=ttl))
        return await cls.over(await SqliteStore.open(path))

    @classmethod
    async def over(cls, store: Store) -> Self:
        """Return the journal that is kept in an open store."""
        try:
            salt = (await store.facts()).get("salt")
            if salt is None:
                salt = token_hex(16)
                await store.commit(Changes(facts={"salt": salt}))
        except BaseException:
            await store.aclose()
            raise
        return cls(store, hashes=Hashes(bytes.fromhex(salt)))

    @property
    def path(self) -> str:
        """Its name in messages: its path."""
        return self._store.name

    @property
    def lost(self) -> asyncio.Event:
        """Set once another process has taken it over: nothing more must be sent."""
        return self._store.lost

    async def aclose(self) -> None:
        """Close it. Everything is committed already."""
        self.seen.close()
        await self._store.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def check(self, **facts: str) -> None:
        """Check that the journal belongs to this job, as far as these facts show.

        Raises:
            JournalError: it is of another job, file, list or team.
        """
        known = await self._store.facts()
        for name, value in facts.items():
            if known.get(name, value) != value:
                raise JournalError(
                    f"The journal {self.path} belongs to another {_SPOKEN[name]} ({known[name]!r}, not {value!r})."
                    " Name another journal, or delete it to start over."
                )

    async def check_no_list(self, name: str) -> None:
        """Check that the journal belongs to no list yet, before a new one is made.

        Raises:
            JournalError: it belongs to one.
        """
        known = (await self._store.facts()).get("list_id")
        if known is not None:
            raise JournalError(
                f"The journal {self.path} belongs to another list ({known!r}), and there is none called {name!r}."
                " Nothing was created. Name another journal, or delete it to start over."
            )

    async def check_encoding(self, encoding: str, *, is_given: bool) -> None:
        """Check that a file was read like last time; record how it was read.

        Raises:
            JobRefusedError: its characters were decoded differently last time.
        """
        before = (await self._store.facts()).get("encoding", encoding)
        if not is_given and _characters(before) != _characters(encoding):
            raise JobRefusedError(
                f"The file was read as {before} by the last run and as {encoding} now, so its characters differ."
                " Nothing was sent. Name the right encoding, or save the file as UTF-8 and name that."
            )
        await self._commit(Changes(facts={"encoding": encoding} if encoding else {}))

    async def begin(self, job: JobIdentity) -> None:
        """Begin a run of this job, or continue the one that was not finished.

        Raises:
            JournalError: the journal is of another job, file, list or team.
        """
        await self.check(**asdict(job))
        known = await self._store.facts()
        self.run = int(known.get("run", 0)) + (known.get("open") != "yes")
        self._turn = await self._store.last_turn()
        self.seen.clear()
        await self._commit(Changes(facts={**asdict(job), "run": str(self.run), "open": "yes"}))

    def next_turn(self) -> int:
        """Return the number of the row that is sent now."""
        self._turn += 1
        return self._turn

    async def finish(self) -> None:
        """Record that the run is complete: the next one starts over, and sends what has changed by then."""
        await self._commit(Changes(facts={"open": "no"}))

    async def noted(self, name: str) -> str:
        """Return what was recorded under this name; None if nothing was."""
        return (await self._store.facts()).get(name, "")

    async def note(self, **facts: str) -> None:
        """Record something about the job."""
        await self._commit(Changes(facts=facts))

    async def look_up(self, slots: Collection[bytes], identities: Collection[bytes] = ()) -> Known:
        """Return what is known about these rows and people."""
        return await self._store.look_up(slots, identities)

    async def write(
        self,
        entries: Iterable[Entry],
        *,
        turns: Mapping[bytes, int] | None = None,
        addition: Addition | None = None,
        forget: Iterable[bytes] = (),
    ) -> None:
        """Write entries and what belongs to them, in one commit.

        Args:
            entries: of rows.
            turns: by identity, when a row with it is sent.
            addition: the list change that the entries come from.
            forget: the slots of rows that were never sent.
        """
        changes = Changes(turns=dict(turns or {}), additions=[] if addition is None else [(self.run, addition)])
        changes.write(entries)
        changes.forget(forget)
        await self._commit(changes)

    async def additions(self) -> Addition:
        """Return the sum of this run's list changes, those before a restart included."""
        return await self._store.additions(self.run)

    async def _commit(self, changes: Changes) -> None:
        """Commit changes together with all others that wait: they collect during a commit."""
        if changes.is_empty:
            return
        mine = _Commit(changes)
        self._waiting.append(mine)
        async with self._committing:
            if not mine.is_done:
                await uncut(asyncio.ensure_future(self._commit_waiting()))
        if mine.error is not None:
            raise mine.error

    async def _commit_waiting(self) -> None:
        together, self._waiting = self._waiting, []
        changes = Changes()
        for one in together:
            changes.follow(one.changes)
            one.is_done = True
        try:
            await self._store.commit(changes)
        except BaseException as error:  # noqa: BLE001 - whoever's changes they were hears of it
            for one in together:
                one.error = error
        self.commits += 1


def _characters(encoding: str) -> str:
    """Return the character set of an encoding: it is the same for all of Unicode's."""
    name = encoding.lower().replace("_", "-")
    return "unicode" if name.startswith("utf") else name


@define(eq=False)
class _Commit:
    """Changes that wait for their commit."""

    changes: Changes
    is_done: bool = False
    error: BaseException | None = None
