"""Rows of one person: in which order they were sent, and which of them waits for a later one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import define, field

from lemlist_async.jobs.journal.entries import Entry
from lemlist_async.jobs.progress import KnownRow
from lemlist_async.models.contacts import Contact, ContactInput
from lemlist_async.rows.row import Row


@define(eq=False)
class RowFacts:
    """What there is to decide by about one row.

    Attributes:
        slot: the key of its entry.
        fingerprint: of what would be sent.
        last_sent: by identity, in the contact's order, when a row with it was last sent, as far as the journal knows.
        is_first: whether it is the first row with its first identity: its own entry then tells when that was sent.
        entry: what the journal knows about the row.
        held: what lemlist holds, if that was looked up.
    """

    row: Row
    contact: ContactInput
    slot: bytes
    fingerprint: bytes
    last_sent: Mapping[bytes, int]
    is_first: bool
    entry: Entry | None
    held: Contact | None = None

    @property
    def turn(self) -> int:
        """When it was last sent, 0 if that is not known."""
        return 0 if self.entry is None else self.entry.turn

    @property
    def is_overtaken(self) -> bool:
        """Whether another row of the person was sent after this one."""
        return max(self.last_sent.values()) > self.turn


@define(eq=False)
class OvertakenRow:
    """A row as it was sent before, after which another row of the same person was sent.

    Attributes:
        missing: the identities of which the later row has not come yet in this input, and when it was sent.
    """

    known: KnownRow
    facts: RowFacts
    missing: dict[bytes, int]


@define(eq=False)
class OvertakenRows:
    """Rows that wait for the person's later row. If that one has left the input, they must be sent again."""

    _by_identity: dict[bytes, list[OvertakenRow]] = field(factory=dict)

    def wait(self, row: OvertakenRow) -> None:
        """Take in a row that is to wait."""
        for identity in row.missing:
            self._by_identity.setdefault(identity, []).append(row)

    def came(self, identities: Iterable[bytes], turn: int) -> list[KnownRow]:
        """Note a row that was sent at this turn, and return those that waited for it and for no other one."""
        if not self._by_identity:
            return []
        return [
            row.known
            for identity in identities
            for row in self._by_identity.pop(identity, ())
            if self._is_free(row, identity, turn)
        ]

    def left(self) -> list[OvertakenRow]:
        """Return those whose later row did not come, in the order of the input."""
        rows = {id(row): row for waiting in self._by_identity.values() for row in waiting}
        self._by_identity.clear()
        return sorted(rows.values(), key=lambda row: row.facts.row.number)

    def _is_free(self, row: OvertakenRow, identity: bytes, turn: int) -> bool:
        if turn < row.missing[identity]:
            self._by_identity.setdefault(identity, []).append(row)
            return False
        del row.missing[identity]
        return not row.missing
