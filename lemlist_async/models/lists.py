"""Contact lists, and what lemlist answers to their changes."""

from __future__ import annotations

from attrs import frozen

from lemlist_async.models.base import Model


@frozen(kw_only=True)
class ContactList(Model):
    """A list of contacts. A dynamic one fills itself by a filter and takes no changes."""

    id: str
    name: str = ""
    dynamic: bool = False


@frozen(kw_only=True)
class Added:
    """lemlist's answer to one addition. Older servers do not send `alreadyInList`."""

    added: int
    already: int | None = None

    def for_pickle(self) -> Added:
        """Return itself: counts are nobody's data."""
        return self


@frozen(kw_only=True)
class Removed:
    """lemlist's answer to one removal."""

    removed: int

    def for_pickle(self) -> Removed:
        """Return itself: counts are nobody's data."""
        return self
