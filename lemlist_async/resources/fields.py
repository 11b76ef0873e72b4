"""The registry of fields: which custom fields lemlist keeps."""

from __future__ import annotations

from typing import Any, Literal

from lemlist_async.errors import UnexpectedReplyError
from lemlist_async.models.convert import structured
from lemlist_async.models.fields import Field
from lemlist_async.resources._operation import operation
from lemlist_async.resources._resource import Resource


def _fields(data: Any) -> list[Field]:
    """Read the fields of the kind of record that was asked for."""
    kinds = data.get("data") if isinstance(data, dict) else None
    if not isinstance(kinds, dict):
        raise UnexpectedReplyError("the reply holds no fields.")
    return [one for rows in kinds.values() for one in structured(rows or (), tuple[Field, ...])]


class Fields(Resource):
    """The team's fields. A custom field must be registered in lemlist before it can be written."""

    @operation("GET", "/fields", read=_fields)
    async def all(
        self,
        entity: Literal["contact", "company"] = "contact",
        *,
        source: Literal["default", "custom", "crm_synced"] | None = None,
        deadline: float | None = None,
    ) -> list[Field]:
        """Return the fields of contacts, or of companies.

        Args:
            entity: the kind of record.
            source: only lemlist's own, the team's own, or those of a CRM; all of them if it is None.
            deadline: seconds for the whole call, waits included.
        """
