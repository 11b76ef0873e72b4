"""A run may carry the caller's own objects: what they carry is sent, and they come back in the outcomes."""

import pytest
from attrs import define
from support import person, stream_of

from lemlist_async import BatchError, ContactInput, Done, Failed
from lemlist_async.batch.chunks import Chunker
from lemlist_async.batch.run import Options, Run
from lemlist_async.models.lists import Added
from lemlist_async.resources.lists import AddTally


@define(eq=False)
class Row:
    """Something of a caller's own: without a hash by value, and nothing that lemlist would take."""

    carried: object
    number: int = 0


def carried(row):
    return row.carried


def rows_of(*values):
    return [Row(value, number) for number, value in enumerate(values)]


async def collected(run):
    async with run as outcomes:
        return [outcome async for outcome in outcomes]


async def test_contacts_are_upserted_and_the_callers_rows_come_back(lemlist, sandbox):
    rows = rows_of(person(0), ContactInput(email="broken"), person(2))
    run = lemlist.contacts.upsert_many(stream_of(rows), of=carried)

    outcomes = await collected(run)

    assert {outcome.position: outcome.item for outcome in outcomes} == dict(enumerate(rows))
    assert {outcome.position: type(outcome) for outcome in outcomes} == {0: Done, 1: Failed, 2: Done}
    assert run.report.failures[0].item is rows[1]
    assert {one.json["email"] for one in sandbox.requests(path="/contacts")} == {row.carried.email for row in rows}


async def test_contacts_are_added_to_a_list_and_the_callers_objects_come_back(lemlist, sandbox):
    newsletter = sandbox.state.add_list("Newsletter")
    rows = rows_of(*sandbox.state.add_contacts(3), "ctc_unknown")

    [outcome] = await collected(lemlist.lists.add(newsletter, iter(rows), of=carried))

    assert outcome.items == rows
    assert sandbox.state.members(newsletter) == [row.carried for row in rows[:3]]


async def test_an_unknown_id_is_counted_once_although_two_objects_carry_it(lemlist, sandbox):
    newsletter = sandbox.state.add_list("Newsletter")
    rows = rows_of(*sandbox.state.add_contacts(1), "ctc_unknown", "ctc_unknown")

    report = await lemlist.lists.add(newsletter, rows, of=carried, dedupe=False)

    assert (report.added_count, report.unaccounted) == (1, 1)


async def test_objects_that_carry_the_same_are_duplicates():
    rows = rows_of(1, 2, 1)
    sent = []

    async def send(values, _attempts):
        sent.append(list(values))
        return Added(added=len(values), already=0)

    [outcome] = await collected(Run(set(rows), 9, send, AddTally(), Options(dedupe=True), of=carried))

    assert sorted(sent[0]) == [1, 2]
    assert [row.carried for row in outcome.items] == sent[0]


async def test_a_malformed_value_is_rejected_with_the_object_that_carries_it(lemlist, sandbox):
    newsletter = sandbox.state.add_list("Newsletter")
    rows = rows_of("ctc_1", "jane")

    with pytest.raises(BatchError, match="item 1") as caught:
        await lemlist.lists.add(newsletter, rows, of=carried)

    assert [one.value for one in caught.value.report.rejected] == rows[1:]
    assert caught.value.report.unsent == (rows[0],)
    assert sandbox.requests(path="entities") == []


@pytest.mark.parametrize("way", [list, iter, stream_of])
async def test_an_exception_of_the_function_comes_back_as_itself_and_loses_nothing(way):
    async def send(values, _attempts):
        return Added(added=len(values), already=0)

    rows = [Row(1), Row(2), Row(3), None, Row(5)]
    run = Run(way(rows), 2, send, AddTally(), Options(), of=carried)

    with pytest.raises(AttributeError, match="carried"):
        await run

    taken = run.report.submitted
    assert run.report.done + len(run.report.unsent) == taken
    assert [*run.report.unsent] == rows[run.report.done : taken]


def test_a_chunk_keeps_the_objects_and_what_they_carry_apart():
    chunker = Chunker(4, lambda values: [(at, "no") for at, one in enumerate(values) if one < 0], True, carried)
    rows = rows_of(5, -1, 5, 7)

    for row in rows:
        chunker.raw.append(row)
        chunker.accept()
    chunk = chunker.take()

    assert (chunk.items, chunk.values, list(chunk.positions)) == ([rows[0], rows[3]], [5, 7], [0, 3])


async def test_counts_can_be_read_without_a_report():
    async def send(values, attempts):
        attempts.began(on_wire=True)
        attempts.succeeded()
        return Added(added=len(values), already=0)

    run = Run([Row(1), Row(2), Row(3)], 2, send, AddTally(), Options(), of=carried)
    await run

    assert (run.done, run.requests, *run.failures, *run.doubts, *run.left) == (3, 2)
