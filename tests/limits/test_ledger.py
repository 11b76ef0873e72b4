"""The window's arithmetic: what counts, when the next request fits, and what replies teach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traffic import ACCEPTED, LIMITED

from lemlist_async import RateLimit
from lemlist_async.limits.ledger import Ledger, Turn
from lemlist_async.limits.state import WindowUser


def a_ledger(*, hits=(), held=0, **facts):
    ledger = Ledger(**facts)
    for hit in hits:
        ledger.state.hit(hit)
    ledger.state.users.append(WindowUser(id=1, held=held))
    return ledger


def test_what_fits_goes_at_once():
    ledger = a_ledger(hits=[0.0] * 19)

    delay = ledger.delay(0.0)

    assert delay == 0


@pytest.mark.parametrize(
    ("requests", "hits", "held", "delay"),
    [
        (3, [1.0, 1.5, 1.75], 0, 1.0),
        (3, [1.0, 1.5], 1, 1.0),
        (3, [1.0, 1.5, 1.75], 1, 1.5),
        (3, [1.0, 1.5, 1.75], 2, 1.75),
        (3, [1.0, 1.25, 1.5, 1.75, 2.0], 0, 1.5),
        (3, [1.0, 1.5, 1.75], 3, None),
        (3, [], 3, None),
        (3, [1.0], 5, None),
        (3, [-9.0, -8.0, -7.0], 0, 0),
    ],
    ids=[
        "full: the oldest leaves",
        "a held permit counts",
        "held and full: the second oldest leaves",
        "two held and full: the newest leaves",
        "more hits than capacity: the third leaves",
        "all held: a permit must come back",
        "nothing written yet",
        "more held than capacity",
        "all of them left long ago",
    ],
)
def test_the_next_fits_when_enough_have_left(requests, hits, held, delay):
    ledger = a_ledger(most=requests, base_margin=0.0, hits=hits, held=held)

    found = ledger.delay(2.0)

    assert found == delay


@given(
    requests=st.integers(1, 6),
    hits=st.lists(st.integers(0, 40), max_size=12),
    held=st.integers(0, 8),
    paused=st.integers(0, 30),
)
def test_the_delay_is_the_shortest_after_which_one_more_fits(requests, hits, held, paused):
    """Checked against the definition, on a clock of quarter seconds."""
    hits = sorted(hit / 4 - 10 for hit in hits)
    ledger = a_ledger(most=requests, base_margin=0.25, hits=hits, held=held)
    ledger.state.paused_until = paused / 4
    fits = (
        now / 4 for now in range(100) if now >= paused and sum(hit + 2.25 > now / 4 for hit in hits) + held < requests
    )

    delay = ledger.delay(0.0)

    assert delay == next(fits, None)


def test_a_429_holds_everyone_back_for_as_long_as_it_asks():
    ledger = a_ledger(hits=[0.0])

    ledger.hear(LIMITED, written_at=0.0, now=0.5)

    assert ledger.delay(1.0) == 2.5


def test_a_429_that_names_no_time_holds_everyone_back_for_one_window():
    ledger = a_ledger(hits=[0.0])

    ledger.hear(RateLimit(limited=True), written_at=0.0, now=0.5)

    assert ledger.delay(0.5) == 2.0


def test_a_429_that_asks_for_hours_holds_the_others_back_for_a_minute():
    """It is about a quota; who asks next is to hear so, instead of waiting without a word."""
    ledger = a_ledger(hits=[0.0])

    ledger.hear(RateLimit(limited=True, retry_after=7200.0), written_at=0.0, now=0.5)

    assert ledger.delay(0.5) == 60.0


def test_a_shorter_pause_does_not_end_a_longer_one():
    ledger = a_ledger()

    ledger.hear(LIMITED, written_at=0.0, now=0.5)
    ledger.hear(RateLimit(limited=True, retry_after=0.1), written_at=0.0, now=0.6)

    assert ledger.delay(0.5) == 3.0


def test_a_burst_of_429s_widens_the_margin_once():
    ledger = a_ledger()

    for written_at in (0.0, 0.1, 0.2):
        ledger.hear(LIMITED, written_at, now=0.3)

    assert ledger.margin == pytest.approx(0.10)


def test_a_429_to_a_request_written_after_the_last_lesson_widens_it_again():
    ledger = a_ledger()

    ledger.hear(LIMITED, written_at=0.0, now=0.3)
    ledger.hear(LIMITED, written_at=4.0, now=4.3)

    assert ledger.margin == pytest.approx(0.15)


def test_the_margin_does_not_grow_without_end():
    ledger = a_ledger()

    for burst in range(100):
        ledger.hear(LIMITED, written_at=burst * 10.0, now=burst * 10.0 + 1)

    assert ledger.margin == 0.5


def test_accepted_replies_take_the_margin_back_to_where_it_was():
    ledger = a_ledger()
    ledger.hear(LIMITED, written_at=0.0, now=0.3)

    for _ in range(1_400):
        ledger.hear(ACCEPTED, written_at=5.0, now=5.1)
    halfway = ledger.margin
    for _ in range(50_000):
        ledger.hear(ACCEPTED, written_at=5.0, now=5.1)

    assert halfway == pytest.approx(0.075, abs=0.001)
    assert ledger.margin == pytest.approx(0.05)
    assert ledger.margin >= 0.05


@given(st.lists(st.booleans(), max_size=200), st.sampled_from([0.0, 0.05, 0.3]))
def test_whatever_comes_the_margin_stays_between_its_bounds(replies, margin):
    ledger = a_ledger(base_margin=margin)

    for number, limited in enumerate(replies):
        ledger.hear(RateLimit(limited=limited), written_at=number + 0.5, now=number + 1.0)

    assert margin <= ledger.margin <= 0.5


def test_fewer_remaining_than_we_used_means_that_someone_else_uses_the_key():
    ledger = a_ledger(hits=[0.0] * 5)

    ledger.hear(RateLimit(limited=False, limit=20, remaining=3), written_at=0.0, now=0.1)

    assert len(ledger.state.hits) == 17


@pytest.mark.parametrize("remaining", [15, 18, 20], ids=["as we count", "fewer used than sent", "none used"])
def test_as_many_remaining_as_we_count_or_more_teaches_nothing(remaining):
    ledger = a_ledger(hits=[0.0] * 5)

    ledger.hear(RateLimit(limited=False, limit=20, remaining=remaining), written_at=0.0, now=0.1)

    assert len(ledger.state.hits) == 5


def test_remaining_is_believed_where_the_limit_is_not_told():
    ledger = a_ledger(hits=[0.0])

    ledger.hear(RateLimit(limited=False, remaining=10), written_at=0.0, now=0.1)

    assert len(ledger.state.hits) == 10


def test_what_this_window_does_not_claim_may_be_used_by_others():
    """Two processes without Redis take 10 each: the other one's 10 are not ours to count."""
    ledger = a_ledger(most=10, hits=[0.0])

    ledger.hear(RateLimit(limited=False, limit=20, remaining=9), written_at=0.0, now=0.1)

    assert len(ledger.state.hits) == 1


