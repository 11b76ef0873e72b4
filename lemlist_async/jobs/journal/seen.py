"""The people that a run has seen so far, in a local temporary file, which ends with the process."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping

from attrs import field, frozen

_TABLE = "CREATE TABLE people (identity BLOB PRIMARY KEY, times INTEGER NOT NULL, turn INTEGER NOT NULL) WITHOUT ROWID"


def _temporary() -> sqlite3.Connection:
    """Open a database without a name: SQLite keeps it in memory while it is small, and removes its file when done."""
    db = sqlite3.connect("", isolation_level=None)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute(_TABLE)
    return db


@frozen
class Seen:
    """How often each identity came in the input, and the latest turn of its rows."""

    _db: sqlite3.Connection = field(factory=_temporary, repr=False)

    def of(self, identities: Collection[bytes]) -> dict[bytes, tuple[int, int]]:
        """Return times and turn for each identity: 0 and 0 for a new one."""
        marks = ",".join("?" * len(identities))
        rows = self._db.execute(f"SELECT * FROM people WHERE identity IN ({marks})", tuple(identities))  # noqa: S608
        return dict.fromkeys(identities, (0, 0)) | {key: (times, turn) for key, times, turn in rows}

    def note(self, people: Mapping[bytes, tuple[int, int]]) -> None:
        """Store times and turn for each identity."""
        values = [value for key, facts in people.items() for value in (key, *facts)]
        marks = ",".join(["(?, ?, ?)"] * len(people))
        if people:
            self._db.execute(f"INSERT OR REPLACE INTO people VALUES {marks}", values)  # noqa: S608

    def clear(self) -> None:
        """Forget everyone: the input is read from its beginning."""
        self._db.execute("DELETE FROM people")

    def close(self) -> None:
        """Remove the file."""
        self._db.close()
