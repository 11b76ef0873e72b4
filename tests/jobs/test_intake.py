"""Intake: what each row needs, decided from the journal, and noted before anything is sent."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from attrs import evolve

from lemlist_async.jobs import Journal, Row
from lemlist_async.jobs.intake import Intake
from lemlist_async.jobs.journal import JobIdentity
from lemlist_async.jobs.states import KnownRow, Need, RefusedRow, RowToSend
from lemlist_async.rows.mappings import rows_of

JOB = JobIdentity(kind="import", name="rows", team="tea_1", list_id="none")


@pytest.fixture
async def journal() -> AsyncIterator[Journal]:
    async with await Journal.open(None) as journal:
        await journal.begin(JOB)
        yield journal


def people(count: int, **fields: str) -> list[dict[str, str]]:
    return [{"email": f"person{number}@example.com"} | fields for number in range(count)]


def intake(journal: Journal, rows: Any, *, full: bool = False) -> Intake:
    return Intake(rows_of(rows), journal, full)


async def passed(one: Intake) -> list[RefusedRow | KnownRow | RowToSend]:
    return [row async for row in one.passed()]


def needs(rows: list[RefusedRow | KnownRow | RowToSend]) -> list[Need | str]:
    return [row.need if isinstance(row, KnownRow) else type(row).__name__ for row in rows]


async def settle(journal: Journal, sendings: list[Any], result: str = "updated") -> None:
    for one in sendings:
        entry = evolve(one.entry, contact_id="ctc_1", result=result)
        await journal.write([entry])


async def test_a_new_row_is_noted_before_it_is_passed_on(journal):
    async for one in intake(journal, people(50)).passed():
        assert one.entry.slot in (await journal.look_up([one.entry.slot])).entries
        assert not one.entry.is_settled


async def test_rows_come_in_their_order_and_refused_ones_as_they_are(journal):
    rows = [*people(1), {"firstName": "nobody"}, *people(300)[1:]]

    done = await passed(intake(journal, rows))

    assert [one.row.number for one in done] == list(range(1, 302))
    assert isinstance(done[1], RefusedRow)


async def test_rows_come_from_any_async_iterator(journal):
    class Rows:
        left = 3

        def __aiter__(self) -> "Rows":
            return self

        async def __anext__(self) -> Row:
            if self.left == 0:
                raise StopAsyncIteration
            self.left -= 1
            return Row(number=self.left, contact=None, reason="no contact")

    assert len(await passed(Intake(Rows(), journal))) == 3


async def test_after_a_restart_what_is_settled_is_counted_and_the_rest_sent(journal):
    first = await passed(intake(journal, people(3)))
    await settle(journal, first[:2])
    await journal.begin(JOB)

    assert needs(await passed(intake(journal, people(3)))) == [
        Need.DONE_IN_THIS_RUN,
        Need.DONE_IN_THIS_RUN,
        "RowToSend",
    ]


async def test_the_next_run_needs_nothing_for_what_is_unchanged(journal):
    await settle(journal, await passed(intake(journal, people(3))))
    await journal.finish()
    await journal.begin(JOB)

    rows = [*people(2), *people(3, firstName="New")[2:]]

    assert needs(await passed(intake(journal, rows))) == [Need.NOTHING, Need.NOTHING, "RowToSend"]


async def test_full_needs_every_row_but_those_of_this_run(journal):
    await settle(journal, await passed(intake(journal, people(2))))
    await journal.finish()
    await journal.begin(JOB)
    [first, _] = await passed(intake(journal, people(2), full=True))
    await settle(journal, [first])
    await journal.begin(JOB)

    assert needs(await passed(intake(journal, people(2), full=True))) == [Need.DONE_IN_THIS_RUN, "RowToSend"]


async def test_what_was_not_sent_after_all_is_as_it_was(journal):
    await settle(journal, (await passed(intake(journal, people(1)))))
    await journal.finish()
    await journal.begin(JOB)
    one = intake(journal, people(3, firstName="New"))
    [known, doubtful, fresh] = await passed(one)

    await one.put_back([known, fresh])

    known_now = await journal.look_up([row.entry.slot for row in (known, doubtful, fresh)])
    assert known_now.entries == {known.entry.slot: known.before, doubtful.entry.slot: doubtful.entry}


@pytest.mark.parametrize("result", ["created", "updated", "unknown", "rejected"])
async def test_a_row_that_is_sent_twice_in_one_run_remembers_what_was_found(journal, result):
    """It changed between two restarts."""
    await settle(journal, await passed(intake(journal, people(1))), result)
    await journal.begin(JOB)

    [one] = await passed(intake(journal, people(1, firstName="New")))

    assert one.entry.earlier_result == ("" if result == "rejected" else result)


async def test_a_row_in_doubt_stays_in_doubt_over_any_number_of_restarts(journal):
    for found in ("", "unknown", "unknown"):
        await journal.begin(JOB)
        [one] = await passed(intake(journal, people(1)))
        assert one.entry.earlier_result == found


async def test_an_error_of_the_rows_comes_after_those_before_it(journal):
    def rows():
        yield from people(3)
        raise KeyError("mine")

    rest = intake(journal, rows()).passed()

    assert [(await anext(rest)).row.number for _ in range(3)] == [1, 2, 3]
    with pytest.raises(KeyError, match="mine"):
        await anext(rest)
