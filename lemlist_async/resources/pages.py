"""Pages as one async iterator, however an endpoint cuts them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal, Protocol, TypeVar

from attrs import define, field, frozen

from lemlist_async.errors import ConflictError, UnexpectedReplyError
from lemlist_async.models.convert import structured
from lemlist_async.spelling import query
from lemlist_async.wire.call import Call
from lemlist_async.wire.session import Session

PAGE = 500
_PASSES = 3


class HasId(Protocol):
    """Anything that lemlist gives an ID."""

    @property
    def id(self) -> str:
        """The ID that lemlist gave it."""
        ...


Model = TypeVar("Model", bound=HasId)


@frozen(kw_only=True)
class Style:
    """How an endpoint cuts its rows into pages; lemlist has several ways.

    Attributes:
        by: the query parameter that says where a page begins: rows to pass over, or the page's number.
        first: the first page's number, where pages have numbers.
        limit: rows to ask for, as many as the endpoint allows; None where it takes no such parameter.
        rows: where the rows are in the reply; None where the reply is nothing but an array of them.
        total: the way to the count of all rows in the reply; None where it has none.
    """

    by: Literal["offset", "skip", "page"] = "offset"
    first: int = 1
    limit: int | None = 100
    rows: str | None = "data"
    total: tuple[str, ...] | None = ("total",)

    def begins(self, page: int, rows: int) -> int:
        """Return where a page begins that has so many pages and rows before it."""
        return self.first + page if self.by == "page" else rows

    def page(self, data: Any) -> Page:
        """Read a reply.

        Raises:
            UnexpectedReplyError: it is no page of this style.
        """
        try:
            rows = _list(data if self.rows is None else data[self.rows])
            return Page(rows, None if self.total is None else _number(data, self.total))
        except (KeyError, OverflowError, TypeError, ValueError):
            raise UnexpectedReplyError(f"the reply is not a page{self._with_what()}.") from None

    def _with_what(self) -> str:
        names = [name for name in (self.rows, self.total and ".".join(self.total)) if name]
        return f" with {' and '.join(names)}" if names else ""


@frozen
class Page:
    """One page: its rows, and how many there are on all pages, where lemlist says so."""

    rows: list[Any]
    total: int | None


# Contacts, companies.
OFFSETS = Style(limit=PAGE)
# Unsubscribes, activities.
BARE_ARRAYS = Style(rows=None, total=None)
# A company's notes.
NUMBERED = Style(by="page")
# Conversations, and the messages of one of them.
INBOX = Style(by="page", total=("pagination", "totalItems"))
MESSAGES = Style(by="skip", total=("pagination", "totalItems"))
SCHEDULES = Style(by="page", rows="schedules", total=("pagination", "totalRecords"))
# Watch lists, their signals and their history.
WATCH_LISTS = Style(by="page", total=("meta", "pagination", "totalRecords"))
TASKS = Style(by="page", first=0, limit=None, rows="results", total=None)


async def pages(
    session: Session,
    path: str,
    params: Mapping[str, str],
    model: type[Model],
    *,
    args: Mapping[str, str] | None = None,
    style: Style = OFFSETS,
) -> AsyncIterator[Model]:
    """Yield every row of a paginated endpoint once, in lemlist's order, which its documents do not promise.

    Rows that move between pages while they are read are not repeated. What can be promised beyond that depends on
    whether lemlist counts the rows:

    - Where it does, the pages are read again when the count changes on the way, or when fewer rows came than
      lemlist counts, and what was missed is yielded too. If one row goes and another comes meanwhile, nobody can tell.
    - Where it does not, a row that is deleted while the pages are read moves the later ones forward, and one of them
      can be missed between two pages. The end is a page without new rows, which costs one request more; a short page
      is none: lemlist may give fewer rows than it was asked for.

    Raises:
        ConflictError: the rows did not hold still during three passes; some may have been missed.
    """
    reader = _Reader(session, path, args or {}, params, style)
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
        path=path,
    )


@define
class _Pass:
    """One reading of all pages, and whether it can have missed a row that lemlist counts."""

    ids: set[str] = field(factory=set)
    totals: set[int | None] = field(factory=set)

    @property
    def is_whole(self) -> bool:
        return len(self.totals) == 1 and all(total is None or len(self.ids) >= total for total in self.totals)


@frozen
class _Reader:
    """Asks for one page after the other."""

    session: Session
    path: str
    args: Mapping[str, str]
    params: Mapping[str, str]
    style: Style

    async def items(self, reading: _Pass, model: type[Model]) -> AsyncIterator[Model]:
        read, number = 0, 0
        while True:
            page = await self.session.send(self._call(self.style.begins(number, read)))
            known = len(reading.ids)
            reading.totals.add(page.total)
            for row in page.rows:
                item = structured(row, model)
                reading.ids.add(item.id)
                yield item
            read, number = read + len(page.rows), number + 1
            if _is_last(page, read, new=len(reading.ids) - known):
                return

    def _call(self, begins: int) -> Call[Page]:
        place = query(limit=self.style.limit, **{self.style.by: begins})
        return Call(method="GET", path=self.path, args=self.args, params={**self.params, **place}, read=self.style.page)


def _is_last(page: Page, read: int, *, new: int) -> bool:
    """Tell whether no more rows can come. An endpoint that gave the same page for ever would otherwise never end."""
    return not page.rows or (new == 0 if page.total is None else read >= page.total)


def _list(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise TypeError
    return data


def _number(data: Any, way: tuple[str, ...]) -> int:
    for name in way:
        data = data[name]
    return int(data)
