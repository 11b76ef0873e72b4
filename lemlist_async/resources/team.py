"""The team behind the API key: its members, senders, CRM users and credits."""

from __future__ import annotations

from lemlist_async.models.team import CampaignState, Credits, CrmUser, Sender, Team
from lemlist_async.resources._operation import operation
from lemlist_async.resources._resource import Resource


class TeamResource(Resource):
    """The team to which the API key belongs: one key is one team."""

    @operation("GET", "/team", fixed={"version": "v2"})
    async def get(self, *, deadline: float | None = None) -> Team:
        """Return the team with its members."""

    @operation("GET", "/team/credits")
    async def credits(self, *, deadline: float | None = None) -> Credits:
        """Return the credits that are left for enrichments."""

    @operation("GET", "/team/senders")
    async def senders(self, state: CampaignState | None = None, *, deadline: float | None = None) -> list[Sender]:
        """Return the senders and their campaigns; with `state`, only campaigns in this state.

        Raises:
            InvalidRequestError: lemlist knows no such state.
        """

    @operation("GET", "/team/crmUsers")
    async def crm_users(self, *, deadline: float | None = None) -> list[CrmUser]:
        """Return the members who have connected a CRM, once for each CRM."""
