"""The team behind the API key: its members and credits."""

from __future__ import annotations

import asyncio
from typing import Any

from lemlist_async.convert import structured
from lemlist_async.errors import LemlistError
from lemlist_async.models import Credits, Team
from lemlist_async.session import Session
from lemlist_async.wire import Call, query


class TeamResource:
    """The team to which the API key belongs: one key is one team."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, *, deadline: float | None = None) -> Team:
        """Return the team with its members."""
        call = Call(method="GET", path="/team", params=query(version="v2"), read=_team)
        return await self._session.send(call, deadline=deadline)

    async def credits(self, *, deadline: float | None = None) -> Credits:
        """Return the credits that are left for enrichments."""
        return await self._session.send(Call(method="GET", path="/team/credits", read=_credits), deadline=deadline)


class Roster:
    """Who is who in the team, read once when first needed."""

    def __init__(self, team: TeamResource) -> None:
        self._team = team
        self._ids: dict[str, str] | None = None
        self._refused = False
        self._reading = asyncio.Lock()

    async def owner_id(self, owner: str | None) -> str | None:
        """Return the user ID that an owner, given as ID or email, stands for; an unknown email stands for itself.

        None where there is no owner, or where the team could not be read.
        """
        if owner is None or "@" not in owner:
            return owner
        async with self._reading:
            ids = await self._known_ids()
        return None if ids is None else ids.get(owner.lower(), owner)

    async def _known_ids(self) -> dict[str, str] | None:
        if self._ids is None and not self._refused:
            self._ids = await self._read()
        return self._ids

    async def _read(self) -> dict[str, str] | None:
        try:
            team = await self._team.get()
        except LemlistError as error:
            # Asking again would be refused again: one request more for every contact that has an owner.
            self._refused = error.status is not None and not error.retryable
            return None
        return {user.email.lower(): user.user_id for user in team.users if user.email}


def _team(data: Any) -> Team:
    return structured(data, Team)


def _credits(data: Any) -> Credits:
    return structured(data, Credits)
