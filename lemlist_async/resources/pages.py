"""The pages of any endpoint as one async iterator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal, Protocol, TypeVar

from attrs import define, evolve, field, frozen

from lemlist_async.errors import ConflictError, UnexpectedReplyError
from lemlist_async.models.convert import structured
from lemlist_async.spelling import query
from lemlist_async.wire.call import Call
from lemlist_async.wire.session import Session

_PASSES = 3


class HasId(Protocol):
    """Anything with an ID of lemlist's."""

    @property
    def id(self) -> str:
        """The ID that lemlist gave it."""
        ...


Model = TypeVar("Model", bound=HasId)


@frozen(kw_only=True)
class Style:
    """The style of an endpoint's pages; lemlist has several. A bare array is accepted in each of them.

    Attributes:
        by: the query parameter that selects a page: the number of rows to skip, or the page's number.
        first: the first page's number, if pages have numbers.
        limit: the most rows that the endpoint allows for a page; None if it takes no such parameter.
        rows: where the rows are in the reply; None if the reply is an array of them.
        total: the path to the count of all rows in the reply; None if it has none.
        last: the path to the count of all pages in the reply; None if it has none.
        patience: how many successive pages without new rows mean the end, if nothing is counted.
    """

    by: Literal["offset", "skip", "page"] = "offset"
    first: int = 1
    limit: int | None = 100
    rows: str | None = "data"
    total: tuple[str, ...] | None = None
    last: tuple[str, ...] | None = None
    patience: int = 1

    def begins(self, page: int, rows: int) -> dict[str, str]:
        """Return the parameters of the page after so many pages and rows."""
        return query(limit=self.limit, **{self.by: self.first + page if self.by == "page" else rows})

    def page(self, data: Any) -> Page:
        """Read a reply.

        Raises:
            UnexpectedReplyError: it is not a page of this style.
        """
        if isinstance(data, list):
            return Page(data, is_bare=True)
        try:
            return Page(_list(data[self.rows]), total=_number(data, self.total), last=_number(data, self.last))
        except (KeyError, OverflowError, TypeError, ValueError):
            raise UnexpectedReplyError(f"the reply is not a page{self._with_what()}.") from None

    def _with_what(self) -> str:
        names = [self.rows, *(".".join(one) for one in (self.total, self.last) if one)]
        return f" with {' and '.join(name for name in names if name)}" if self.rows else ""


@frozen
class Page:
    """One page: its rows, and how many rows or pages there are in all, if lemlist says so."""

    rows: list[Any]
    total: int | None = None
    last: int | None = None
    is_bare: bool = False


# Contacts, companies.
OFFSETS = Style(limit=500, total=("total",))


async def pages(session: Session, call: Call[Any], model: type[Model], style: Style = OFFSETS) -> AsyncIterator[Model]:
    """Yield every row of a paginated endpoint once, in lemlist's order, which its documents do not promise.

    Rows that move between pages while they are read are not yielded twice. Whether rows can be missed depends on
    whether lemlist counts them:

    - If it does, the pages are read again when the count changes while they are read, or when fewer rows came than
      lemlist counts, and what was missed is yielded too. If one row goes and another comes meanwhile, that cannot be
      detected.
    - If it does not, a row that is deleted while the pages are read moves the later ones forward, and one of them
      can be missed between two pages. The end is a page without new rows, which costs one more request; a short page
      is not the end, since lemlist may return fewer rows than it was asked for.

    A count that is too low, since more rows have come, is ignored: after a full page, another one is read.

    Raises:
        ConflictError: the rows changed during each of three passes; some may have been missed.
    """
    reader = _Reader(session, evolve(call, read=style.page), style)
    seen: set[str] = set()
    for _ in range(_PASSES):
        reading = _Pass()
        async for item in reader.items(reading, model):
            if item.id not in seen:
                seen.add(item.id)
                yield item
        if reading.is_whole:
            return
    raise ConflictError(
        f"the rows changed while they were read, {_PASSES} times over: some may be missing. Read them again when"
        " nothing else writes.",
        method="GET",
        path=call.path,
    )


@define
class _Pass:
    """One reading of all pages, and whether it can have missed a row that lemlist counts."""

    ids: set[str] = field(factory=set)
    totals: set[int | None] = field(factory=set)
    idle: int = 0

    @property
    def is_whole(self) -> bool:
        return len(self.totals) == 1 and all(total is None or len(self.ids) >= total for total in self.totals)


@frozen
class _Reader:
    """Reads one page after another."""

    session: Session
    call: Call[Page]
    style: Style

    async def items(self, reading: _Pass, model: type[Model]) -> AsyncIterator[Model]:
        read, number = 0, 0
        begins = self.style.begins(0, 0)
        while True:
            page = await self.session.send(evolve(self.call, params={**self.call.params, **begins}))
            known = len(reading.ids)
            reading.totals.add(page.total)
            for row in page.rows:
                item = structured(row, model)
                reading.ids.add(item.id)
                yield item
            read, number = read + len(page.rows), number + 1
            reading.idle = reading.idle + 1 if len(reading.ids) == known else 0
            if self._is_last(page, read, number, reading.idle):
                return
            style = evolve(self.style, by="offset") if page.is_bare and self.style.by == "page" else self.style
            begins = style.begins(number, read)

    def _is_last(self, page: Page, read: int, number: int, idle: int) -> bool:
        """Return whether no more rows can come, also for an endpoint that returns one page forever."""
        if not page.rows:
            return True
        if page.total is None and page.last is None:
            return idle >= self.style.patience
        had, of = (read, page.total) if page.total is not None else (number, page.last or 0)
        return had == of or (had > of and len(page.rows) < (self.style.limit or 1))


def _list(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise TypeError
    return data


def _number(data: Any, way: tuple[str, ...] | None) -> int | None:
    for name in way or ():
        data = data[name]
    return None if way is None else int(data)
