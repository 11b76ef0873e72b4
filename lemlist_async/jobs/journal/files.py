"""The file of a journal: created completely, readable only by its owner, and held by one process."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from secrets import token_hex
from typing import Self

from attrs import define

from lemlist_async.errors import JournalError

_HEADER = b"SQLite format 3\0"
_OWNER_ONLY = 0o600


@define(eq=False)
class HeldFile:
    """A file that can be opened as a journal only once at a time, in all processes.

    SQLite's own locks belong to the process: opening and closing the file a second time in it drops them. This lock
    belongs to the descriptor.
    """

    path: Path
    _descriptor: int

    @classmethod
    def hold(cls, path: str | Path, make: Callable[[Path], None]) -> Self:
        """Open a journal's file, or create a new one completely.

        Raises:
            JournalError: it is in use, or is not a file.
            sqlite3.DatabaseError: it is damaged.
            OSError: it cannot be opened.
        """
        if str(path) == ":memory:":
            raise JournalError("A journal in memory has no name: pass None, or the path of a file.")
        real = Path(os.path.realpath(path))  # the target of a link is created and held
        _make_unless_there(real, make)
        if not stat.S_ISREG(real.stat().st_mode):
            raise JournalError(f"The journal {path} is not a file. Name another one.")
        held = cls(real, os.open(real, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)))
        try:
            held._lock(str(path))
            held._check(str(path))
        except BaseException:
            held.close()
            raise
        return held

    def close(self) -> None:
        """Release it. The database must be closed before: closing a descriptor drops SQLite's own locks."""
        os.close(self._descriptor)

    def check_place(self) -> None:
        """Check that the file is still where it was opened.

        Raises:
            JournalError: it was deleted or replaced; what is written to it is lost.
        """
        held = os.fstat(self._descriptor)
        try:
            found = self.path.stat()
        except OSError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != (held.st_dev, held.st_ino):
            raise JournalError(
                f"The journal {self.path} was deleted or replaced while the job was running. Put it back if you can;"
                " without it the next run sends every row again, which is safe."
            )

    def _lock(self, name: str) -> None:
        with suppress(ImportError):  # Windows, where no lock is dropped
            import fcntl  # noqa: PLC0415

            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise in_use(name) from None

    def _check(self, name: str) -> None:
        """Refuse a file of another kind; and an empty, or nearly empty, one, which SQLite would take for a new one."""
        head = os.pread(self._descriptor, len(_HEADER), 0)
        if head != _HEADER:
            if head.strip(b"\0"):
                raise JournalError(f"{name} is not a journal but a file of another kind. Name another one.")
            raise sqlite3.DatabaseError("file is not a database")
        mode = stat.S_IMODE(os.fstat(self._descriptor).st_mode)
        if mode & ~0o700:  # made by an older version, or copied
            with suppress(OSError):
                self.path.chmod(mode & 0o700)


def in_use(name: str) -> JournalError:
    """Return the error for a journal that another process holds; waiting helps."""
    error = JournalError(f"The journal {name} is in use by another process. Wait for it, or name another journal.")
    error.retryable = True
    return error


def _make_unless_there(path: Path, make: Callable[[Path], None]) -> None:
    """Put a complete new journal in its place, so that an empty or partial file is a damaged one."""
    if path.exists():
        return
    if Path(f"{path}-wal").exists():
        raise sqlite3.DatabaseError("the file is gone, and only its -wal is there")
    new = path.with_name(f"{path.name}.{token_hex(4)}.new")  # another process may be creating one, too
    try:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, _OWNER_ONLY))
        make(new)
        _put(new, path)
    finally:
        new.unlink(missing_ok=True)


def _put(new: Path, path: Path) -> None:
    """Give a file its name, unless another process did so first."""
    try:
        os.link(new, path)  # unlike a rename, it does not replace what another process has created meanwhile
    except FileExistsError:
        pass
    except OSError:  # this file system has no links
        new.rename(path)


def fill(path: Path, tables: str) -> None:
    """Create the tables of a database."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(tables)
