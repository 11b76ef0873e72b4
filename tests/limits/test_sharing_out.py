"""How the ledger shares the slots out among several users of one window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemlist_async import RateLimit
from lemlist_async.limits.ledger import Ledger, Observation, Turn


def ask(ledger, user, waiting, now=0.0, **facts):
    return ledger.take(Turn(user=user, now=now, waiting=waiting, **facts))


def test_who_is_alone_gets_all_that_fits():
    grant = ask(Ledger(), user=1, waiting=30)

    assert grant.granted == 20


def test_who_asks_while_another_waits_gets_an_even_share():
    ledger = Ledger()
    ask(ledger, user=1, waiting=30, most=0)

    grant = ask(ledger, user=2, waiting=30)

    assert grant.granted == 10


def test_an_even_share_counts_what_is_written_and_what_is_held():
    ledger = Ledger()
    ask(ledger, user=1, waiting=30, most=0)

    grant = ask(ledger, user=2, waiting=30, recent=3, held=4, hits=[0.0] * 3)

    assert grant.granted == 3


def test_what_the_others_do_not_wait_for_is_taken_beyond_an_even_share():
    ledger = Ledger()
    ask(ledger, user=1, waiting=2, most=0)

    grant = ask(ledger, user=2, waiting=30)

    assert grant.granted == 18


def test_who_has_had_its_share_asks_again_soon_for_what_the_others_leave():
    ledger = Ledger()
    ask(ledger, user=1, waiting=30, most=0)

    grant = ask(ledger, user=2, waiting=30)

    assert 0 < grant.again < 0.1


def test_when_all_slots_count_it_is_worth_asking_again_when_the_oldest_leaves():
    ledger = Ledger()

    grant = ask(ledger, user=1, waiting=1, now=1.0, recent=20, hits=[0.0] * 20)

    assert (grant.granted, grant.again) == (0, pytest.approx(1.05))


def test_who_gets_all_it_wants_hears_when_more_would_fit():
    grant = ask(Ledger(), user=1, waiting=3)

    assert (grant.granted, grant.again) == (3, 0)


def test_spare_slots_are_for_requests_to_come_and_nobody_waits_for_them():
    ledger = Ledger()

    grant = ask(ledger, user=1, waiting=18, spare=4)

    assert (grant.granted, ledger.state.users[0].waiting) == (20, 0)


def test_who_waits_and_does_not_ask_any_more_is_dead_and_waits_for_nothing():
    ledger = Ledger()
    ask(ledger, user=1, waiting=30, most=0)

    grant = ask(ledger, user=2, waiting=30, now=1.5)

    assert grant.granted == 20


def test_permits_of_someone_who_was_killed_come_back():
    ledger = Ledger()
    ask(ledger, user=1, waiting=20)

    before = ask(ledger, user=2, waiting=20, now=4.9)
    after = ask(ledger, user=2, waiting=20, now=5.1)

    assert (before.granted, before.again, after.granted) == (0, None, 20)


def test_permits_of_someone_who_is_seen_stay_its_own():
    ledger = Ledger()
    ask(ledger, user=1, waiting=20)
    ask(ledger, user=1, waiting=0, held=20, now=3.0)

    grant = ask(ledger, user=2, waiting=20, now=5.1)

    assert grant.granted == 0


def test_what_another_user_holds_may_have_been_written_and_is_not_taken_for_a_strangers():
    ledger = Ledger()
    ask(ledger, user=1, waiting=9)
    reply = Observation(RateLimit(limited=False, remaining=10), written_at=0.0, at=0.1)

    ask(ledger, user=2, waiting=0, now=0.1, hits=[0.0], replies=[reply])

    assert len(ledger.state.hits) == 1


def test_a_429_to_one_holds_all_back():
    ledger = Ledger()
    reply = Observation(RateLimit(limited=True, retry_after=3.0), written_at=0.0, at=0.1)
    ask(ledger, user=1, waiting=0, now=0.1, replies=[reply])

    grant = ask(ledger, user=2, waiting=1, now=1.1)

    assert (grant.granted, grant.again) == (0, pytest.approx(2.0))


def test_moments_are_told_on_the_users_clock_and_kept_on_the_stores():
    ledger = Ledger()

    ledger.take(Turn(user=1, now=5.0, hits=[4.0]), shift=1000.0)

    assert (ledger.state.hits, ledger.state.users[0].seen) == ([1004.0], 1005.0)


def test_it_says_among_how_many_the_limit_would_have_to_be_divided():
    ledger = Ledger()
    ask(ledger, user=1, waiting=0)
    ask(ledger, user=2, waiting=0, now=10.0)

    with_the_first = ask(ledger, user=3, waiting=0, now=14.0)
    without = ask(ledger, user=3, waiting=0, now=16.0)

    assert (with_the_first.users, without.users) == (3, 2)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 30), st.floats(0, 3)), max_size=60))
def test_whoever_asks_and_when_no_more_than_20_are_ever_out_or_counted(asked):
    ledger, now = Ledger(), 0.0

    for user, waiting, pause in asked:
        now += pause
        ask(ledger, user, waiting, now)

        assert ledger.state.held + ledger.state.hits_after(now - 2.05) <= 20
