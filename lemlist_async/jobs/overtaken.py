"""Rows of one person: their order, and which of them waits for a later one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from lemlist_async.jobs.journal.entries import Entry
from lemlist_async.jobs.states import KnownRow
from lemlist_async.models.contacts import Contact
from lemlist_async.rows.row import Row


@define(eq=False)
class RowFacts:
    """What is known about a row, to decide about it.

    Attributes:
        value: what would be sent.
        slot: the key of its entry.
        fingerprint: of what would be sent.
        last_sent: by identity, in the value's order, when a row with it was last sent, as far as the journal knows.
        latest: the last of those times.
        is_first: whether it is the first row with its first identity: its own entry then tells when that was sent.
        entry: what the journal knows about the row.
        held: what lemlist holds, if that was looked up.
    """

    row: Row
    value: Any
    slot: bytes
    fingerprint: bytes
    last_sent: Mapping[bytes, int]
    is_first: bool
    entry: Entry | None
    held: Contact | None = None
    latest: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.latest = max(self.last_sent.values())

    @property
    def turn(self) -> int:
        """When it was last sent, 0 if that is unknown."""
        return 0 if self.entry is None else self.entry.turn

    @property
    def is_overtaken(self) -> bool:
        """Whether another row of the person was sent after this one."""
        return self.latest > self.turn


@define(eq=False)
class OvertakenRow:
    """A row as it was sent before, after which another row of the same person was sent.

    Attributes:
        last_sent: when the person's last row was sent.
    """

    known: KnownRow
    facts: RowFacts
    last_sent: int


@define(eq=False)
class OvertakenRows:
    """Rows that wait for the person's last row. If that one has left the input, they must be sent again."""

    _rows: dict[OvertakenRow, None] = field(factory=dict)
    _by_identity: dict[bytes, dict[OvertakenRow, None]] = field(factory=dict)

    def came(self, facts: RowFacts, turn: int) -> list[KnownRow]:
        """Record a row that was sent at this turn, and return those that waited for it."""
        if not self._rows:
            return []
        free = [row for row in self._of(facts) if row.last_sent <= turn]
        for row in free:
            del self._rows[row]
            for identity in row.facts.last_sent:
                del self._by_identity[identity][row]
        return [row.known for row in free]

    def last_sent(self, facts: RowFacts) -> int:
        """Return when the person's last row was sent, as far as this row and the waiting ones show."""
        if not self._rows:
            return facts.latest
        return max([facts.latest, *(row.last_sent for row in self._of(facts))])

    def wait(self, known: KnownRow, facts: RowFacts, last_sent: int) -> None:
        """Add a row that has to wait."""
        row = OvertakenRow(known, facts, last_sent)
        self._rows[row] = None
        for identity in facts.last_sent:
            self._by_identity.setdefault(identity, {})[row] = None

    def left(self) -> list[OvertakenRow]:
        """Return those whose last row did not come, in the order of the input."""
        return list(self._rows)

    def _of(self, facts: RowFacts) -> list[OvertakenRow]:
        """Return the rows of a person that wait."""
        waiting = (self._by_identity.get(identity, {}) for identity in facts.last_sent)
        return list({row: None for rows in waiting for row in rows})
