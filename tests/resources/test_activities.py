"""Activities, and readings that go on where the last one ended."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemlist_async import ActivityCursor, InvalidRequestError
from lemlist_async.models.activities import Activity
from lemlist_async.resources.activities import Activities, ActivityReading

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Log:
    """lemlist's activities, the newest first, read page by page; `between` is what happens after each page."""

    def __init__(self, between=lambda log: None):
        self.rows = []
        self.between = between
        self.pages = 0

    def add(self, minute, count=1):
        self.rows[:0] = [
            {"_id": f"act_{len(self.rows) + number}", "createdAt": (NOON + minute * MINUTE).isoformat()}
            for number in reversed(range(count))
        ]

    async def send(self, call):
        since = call.params.get("minDate", "")
        asked = [row for row in self.rows if not since or datetime.fromisoformat(row["createdAt"]) >= parsed(since)]
        begin = int(call.params["offset"])
        page = asked[begin : begin + 100]
        self.pages += 1
        self.between(self)
        return call.read(page)

    def read(self, cursor=None):
        activities = Activities.__new__(Activities)
        activities._session = self
        return activities.read(cursor)


def parsed(moment):
    return datetime.fromisoformat(moment)


async def ids(reading):
    return [one.id async for one in reading]


async def test_a_reading_goes_on_where_the_last_one_ended():
    log = Log()
    log.add(0, 250)
    first = log.read()
    read = await ids(first)
    log.add(5, 3)

    second = log.read(ActivityCursor.parse(str(first.cursor)))

    assert len(read) == len(set(read)) == 250
    assert await ids(second) == ["act_252", "act_251", "act_250"]
    assert await ids(log.read(second.cursor)) == []


async def test_what_happens_during_a_reading_is_read_now_or_next_time_and_once():
    def happen(log):
        if log.pages in {1, 2, 3}:
            log.add(1, 130)  # more than a page: the next one shows what was read already

    log = Log(happen)
    log.add(0, 300)

    first = log.read()
    read = await ids(first)
    log.between = lambda log: None
    more = await ids(log.read(first.cursor))

    assert sorted(read + more) == sorted(row["_id"] for row in log.rows)


async def test_a_cursor_that_is_kept_midway_misses_nothing_and_brings_nothing_twice():
    log = Log()
    log.add(0, 150)
    first = log.read()
    read = [(await anext(first)).id for _ in range(40)]

    rest = await ids(log.read(ActivityCursor.parse(str(first.cursor))))

    assert sorted(read + rest) == sorted(row["_id"] for row in log.rows)


async def test_the_cursor_is_short_once_the_reading_has_ended():
    log = Log()
    for minute in range(60):
        log.add(minute)
    reading = log.read()

    await ids(reading)

    assert reading.cursor.since == NOON + 49 * MINUTE
    assert len(reading.cursor.seen) == 11


async def test_an_activity_without_a_date_comes_once():
    log = Log()
    log.rows = [{"_id": "act_a", "createdAt": "soon"}]
    log.send = undated(log)
    first = log.read()

    assert await ids(first) == ["act_a"]
    assert await ids(log.read(first.cursor)) == []


def undated(log):
    async def send(call):
        return call.read(log.rows if call.params["offset"] == "0" else [])

    return send


async def test_nothing_new_leaves_the_cursor_where_it_was():
    start = ActivityCursor(since=NOON, seen=frozenset({"act_x"}))
    reading = Log().read(start)

    assert await ids(reading) == []
    assert reading.cursor.since == NOON


@given(
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.frozensets(st.text(max_size=5)),
)
def test_a_cursor_is_kept_as_a_string(since, seen):
    cursor = ActivityCursor(since=since, seen=seen)

    assert ActivityCursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize("kept", ["", "{}", "5", "[1, 2]", '["soon", []]', "[null, 7]", None])
def test_what_is_no_cursor_is_refused(kept):
    with pytest.raises(InvalidRequestError, match="not a cursor"):
        ActivityCursor.parse(kept)


async def test_a_reading_ends_once():
    async def nothing():
        return
        yield

    reading = ActivityReading(ActivityCursor(), MINUTE, nothing())

    assert await ids(reading) == []
    with pytest.raises(StopAsyncIteration):
        await anext(reading)


async def test_activities_are_filtered_by_lemlist(sandbox, lemlist):
    campaign = sandbox.state.campaigns.add("Q4")
    lead = sandbox.state.campaigns.add_lead(campaign, "contacted", email="jane@acme.com")
    activity = sandbox.state.add_activity("emailsReplied", lead)

    found = [one async for one in lemlist.activities.iterate(
        since=NOON - timedelta(days=4000), type="emailsReplied", campaign_id=campaign)]  # fmt: skip

    assert [one.id for one in found] == [activity]
    assert isinstance(found[0], Activity)
    assert sandbox.received[0].query["minDate"].startswith("2015-")
    assert "jane" not in repr(found[0])


async def test_the_string_of_a_cursor_is_refused_with_what_makes_a_cursor_of_it(lemlist):
    with pytest.raises(InvalidRequestError, match=r"ActivityCursor\.parse"):
        lemlist.activities.read(str(ActivityCursor()))
