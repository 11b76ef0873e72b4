"""The coalescer: many callers with one item each, few calls, and an answer for everyone."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import client_of, until

from lemlist_async import Done, InvalidRequestError, NotFoundError, RetryPolicy, ServerError, TransportError
from lemlist_async.batch.coalesce import Coalescer
from lemlist_async.sandbox import Sandbox

PATIENT = RetryPolicy(attempts=8, first_wait=0.001, longest_backoff=0.01, budget=10_000)


def changes(sandbox):
    return sandbox.requests(path="entities")


async def started(coroutine):
    """Start a task and let it wait."""
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(0.01)
    return task


async def test_a_thousand_concurrent_callers_become_one_request(lemlist, sandbox, newsletter):
    ids = sandbox.state.add_contacts(1000)

    async with lemlist.lists.batcher(newsletter) as batcher:
        outcomes = await asyncio.gather(*map(batcher.add, ids))

    assert len(changes(sandbox)) == 1
    assert all(isinstance(outcome, Done) and outcome.result.added == 1000 for outcome in outcomes)
    assert set(sandbox.state.members(newsletter)) == set(ids)


async def test_a_full_chunk_does_not_wait_for_the_linger(lemlist, sandbox, newsletter):
    ids = sandbox.state.add_contacts(1000)

    async with lemlist.lists.batcher(newsletter, linger=60) as batcher:
        await asyncio.wait_for(asyncio.gather(*map(batcher.add, ids)), timeout=30)

    assert [len(one.json["contactIds"]) for one in changes(sandbox)] == [1000]


async def test_a_short_chunk_goes_out_after_the_linger(lemlist, sandbox, newsletter):
    [contact_id] = sandbox.state.add_contacts(1)

    async with lemlist.lists.batcher(newsletter, linger=0.02) as batcher:
        await asyncio.wait_for(batcher.add(contact_id), timeout=30)

    assert sandbox.state.members(newsletter) == [contact_id]


async def test_the_same_contact_is_sent_once_and_everyone_is_answered(lemlist, sandbox, newsletter):
    [contact_id] = sandbox.state.add_contacts(1)

    async with lemlist.lists.batcher(newsletter) as batcher:
        outcomes = await asyncio.gather(*(batcher.add(contact_id) for _ in range(50)))

    assert [one.json["contactIds"] for one in changes(sandbox)] == [[contact_id]]
    assert len(outcomes) == 50


async def test_a_cancelled_caller_takes_only_itself_out(lemlist, sandbox, newsletter):
    first, second = sandbox.state.add_contacts(2)

    async with lemlist.lists.batcher(newsletter, linger=0.2) as batcher:
        stays, goes = await started(batcher.add(first)), await started(batcher.add(second))
        goes.cancel()
        await stays

    assert goes.cancelled()
    assert sandbox.state.members(newsletter) == [first]
    assert (batcher.stats.done, batcher.stats.withdrawn) == (1, 1)


async def test_a_contact_that_someone_else_still_wants_is_sent(lemlist, sandbox, newsletter):
    [contact_id] = sandbox.state.add_contacts(1)

    async with lemlist.lists.batcher(newsletter, linger=0.1) as batcher:
        stays, goes = await started(batcher.add(contact_id)), await started(batcher.add(contact_id))
        goes.cancel()
        await stays

    assert sandbox.state.members(newsletter) == [contact_id]


async def test_when_all_callers_are_cancelled_nothing_is_sent(lemlist, sandbox, newsletter):
    [contact_id] = sandbox.state.add_contacts(1)

    async with lemlist.lists.batcher(newsletter, linger=0.05) as batcher:
        goes = await started(batcher.add(contact_id))
        goes.cancel()
        await asyncio.sleep(0.1)

    assert changes(sandbox) == []


async def test_a_malformed_id_is_its_own_callers_error(lemlist, sandbox, newsletter):
    [contact_id] = sandbox.state.add_contacts(1)

    async with lemlist.lists.batcher(newsletter) as batcher:
        good, bad = await asyncio.gather(batcher.add(contact_id), batcher.add("jane"), return_exceptions=True)

    assert isinstance(good, Done)
    assert isinstance(bad, InvalidRequestError)


async def test_a_failure_concerns_the_callers_of_its_chunk_each_with_an_error_of_its_own(lemlist, sandbox, newsletter):
    ids = sandbox.state.add_contacts(3)
    sandbox.faults.answer(500, times=5, path="entities")

    async with lemlist.lists.batcher(newsletter) as batcher:
        errors = await asyncio.gather(*map(batcher.add, ids[:2]), return_exceptions=True)
        later = await batcher.add(ids[2])

    assert [type(error) for error in errors] == [ServerError, ServerError]
    assert errors[0] is not errors[1]
    assert errors[0].ambiguous
    assert later.result.added == 1
    assert (batcher.stats.ambiguous, batcher.stats.done, batcher.stats.chunks) == (2, 1, 2)


async def test_leaving_the_block_sends_what_is_left(lemlist, sandbox, newsletter):
    [contact_id] = sandbox.state.add_contacts(1)

    async with lemlist.lists.batcher(newsletter, linger=60) as batcher:
        task = await started(batcher.add(contact_id))

    assert (await task).result.added == 1


async def test_leaving_it_with_an_exception_tells_those_who_wait(lemlist, sandbox, newsletter):
    [contact_id] = sandbox.state.add_contacts(1)
    batcher = lemlist.lists.batcher(newsletter, linger=60)

    with pytest.raises(ValueError, match="mine"):
        async with batcher:
            task = await started(batcher.add(contact_id))
            raise ValueError("mine")

    with pytest.raises(TransportError, match="before this was sent") as caught:
        await task
    assert not caught.value.ambiguous
    assert batcher.unsent == (contact_id,)
    assert (batcher.stats.failed, batcher.stats.waiting) == (1, 0)
    assert changes(sandbox) == []


async def test_what_was_on_its_way_then_is_ambiguous(lemlist, sandbox, newsletter):
    [contact_id] = sandbox.state.add_contacts(1)
    sandbox.faults.silence(path="entities")
    batcher = lemlist.lists.batcher(newsletter, linger=0)

    with pytest.raises(ValueError, match="mine"):
        async with batcher:
            task = await started(batcher.add(contact_id))
            await until(lambda: changes(sandbox))
            raise ValueError("mine")

    with pytest.raises(TransportError) as caught:
        await task
    assert caught.value.ambiguous
    assert (batcher.unsent, batcher.stats.ambiguous) == ((), 1)


@pytest.mark.parametrize("kind", [ZeroDivisionError, asyncio.CancelledError])
async def test_an_error_that_is_not_lemlists_reaches_every_caller_as_it_is(sandbox, newsletter, kind):
    """A limiter that gave up by itself cancels nobody, and leaves nobody waiting."""

    class Broken:
        async def acquire(self):
            raise kind

    ids = sandbox.state.add_contacts(2)

    async with client_of(sandbox, limiter=Broken()) as lemlist, lemlist.lists.batcher(newsletter) as batcher:
        errors = await asyncio.gather(*map(batcher.add, ids), return_exceptions=True)

    assert [type(error) for error in errors] == [kind] * 2
    assert batcher.stats.failed == 2


async def test_further_callers_wait_for_their_turn(lemlist, sandbox, newsletter):
    ids = sandbox.state.add_contacts(5)

    async with lemlist.lists.batcher(newsletter, linger=0, max_pending=2) as batcher:
        await asyncio.gather(*map(batcher.add, ids))

    assert max(len(one.json["contactIds"]) for one in changes(sandbox)) <= 2
    assert set(sandbox.state.members(newsletter)) == set(ids)


async def test_it_is_used_inside_of_its_block(lemlist, newsletter):
    batcher = lemlist.lists.batcher(newsletter)

    with pytest.raises(RuntimeError, match="async with"):
        await batcher.add("ctc_1")
    async with batcher:
        pass
    with pytest.raises(RuntimeError, match="async with"):
        await batcher.add("ctc_1")


@pytest.mark.parametrize("options", [{"linger": -1}, {"max_pending": 0}, {"concurrency": 0}], ids=str)
async def test_options_that_make_no_sense_are_refused(lemlist, newsletter, options):
    with pytest.raises(InvalidRequestError):
        lemlist.lists.batcher(newsletter, **options)


async def test_concurrent_look_ups_become_requests_of_a_hundred(lemlist, sandbox):
    emails = [f"guest{number}@acme.com" for number in range(250)]
    for email in emails:
        sandbox.state.add_contact(email=email)

    async with lemlist.contacts.loader(linger=0.05) as loader:
        contacts = await asyncio.gather(*(loader.get(email.upper()) for email in emails))

    assert [contact.email for contact in contacts] == emails
    assert len(sandbox.requests(path="/contacts")) == 3


async def test_a_contact_that_is_not_there_is_its_own_callers_error(lemlist, sandbox):
    sandbox.state.add_contact(email="jane@acme.com")

    async with lemlist.contacts.loader() as loader:
        found, missing, wrong = await asyncio.gather(
            loader.get("jane@acme.com"), loader.get("nobody@acme.com"), loader.get("a,b"), return_exceptions=True
        )

    assert found.email == "jane@acme.com"
    assert isinstance(missing, NotFoundError)
    assert isinstance(wrong, InvalidRequestError)


@pytest.mark.parametrize("error", [None, TransportError("no")], ids=["answered", "failed"])
async def test_a_caller_cancelled_in_the_moment_of_the_answer_holds_up_nobody(error):
    async def send(items, attempts):
        goes.cancel()
        if error is not None:
            raise error
        return "done"

    coalescer = Coalescer(send, size=2, linger=60, max_pending=10, concurrency=1)
    async with coalescer:
        goes, stays = asyncio.create_task(coalescer.ask("a")), asyncio.create_task(coalescer.ask("b"))
        answers = await asyncio.gather(goes, stays, return_exceptions=True)

    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1].result == "done" if error is None else isinstance(answers[1], TransportError)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.0, 0.1, 0.3]))
async def test_every_caller_is_answered_exactly_once_whatever_happens(seed, share):
    await storm(callers=300, seed=seed, share=share)


async def test_ten_thousand_callers_with_random_cancellations_and_faults():
    await storm(callers=10_000, seed=1, share=0.2)


async def storm(callers: int, seed: int, share: float):
    """Add each contact from a task of its own, cancel some, and compare what they were told with the truth."""
    chance = random.Random(seed)
    async with Sandbox(quota=None, seed=seed) as sandbox, client_of(sandbox, retry=PATIENT) as lemlist:
        newsletter, ids = sandbox.state.add_list("Newsletter"), sandbox.state.add_contacts(callers)
        sandbox.faults.randomly(share, ["429", "500", "502", "drop", "garble", "truncate"], seed=seed, seconds=0.01)

        async with lemlist.lists.batcher(newsletter, linger=0.01) as batcher:
            tasks = [asyncio.create_task(_later(chance.random() * 0.1, batcher.add(one))) for one in ids]
            await asyncio.sleep(chance.random() * 0.1)
            for task in chance.sample(tasks, callers // 4):
                task.cancel()
            answers = await asyncio.gather(*tasks, return_exceptions=True)

        members = set(sandbox.state.members(newsletter))
        stats = batcher.stats
    told = dict(zip(ids, answers, strict=True))
    assert {one for one, answer in told.items() if isinstance(answer, Done)} <= members
    assert not {one for one, answer in told.items() if _surely_not_applied(answer)} & members
    assert stats.waiting == 0
    assert stats.done + stats.failed + stats.ambiguous + stats.withdrawn <= callers
    assert len(asyncio.all_tasks()) == 1


async def _later(seconds, coroutine):
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        coroutine.close()
        raise
    return await coroutine


def _surely_not_applied(answer):
    return isinstance(answer, Exception) and not getattr(answer, "ambiguous", True)
