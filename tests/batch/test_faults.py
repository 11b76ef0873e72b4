"""Whatever goes wrong between a client and lemlist, the truth lies inside what the report says."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import CountedLimiter, client_of, fake_ids, person, settled
from truth import Truth

from lemlist_async import BatchError, RetryPolicy
from lemlist_async.resources import lists
from lemlist_async.sandbox import Sandbox

KINDS = ["429", "500", "502", "drop", "garble", "silence", "slow", "truncate"]

weathers = st.fixed_dictionaries(
    {
        "share": st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0]),
        "kinds": st.lists(st.sampled_from(KINDS), min_size=1, unique=True),
        "seed": st.integers(0, 1000),
        "seconds": st.just(0.005),
    }
)
policies = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 4),
    budget=st.sampled_from([0, 3, 100]),
    first_wait=st.just(0.001),
    longest_backoff=st.just(0.002),
)
clients = st.fixed_dictionaries(
    {"retry": policies, "concurrency": st.integers(1, 6), "timeout": st.sampled_from([0.003, 10])}
)
list_work = st.fixed_dictionaries(
    {
        "size": st.integers(1, 5),
        "known": st.integers(0, 25),
        "members": st.integers(0, 25),
        "twice": st.booleans(),
        "malformed": st.booleans(),
    }
)
deadlines = st.sampled_from([None, None, 0.01, 10])
thorough = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


async def run_in(weather, client, make, arrange):
    """Run one change in this weather and check its report; `make` gives the run, `arrange` its items and truth."""
    limiter = CountedLimiter()
    async with Sandbox(quota=None) as sandbox:
        items, truth = arrange(sandbox)
        sandbox.faults.randomly(**weather)
        async with client_of(sandbox, limiter=limiter, **client) as lemlist:
            run = make(lemlist, truth, items)
            try:
                report = await run
            except BatchError as error:
                report = error.report
        sandbox.faults.clear()
        await settled(sandbox)

        assert report == run.report
        truth.check(report, items)
        assert report.requests == limiter.granted
        assert limiter.out == 0
    return report


@pytest.mark.parametrize("change", ["add", "remove"])
@thorough
@given(weather=weathers, client=clients, deadline=deadlines, work=list_work)
def test_the_truth_lies_inside_the_counts_of_a_list_change(monkeypatch, change, *, weather, client, deadline, work):
    monkeypatch.setattr(lists, "IDS_PER_CALL", work["size"])

    def arrange(sandbox):
        ids = sandbox.state.add_contacts(work["known"])
        newsletter = sandbox.state.add_list("Newsletter", members=ids[: work["members"]])
        twice = ids if work["twice"] else []
        malformed = ["jane@acme.com"] if work["malformed"] else []
        return [*reversed(ids), *fake_ids(2), *twice, *malformed], Truth(sandbox, change, newsletter)

    def make(lemlist, truth, items):
        return getattr(lemlist.lists, change)(truth.list_id, items, deadline=deadline, malformed="skip")

    asyncio.run(run_in(weather, client, make, arrange))


@thorough
@given(weather=weathers, client=clients, deadline=deadlines, new=st.integers(0, 15), old=st.integers(0, 15))
def test_the_truth_lies_inside_the_counts_of_many_upserts(weather, client, deadline, new, old):
    def arrange(sandbox):
        for number in range(old):
            sandbox.state.add_contact(email=f"person{number}@acme.com")
        items = [person(number, first_name="Written") for number in range(old + new)]
        return items, Truth(sandbox, "upsert", "")

    def make(lemlist, _truth, items):
        return lemlist.contacts.upsert_many(items, deadline=deadline)

    asyncio.run(run_in(weather, client, make, arrange))
