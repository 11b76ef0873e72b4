"""The protocol of a journal's store, and the changes of a commit."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Protocol, TypeVar

from attrs import define, field, frozen

from lemlist_async.jobs.journal.entries import Addition, Entry

T = TypeVar("T")


@frozen
class Known:
    """What a store knows about some rows and people.

    Attributes:
        entries: by slot.
        turns: by identity, when a row with it was last sent; only for those whose last row has another slot than
            the identity's first one.
    """

    entries: Mapping[bytes, Entry]
    turns: Mapping[bytes, int]


@define
class Changes:
    """The changes of one commit, which makes all of them or none.

    Attributes:
        facts: of the job, by name.
        entries: to be written, by slot; None for one to delete.
        turns: by identity, when a row with it was last sent.
        additions: answered list changes, with the run that made them.
    """

    facts: dict[str, str] = field(factory=dict)
    entries: dict[bytes, Entry | None] = field(factory=dict)
    turns: dict[bytes, int] = field(factory=dict)
    additions: list[tuple[int, Addition]] = field(factory=list)

    def write(self, entries: Iterable[Entry]) -> None:
        """Add entries; a later one replaces an earlier one of its slot."""
        self.entries.update((entry.slot, entry) for entry in entries)

    def forget(self, slots: Iterable[bytes]) -> None:
        """Add slots whose entries are deleted."""
        self.entries.update(dict.fromkeys(slots))

    def follow(self, later: Changes) -> None:
        """Add later changes."""
        self.facts |= later.facts
        self.entries |= later.entries
        self.turns |= later.turns
        self.additions += later.additions

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to commit."""
        return not (self.facts or self.entries or self.turns or self.additions)


class Store(Protocol):
    """A store of journals, for one process at a time. What is committed outlives the process and its machine.

    Every method raises a `JournalError` that says what to do if the store is damaged, taken or cannot be reached.

    Attributes:
        name: its name in messages, without a password.
        lost: set once another process has taken it over; never for a store that only one process can open.
    """

    name: str
    lost: asyncio.Event

    async def facts(self) -> Mapping[str, str]:
        """Return what is known about the job."""
        ...

    async def last_turn(self) -> int:
        """Return the last turn of all rows, 0 if there is none."""
        ...

    async def look_up(self, slots: Collection[bytes], identities: Collection[bytes]) -> Known:
        """Return what is known about these rows and people."""
        ...

    async def additions(self, run: int) -> Addition:
        """Return the sum of a run's list changes."""
        ...

    async def commit(self, changes: Changes) -> None:
        """Make these changes, all or none of them, also if the caller is cancelled meanwhile."""
        ...

    async def aclose(self) -> None:
        """Release it. What was committed stays."""
        ...


async def uncut(work: asyncio.Future[T]) -> T:
    """Await work that must not be interrupted; a cancellation is raised when it has ended."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():  # it takes milliseconds; however often one is cancelled
            with suppress(asyncio.CancelledError):
                await asyncio.wait({work})
        if not work.cancelled():
            work.exception()  # the caller gets the cancellation
        raise
