"""Every way in which lemlist cuts rows into pages, as one async iterator."""

import pytest
from attrs import define, field, frozen

from lemlist_async import ConflictError, UnexpectedReplyError
from lemlist_async.resources.pages import OFFSETS, Style, pages
from lemlist_async.wire.call import Call

CALL = Call(method="GET", path="/rows", params={"a": "b"})


@frozen
class Row:
    id: str


@define
class Lemlist:
    """An endpoint that has rows and answers as its style says; it stands where the session would.

    Attributes:
        cap: the most rows that it gives, whatever it is asked for.
        between: what is called after each answer, to move rows.
    """

    style: Style
    rows: list[str]
    cap: int = 20
    between: object = field(default=lambda _rows: None)
    calls: list[dict[str, str]] = field(factory=list)

    async def send(self, call):
        self.calls.append(call.params)
        size = min(int(call.params.get("limit", self.cap)), self.cap)
        begin = int(call.params[self.style.by])
        if self.style.by == "page":
            begin = (begin - self.style.first) * size
        shown = [{"_id": one} for one in self.rows[begin : begin + size]]
        reply = shown if self.style.rows is None else self.with_total({self.style.rows: shown})
        self.between(self.rows)
        return call.read(reply)

    def with_total(self, reply):
        place = reply
        *way, name = self.style.total or ["page"]
        for step in way:
            place = place.setdefault(step, {})
        place[name] = str(len(self.rows))  # lemlist's types drift
        return reply

    async def read(self):
        return [row.id async for row in pages(self, CALL, Row, self.style)]


BARE = Style(rows=None)
NUMBERED = Style(by="page", total=("total",))
INBOX = Style(by="page", total=("pagination", "totalItems"))
TASKS = Style(by="page", first=0, limit=None, rows="results")
STYLES = {
    "contacts": OFFSETS,
    "unsubscribes": BARE,
    "notes": NUMBERED,
    "inbox": INBOX,
    "messages": Style(by="skip", total=("pagination", "totalItems")),
    "schedules": Style(by="page", rows="schedules", total=("pagination", "totalRecords")),
    "tasks": TASKS,
}
every_style = pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
without_total = pytest.mark.parametrize("style", [BARE, TASKS], ids=["unsubscribes", "tasks"])


def names(count):
    return [f"row_{number}" for number in range(count)]


@every_style
@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 60])
async def test_every_row_comes_once_and_in_order(style, count):
    lemlist = Lemlist(style, names(count))

    assert await lemlist.read() == names(count)

    assert all(call["a"] == "b" for call in lemlist.calls)


@every_style
async def test_fewer_rows_than_asked_for_are_not_the_end(style):
    lemlist = Lemlist(style, names(50), cap=7)

    assert await lemlist.read() == names(50)


@every_style
async def test_rows_that_come_in_front_meanwhile_hide_none(style):
    def insert(rows):
        if len(rows) < 62:
            rows.insert(0, f"new_{len(rows)}")

    lemlist = Lemlist(style, names(60), between=insert)

    read = await lemlist.read()

    assert set(read) >= set(names(60))
    assert len(read) == len(set(read))


@pytest.mark.parametrize("style", [one for one in STYLES.values() if one.total], ids=lambda one: ".".join(one.total))
async def test_rows_that_go_meanwhile_hide_none_where_lemlist_counts(style):
    def remove(rows):
        if len(rows) == 60:
            del rows[0]

    read = await Lemlist(style, names(60), between=remove).read()

    assert sorted(read) == sorted(names(60))


async def test_rows_that_never_hold_still_are_a_conflict():
    with pytest.raises(ConflictError, match="3 times over") as caught:
        await Lemlist(NUMBERED, names(60), between=lambda rows: rows.pop(0)).read()

    assert caught.value.path == "/rows"


@without_total
async def test_an_endpoint_that_gives_the_same_page_for_ever_comes_to_an_end(style):
    lemlist = Lemlist(style, names(5))

    async def send(call):
        lemlist.calls.append(call.params)
        return call.read([{"_id": "row_0"}] if style.rows is None else {style.rows: [{"_id": "row_0"}]})

    rows = pages(type("Same", (), {"send": staticmethod(send)})(), CALL, Row, style)

    assert [row.id async for row in rows] == ["row_0"]
    assert len(lemlist.calls) == 2


async def test_pages_are_as_large_as_the_endpoint_allows():
    asked = []
    for style in STYLES.values():
        lemlist = Lemlist(style, [])
        await lemlist.read()
        asked.append(lemlist.calls[0].get("limit"))

    assert asked == ["500", "100", "100", "100", "100", "100", None]


@pytest.mark.parametrize(
    ("style", "data", "words"),
    [
        (OFFSETS, {"data": 5, "total": 1}, "with data and total"),
        (OFFSETS, {"data": [], "total": float("inf")}, "with data and total"),
        (BARE, {}, r"not a page\."),
        (INBOX, {"data": [], "pagination": None}, r"pagination\.totalItems"),
        (TASKS, {"data": []}, "with results"),
    ],
)
def test_what_is_no_page_is_an_error_that_says_what_it_should_be(style, data, words):
    with pytest.raises(UnexpectedReplyError, match=words):
        style.page(data)
