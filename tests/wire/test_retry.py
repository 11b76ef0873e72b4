"""When a call is tried again, how long it waits, and what stops it."""

import asyncio
import logging

import pytest
from fakes import NotedSleep, VirtualTime
from hypothesis import given
from hypothesis import strategies as st

from lemlist_async import RetryPolicy, errors
from lemlist_async.wire.call import Call
from lemlist_async.wire.exchange import Attempts
from lemlist_async.wire.retry import Retries, RetryBudget, Sending

READ = Call(method="GET", path="/team", repeatable=True)
UPSERT = Call(method="POST", path="/contacts", repeatable=True)
CREATE_LIST = Call(method="POST", path="/contacts/lists")


def oops(kind=errors.ServerError, *, status=500, ambiguous=False, **facts):
    """Return an attempt's failure, and whether it left open what was applied."""
    return kind("oops", status=status, **facts), ambiguous


LOST = oops(errors.TransportError, status=None, ambiguous=True)
REFUSED = oops(errors.TransportError, status=None)
LIMITED = oops(errors.RateLimitedError, status=429, retry_after=2.0)
NO_MORE = oops(errors.InvalidRequestError, status=400)


class Script:
    """An attempt that fails as it is told, and succeeds when it is told nothing more."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.attempts = Attempts()

    async def __call__(self, sending):
        attempts = sending.attempts
        attempts.began(on_wire=False)
        if self.failures:
            error, ambiguous = self.failures.pop(0)
            attempts.ended(ambiguous=ambiguous)
            raise error
        return "answer"


def a_budget(left=100):
    return RetryBudget(left)


async def run(script, call=UPSERT, *, policy=None, budget=None, sleep=None, ends_at=None):
    retries = Retries(policy or RetryPolicy(), budget or a_budget(), sleep or NotedSleep())
    return await retries.run(script, Sending(call, None, script.attempts, ends_at))


class TestWhatIsTriedAgain:
    @pytest.mark.parametrize(
        "failure",
        [oops(), oops(ambiguous=True), LOST, REFUSED, LIMITED],
        ids=["5xx", "5xx that may have been applied", "lost answer", "refused connection", "429"],
    )
    @pytest.mark.parametrize("call", [READ, UPSERT], ids=["read", "upsert"])
    async def test_what_is_safe_to_repeat_survives_what_passes(self, call, failure):
        answer = await run(Script(failure), call)

        assert answer == "answer"

    @pytest.mark.parametrize("failure", [REFUSED, LIMITED], ids=["never sent", "429"])
    async def test_a_creation_is_tried_again_where_lemlist_cannot_have_done_it(self, failure):
        answer = await run(Script(failure), CREATE_LIST)

        assert answer == "answer"

    @pytest.mark.parametrize("failure", [LOST, oops(ambiguous=True)], ids=["lost answer", "5xx"])
    async def test_a_creation_that_may_have_been_done_is_not_tried_again(self, failure):
        script = Script(failure)

        with pytest.raises(errors.LemlistError):
            await run(script, CREATE_LIST)

        assert script.attempts.requests == 1

    @pytest.mark.parametrize(
        "kind",
        [
            errors.InvalidRequestError,
            errors.AuthenticationError,
            errors.PaymentRequiredError,
            errors.PermissionDeniedError,
            errors.NotFoundError,
            errors.ConflictError,
            errors.UnexpectedReplyError,
            errors.DeadlineExceededError,
        ],
        ids=lambda kind: kind.__name__,
    )
    async def test_what_no_moment_mends_is_raised_at_once(self, kind):
        script = Script(oops(kind))

        with pytest.raises(kind):
            await run(script)

        assert script.attempts.requests == 1

    @pytest.mark.parametrize(
        "foreign", [ValueError("theirs"), asyncio.CancelledError()], ids=["exception", "cancellation"]
    )
    async def test_what_is_not_lemlists_passes_through(self, foreign):
        script = Script((foreign, False))

        with pytest.raises(type(foreign)) as caught:
            await run(script)

        assert caught.value is foreign
        assert script.attempts.requests == 1

    async def test_after_the_last_attempt_its_own_error_is_raised(self):
        failures = [oops() for _ in range(5)]
        script = Script(*failures)

        with pytest.raises(errors.ServerError) as caught:
            await run(script)

        assert caught.value is failures[-1][0]
        assert script.attempts.requests == 5
        assert not caught.value.is_shared

    async def test_one_policy_serves_many_calls_at_once(self):
        retries = Retries(RetryPolicy(attempts=4), a_budget())
        scripts = [Script(*[REFUSED, REFUSED][: number % 3]) for number in range(50)]

        async def send(script):
            async def attempt(sending):
                await asyncio.sleep(0)
                return await script(sending)

            return await retries.run(attempt, Sending(UPSERT, None, script.attempts))

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("random.uniform", lambda *_: 0.0)
            answers = await asyncio.gather(*map(send, scripts))

        assert answers == ["answer"] * 50
        assert [one.attempts.requests for one in scripts] == [1 + number % 3 for number in range(50)]


class TestWaits:
    async def test_lemlists_own_wait_is_kept_to(self):
        sleep = NotedSleep()

        await run(Script(LIMITED, LIMITED), sleep=sleep)

        assert sleep.seconds == [2.0, 2.0]

    async def test_without_one_the_waits_grow_and_are_random(self, monkeypatch):
        monkeypatch.setattr("random.uniform", lambda low, high: (low, high)[1])
        sleep = NotedSleep()

        await run(Script(*[oops()] * 4), sleep=sleep)

        assert sleep.seconds == [0.5, 1.0, 2.0, 4.0]

    @given(
        st.floats(0, 100),
        st.floats(0, 100),
        st.integers(1, 1_000),
    )
    def test_a_random_wait_never_leaves_its_bounds(self, first, longest, retry):
        policy = RetryPolicy(first_wait=first, longest_backoff=longest)

        wait = policy.backoff(retry)

        assert 0 <= wait <= min(longest, first * 2 ** (retry - 1))

    @pytest.mark.parametrize("retry", [1024, 1025, 100_000])
    def test_no_number_of_retries_is_too_large_to_wait_for(self, retry):
        wait = RetryPolicy(attempts=10**6).backoff(retry)

        assert 0 <= wait <= 20

    @pytest.mark.parametrize(
        "failure",
        [oops(retry_after=0.0), oops(errors.RateLimitedError, status=429, retry_after=0.0)],
        ids=["5xx", "429"],
    )
    async def test_a_wait_of_nothing_does_not_burn_all_attempts_at_once(self, failure, monkeypatch):
        monkeypatch.setattr("random.uniform", lambda low, high: (low, high)[1])
        sleep = NotedSleep()

        await run(Script(*[failure] * 3), sleep=sleep)

        assert sleep.seconds == [0.5, 1.0, 2.0]

    async def test_a_wait_longer_than_the_longest_raises_at_once_and_stops_the_others(self):
        sleep = NotedSleep()

        with pytest.raises(errors.RateLimitedError) as caught:
            await run(Script(oops(errors.RateLimitedError, status=429, retry_after=61.0)), sleep=sleep)

        assert sleep.seconds == []
        assert caught.value.is_shared

    async def test_each_retry_is_logged_without_a_contacts_data(self, caplog, monkeypatch):
        monkeypatch.setattr("random.uniform", lambda low, high: low)
        call = Call(method="GET", path="/contacts/{id_or_email}", args={"id_or_email": "jane@acme.com"})
        caplog.set_level(logging.INFO, "lemlist_async")

        await run(Script(LIMITED, oops(errors.TransportError, status=None, retry_after=0.5)), call)

        assert caplog.messages == [
            "GET /contacts/{id_or_email}: RateLimitedError 429; attempt 2 follows in 2.00 s",
            "GET /contacts/{id_or_email}: TransportError; attempt 3 follows in 0.50 s",
        ]


class TestDeadline:
    @pytest.mark.parametrize(("ends_at", "requests"), [(1.9, 1), (2.0, 1), (2.1, 2)], ids=["before", "at", "after"])
    def test_a_wait_that_would_cross_the_deadline_is_not_begun(self, ends_at, requests):
        clock = VirtualTime()
        script = Script(LIMITED, NO_MORE)

        with pytest.raises(errors.LemlistError):
            clock.run(lambda: run(script, sleep=asyncio.sleep, ends_at=ends_at))

        assert script.attempts.requests == requests
        assert clock() == (0.0 if requests == 1 else 2.0)


class TestBudget:
    async def test_an_outage_is_not_multiplied_by_the_number_of_calls(self):
        budget = a_budget(10)
        scripts = [Script(*[REFUSED] * 5) for _ in range(100)]

        for script in scripts:
            with pytest.raises(errors.TransportError):
                await run(script, budget=budget)

        assert sum(one.attempts.requests for one in scripts) == 110

    async def test_an_empty_stock_is_a_failure_that_others_share(self):
        with pytest.raises(errors.ServerError) as caught:
            await run(Script(oops()), budget=a_budget(0))

        assert caught.value.is_shared

    def test_success_gives_back_what_it_took(self):
        budget = a_budget(10)
        taken = [budget.spend() for _ in range(3)]

        budget.succeeded(retries=3)

        assert taken == [True] * 3
        assert budget.left == 10

    def test_five_calls_without_a_retry_earn_one(self):
        budget = a_budget(10)
        budget.spend()
        budget.spend()

        for _ in range(5):
            budget.succeeded(retries=0)

        assert budget.left == pytest.approx(9)

    @given(st.lists(st.integers(0, 6)))
    def test_the_stock_stays_between_nothing_and_full(self, calls):
        budget = a_budget(5)

        for requests in calls:
            budget.succeeded(retries=requests - 1) if requests else budget.spend()

        assert 0 <= budget.left <= 5


@pytest.mark.parametrize(
    "facts",
    [
        {"attempts": 0},
        {"first_wait": -1},
        {"longest_backoff": -1},
        {"longest_wait": -1},
        {"budget": -1},
        {"deadline": 0},
        {"first_wait": float("nan")},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_a_policy_that_makes_no_sense_is_refused(facts):
    with pytest.raises(ValueError, match=next(iter(facts))):
        RetryPolicy(**facts)


def test_a_policy_is_a_value():
    assert RetryPolicy(attempts=3) == RetryPolicy(attempts=3)
    assert hash(RetryPolicy()) == hash(RetryPolicy())
