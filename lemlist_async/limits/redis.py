"""The window of many hosts: its state is in Redis, changed by compare-and-set, on the clock of the server."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from math import inf
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from attrs import define, evolve, frozen

from lemlist_async.errors import InvalidRequestError, TransportError
from lemlist_async.extras import needed
from lemlist_async.limits.ledger import REQUESTS, Grant, Ledger, Turn
from lemlist_async.limits.shared import Share, SharedWindow, log
from lemlist_async.limits.state import WindowState, packed, unpacked
from lemlist_async.wire.call import DEFAULT_BASE_URL

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.commands.core import AsyncScript

# Set the state if it is still the one that was read; otherwise return it. Its first bytes differ each time.
_SWAP = """
local time = redis.call('TIME')
local found = redis.call('GET', KEYS[1]) or ''
if string.sub(found, 1, 8) == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return {1, time[1], time[2], ''}
end
return {0, time[1], time[2], found}
"""

# Milliseconds for which Redis keeps the state of an unused window.
_KEPT = 3_600_000

# Seconds to wait beside other users after the first slot is free, so that one turn finds several.
_GATHER = 0.005

# Seconds to wait for an answer.
_PATIENCE = 1.0

# How often others may be faster before this one waits a moment.
_TRIES = 10
_RIVALS_WAIT = 0.05

# Seconds between two tries of an unreachable Redis.
_LOOK_AGAIN = 0.5

_SCHEMES = ("redis", "rediss", "unix")


@frozen
class _Value:
    """The value in Redis.

    Attributes:
        version: changes with every write; empty if there is no value.
        birth: changes if Redis has lost the state in between.
        state: the state that the users share.
    """

    version: bytes
    birth: bytes
    state: bytes

    @classmethod
    def read(cls, found: bytes) -> _Value:
        return cls(found[:8], found[8:16], found[16:])

    def __bytes__(self) -> bytes:
        return self.version + self.birth + self.state


# No value has this version, so the value in Redis is read.
_UNKNOWN = _Value(b"?", b"", b"")


class LostError(Exception):
    """Redis gave no useful answer."""


class _RivalsError(Exception):
    """Others changed the state each time, before this one could."""


class RedisWindows:
    """The windows of many keys, shared by all processes on all hosts that use the same Redis.

    ```python
    async with RedisWindows("redis://localhost") as windows, Lemlist(key, limiter=windows.of(key)) as lemlist:
        ...
    ```

    If Redis is lost, slow or back without its data, no call fails: see `SharedWindow`. Redis gets a hash of each key,
    never the key.

    Args:
        url: `redis://`, `rediss://` or `unix://`, as redis-py reads it.
        clock: any monotonic clock; its offset does not matter, since times are those of Redis.

    Raises:
        InvalidRequestError: the URL is none of these, or redis-py is not installed.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES:
            raise InvalidRequestError("The URL of Redis must begin with redis://, rediss:// or unix://.")
        _check_installed()
        self._url, self._clock = url, clock
        self._secret = parts.password
        self.place = parts.path if parts.scheme == "unix" else f"{parts.hostname or 'localhost'}:{_port(url)}"
        self._windows: dict[str, RedisWindow] = {}
        self._redis: Redis | None = None
        self._swap: AsyncScript | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def of(self, api_key: str, base_url: str = DEFAULT_BASE_URL) -> RedisWindow:
        """Return the window of a key at a base URL: the same one each time."""
        name = hashlib.sha256(f"{base_url} {api_key}".encode()).hexdigest()[:32]
        window = self._windows.get(name)
        if window is None:
            window = self._windows[name] = RedisWindow(self, f"lemlist:window:{name}", clock=self._clock)
        return window

    async def aclose(self) -> None:
        """Report to Redis what it does not have yet, and close the connections. The windows can be used again."""
        for window in self._windows.values():
            await window.aclose()
        if self._redis is not None:
            redis, self._redis, self._swap = self._redis, None, None
            await redis.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def swap(self, name: str, version: bytes, value: bytes) -> tuple[bool, float, bytes]:
        """Set a state if its version is still this one; return whether, the server's time, and the state if not.

        Raises:
            LostError: Redis gave no answer, or an error.
        """
        from redis.exceptions import RedisError  # noqa: PLC0415 - an extra

        swap = self._connected(asyncio.get_running_loop())
        try:
            async with asyncio.timeout(_PATIENCE):
                done, seconds, micros, found = await swap(keys=[name], args=[version, value, _KEPT])
        except (OSError, RedisError) as error:
            raise LostError(self._explained(error)) from None
        return bool(done), int(seconds) + int(micros) / 1e6, found

    def _connected(self, loop: asyncio.AbstractEventLoop) -> AsyncScript:
        """Return the script that changes states, on a connection of this loop."""
        if self._swap is None or self._loop is not loop:
            self._loop = loop
            self._redis = _client(self._url)
            self._swap = self._redis.register_script(_SWAP)
        return self._swap

    def _explained(self, error: Exception) -> str:
        """Return the message of an error, without the password."""
        said = str(error).rstrip(".") or "no answer in time"
        return said.replace(self._secret, "***") if self._secret else said


