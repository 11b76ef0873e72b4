"""What a job checks in lemlist before it changes anything."""

from __future__ import annotations

from lemlist_async.client import Lemlist
from lemlist_async.errors import JobRefusedError
from lemlist_async.models.lists import ContactList


async def check_list(lemlist: Lemlist, list_id: str) -> ContactList:
    """Check that a list is there and takes changes, and return it.

    Raises:
        JobRefusedError: it is missing or dynamic.
    """
    known = {one.id: one for one in await lemlist.lists.all()}
    if list_id not in known:
        raise JobRefusedError(f"There is no list {list_id}; `lemlist-async lists` shows those that there are.")
    if known[list_id].dynamic:
        raise JobRefusedError(f"The list {list_id} is dynamic: it fills itself by its filter. Choose a static one.")
    return known[list_id]
