"""Each type of Python's values has a rule."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.fields import Field
from lemlist_async.rows.columns import Columns
from lemlist_async.rows.values import as_text, is_nothing, simple


class Plan(Enum):
    PRO = "pro"
    NONE = None


AWARE = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", float("nan"), Decimal("nan"), pd.NaT, pd.NA, np.float64("nan")])
def test_nothing_is_nothing(value):
    assert is_nothing(value)
    assert as_text("Note", value) in {None, ""}


@pytest.mark.parametrize("value", ["x", 0, False, 0.0, Decimal(0), [], pd.Timestamp("2026-01-01")])
def test_something_is_not_nothing(value):
    assert not is_nothing(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Plan.PRO, "pro"),
        (Plan.NONE, None),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("12.50"), 12.5),
        (Decimal("12.00"), 12),
        (np.int64(7), 7),
        (np.float32(1.5), 1.5),
        (np.float32("nan"), None),
        (np.bool_(True), True),
        (np.datetime64("2026-11-21"), date(2026, 11, 21)),
        (np.datetime64("NaT", "s"), None),
        (pd.Timestamp("2026-11-21"), date(2026, 11, 21)),
        (pd.Timestamp(AWARE), AWARE),
        (AWARE, AWARE),
        (datetime(2026, 11, 21), date(2026, 11, 21)),  # noqa: DTZ001 - as databases give them
        (date(2026, 11, 21), date(2026, 11, 21)),
        (time(9, 30), "09:30:00"),
        (timedelta(minutes=2), 120.0),
        (True, True),
    ],
)
def test_a_value_becomes_what_json_can_say(value, expected):
    found = simple("Note", value)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (33612345678.0, "33612345678"),
        (1.5, "1.5"),
        (1e300, "1e+300"),
        (7, "7"),
        (Decimal(33612345678), "33612345678"),
        (date(2026, 11, 21), "2026-11-21"),
        (AWARE, "2026-11-21T09:00:00+00:00"),
        (Plan.PRO, "pro"),
    ],
)
def test_a_value_in_a_field_of_text_becomes_text(value, expected):
    contact = Columns.match(["email", "phone", "zip"], fields=[Field(name="zip")]).contact(
        {"email": "j@x.com", "phone": value, "zip": value}
    )

    assert (contact.phone, contact.custom["zip"]) == (expected, expected)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("inf"), "Note is not a finite number, which JSON cannot say"),
        (Decimal("inf"), "Note is not a finite number, which JSON cannot say"),
        (datetime(2026, 11, 21, 9), "Note is a datetime without a time zone: give it one, or make it a date"),  # noqa: DTZ001
        ([1], "Note must be text, number, boolean, date or datetime, not list"),
        (b"x", "Note must be text, number, boolean, date or datetime, not bytes"),
        ({}, "Note must be text, number, boolean, date or datetime, not dict"),
    ],
)
def test_what_json_cannot_say_is_refused(value, reason):
    with pytest.raises(InvalidRequestError) as caught:
        simple("Note", value)

    assert str(caught.value) == reason


def test_a_list_of_addresses_may_be_an_array():
    columns = Columns.match(["email", "Additional emails"])

    for several in (["a@x.com", None, "b@x.com"], ("a@x.com", "b@x.com"), np.array(["a@x.com", "b@x.com"])):
        contact = columns.contact({"email": "j@x.com", "Additional emails": several})
        assert contact.additional_emails == ("a@x.com", "b@x.com")
    assert columns.contact({"email": "j@x.com", "Additional emails": []}).additional_emails == ()


@pytest.mark.parametrize("value", [Decimal("1E+999999"), Decimal("-1E+999999"), Decimal("Infinity")])
def test_a_number_that_would_take_minutes_to_write_out_is_refused(value):
    with pytest.raises(InvalidRequestError, match="is not a finite number"):
        simple("Note", value)


def test_a_long_whole_decimal_keeps_its_digits():
    assert simple("Note", Decimal("1" * 300)) == int("1" * 300)
