"""The rate limit's arithmetic, on a clock that the tests move."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from lemlist_async.sandbox import Quota
from lemlist_async.sandbox.quota import javascript_date


class FakeClock:
    def __init__(self, now=0.0):
        self.now = now

    def __call__(self):
        return self.now


def test_a_sliding_window_frees_each_request_after_its_own_time():
    clock = FakeClock()
    quota = Quota(requests=2, seconds=2, clock=clock)

    taken = []
    for clock.now in (0.0, 1.5, 1.9, 2.0, 2.1, 3.5):
        taken.append(quota.take())

    assert taken == [True, True, False, True, False, True]


def test_a_fixed_window_frees_all_at_once():
    clock = FakeClock()
    quota = Quota(requests=2, seconds=2, kind="fixed", clock=clock)

    taken = []
    for clock.now in (1.8, 1.9, 1.95, 2.0, 2.1, 2.2):
        taken.append(quota.take())

    assert taken == [True, True, False, True, True, False]


def test_someone_else_uses_the_same_quota_as_far_as_it_goes():
    quota = Quota(requests=5, clock=FakeClock())

    quota.foreign(3)
    left = quota.remaining
    quota.foreign(100)

    assert left == 2
    assert not quota.take()


def test_retry_after_is_whole_seconds_and_at_least_one_when_nothing_is_left():
    clock = FakeClock()
    quota = Quota(requests=1, seconds=2, clock=clock)

    unused = quota.headers()["Retry-After"]
    quota.take()
    waits = []
    for clock.now in (0.0, 0.5, 1.0, 1.99):
        waits.append(quota.headers()["Retry-After"])

    assert unused == "0"
    assert waits == ["2", "2", "1", "1"]
    assert Quota(requests=0).headers()["Retry-After"] == "1"


def test_the_reset_is_a_javascript_date():
    assert javascript_date(datetime(2021, 2, 16, 8, 2, 42, tzinfo=UTC)) == (
        "Tue Feb 16 2021 09:02:42 GMT+0100 (Central European Standard Time)"
    )


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(1, 5))
def test_no_span_ever_admits_more_than_the_quota(pauses, requests):
    clock = FakeClock()
    quota = Quota(requests=requests, seconds=1, clock=clock)

    admitted = []
    for pause in pauses:
        clock.now += pause
        if quota.take():
            admitted.append(clock.now)

    assert all(sum(at <= one < at + 1 for one in admitted) <= requests for at in admitted)
