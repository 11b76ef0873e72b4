"""Cutting the input into chunks: malformed items, duplicates, order."""

from itertools import chain

import pytest
from engine import Source, batch, either_way
from hypothesis import given
from hypothesis import strategies as st

from lemlist_async import BatchError, InvalidRequestError
from lemlist_async.batch.chunks import Chunker
from lemlist_async.batch.run import Options


async def test_a_collection_is_checked_whole_before_anything_is_sent(wire):
    run = batch([1, 2, 3, 4, -5, 6], wire, check=lambda one: one < 0)

    with pytest.raises(BatchError, match="item 4: no") as caught:
        await run

    report = caught.value.report
    assert wire.chunks == []
    assert [(one.position, one.value) for one in report.rejected] == [(4, -5)]
    assert report.unsent == (1, 2, 3, 4, 6)
    assert isinstance(caught.value.__cause__, InvalidRequestError)


async def test_a_collection_larger_than_one_look_is_checked_whole(wire):
    run = batch([*range(2500), -1], wire, size=1000, check=lambda one: one < 0, raise_on_error=False)

    report = await run

    assert wire.chunks == []
    assert len(report.unsent) == 2500


async def test_a_collection_is_checked_beforehand_and_again_as_it_is_read(wire):
    looks = []

    await batch([1, 2, 3], wire, check=looks.append)

    assert looks == [1, 2, 3] * 2


@either_way
async def test_a_malformed_item_of_a_stream_stops_the_run_before_its_chunk(wire, way):
    source = Source([1, 2, 3, -4, 5, 6, 7, 8])

    report = await batch(way(source), wire, check=lambda one: one < 0, raise_on_error=False)

    assert wire.chunks in ([], [[1, 2]])  # whether it had begun by then is a matter of chance
    assert [one.position for one in report.rejected] == [3]
    assert [*chain.from_iterable(wire.chunks), *report.unsent] == [1, 2, 3]
    assert source.closed


async def test_malformed_items_are_skipped_on_request_and_raise_in_the_end(wire):
    run = batch([-1, 2, -3, 4, 5], wire, check=lambda one: one < 0, malformed="skip")

    with pytest.raises(BatchError, match="2 malformed") as caught:
        await run

    report = caught.value.report
    assert sorted(wire.items) == [2, 4, 5]
    assert [one.position for one in report.rejected] == [0, 2]
    assert report.unsent == ()


@pytest.mark.parametrize(
    "options",
    [{"concurrency": 0}, {"malformed": "ignore"}, {"flush_after": 0}, {"deadline": -1}],
    ids=lambda one: next(iter(one)),
)
def test_options_that_make_no_sense_are_refused_at_once(options):
    with pytest.raises(InvalidRequestError, match=next(iter(options))):
        Options(**options)


@given(
    st.lists(st.integers(-5, 20)),
    st.integers(1, 7),
    st.booleans(),
)
def test_the_chunker_loses_nothing_and_keeps_the_order(items, size, dedupe):
    chunker = Chunker(size, lambda some: [(at, "no") for at, one in enumerate(some) if one < 0], dedupe)
    chunks = []

    for item in items:
        chunker.raw.append(item)
        if chunker.room == 0:
            chunker.accept()
        if chunker.room == 0:
            chunks.append(chunker.take())
    chunker.accept()
    chunks += [one for one in [chunker.take()] if one]

    sent = [(at, item) for one in chunks for at, item in zip(one.positions, one.items, strict=True)]
    good = [(at, item) for at, item in enumerate(items) if item >= 0]
    if dedupe:
        good = [(at, item) for at, item in good if item not in items[:at]]
    assert sent == good
    assert [(one.position, one.value) for one in chunker.rejected] == [
        (at, item) for at, item in enumerate(items) if item < 0
    ]
    assert chunker.duplicates == len(items) - len(chunker.rejected) - len(good)
    assert (chunker.submitted, chunker.waiting.items) == (len(items), ())
    assert all(len(one.items) <= size for one in chunks)


def test_an_empty_chunker_gives_no_chunk():
    assert Chunker(3).take() is None
