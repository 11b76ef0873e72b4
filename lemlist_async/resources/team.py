"""The team behind the API key: its members, senders, CRM users and credits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, get_args

from lemlist_async.errors import InvalidRequestError, LemlistError
from lemlist_async.models.convert import structured
from lemlist_async.models.team import CampaignState, Credits, CrmUser, Sender, Team
from lemlist_async.spelling import query
from lemlist_async.wire.call import Call
from lemlist_async.wire.session import Session


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

    async def senders(self, state: CampaignState | None = None, *, deadline: float | None = None) -> list[Sender]:
        """Return who sends for which campaigns; with `state`, for those in this state only."""
        if state is not None and state not in get_args(CampaignState):
            raise InvalidRequestError(f"state must be one of {', '.join(get_args(CampaignState))}.")
        call = Call(method="GET", path="/team/senders", params=query(state=state), read=_senders)
        return await self._session.send(call, deadline=deadline)

    async def crm_users(self, *, deadline: float | None = None) -> list[CrmUser]:
        """Return the members who have connected a CRM, once for each CRM."""
        call = Call(method="GET", path="/team/crmUsers", read=_crm_users)
        return await self._session.send(call, deadline=deadline)


# Reads that may fail before nobody asks for a while: each costs five attempts of the budget that all calls share, and
# holds up every contact with an owner.
_ASKED_AT_ONCE = 3
_PAUSE = 60.0


class Roster:
    """Who is who in the team, read once when first needed.

    Where it cannot be read, it is asked for three times, and then once a minute.
    """

    def __init__(self, team: TeamResource, clock: Callable[[], float] = time.monotonic) -> None:
        self._team = team
        self._now = clock
        self._ids: dict[str, str] | None = None
        self._refused = False
        self._failed = 0
        self._failed_at = 0.0
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
        if self._ids is None and self._may_ask():
            self._ids = await self._read()
        return self._ids

    def _may_ask(self) -> bool:
        paused = self._failed >= _ASKED_AT_ONCE and self._now() - self._failed_at < _PAUSE
        return not (self._refused or paused)

    async def _read(self) -> dict[str, str] | None:
        try:
            team = await self._team.get()
        except LemlistError as error:
            # Asking again would be refused again: one request more for every contact that has an owner.
            self._refused = error.status is not None and not error.retryable
            self._failed, self._failed_at = self._failed + 1, self._now()
            return None
        return {user.email.lower(): user.user_id for user in team.users if user.email}


def _team(data: Any) -> Team:
    return structured(data, Team)


def _senders(data: Any) -> list[Sender]:
    return list(structured(data, tuple[Sender, ...]))


def _crm_users(data: Any) -> list[CrmUser]:
    return list(structured(data, tuple[CrmUser, ...]))


def _credits(data: Any) -> Credits:
    return structured(data, Credits)
