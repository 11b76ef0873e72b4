"""The window of a host: all processes of a user with the same key and base URL share it, through a small file."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from math import inf

from lemlist_async.limits.file import LockedError, WindowFile
from lemlist_async.limits.ledger import Ledger, Turn
from lemlist_async.limits.shared import Share, SharedWindow, log

# Seconds to wait beside other users after the first slot is free, so that one turn finds several.
_GATHER = 0.004

# Seconds until the next try of a file that another user has locked, at first and at most. It is held for some
# microseconds only, unless the machine is busy, or the holder is stopped.
_FIRST_WAIT = 0.0005
_LONGEST_WAIT = 0.02

# Seconds, and tries, after which the holder of a lock counts as stopped: the others continue without the file.
_PATIENCE = 1.0
_LOOKS = 20

# Seconds until the next try of a file that was locked or broken for too long.
_LOOK_AGAIN = 0.5


class HostWindow(SharedWindow):
    """The window of all processes of this user on this machine that use a key at a base URL.

    Nothing blocks on another process: a locked file is tried again a moment later. If there can be no such file, the
    window is that of the process, and one log line says so.
    """

    def __init__(self, base_url: str, api_key: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = WindowFile(hashlib.sha256(f"{base_url} {api_key}".encode()).hexdigest()[:32])
        self._worked = False
        self._locked_since = inf
        self._looks = 0
        self._look_at = -inf
        super().__init__(gather=_GATHER, clock=clock)

    def _start(self) -> None:
        self._file.close()  # after a fork it is the parent's, with one lock for both
        super()._start()

    async def aclose(self) -> None:
        """Write what the file does not have yet, and close it. The window can be used again."""
        if self._has_news:
            turn = self._queue.turn(self._user, self._span)
            with suppress(LockedError, OSError):
                self._file.take(self._for_store(turn))
                self._queue.reported(turn)
                self._known, self._spare = (turn.waiting, turn.held), 0
        self._file.close()

    def _rest(self) -> None:
        self._file.close()

    def _step(self) -> None:
        turn = self._turn()
        if self._share is not None and turn.now < self._look_at:
            self._serve_apart(turn, self._share)
            return
        try:
            grant = self._file.take(self._for_store(turn))
        except LockedError:
            self._locked(turn)
        except OSError as error:
            self._serve_apart(turn, self._broken(error))
        else:
            if self._share is not None:
                log.info("The rate limit's file is back.")
            self._worked, self._locked_since, self._looks = True, inf, 0
            self._served_by_store(turn, grant)

    def _locked(self, turn: Turn) -> None:
        """Try again soon; if the file stays locked, continue without it."""
        self._looks += 1
        self._locked_since = min(self._locked_since, turn.now)
        share = self._share
        if share is None and self._looks > _LOOKS and turn.now - self._locked_since > _PATIENCE:
            share = self._lose(self._file.users(self._user, turn.now))
            log.warning(
                "A process has locked the rate limit's file and is stopped; continuing with %d requests per window.",
                share.ledger.most,
            )
        if share is None:
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(self._looks, 10))
            self._step_in(random.uniform(wait / 2, wait))
        else:
            self._look_at = turn.now + _LOOK_AGAIN
            self._serve_apart(turn, share)

    def _broken(self, error: OSError) -> Share:
        """Continue without the file: with the whole window if there never was one, otherwise with an even share."""
        self._file.close()
        share = self._share
        if not self._worked:
            _say_once(str(error))
            self._look_at = inf
            self._share = share = share or Share(Ledger())
            return share
        self._look_at = self._clock() + _LOOK_AGAIN
        if share is None:
            share = self._lose(self._users)
            log.warning("The rate limit's file is lost (%s); continuing with %d requests.", error, share.ledger.most)
        return share


@cache
def _say_once(reason: str) -> None:
    log.warning(
        "Processes cannot share the rate limit here (%s): this one has a window of its own, and learns of others from"
        " lemlist's replies.",
        reason,
    )


_windows: dict[tuple[str, bytes, int], HostWindow] = {}


def shared_window(base_url: str, api_key: str) -> HostWindow:
    """Return the window of this key at this host: the same one for every client in this thread.

    lemlist counts requests by key. Threads with event loops of their own share the window as processes do. Only a hash
    of the key is kept.
    """
    identity = (base_url, hashlib.sha256(api_key.encode()).digest(), threading.get_ident())
    window = _windows.get(identity)
    if window is None:
        window = _windows[identity] = HostWindow(base_url, api_key)
    return window
