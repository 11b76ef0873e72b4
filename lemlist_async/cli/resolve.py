"""The lists and campaigns that a command names, by their IDs or their exact names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lemlist_async.cli.exits import PROGRAM
from lemlist_async.errors import ConflictError, JobRefusedError

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.models.campaigns import Campaign
    from lemlist_async.models.lists import ContactList


async def resolve_campaign(lemlist: Lemlist, id_or_name: str) -> Campaign:
    """Return the campaign of this ID or exact name.

    Raises:
        JobRefusedError: there is none of this name.
        NotFoundError: there is none of this ID.
        ConflictError: several have this name.
    """
    if id_or_name.startswith("cam_"):
        return await lemlist.campaigns.get(id_or_name)
    found = [one async for one in lemlist.campaigns.iterate() if (one.name or "").strip() == id_or_name.strip()]
    if not found:
        raise JobRefusedError(f"There is no campaign {id_or_name!r}; `{PROGRAM} campaigns list` shows them all.")
    if len(found) > 1:
        raise ConflictError(f"{len(found)} campaigns have this name: {', '.join(one.id for one in found)}. Use an ID.")
    return found[0]


async def resolve_list(lemlist: Lemlist, id_or_name: str) -> ContactList:
    """Return the list of this ID or exact name.

    Raises:
        JobRefusedError: there is none.
        ConflictError: several have this name.
    """
    if id_or_name.startswith("clt_"):
        found = next((one for one in await lemlist.lists.all() if one.id == id_or_name), None)
    else:
        found = await lemlist.lists.find(id_or_name)
    if found is None:
        raise JobRefusedError(f"There is no list {id_or_name!r}; `{PROGRAM} lists` shows them all.")
    return found
