"""Contacts as callers pass them: by ID, as a `Contact`, or by email address."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from lemlist_async.batch.outcomes import Done
from lemlist_async.errors import LemlistError
from lemlist_async.models.contacts import Contact
from lemlist_async.resources.ids import malformed

if TYPE_CHECKING:
    from lemlist_async.resources.contacts import Contacts

By: TypeAlias = Literal["id", "email"]


def id_of(item: Any) -> Any:
    """Return the ID of a `Contact`, and anything else unchanged."""
    return item.id if isinstance(item, Contact) else item


async def ids_by_email(contacts: Contacts, emails: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[str]:
    """Look up emails, 100 a request, and yield the contacts' IDs; an email that lemlist does not know is yielded.

    Raises:
        LemlistError: a look-up failed.
    """
    run = contacts.get_many(emails, malformed="skip", raise_on_error=False)
    async with run as outcomes:
        async for outcome in outcomes:
            if not isinstance(outcome, Done):
                raise outcome.error or LemlistError("A look-up of emails was cancelled.")
            for email in outcome.items:
                found = outcome.result.get(email)
                yield email if found is None else found.id
    for one in run.report.rejected:
        yield one.value


def not_found(ids: Sequence[Any]) -> Iterable[tuple[int, str]]:
    """Return the index and the reason of each email that was not found, and of any other value that is not an ID."""
    return [
        (index, "lemlist has no contact with this email address" if "@" in str(ids[index]) else reason)
        for index, reason in malformed(ids, prefix="ctc")
    ]
