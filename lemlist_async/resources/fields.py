"""The registry of fields: which custom fields lemlist keeps."""

from __future__ import annotations

from typing import Any, Literal

from lemlist_async.errors import UnexpectedReplyError
from lemlist_async.models.convert import structured
from lemlist_async.models.fields import Field
from lemlist_async.spelling import query
from lemlist_async.wire.call import Call
from lemlist_async.wire.session import Session


class Fields:
    """The team's fields. A custom field must be registered in lemlist before it can be written."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def all(
        self, entity: Literal["contact", "company"] = "contact", *, deadline: float | None = None
    ) -> list[Field]:
        """Return the fields of contacts, or of companies."""

        def read(data: Any) -> list[Field]:
            try:
                rows = data["data"].get(entity) or ()
            except (AttributeError, KeyError, TypeError):
                raise UnexpectedReplyError("the reply holds no fields.") from None
            return list(structured(rows, tuple[Field, ...]))

        return await self._session.send(
            Call(method="GET", path="/fields", params=query(entity=entity), read=read), deadline=deadline
        )
