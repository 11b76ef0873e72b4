"""What the headers of a reply say about the quota and about waiting."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import a_reply

from lemlist_async.wire.headers import RateLimit, rate_limit, retry_after

NOW = datetime(2021, 2, 16, 8, 2, 42, tzinfo=UTC)


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("2", 2.0),
            ("0.25", 0.25),
            (" 7 ", 7.0),
            ("0", 0.0),
            ("-5", 0.0),
            ("Tue, 16 Feb 2021 08:02:52 GMT", 10.0),
            ("Tue, 16 Feb 2021 09:02:52 +0100", 10.0),
            ("Tue, 16 Feb 2021 08:02:52 -0000", 10.0),
            ("Tue Feb 16 2021 09:02:52 GMT+0100 (Central European Standard Time)", 10.0),
            ("Tue Feb 16 2021 09:02:52 GMT+0100", 10.0),
            ("Tue Feb 16 2021 03:02:52 GMT-0500 (Eastern Standard Time)", 10.0),
            ("Tue Feb 16 2021 09:02:32 GMT+0100 (Central European Standard Time)", 0.0),
            ("Tue, 16 Feb 2021 08:02:00 GMT", 0.0),
            ("", None),
            ("soon", None),
            ("nan", None),
            ("inf", None),
            ("-inf", None),
            ("1e999", None),
            ("Tue, 99 Feb 2021 08:02:52 GMT", None),
            ("Tue,", None),
            ("Tue, 16 Feb 99999999999999999999 08:02:52 GMT", None),
            ("Tue, 16 Feb 2021 08:02:52 +99999999999999999999", None),
        ],
    )
    def test_every_form_is_understood_or_ignored(self, text, seconds):
        found = retry_after({"Retry-After": text}, NOW)

        assert found == seconds

    @given(
        st.text(max_size=60)
        | st.from_regex(r"[A-Z][a-z]{2},? \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ ?[A-Z]* ?[+-]\d+", fullmatch=True)
    )
    def test_nothing_that_a_server_writes_there_is_an_error_of_its_own(self, text):
        found = retry_after({"Retry-After": text}, NOW)

        assert found is None or 0 <= found < float("inf")

    def test_a_reply_without_it_says_nothing(self):
        found = retry_after({}, NOW)

        assert found is None

    @given(st.integers(0, 10**6), st.integers(-14 * 4, 14 * 4))
    def test_both_dates_mean_the_moment_that_they_name_in_every_time_zone(self, seconds, quarters):
        zone = timedelta(minutes=15 * quarters)
        there = (NOW + timedelta(seconds=seconds) + zone).replace(tzinfo=None)
        sign, minutes = "-" if quarters < 0 else "+", abs(quarters) * 15
        offset = f"{sign}{minutes // 60:02}{minutes % 60:02}"
        javascript = f"{there:%a %b %d %Y %H:%M:%S} GMT{offset} (Somewhere Standard Time)"
        http = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)

        found = [retry_after({"Retry-After": text}, NOW) for text in (javascript, http)]

        assert found == [seconds, seconds]


class TestRateLimit:
    def test_the_headers_of_a_2xx_tell_the_quota_and_no_wait(self):
        """Every reply of lemlist has a `Retry-After`."""
        reply = a_reply(200, X_RateLimit_Limit="20", X_RateLimit_Remaining="7", Retry_After="2")

        limit = rate_limit(reply.status, reply.headers)

        assert limit == RateLimit(limited=False, limit=20, remaining=7, retry_after=None)

    def test_a_429_tells_how_long_to_wait(self):
        limit = rate_limit(429, {"Retry-After": "2"})

        assert limit == RateLimit(limited=True, retry_after=2.0)

    @pytest.mark.parametrize("text", ["", "many", "nan", "inf"])
    def test_a_count_that_is_none_is_unknown(self, text):
        limit = rate_limit(200, {"X-RateLimit-Limit": text, "X-RateLimit-Remaining": text})

        assert limit == RateLimit(limited=False)
