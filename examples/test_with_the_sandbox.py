"""How to test your own code against a lemlist that runs on your machine and fails when you say so.

Installing the package brings the fixture `lemlist_sandbox`; there is nothing to start and nothing to configure:

    pytest examples/test_with_the_sandbox.py
"""
# ruff: noqa: D103, S101

import asyncio

import pytest

from lemlist_async import AddReport, BatchError, Lemlist
from lemlist_async.sandbox import Sandbox


async def subscribe(sandbox: Sandbox, list_id: str, ids: list[str]) -> AddReport:
    """Stand in for the code under test; yours takes the key and the URL from its settings."""
    async with Lemlist(sandbox.api_key, base_url=sandbox.url) as lemlist:
        return await lemlist.lists.add(list_id, ids)


def test_everyone_is_subscribed_although_lemlist_has_a_bad_moment(lemlist_sandbox: Sandbox) -> None:
    people = lemlist_sandbox.state.add_contacts(2500)
    newsletter = lemlist_sandbox.state.add_list("Newsletter")
    lemlist_sandbox.faults.answer(429, retry_after=0.1)  # the first request is one too many …
    lemlist_sandbox.faults.drop(after_applying=True)  # … and the next one's answer is lost
    report = asyncio.run(subscribe(lemlist_sandbox, newsletter, people))
    assert set(lemlist_sandbox.state.members(newsletter)) == set(people)
    assert report.done == 2500
    assert not report.is_exact  # the lost answer held counts: the report gives bounds instead of guessing
    assert report.added_count < 2500 == report.added_count_max


def test_a_list_that_is_gone_stops_the_run(lemlist_sandbox: Sandbox) -> None:
    people = lemlist_sandbox.state.add_contacts(3)
    with pytest.raises(BatchError, match="Contact list not found") as caught:
        asyncio.run(subscribe(lemlist_sandbox, "clt_gone", people))
    assert caught.value.report.failed == 3
    assert lemlist_sandbox.count(path="/entities") == 1
