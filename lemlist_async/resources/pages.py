"""Pages of 500 as one async iterator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol, TypeVar

from attrs import define, field, frozen

from lemlist_async.convert import structured
from lemlist_async.errors import ConflictError, UnexpectedReplyError
from lemlist_async.session import Session
from lemlist_async.wire import Call, query

PAGE = 500
_PASSES = 3


class HasId(Protocol):
    """Anything that lemlist gives an ID."""

    @property
    def id(self) -> str:
        """The ID that lemlist gave it."""
        ...


Model = TypeVar("Model", bound=HasId)


@frozen
class _Page:
    rows: list[Any]
    total: int


async def pages(session: Session, path: str, params: Mapping[str, str], model: type[Model]) -> AsyncIterator[Model]:
    """Yield every row of a paginated endpoint once, in lemlist's order, which its documents do not promise.

    Rows that move between pages while they are read are not repeated. When the total changes on the way, or
    fewer rows came than lemlist counts, the pages are read again and what was missed is yielded too.

    Raises:
        ConflictError: the rows did not hold still during three passes; some may have been missed.
    """
    seen: set[str] = set()
    for _ in range(_PASSES):
        reading = _Pass()
        async for row in reading.rows(session, path, params):
            item = structured(row, model)
            reading.ids.add(item.id)
            if item.id not in seen:
                seen.add(item.id)
                yield item
        if reading.is_whole:
            return
    raise ConflictError(
        f"the rows changed while they were read, {_PASSES} times over: some may be missing. Read them again when"
        " nothing else writes.",
        method="GET",
        path=path,
    )


@define
class _Pass:
    """One reading of all pages, and whether it can have missed a row."""

    ids: set[str] = field(factory=set)
    totals: set[int] = field(factory=set)

    @property
    def is_whole(self) -> bool:
        return len(self.totals) == 1 and len(self.ids) >= max(self.totals)

    async def rows(self, session: Session, path: str, params: Mapping[str, str]) -> AsyncIterator[Any]:
        offset = 0
        while True:
            page = await session.send(
                Call(method="GET", path=path, params={**params, **query(limit=PAGE, offset=offset)}, read=_page)
            )
            self.totals.add(page.total)
            for row in page.rows:
                yield row
            offset += len(page.rows)
            if not page.rows or offset >= page.total:
                return


def _page(data: Any) -> _Page:
    try:
        return _Page(rows=list(data["data"]), total=int(data["total"]))
    except (KeyError, OverflowError, TypeError, ValueError):
        raise UnexpectedReplyError("the reply is not a page with data and total.") from None
