"""The members of the team, for owners that are given by email."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from lemlist_async.errors import LemlistError
from lemlist_async.models.team import Team

# Reads that may fail before there is a pause: each costs five attempts of the budget that all calls share, and delays
# every contact with an owner.
_ASKED_AT_ONCE = 3
_PAUSE = 60.0


class Roster:
    """The members of the team, read once when first needed.

    If they cannot be read, that is tried three times, and then once a minute.
    """

    def __init__(self, read: Callable[[], Awaitable[Team]], clock: Callable[[], float] = time.monotonic) -> None:
        self._read_team = read
        self._now = clock
        self._ids: dict[str, str] | None = None
        self._refused = False
        self._failed = 0
        self._failed_at = 0.0
        self._reading = asyncio.Lock()

    async def owner_id(self, owner: str) -> str | None:
        """Return the user ID of an owner, given by email; an unknown email is returned as it is.

        None if the team could not be read.
        """
        async with self._reading:
            ids = await self._known_ids()
        return None if ids is None else ids.get(owner.lower(), owner)

    async def _known_ids(self) -> dict[str, str] | None:
        if self._ids is None and self._may_ask():
            self._ids = await self._read()
        return self._ids

    def _may_ask(self) -> bool:
        paused = self._failed >= _ASKED_AT_ONCE and self._now() - self._failed_at < _PAUSE
        return not (self._refused or paused)

    async def _read(self) -> dict[str, str] | None:
        try:
            team = await self._read_team()
        except LemlistError as error:
            # Asking again would be refused again: one request more for every contact that has an owner.
            self._refused = error.status is not None and not error.retryable
            self._failed, self._failed_at = self._failed + 1, self._now()
            return None
        return {user.email.lower(): user.user_id for user in team.users if user.email}
