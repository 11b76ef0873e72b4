"""What has become of a call's attempts."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field, frozen

from lemlist_async import errors
from lemlist_async.wire.headers import RateLimit


@frozen(kw_only=True)
class Exchange:
    """One attempt as it was: what was sent, what came back, how long it took. It holds no contact's data.

    Attributes:
        method: of the call.
        path: of the call, its variable parts named.
        attempt: 1 for the first one.
        status: the reply's, or None if none came.
        headers: the reply's, with case-insensitive names, without cookies and redirects.
        rate_limit: what the reply said of the quota, or None if none came.
        waited: seconds until the limiter let it through.
        seconds: from then until the reply was read, or the attempt was given up.
    """

    method: str
    path: str
    attempt: int
    status: int | None
    headers: Mapping[str, str] = field(repr=False)
    rate_limit: RateLimit | None
    waited: float
    seconds: float


@define
class RequestCount:
    """A number of requests that goes up with every attempt, cancelled ones and aiohttp's own re-sends included.

    Attributes:
        requests: so far.
    """

    requests: int = 0


@define
class Attempts:
    """What has become of one call's attempts so far; readable at every moment, cancelled or not.

    Attributes:
        requests: how often the call was tried, aiohttp's own re-sends included.
        lost: how many attempts were handed to the network and never answered.
        on_wire: whether one is in flight now.
        answered: whether lemlist answered with success. Until the caller has counted that, it is ambiguous to others.
        reads: whether the call changes nothing, so that a lost answer leaves nothing ambiguous.
        exchanges: the attempts that have ended, cancelled ones aside, in their order.
        counts: further counters that go up with `requests`.
    """

    requests: int = 0
    lost: int = 0
    on_wire: bool = False
    answered: bool = False
    reads: bool = False
    exchanges: list[Exchange] = field(factory=list)
    counts: tuple[RequestCount, ...] = field(default=(), eq=False, repr=False)

    @property
    def ambiguous(self) -> bool:
        """Whether lemlist may have applied the call although the caller has no answer."""
        return not self.reads and (self.on_wire or self.answered or self.lost > 0)

    def began(self, *, on_wire: bool) -> None:
        """Record that an attempt starts; `on_wire` if its first byte cannot be observed."""
        self._count()
        self.on_wire = on_wire

    def written(self) -> None:
        """Record that the request's bytes are written; a second time in one attempt is a re-send by aiohttp."""
        if self.on_wire:
            self._count()
            self.lost += 1
        self.on_wire = True

    def ended(self, *, ambiguous: bool) -> None:
        """Record that the attempt ended without success."""
        self.on_wire = False
        self.lost += ambiguous

    def succeeded(self) -> None:
        """Record that the attempt was answered with success."""
        self.on_wire, self.answered = False, True

    def finish(
        self, error: errors.LemlistError, method: str | None = None, path: str | None = None
    ) -> errors.LemlistError:
        """Set on an error what has become of these attempts, and return it.

        Pass method and path if the error may not know them: a deadline may have passed before the call began.
        """
        error.requests, error.ambiguous = self.requests, self.ambiguous
        error.exchanges = tuple(self.exchanges)
        error.method, error.path = method or error.method, path or error.path
        return error

    def _count(self) -> None:
        self.requests += 1
        for count in self.counts:
            count.requests += 1
