"""Checks of a job before it changes anything."""

from __future__ import annotations

from attrs import frozen

from lemlist_async.client import Lemlist
from lemlist_async.errors import InvalidRequestError, JobRefusedError
from lemlist_async.jobs.journal.journal import Journal
from lemlist_async.models.lists import ContactList
from lemlist_async.rows.file import TableFile


@frozen(kw_only=True)
class ListChoice:
    """The list of a job; empty for a job without one.

    Attributes:
        id: of the list.
        name: of the list.
        created: whether this run created it.
    """

    id: str | None = None
    name: str | None = None
    created: bool = False


async def check_list(lemlist: Lemlist, list_id: str) -> ContactList:
    """Check that a list is there and takes changes, and return it.

    Raises:
        JobRefusedError: it is missing or dynamic.
    """
    known = {one.id: one for one in await lemlist.lists.all()}
    if list_id not in known:
        raise JobRefusedError(f"There is no list {list_id}; `lemlist-async lists` shows those that there are.")
    return _static(known[list_id])


async def find_or_make_list(lemlist: Lemlist, name: str, journal: Journal) -> ListChoice:
    """Return the list of this name, created if there is none and the journal belongs to no other list.

    Raises:
        JobRefusedError: it is dynamic.
        ConflictError: several lists have this name.
        JournalError: the journal belongs to another list; nothing was created.
    """
    found = await lemlist.lists.find(name)
    if found is not None:
        return ListChoice(id=_static(found).id, name=found.name)
    await journal.check_no_list(name)
    made = await lemlist.lists.find_or_create(name)
    return ListChoice(id=made.id, name=made.name, created=True)


def _static(found: ContactList) -> ContactList:
    if found.dynamic:
        raise JobRefusedError(f"The list {found.id} is dynamic: it fills itself by its filter. Choose a static one.")
    return found


def checked_share(limit: float | None, name: str, what: str) -> float | None:
    """Return a limit, or refuse what is not one, which would silently limit nothing.

    Raises:
        InvalidRequestError: it is neither a number nor a share.
    """
    number: object = limit  # of any type
    is_share = isinstance(number, float) and 0 <= number <= 1
    is_count = isinstance(number, int) and not isinstance(number, bool) and number >= 0
    if not (number is None or is_share or is_count):
        raise InvalidRequestError(f"{name} is a number of {what} (int), a share from 0.0 to 1.0, or None.")
    return limit


def allowed(limit: float | None, total: int, *, default: int) -> int:
    """Return the number that a limit allows. A limit is a number (int), a share of the total (float), or None."""
    if limit is None:
        return default
    return limit if isinstance(limit, int) else int(limit * total)


def check_columns(rows: object, *, drop_unregistered: bool) -> None:
    """Check that lemlist keeps every column of a file.

    Raises:
        JobRefusedError: it would drop some silently, and the caller has not said that it may.
    """
    if isinstance(rows, TableFile) and rows.columns.unregistered and not drop_unregistered:
        raise JobRefusedError(
            f"lemlist has no field for {', '.join(map(repr, rows.columns.unregistered))} and would drop it:"
            " register the field in lemlist, rename or ignore the column, or pass drop_unregistered=True."
        )
