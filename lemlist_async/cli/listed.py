"""The list that a command names, by its ID or its exact name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lemlist_async.cli.exits import PROGRAM
from lemlist_async.errors import JobRefusedError

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.models.lists import ContactList


async def find_list(lemlist: Lemlist, id_or_name: str) -> ContactList | None:
    """Return the list of this ID or exact name; None if there is none of this name.

    Raises:
        JobRefusedError: there is none of this ID.
        ConflictError: several have this name.
    """
    if not id_or_name.startswith("clt_"):
        return await lemlist.lists.find(id_or_name)
    found = next((one for one in await lemlist.lists.all() if one.id == id_or_name), None)
    if found is None:
        raise _no_list(id_or_name)
    return found


async def resolve_list(lemlist: Lemlist, id_or_name: str) -> ContactList:
    """Return the list of this ID or exact name.

    Raises:
        JobRefusedError: there is none.
        ConflictError: several have this name.
    """
    found = await find_list(lemlist, id_or_name)
    if found is None:
        raise _no_list(id_or_name)
    return found


def _no_list(id_or_name: str) -> JobRefusedError:
    return JobRefusedError(f"There is no list {id_or_name!r}; `{PROGRAM} lists` shows those that there are.")
