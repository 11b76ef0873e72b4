"""Rows of any endpoint, as lemlist sends them."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from lemlist_async.models.base import Model


@frozen(kw_only=True)
class RawRow(Model):
    """A row of which only the ID is known; the rest is kept unchanged."""

    id: str

    @property
    def json(self) -> dict[str, Any]:
        """The row as lemlist sent it."""
        return {"_id": self.id, **self.extra}