def _client(url: str) -> Redis:
    from redis.asyncio import Redis  # noqa: PLC0415 - an extra
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    return Redis.from_url(url, socket_connect_timeout=_PATIENCE, retry=Retry(NoBackoff(), 1))


class RedisWindow(SharedWindow):
    """A window in Redis; made by `RedisWindows.of`."""

    def __init__(self, windows: RedisWindows, name: str, *, clock: Callable[[], float]) -> None:
        self._windows = windows
        self._name = name
        self._ledger = Ledger()
        self._worked = False
        super().__init__(gather=_GATHER, clock=clock)

    def _start(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._is_late = False  # whether a turn is due that has to wait for the one under way
        self._value = _UNKNOWN  # the value that was read last
        self._birth = b""
        self._shift = _Shift()
        self._look_at = -inf
        super()._start()

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._task = None
        super()._begin(loop)

    async def aclose(self) -> None:
        """Report to Redis what it does not have yet. The window can be used again."""
        if self._task is not None:
            await asyncio.wait([self._task])
        if self._has_news and self._share is None:
            with suppress(LostError, _RivalsError):
                await self._round()

    def _rest(self) -> None:
        pass

    def _step(self) -> None:
        share = self._share
        if share is not None:
            self._serve_apart(self._turn(), share)
        if share is not None and self._clock() < self._look_at:
            return
        if self._task is None:
            self._task = self._loop.create_task(self._run())
            self._task.add_done_callback(self._ended)
        else:
            self._is_late = True

    async def _run(self) -> None:
        try:
            await self._round()
        except _RivalsError:
            self._step_in(random.uniform(0, _RIVALS_WAIT))
        except LostError as error:
            self._lost(error)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Take the turn that became due meanwhile, also if the last one was cancelled by others."""
        self._task = None
        if self._is_late or task.cancelled():
            self._is_late = False
            self._step_in(0.0)

    async def _round(self) -> None:
        """Take one turn at Redis."""
        share = self._share
        turn = self._turn() if share is None else self._turn_after(share)
        grant = await self._taken(turn)
        self._worked = True
        if grant is None:  # Redis has lost everything: report it first
            self._step_in(0.0)
        elif share is None:
            self._served(turn, grant)
        else:
            self._come_back(share, turn)

    async def _taken(self, turn: Turn) -> Grant | None:
        """Change the state in Redis by one turn; None if Redis has lost it, so that another turn is needed."""
        for _ in range(_TRIES):
            sent = self._clock()
            self._ledger.state = self._state(sent)
            grant = self._ledger.take(self._shift.cautious(turn, sent), self._shift.least)
            value = _Value(os.urandom(8), self._value.birth or os.urandom(8), packed(self._ledger.state))
            done, time_there, found = await self._windows.swap(self._name, self._value.version, bytes(value))
            self._shift.learn(time_there, sent, self._clock())
            birth = self._birth
            self._value = value if done else _Value.read(found)
            self._birth = self._value.birth
            if done:
                return evolve(grant, again=_less(grant.again, self._clock() - sent))
            if birth not in {b"", self._birth} and self._share is None:
                self._forgotten()
                return None
        raise _RivalsError

    def _state(self, now: float) -> WindowState:
        """Return the state that was read last; an empty one if the server's clock was set back since."""
        state = unpacked(self._value.state)
        return state if not state.hits or state.hits[-1] < now + self._shift.most + 2 else WindowState()

    def _turn_after(self, share: Share) -> Turn:
        """Return the turn after a loss: it reports all that was written without Redis, and asks for nothing yet."""
        return Turn(user=self._user, now=self._clock(), held=self._queue.held, hits=tuple(share.hits))

    def _come_back(self, share: Share, turn: Turn) -> None:
        log.info("Redis at %s is back.", self._windows.place)
        self._queue.report_again(set(share.hits) - set(turn.hits))
        self._known = (0, turn.held)
        self._return(share)
        self._step_in(0.0)

    def _forgotten(self) -> None:
        """Report again what still counts, and wait for a window, in which the others do the same."""
        self._queue.report_again()
        self._return(Share.since(self._clock(), self._users))
        self._quiet_until = self._clock() + self._span

    def _lost(self, error: LostError) -> None:
        if not self._worked:
            self._queue.fail(lambda: _unreachable(self._windows.place, error))
            return
        self._look_at = self._clock() + _LOOK_AGAIN
        if self._share is None:
            self._value = _UNKNOWN
            share = self._lose(self._users)
            log.warning(
                "Redis at %s, which keeps the rate limit, is unreachable (%s); continuing with %d of %d requests.",
                self._windows.place,
                error,
                share.ledger.most,
                REQUESTS,
            )
            self._serve_apart(self._turn(), share)


@define
class _Shift:
    """The offset of the server's clock from ours, as far as answers show.

    Until an answer was quick, it is known only roughly: an answer that took seconds, on a busy machine, shows no more
    than that. Used as if exact, it made requests of others look seconds older than they were, and a whole window of
    requests was sent too early.

    Attributes:
        most: the least that any answer allows.
        least: the most that any answer demands. If they contradict each other, a clock was set, or nothing is known
            yet, and both begin anew.
    """

    most: float = -1.0
    least: float = 0.0

    def learn(self, there: float, sent: float, received: float) -> None:
        """Update the bounds by an answer: when it was requested, received, and given by the server (`there`)."""
        self.most = min(self.most, there - sent)
        self.least = max(self.least, there - received)
        if self.least > self.most:
            self.most, self.least = there - sent, there - received

    def cautious(self, turn: Turn, now: float) -> Turn:
        """Return a turn to be shifted by `least`: it is no later than that, and its requests were no earlier."""
        rough = self.most - self.least
        return evolve(turn, now=now, hits=[at + rough for at in turn.hits])


def _less(again: float | None, passed: float) -> float | None:
    return None if again is None else max(0.0, again - passed)


def _unreachable(place: str, error: LostError) -> TransportError:
    said = TransportError(
        f"Redis at {place}, which keeps the rate limit, is unreachable: {error}. Start it, or correct its URL"
        " (LEMLIST_LIMITER, --limiter); without a URL this host keeps a window of its own."
    )
    said.is_shared = True  # every other call would fail too
    return said


def _port(url: str) -> int:
    try:
        return urlsplit(url).port or 6379
    except ValueError:
        raise InvalidRequestError("The port in the URL of Redis is not a number.") from None


def _check_installed() -> None:
    """Import redis-py now: it takes a while, which would look like a slow answer later."""
    with needed("A window in Redis", "redis"):
        import_module("redis.asyncio")
