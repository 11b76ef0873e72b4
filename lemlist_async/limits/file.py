"""The file of a host's window: some hundred bytes, changed under a lock that ends with its holder."""

from __future__ import annotations

import errno
import os
import stat
import time
import warnings
from contextlib import suppress
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from struct import Struct
from types import ModuleType
from zlib import crc32

from lemlist_async.limits.ledger import Grant, Ledger, Turn
from lemlist_async.limits.state import MOST_BYTES, WindowState, packed, unpacked

# The boot of the machine that the times belong to, the number of bytes of the state, and their checksum.
_HEAD = Struct("<8sHI")

# Seconds for which a file stays open: the folder may have been cleared, and others then use a new file.
_OPEN = 10.0

# Files that were not used for a day are removed, at most so many at a time.
_UNUSED = 86_400.0
_MOST_FILES = 1000

_PREFIX = "window-"


class LockedError(Exception):
    """Another user is changing the file right now."""


class WindowFile:
    """A window's state in a file, for one user. Nothing here waits for another process."""

    def __init__(self, name: str) -> None:
        self._name = f"{_PREFIX}{name}"
        self._path: Path | None = None
        self._fd: int | None = None
        self._opened_at = 0.0
        self._ledger = Ledger()

    def take(self, turn: Turn) -> Grant:
        """Take one turn of the window in the file.

        Raises:
            LockedError: another user is changing it right now.
            OSError: it cannot be created, read or written.
        """
        if self._fd is not None and turn.now - self._opened_at > _OPEN:
            self.close()
        fd = self._locked(turn.now) if self._fd is None else _lock(self._fd)
        try:
            self._ledger.state = _read(fd, turn.now)
            grant = self._ledger.take(turn)
            _write(fd, self._ledger.state)
        finally:
            _unlock(fd)
        return grant

    def users(self, user: int, now: float) -> int:
        """Return how many share the window, `user` included, without the lock, for when its holder keeps it."""
        others = [] if self._fd is None else _read(self._fd, now).users
        return 1 + sum(one.id != user for one in others)

    def close(self) -> None:
        """Close the file; it is opened again when it is needed."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _locked(self, now: float) -> int:
        """Open and lock the file; another one if this one was removed in between."""
        while True:
            self._fd, self._opened_at = self._open(), now
            fd = _lock(self._fd)
            if os.fstat(fd).st_nlink:
                return fd
            self.close()

    def _open(self) -> int:
        _locks()  # without them there is no file to open
        if self._path is not None:
            with suppress(FileNotFoundError):
                return _open(self._path)
        self._path = _folder() / self._name
        return _open(self._path)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _lock(fd: int) -> int:
    locks = _locks()
    try:
        locks.flock(fd, locks.LOCK_EX | locks.LOCK_NB)
    except BlockingIOError:
        raise LockedError from None
    return fd


def _unlock(fd: int) -> None:
    locks = _locks()
    locks.flock(fd, locks.LOCK_UN)


@cache
def _locks() -> ModuleType:
    try:
        return import_module("fcntl")
    except ImportError:  # Windows
        raise OSError(errno.ENOTSUP, "this platform has no flock") from None


def _read(fd: int, now: float) -> WindowState:
    """Return the state; an empty one if it is damaged, or of another boot of this machine."""
    data = os.pread(fd, _HEAD.size + MOST_BYTES, 0)
    if len(data) < _HEAD.size:
        return WindowState()
    boot, length, check = _HEAD.unpack_from(data)
    body = data[_HEAD.size : _HEAD.size + length]
    if boot != _boot() or crc32(body) != check:
        return WindowState()
    state = unpacked(body)
    return state if not state.hits or state.hits[-1] < now + 1 else WindowState()


def _write(fd: int, state: WindowState) -> None:
    body = packed(state)
    os.pwrite(fd, _HEAD.pack(_boot(), len(body), crc32(body)) + body, 0)


@cache
def _boot() -> bytes:
    """Return an ID of this boot of the machine, if the platform has one."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes()[:8]
    except OSError:
        return bytes(8)


def _folder() -> Path:
    """Return the folder of all windows, after removing unused ones.

    Raises:
        OSError: it cannot be created, or others may write into it.
    """
    from platformdirs import user_runtime_path  # noqa: PLC0415 - only those who share a window need it

    with warnings.catch_warnings():  # without a session there is no runtime directory, and a temporary one will do
        warnings.simplefilter("ignore")
        folder = user_runtime_path("lemlist_async", appauthor=False, ensure_exists=True)
    _check_private(folder)
    _clear(folder)
    return folder


def _check_private(folder: Path) -> None:
    folder.chmod(0o700)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "the folder is not this user's own", str(folder))


@cache
def _clear(folder: Path) -> None:
    """Remove the files that were not used for a day; once in a process."""
    with os.scandir(folder) as entries:
        for entry in islice(entries, _MOST_FILES):
            if entry.name.startswith(_PREFIX) and _is_unused(entry.stat(follow_symlinks=False)):
                _remove(Path(entry.path))


def _is_unused(facts: os.stat_result) -> bool:
    return time.time() - facts.st_mtime > _UNUSED


def _remove(path: Path) -> None:
    """Remove an unused file; a process that opened it just now notices that once it has the lock."""
    with suppress(OSError, LockedError):
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            if _is_unused(os.fstat(_lock(fd))):
                path.unlink()
        finally:
            os.close(fd)
