"""The window of this process under any traffic: what never happens."""

import asyncio

import pytest
from fakes import ServerWindow, VirtualTime
from hypothesis import given
from hypothesis import strategies as st
from traffic import Traffic, a_window, most_within, requests_under_test, write_many


class TestWindowUnderTraffic:
    @given(requests_under_test, st.sampled_from([1, 5, 19, 20, 21, 60]))
    def test_no_more_than_20_are_written_in_any_two_seconds(self, requests, concurrency):
        clock = VirtualTime()
        traffic = Traffic(a_window(clock))

        clock.run(lambda: traffic.run(requests, concurrency))

        assert most_within(2.0, traffic.writes) <= 20

    @given(requests_under_test)
    def test_all_who_stay_are_let_through_in_the_order_in_which_they_came(self, requests):
        """The virtual loop raises where somebody would wait for ever."""
        clock = VirtualTime()
        traffic = Traffic(a_window(clock))

        clock.run(lambda: traffic.run(requests))

        in_order = [number for number in traffic.came if number in set(traffic.served)]
        assert traffic.served == in_order
        assert set(range(len(requests))) == set(traffic.served) | traffic.gave_up

    @given(requests_under_test)
    def test_whatever_happened_nothing_is_left_behind(self, requests):
        """Ten seconds later, the whole window is free again: no permit and no place leaked."""
        clock = VirtualTime()
        window = a_window(clock)

        async def main():
            await Traffic(window).run(requests)
            await asyncio.sleep(10)
            return await write_many(window, 20)

        written = clock.run(main)

        assert len(set(written)) == 1

    @given(
        requests_under_test,
        st.sampled_from(["sliding", "fixed"]),
        st.floats(0, 2),
        st.sampled_from([1, 5, 20, 60]),
    )
    def test_lemlist_refuses_nothing_whichever_window_it_keeps(self, requests, kind, phase, concurrency):
        """As long as the way there varies by less than the margin."""
        clock = VirtualTime()
        server = ServerWindow(kind=kind, phase=phase)
        traffic = Traffic(a_window(clock), server, lag=0.049)
        for one in requests:  # who gives up between write and arrival could not be counted by the server
            one["patience"] = None

        clock.run(lambda: traffic.run(requests, concurrency))

        assert server.refused == 0

    @pytest.mark.parametrize("kind", ["sliding", "fixed"])
    def test_it_uses_what_the_limit_allows(self, kind):
        """20 requests per 2.05 s, alone with the key: lemlist's headers do not slow it down."""
        clock = VirtualTime()
        server = ServerWindow(kind=kind, phase=0.7)
        traffic = Traffic(a_window(clock), server, lag=0.04)
        request = {"comes": 0.0, "connects": 0.0, "answers": 0.13, "patience": None, "written": True}

        clock.run(lambda: traffic.run([request] * 200))

        assert max(traffic.writes) == pytest.approx(9 * 2.05)
        assert server.refused == 0
