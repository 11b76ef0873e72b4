"""A run takes whatever holds rows, and says of a wrong one what is wrong with it."""

import pandas as pd
import polars as pl
import pytest

from lemlist_async import BatchError, ContactInput, Lemlist
from lemlist_async.models.base import Refused
from lemlist_async.rows.inputs import contacts_in
from lemlist_async.sandbox import Sandbox

JANE, JOHN = ContactInput(email="jane@x.com"), ContactInput(email="john@x.com", first_name="John")
ROWS = [{"E-mail": "jane@x.com"}, {"E-mail": "john@x.com", "Prénom": "John"}]


@pytest.mark.parametrize(
    "values", [ROWS, pd.DataFrame(ROWS), pl.DataFrame(ROWS), iter(ROWS), tuple(ROWS), [JANE, ROWS[1]]]
)
def test_rows_become_inputs(values):
    assert list(contacts_in(values)) == [JANE, JOHN]


def test_inputs_stay_as_they_are():
    contacts = [JANE, JOHN]

    assert contacts_in(contacts) is contacts


@pytest.mark.parametrize("values", ["jane@x.com", {"email": "jane@x.com"}, 5])
def test_what_holds_no_rows_passes_as_it_is(values):
    assert contacts_in(values) == values


def test_a_refused_row_says_why_and_shows_nothing():
    jane, refused, number = contacts_in([JANE, {"email": "j@"}, 5])

    assert (jane, number) == (JANE, 5)
    assert isinstance(refused, Refused)
    assert repr(refused) == "Refused(reason='email is not an email address')"


async def test_async_rows_become_inputs_and_their_source_is_closed():
    closed = []

    async def slow():
        try:
            for row in ROWS:
                yield row
        finally:
            closed.append("async")

    def quick():
        try:
            yield from ROWS
        finally:
            closed.append("sync")

    class Plain:
        def __aiter__(self):
            self.left = list(ROWS)
            return self

        async def __anext__(self):
            if not self.left:
                raise StopAsyncIteration
            return self.left.pop(0)

    found = contacts_in(slow())
    assert await anext(found) == JANE
    await found.aclose()
    once = contacts_in(quick())
    assert next(once) == JANE
    once.close()

    assert closed == ["async", "sync"]
    assert [one async for one in contacts_in(Plain())] == [JANE, JOHN]


async def test_any_number_of_rows_is_upserted():
    async with Sandbox(quota=None) as sandbox, Lemlist(sandbox.api_key, base_url=sandbox.url) as lemlist:
        report = await lemlist.contacts.upsert_many(pd.DataFrame(ROWS))
        again = await lemlist.contacts.upsert_many(row for row in ROWS)
        with pytest.raises(BatchError, match="item 1: email is not an email address") as caught:
            await lemlist.contacts.upsert_many([JANE, {"email": "j@"}])

    assert (report.created_count, again.updated_count) == (2, 2)
    assert [one.position for one in caught.value.report.rejected] == [1]
