"""Members of the team, and their sending channels."""

from __future__ import annotations

from lemlist_async.models.users import User, UserChannels
from lemlist_async.resources._operation import operation
from lemlist_async.resources._resource import Resource


class Users(Resource):
    """Members of the team; `team.get` names all of them."""

    @operation("GET", "/users/{user_id}")
    async def get(self, user_id: str, *, deadline: float | None = None) -> User:
        """Return one member of the team, with mailboxes and daily limits.

        Raises:
            InvalidRequestError: lemlist has no such user in this team.
        """

    @operation("GET", "/user/channels")
    async def channels(self, *, deadline: float | None = None) -> UserChannels:
        """Return the sending channels of the key's own user: email, LinkedIn, WhatsApp."""
