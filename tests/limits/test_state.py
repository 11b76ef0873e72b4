"""The state of a window as bytes: what comes back, and what does not fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemlist_async.limits.state import MOST_BYTES, WindowState, WindowUser, packed, unpacked

moments = st.floats(-1e9, 1e10)
users = st.builds(
    WindowUser, id=st.integers(0, 2**64 - 1), seen=moments, waiting=st.integers(0, 65_535), held=st.integers(0, 65_535)
)
states = st.builds(
    WindowState,
    hits=st.lists(moments, max_size=64).map(sorted),
    users=st.lists(users, max_size=32),
    limit=st.none() | st.integers(0, 1000),
    widened=st.floats(0, 1),
    widened_at=moments,
    reserved=st.integers(0, 19),
    least_left=st.none() | st.integers(0, 1000),
    looked_at=moments,
    paused_until=moments,
)


@given(states)
def test_a_state_comes_back_as_it_was(state):
    data = packed(state)

    assert unpacked(data) == state
    assert len(data) <= MOST_BYTES


def test_a_new_state_comes_back_as_it_was():
    assert unpacked(packed(WindowState())) == WindowState()


def test_a_busy_window_of_four_processes_takes_some_hundred_bytes():
    state = WindowState(hits=[1.0] * 40, users=[WindowUser(number) for number in range(4)])

    assert len(packed(state)) < 500


@given(st.binary(max_size=2000))
def test_bytes_that_are_no_state_give_an_empty_one_or_something_that_can_be_packed(data):
    packed(unpacked(data))


@pytest.mark.parametrize("left", range(0, 100, 7))
def test_a_state_that_was_cut_off_gives_an_empty_one(left):
    data = packed(WindowState(hits=[1.0] * 20, users=[WindowUser(1)]))

    assert unpacked(data[:left]) == WindowState()


def test_another_versions_state_gives_an_empty_one():
    data = packed(WindowState(hits=[1.0]))

    assert unpacked(b"\xff\xff" + data[2:]) == WindowState()


def test_of_too_many_hits_the_oldest_are_dropped():
    back = unpacked(packed(WindowState(hits=[float(number) for number in range(100)])))

    assert back.hits == [float(number) for number in range(36, 100)]


def test_of_too_many_users_those_are_dropped_who_hold_nothing_and_were_seen_longest_ago():
    crowd = [WindowUser(number, seen=float(number), held=int(number == 0)) for number in range(40)]

    back = unpacked(packed(WindowState(users=crowd)))

    assert sorted(user.id for user in back.users) == [0, *range(9, 40)]
