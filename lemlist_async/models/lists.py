"""Contact lists, and what lemlist answers to their changes."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from lemlist_async.errors import UnexpectedReplyError
from lemlist_async.models.base import Model


@frozen(kw_only=True)
class ContactList(Model):
    """A list of contacts. A dynamic one fills itself by a filter and takes no changes."""

    id: str
    name: str = ""
    dynamic: bool = False


@frozen(kw_only=True)
class Added:
    """lemlist's answer to one addition. Older servers do not send `alreadyInList`.

    Attributes:
        counted: whether lemlist said how many were added; `added` is 0 if it did not.
    """

    added: int
    already: int | None = None
    counted: bool = True

    def for_pickle(self) -> Added:
        """Return itself: counts are not personal data."""
        return self

    def is_credible(self, sent: int) -> bool:
        """Return whether it says how many of `sent` contacts were added, and the numbers are possible."""
        return self.counted and self.added + (self.already or 0) <= sent

    def bounds(self, sent: int, *, doubtful: bool) -> tuple[int, int]:
        """Return how many of `sent` contacts were added, at least and at most.

        If an earlier attempt may have been applied (`doubtful`), that attempt may have added those that were there.
        """
        if not self.is_credible(sent):
            return 0, sent
        return self.added, self.added + (self.already_bounds(sent)[1] if doubtful else 0)

    def already_bounds(self, sent: int) -> tuple[int, int]:
        """Return how many of `sent` contacts were in the list already, at least and at most."""
        if not self.is_credible(sent):
            return 0, sent
        return (0, sent - self.added) if self.already is None else (self.already, self.already)


@frozen(kw_only=True)
class Removed:
    """lemlist's answer to one removal.

    Attributes:
        counted: whether lemlist said how many were removed; `removed` is 0 if it did not.
    """

    removed: int
    counted: bool = True

    def for_pickle(self) -> Removed:
        """Return itself: counts are not personal data."""
        return self


def read_added(data: Any) -> Added:
    """Read lemlist's answer to an addition."""
    added, already = _counts(data, "addedCount", "alreadyInList")
    return Added(added=added or 0, already=already, counted=added is not None)


def read_removed(data: Any) -> Removed:
    """Read lemlist's answer to a removal."""
    (removed,) = _counts(data, "removedCount")
    return Removed(removed=removed or 0, counted=removed is not None)


def _counts(data: Any, *names: str) -> list[int | None]:
    """Return each count, or None for what is not one: the change is done, whatever the reply holds.

    Unless it tells an error instead, as a 200 may.
    """
    if not isinstance(data, dict) or (names[0] not in data and _complains(data)):
        raise UnexpectedReplyError(f"the reply has no {names[0]}.")
    return [_count(data.get(name)) for name in names]


def _complains(data: dict[str, Any]) -> bool:
    status = data.get("statusCode")
    return bool(data.get("error") or data.get("errors")) or (isinstance(status, int) and status >= 400)


def _count(said: Any) -> int | None:
    if isinstance(said, str) and said.isascii() and said.isdecimal():
        said = int(said[:20])
    return said if type(said) is int and said >= 0 else None