def test_a_reply_that_took_longer_than_a_window_teaches_nothing():
    ledger = a_ledger(hits=[0.0] * 20)
    ledger.take(Turn(user=1, now=9.0))

    ledger.hear(RateLimit(limited=False, limit=20, remaining=0), written_at=0.0, now=9.0)

    assert ledger.delay(9.0) == 0


def test_a_remaining_that_makes_no_sense_fills_the_window_and_no_more():
    ledger = a_ledger(hits=[0.0])

    ledger.hear(RateLimit(limited=False, limit=20, remaining=-1000), written_at=0.0, now=0.1)

    assert len(ledger.state.hits) == 20


def test_as_many_places_as_were_refused_are_left_to_others():
    ledger = a_ledger(hits=[0.0] * 20)

    for _ in range(3):
        ledger.hear(RateLimit(limited=True, remaining=0, retry_after=1), written_at=0.0, now=0.1)
    for _ in range(17):
        ledger.state.hit(5.0)

    assert ledger.delay(5.0) == pytest.approx(2.05 + ledger.margin - ledger.base_margin)


def test_what_lemlist_shows_to_be_free_is_taken_back():
    ledger = a_ledger(hits=[0.0] * 20)
    ledger.state.reserved = 4

    ledger.hear(RateLimit(limited=False, remaining=9), written_at=5.0, now=5.1)

    assert ledger.state.reserved == 0


@pytest.mark.parametrize(("reserved", "remaining", "then"), [(4, 2, 3), (4, 1, 4), (4, 0, 4), (1, 1, 0), (1, 0, 1)])
def test_one_place_of_those_left_to_others_stays_theirs_until_it_is_the_last(reserved, remaining, then):
    ledger = a_ledger()
    ledger.hear(ACCEPTED, written_at=0.0, now=0.1)
    ledger.state.reserved = reserved

    ledger.hear(RateLimit(limited=False, remaining=19), written_at=1.0, now=1.1)
    ledger.hear(RateLimit(limited=False, remaining=remaining), written_at=1.5, now=1.6)
    ledger.hear(RateLimit(limited=False, remaining=19), written_at=3.0, now=3.1)

    assert ledger.state.reserved == then


def test_a_refusal_beside_others_does_not_widen_the_margin():
    """They want more than we left them: more distance between our bursts would not help."""
    ledger = a_ledger()
    ledger.state.reserved = 2

    ledger.hear(RateLimit(limited=True, remaining=0), written_at=0.0, now=0.1)

    assert ledger.margin == ledger.base_margin


def test_leaving_places_to_others_never_leaves_none():
    ledger = a_ledger(most=3)

    for number in range(9):
        ledger.hear(RateLimit(limited=True, limit=2, remaining=0), written_at=number, now=number)

    assert ledger.delay(99.0) == 0


def test_a_lower_limit_is_obeyed():
    ledger = a_ledger(hits=[0.0] * 5)

    ledger.hear(RateLimit(limited=False, limit=5), written_at=0.0, now=0.1)

    assert ledger.delay(0.5) == pytest.approx(1.55)


@pytest.mark.parametrize("limit", [0, -1, 1000], ids=["none", "negative", "more than we were told"])
def test_a_limit_that_would_stop_us_or_let_us_loose_is_not_believed(limit):
    ledger = a_ledger(hits=[0.0] * 19)

    ledger.hear(RateLimit(limited=False, limit=limit), written_at=0.0, now=0.1)

    assert ledger.requests == 20


def test_a_lower_limit_is_over_when_lemlist_says_so():
    """One odd reply must not slow a process down for the rest of its life."""
    ledger = a_ledger(hits=[0.0] * 5)

    ledger.hear(RateLimit(limited=False, limit=1), written_at=0.0, now=0.1)
    ledger.hear(RateLimit(limited=False, limit=20), written_at=0.0, now=0.2)

    assert ledger.delay(0.5) == 0


def test_a_429_never_narrows_a_margin_that_is_wide_by_choice():
    ledger = a_ledger(base_margin=1.0)

    ledger.hear(LIMITED, written_at=0.0, now=0.3)

    assert ledger.margin == 1.0


def test_what_left_the_log_is_forgotten():
    ledger = a_ledger(hits=[number / 10 for number in range(1000)])

    ledger.take(Turn(user=1, now=100.0))

    assert len(ledger.state.hits) == 44
