"""The list that a command names, by its ID or its exact name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lemlist_async.cli.exits import PROGRAM
from lemlist_async.errors import JobRefusedError

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.models.lists import ContactList


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
