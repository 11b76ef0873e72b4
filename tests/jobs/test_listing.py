"""The lister: every contact goes out once, and the journal knows before and after."""

import asyncio
from typing import Any

import pytest

from lemlist_async import BatchError, Done
from lemlist_async.jobs import Journal, listing
from lemlist_async.jobs.journal import Addition, Entry, JobIdentity, Listed
from lemlist_async.jobs.listing import Lister, Member, _addition
from lemlist_async.models.lists import Added

NOTHING = Addition()


@pytest.fixture
async def journal():
    async with await Journal.open(None) as journal:
        await journal.begin(JobIdentity(kind="import", name="rows", team="tea_1", list_id="clt_1"))
        yield journal


def entry(number: int, contact_id: str, **facts: Any) -> Entry:
    return Entry(slot=number.to_bytes(4, "big"), fingerprint=b"", contact_id=contact_id, result="updated", **facts)


async def listed(journal: Journal, entries: list[Entry]) -> list[Listed]:
    known = (await journal.look_up([one.slot for one in entries])).entries
    return [known[one.slot].listed if one.slot in known else Listed.NO for one in entries]


async def test_contacts_go_out_in_chunks_of_a_thousand(lemlist, sandbox, newsletter, journal):
    entries = [entry(number, one) for number, one in enumerate(sandbox.state.add_contacts(2500))]
    lister = Lister(lemlist, newsletter, journal, NOTHING)
    for one in entries:
        lister.put(one)
    lister.finish()

    await lister.work()

    assert sorted(len(one.json["contactIds"]) for one in sandbox.received) == [500, 1000, 1000]
    assert (lister.added.added, lister.left, lister.in_doubt) == (2500, 0, 0)
    assert set(await listed(journal, entries)) == {Listed.YES}


async def test_two_rows_of_one_contact_send_it_once(lemlist, sandbox, newsletter, journal, monkeypatch):
    """While it is on its way, and when it is there already."""
    monkeypatch.setattr(listing, "_PATIENCE", 0.01)
    [one] = sandbox.state.add_contacts(1)
    entries = [entry(number, one) for number in range(3)]
    lister = Lister(lemlist, newsletter, journal, NOTHING)
    task = asyncio.create_task(lister.work())
    lister.put(entries[0])
    lister.put(entries[1])
    while lister.left:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    lister.put(entries[2])
    lister.finish()
    await task

    assert len(sandbox.received) == 1
    assert await listed(journal, entries) == [Listed.YES] * 3
    assert (lister.added.added, lister.left) == (1, 0)


async def test_the_journal_says_perhaps_before_the_contact_is_sent(lemlist, sandbox, newsletter, journal):
    [one] = sandbox.state.add_contacts(1)
    sandbox.faults.silence(times=None)
    lister = Lister(lemlist, newsletter, journal, NOTHING)
    lister.put(entry(1, one))
    lister.finish()
    task = asyncio.create_task(lister.work())
    while not sandbox.received:  # noqa: ASYNC110
        await asyncio.sleep(0.001)

    assert await listed(journal, [entry(1, one)]) == [Listed.PERHAPS]

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await listed(journal, [entry(1, one)]) == [Listed.PERHAPS]
    assert (lister.in_doubt, lister.left) == (1, 1)


async def test_what_may_have_been_added_before_widens_the_bounds(lemlist, sandbox, newsletter, journal):
    ids = sandbox.state.add_contacts(3)
    sandbox.state.add_to_list(newsletter, ids[:2])
    lister = Lister(lemlist, newsletter, journal, NOTHING)
    lister.put(entry(1, ids[0], listed=Listed.PERHAPS))
    lister.put(entry(2, ids[1]))
    lister.put(entry(3, ids[2]))
    lister.finish()

    await lister.work()

    assert lister.added == Addition(sent=3, added=1, added_max=2, already=2, unaccounted=0)


async def test_a_server_that_does_not_count_those_in_the_list_leaves_nobody_unaccounted(
    lemlist, sandbox, newsletter, journal
):
    sandbox.faults.answer(200, body='{"addedCount": 1}', content_type="application/json")
    lister = Lister(lemlist, newsletter, journal, NOTHING)
    for number, one in enumerate(sandbox.state.add_contacts(3)):
        lister.put(entry(number, one))
    lister.finish()

    await lister.work()

    assert lister.added == Addition(sent=3, added=1, added_max=1, already=2, unaccounted=0)


@pytest.mark.parametrize("steps", range(0, 60, 3))
async def test_what_was_not_sent_is_as_it_was_wherever_it_is_cut_off(lemlist, sandbox, newsletter, journal, steps):
    """Stopped or cancelled after any number of steps: nothing that lemlist may have seen is called unsent."""
    entries = [entry(number, one) for number, one in enumerate(sandbox.state.add_contacts(1500))]
    lister = Lister(lemlist, newsletter, journal, NOTHING)
    for one in entries:
        lister.put(one)
    task = asyncio.create_task(lister.work())
    for _ in range(steps):
        await asyncio.sleep(0.0002)
    if steps % 2:
        lister.stop()
    else:
        task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    lister.close()
    await asyncio.sleep(0.01)

    members = set(sandbox.state.members(newsletter))
    marks = await listed(journal, entries)
    assert not [
        one for one, mark in zip(entries, marks, strict=True) if mark is Listed.NO and one.contact_id in members
    ]
    assert marks.count(Listed.YES) == lister.added.sent
    if steps % 2:
        assert Listed.PERHAPS not in marks


async def test_stopping_before_the_work_leaves_everybody_for_the_next_time(lemlist, sandbox, newsletter, journal):
    lister = Lister(lemlist, newsletter, journal, NOTHING)
    lister.stop()
    lister.put(entry(1, "ctc_1"))

    await lister.work()

    assert lister.left == 1
    assert sandbox.received == []


async def test_a_list_that_is_gone_is_told(lemlist, sandbox, journal):
    [one] = sandbox.state.add_contacts(1)
    lister = Lister(lemlist, "clt_gone", journal, NOTHING)
    lister.put(entry(1, one))
    lister.finish()

    with pytest.raises(BatchError):
        await lister.work()

    assert await listed(journal, [entry(1, one)]) == [Listed.NO]


@pytest.mark.parametrize(
    "answer",
    [Added(added=0, counted=False), Added(added=5000, already=0), Added(added=2, already=5000)],
    ids=["nothing said", "more added than sent", "more there than sent"],
)
def test_an_answer_that_cannot_be_true_may_have_added_all_of_its_chunk(answer):
    members = [Member("ctc_1", []), Member("ctc_2", []), Member("ctc_3", [])]

    addition = _addition(Done(items=members, positions=range(3), result=answer), in_doubt=0)

    assert addition == Addition(sent=3, added=0, added_max=3, already=0, unaccounted=0)
