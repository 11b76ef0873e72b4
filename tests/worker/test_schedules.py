"""When a schedule is due."""

from datetime import UTC, datetime, timedelta

import pytest

from lemlist_async import InvalidRequestError
from lemlist_async.worker import JobSpec
from lemlist_async.worker.schedules import JobSchedule

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def schedule(cron="0 2 * * *", key="acme", name="nightly", **facts):
    return JobSchedule(name=name, cron=cron, spec=JobSpec(kind="import", key=key, source="a.csv"), **facts)


def test_it_is_due_at_the_next_time_that_its_line_names():
    assert schedule().due_after(NOON) == datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


def test_a_time_zone_of_the_moment_does_not_shift_the_line():
    elsewhere = NOON.astimezone().astimezone()

    assert schedule().due_after(elsewhere) == datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


def test_the_sixth_field_counts_seconds():
    due = schedule(cron="* * * * * */5").due_after(NOON)

    assert due == NOON + timedelta(seconds=5)


def test_starts_are_spread_by_key_the_same_each_night_and_within_the_spread():
    spread = 6 * 3600.0
    dues = [schedule(key=f"k{number}", spread=spread).due_after(NOON) for number in range(200)]
    tomorrow = [schedule(key=f"k{number}", spread=spread).due_after(NOON + timedelta(days=1)) for number in range(200)]

    first = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
    assert all(first <= due <= first + timedelta(hours=6) for due in dues)
    assert len({due.hour for due in dues}) >= 6
    assert tomorrow == [due + timedelta(days=1) for due in dues]


def test_a_spread_schedule_whose_line_has_passed_but_whose_turn_has_not_is_due_today():
    at = datetime(2026, 11, 26, 2, 0, 1, tzinfo=UTC)
    late = next(
        one for number in range(50) if (one := schedule(key=f"k{number}", spread=3600.0)).offset > timedelta(minutes=5)
    )

    assert late.due_after(at) - at < timedelta(hours=1)


@pytest.mark.parametrize("cron", ["", "every night", "61 * * * *"])
def test_what_is_no_cron_line_is_refused(cron):
    with pytest.raises(InvalidRequestError, match="is not a cron line"):
        schedule(cron=cron)


def test_a_negative_spread_is_refused():
    with pytest.raises(InvalidRequestError, match="spread must not be negative"):
        schedule(spread=-1.0)


@pytest.mark.parametrize("spread", [1e30, float("inf"), float("nan")])
def test_an_endless_spread_is_refused(spread):
    with pytest.raises(InvalidRequestError, match=r"spread must be at most a year, 3\.16224e\+07 s, not"):
        schedule(spread=spread)


def test_a_line_that_is_never_due_is_refused():
    with pytest.raises(InvalidRequestError, match="'0 0 31 2 \\*' names a date that never comes"):
        schedule(cron="0 0 31 2 *").due_after(NOON)


def test_a_day_of_leap_years_is_due():
    assert schedule(cron="0 0 29 2 *").due_after(NOON) == datetime(2028, 2, 29, tzinfo=UTC)


def test_a_name_that_cannot_be_stored_is_refused():
    with pytest.raises(InvalidRequestError, match="The name of a schedule must be a string"):
        schedule(name="\udcff")
