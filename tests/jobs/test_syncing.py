"""Sync: the list ends up holding exactly what was given, or nothing was removed by mistake."""

import asyncio
import sqlite3
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from lemlist_async import BatchError, ContactInput, InvalidRequestError, JobRefusedError
from lemlist_async.jobs import SyncPlan, import_contacts, sync_list


def changes(sandbox) -> list[str]:
    """The requests that changed something, in order."""
    return [one.query.get("action", one.path.rpartition("/")[2]) for one in sandbox.requests("POST")]


async def test_who_is_missing_is_added_and_who_is_extra_removed(lemlist, sandbox):
    ids = sandbox.state.add_contacts(30)
    list_id = sandbox.state.add_list("List", members=ids[:20])

    report = await sync_list(lemlist, list_id, ids[2:25])

    assert set(sandbox.state.members(list_id)) == set(ids[2:25])
    assert report.is_complete
    assert (report.added.added_count, report.removed.removed_count, report.upserted) == (5, 2, None)
    assert report.plan.kept == 18
    assert changes(sandbox) == ["entities", "remove"]
    assert report.elapsed > 0


async def test_contacts_that_are_no_members_are_upserted_and_then_added(lemlist, sandbox):
    known = sandbox.state.add_contact(email="known@example.com")
    member = sandbox.state.add_contact(email="member@example.com")
    list_id = sandbox.state.add_list("List", members=[member])
    rows = [{"email": "MEMBER@example.com"}, ContactInput(email="known@example.com"), {"email": "new@example.com"}]

    report = await sync_list(lemlist, list_id, rows)

    assert sandbox.state.members(list_id)[:2] == [member, known]
    assert len(sandbox.state.members(list_id)) == 3
    assert (report.upserted.created_count, report.upserted.updated_count) == (1, 1)
    assert report.removed is None


async def test_ids_and_contacts_come_mixed_and_from_an_async_iterable(lemlist, sandbox, newsletter):
    one = sandbox.state.add_contact(email="a@example.com")

    async def both():
        yield one
        yield ContactInput(email="b@example.com")

    job = sync_list(lemlist, newsletter, both())
    report = await job

    assert report.is_complete
    assert len(sandbox.state.members(newsletter)) == 2
    assert (job.phase, job.seen) == ("done", 2)


async def test_a_member_whom_the_upsert_finds_by_another_identifier_stays(lemlist, sandbox):
    """No page shows the Sales Navigator URL, so only the upsert tells who it is."""
    url = "https://linkedin.com/sales/lead/1"
    member = sandbox.state.add_contact(email="a@example.com", linkedinUrlSalesNav=url)
    list_id = sandbox.state.add_list("List", members=[member])

    report = await sync_list(lemlist, list_id, [{"linkedinUrlSalesNav": url}], max_removals=None)

    assert sandbox.state.members(list_id) == [member]
    assert report.plan.removals == (member,)
    assert report.removed is None


async def test_a_dry_run_changes_nothing_and_returns_the_plan(lemlist, sandbox):
    ids = sandbox.state.add_contacts(10)
    list_id = sandbox.state.add_list("List", members=ids[:5])

    job = sync_list(lemlist, list_id, ids[5:], dry_run=True)
    plan = await job

    assert isinstance(plan, SyncPlan)
    assert (plan.adds, plan.removals, plan.requests) == (tuple(ids[5:]), tuple(ids[:5]), 2)
    assert (job.phase, job.seen) == ("reading the list", 10)
    assert changes(sandbox) == []


async def test_a_list_that_is_right_already_is_only_read(lemlist, sandbox):
    ids = sandbox.state.add_contacts(10)

    report = await sync_list(lemlist, sandbox.state.add_list("List", members=ids), ids)

    assert report.is_complete
    assert changes(sandbox) == []


async def test_a_large_list_costs_little_more_than_its_pages(lemlist, sandbox):
    ids = sandbox.state.add_contacts(5_100)
    list_id = sandbox.state.add_list("List", members=ids[:5_000])

    await sync_list(lemlist, list_id, ids[100:])

    assert len(sandbox.received) == 1 + 10 + 2
    assert set(sandbox.state.members(list_id)) == set(ids[100:])


# What is refused.


async def test_too_many_removals_are_refused_before_anything_is_changed(lemlist, sandbox):
    """An empty export never empties a list."""
    ids = sandbox.state.add_contacts(10)
    list_id = sandbox.state.add_list("List", members=ids)

    with pytest.raises(JobRefusedError, match="would remove 10 of 10 members"):
        await sync_list(lemlist, list_id, [])

    assert changes(sandbox) == []


async def test_a_malformed_brake_or_list_is_refused_at_once(lemlist):
    with pytest.raises(InvalidRequestError, match="max_removals"):
        sync_list(lemlist, "clt_1", [], max_removals=50.0)
    with pytest.raises(InvalidRequestError, match="clt_"):
        sync_list(lemlist, "List", [])


async def test_a_malformed_row_or_id_is_refused_before_the_first_request(lemlist, sandbox, newsletter):
    with pytest.raises(JobRefusedError, match=r"Row 2 is refused: .* correct the row first"):
        await sync_list(lemlist, newsletter, [{"email": "a@example.com"}, {"firstName": "Jane"}])
    with pytest.raises(JobRefusedError, match="ID number 2: A string of 4 characters is not a contact ID"):
        await sync_list(lemlist, newsletter, ["ctc_1", "jane"])

    assert sandbox.received == []


async def test_a_missing_or_dynamic_list_is_refused(lemlist, sandbox):
    with pytest.raises(JobRefusedError, match="There is no list clt_none"):
        await sync_list(lemlist, "clt_none", [])
    with pytest.raises(JobRefusedError, match="is dynamic"):
        await sync_list(lemlist, sandbox.state.add_list("All", dynamic=True), [])


# What goes wrong on the way.


async def test_a_contact_that_cannot_be_upserted_stops_the_sync_before_anybody_is_removed(lemlist, sandbox):
    ids = sandbox.state.add_contacts(20)
    list_id = sandbox.state.add_list("List", members=ids)
    sandbox.faults.answer(400, path="/contacts", method="POST")

    with pytest.raises(BatchError, match="1 contact could not be upserted") as raised:
        await sync_list(lemlist, list_id, [*ids[1:], ContactInput(email="a@example.com")])

    assert sandbox.state.members(list_id) == ids
    assert raised.value.report.upserted.failed == 1
    assert raised.value.report.removed is None
    assert not raised.value.report.is_complete


async def test_a_failed_addition_stops_the_sync_before_anybody_is_removed(lemlist, sandbox):
    ids = sandbox.state.add_contacts(20)
    list_id = sandbox.state.add_list("List", members=ids[:19])
    sandbox.faults.answer(500, times=None, path="/entities")

    with pytest.raises(BatchError, match="The sync was stopped"):
        await sync_list(lemlist, list_id, ids[1:])

    assert sandbox.state.members(list_id) == ids[:19]


async def test_ids_that_lemlist_knows_nothing_of_leave_the_sync_incomplete(lemlist, sandbox, newsletter):
    report = await sync_list(lemlist, newsletter, ["ctc_deleted"])

    assert report.added.unaccounted == 1
    assert not report.is_complete


async def test_a_stopped_sync_leaves_the_rest_for_the_next_one(lemlist, sandbox):
    """Stopped while it reads, it changes nothing; stopped while it upserts, nobody is removed."""
    ids = sandbox.state.add_contacts(20)
    list_id = sandbox.state.add_list("List", members=ids)
    rows = [*ids[1:], *({"email": f"new{number}@example.com"} for number in range(50))]
    reading, upserting = (sync_list(lemlist, list_id, rows, concurrency=2) for _ in range(2))
    reading.stop()
    first = await reading
    sandbox.faults.slow(0.01, times=None, method="POST")
    task = asyncio.create_task(upserting)
    while upserting.phase != "upserting" or not sandbox.requests("POST"):  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    upserting.stop()
    second = await task

    third = await sync_list(lemlist, list_id, rows)

    assert (first.upserted, first.is_complete) == (None, False)
    assert (second.added, second.removed, second.is_complete) == (None, None, False)
    assert third.is_complete
    assert len(sandbox.state.members(list_id)) == 69


async def test_a_sync_that_is_cut_off_is_finished_by_the_next_one(lemlist, sandbox):
    ids = sandbox.state.add_contacts(40)
    list_id = sandbox.state.add_list("List", members=ids[:20])
    wanted = [*ids[2:30], *({"email": f"new{number}@example.com"} for number in range(10))]
    for steps in range(0, 300, 20):
        task = asyncio.create_task(sync_list(lemlist, list_id, wanted))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert set(ids[2:20]) <= set(sandbox.state.members(list_id))

    report = await sync_list(lemlist, list_id, wanted)

    assert report.is_complete
    assert len(sandbox.state.contacts.by_id) == 50
    assert len(sandbox.state.members(list_id)) == 38
    assert not {*ids[:2], *ids[30:]} & set(sandbox.state.members(list_id))


# Members that lemlist does not show as what they are.


def profiles(count):
    return [{"linkedinUrl": f"https://www.linkedin.com/in/person-{number}"} for number in range(count)]


async def test_members_known_by_linkedin_alone_are_kept(lemlist, sandbox, newsletter):
    await import_contacts(lemlist, profiles(20), list_id=newsletter)
    before = sandbox.state.members(newsletter)

    report = await sync_list(lemlist, newsletter, profiles(20))

    assert report.is_complete
    assert report.removed is None
    assert sandbox.state.members(newsletter) == before


async def test_the_brake_holds_before_the_first_write_for_everything_that_can_be_known(lemlist, sandbox, newsletter):
    """Strangers by email cannot be the members whose LinkedIn URLs are hidden."""
    await import_contacts(lemlist, profiles(20), list_id=newsletter)
    before = changes(sandbox)
    strangers = [{"email": f"stranger{number}@acme.com"} for number in range(20)]

    with pytest.raises(JobRefusedError, match="would remove 20 of 20 members"):
        await sync_list(lemlist, newsletter, strangers)
    with pytest.raises(JobRefusedError, match="would remove 20 of 20 members"):
        await sync_list(lemlist, newsletter, [{"linkedinUrl": f"https://linkedin.com/in/new-{n}"} for n in range(20)])

    assert changes(sandbox) == before
    assert len(sandbox.state.members(newsletter)) == 20


async def test_the_brake_is_looked_at_again_once_it_is_known_who_the_hidden_members_are(lemlist, sandbox):
    """No page and no export shows a Sales Navigator URL."""
    ids = sandbox.state.add_contacts(20)
    list_id = sandbox.state.add_list("List", members=ids)
    strangers = [{"linkedinUrlSalesNav": f"https://linkedin.com/sales/lead/{number}"} for number in range(20)]

    with pytest.raises(JobRefusedError, match="would remove 20 of 20 members"):
        await sync_list(lemlist, list_id, strangers)

    assert set(ids) <= set(sandbox.state.members(list_id))


async def test_members_known_by_linkedin_alone_are_counted_exactly_and_not_written_again(lemlist, sandbox, newsletter):
    """One export shows all URLs."""
    await import_contacts(lemlist, profiles(20), list_id=newsletter)
    sandbox.reset_received()

    plan = await sync_list(lemlist, newsletter, profiles(20), dry_run=True)
    report = await sync_list(lemlist, newsletter, [*profiles(20), {"email": "new@acme.com"}])

    assert (plan.kept, plan.is_empty, plan.hidden) == (20, True, 0)
    assert report.plan.kept == 20
    assert report.upserted.done == 1
    assert sandbox.count(path="/contacts/export") == 2


async def test_members_known_by_linkedin_alone_are_told_apart_by_their_names(lemlist, sandbox, newsletter):
    rows = [row | {"firstName": "Person", "lastName": str(number)} for number, row in enumerate(profiles(20))]
    await import_contacts(lemlist, rows, list_id=newsletter)
    sandbox.reset_received()

    report = await sync_list(lemlist, newsletter, rows[:19])

    assert (report.plan.kept, report.upserted, report.removed.removed_count) == (19, None, 1)
    assert report.is_complete


async def test_members_who_cannot_be_told_apart_are_upserted_to_get_their_ids(lemlist, sandbox, newsletter):
    await import_contacts(lemlist, profiles(20), list_id=newsletter)

    report = await sync_list(lemlist, newsletter, profiles(19))

    assert (report.plan.hidden, report.upserted.updated_count, report.removed.removed_count) == (19, 19, 1)
    assert report.is_complete


async def test_a_member_with_an_email_is_recognized_by_the_linkedin_url_of_the_export(lemlist, sandbox, newsletter):
    url = profiles(1)[0]["linkedinUrl"]
    await import_contacts(lemlist, [{"email": "jane@acme.com", "linkedinUrl": url}], list_id=newsletter)

    report = await sync_list(lemlist, newsletter, profiles(1))

    assert report.plan.is_empty


async def test_the_report_and_the_plan_name_the_list(lemlist, sandbox, newsletter):
    plan = await sync_list(lemlist, newsletter, [], dry_run=True)
    report = await sync_list(lemlist, newsletter, [])

    assert (plan.list.id, plan.list.name, report.list) == (newsletter, "Newsletter", plan.list)
    assert report.requests == 2


async def test_left_out_rows_cost_no_member_whom_they_name(lemlist, sandbox):
    ids = [sandbox.state.add_contact(email=f"p{number}@acme.com") for number in range(20)]
    list_id = sandbox.state.add_list("List", members=ids)
    rows = [{"email": f"p{number}@acme.com"} for number in range(18)]
    refused = {"email": "no email", "note": "P18@acme.com"}

    with pytest.raises(JobRefusedError, match="leave_out_rejected"):
        await sync_list(lemlist, list_id, [*rows, refused])
    report = await sync_list(lemlist, list_id, [*rows, refused], leave_out_rejected=True)

    assert sandbox.state.members(list_id) == ids[:19]
    assert (report.plan.left_out, report.plan.rejected_rows[0].number) == (1, 19)
    assert not report.is_complete


async def test_a_left_out_row_that_names_nobody_keeps_everybody(lemlist, sandbox):
    """Any extra member may be the one who is meant."""
    ids = [sandbox.state.add_contact(email=f"p{number}@acme.com") for number in range(20)]
    list_id = sandbox.state.add_list("List", members=ids)
    rows = [*({"email": f"p{number}@acme.com"} for number in range(19)), {"email": "x"}, {"email": "new@acme.com"}]

    report = await sync_list(lemlist, list_id, rows, leave_out_rejected=True)

    assert (report.plan.removals, report.plan.held_back, report.removed) == ((), (ids[19],), None)
    assert len(sandbox.state.members(list_id)) == 21


async def test_a_refused_row_is_spoken_of_in_the_singular(lemlist, newsletter):
    with pytest.raises(JobRefusedError) as caught:
        await sync_list(lemlist, newsletter, [{"email": "none"}])

    assert str(caught.value).endswith(
        ". Its contact would be removed by mistake: correct the row first, or leave it out with leave_out_rejected."
    )


async def test_all_refused_rows_are_named_at_once(lemlist, newsletter):
    bad = [{"email": "a@acme.com"}, *[{"email": "none"}] * 30]

    with pytest.raises(JobRefusedError, match=r"Row 2 is refused: .* So are 29 others: 3, 4, .*, 22, …"):
        await sync_list(lemlist, newsletter, bad)
    with pytest.raises(JobRefusedError, match=r"So is 1 other: 3\."):
        await sync_list(lemlist, newsletter, bad[:3])


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "cursor"])
async def test_a_frame_and_a_cursor_give_their_rows(lemlist, sandbox, kind):
    """Before, the names of a frame's columns were taken for IDs."""
    member = sandbox.state.add_contact(email="member@example.com")
    list_id = sandbox.state.add_list("List", members=[member])
    columns = {"email": ["member@example.com", "new@example.com"], "firstName": ["M", None]}
    connection = sqlite3.connect(":memory:")
    query = "select 'member@example.com' as email, 'M' as firstName union select 'new@example.com', null"
    rows = {
        "pandas": pd.DataFrame,
        "polars": pl.DataFrame,
        "arrow": pa.table,
        "cursor": lambda _: connection.execute(query),
    }

    report = await sync_list(lemlist, list_id, rows[kind](columns))

    assert (report.plan.kept, report.upserted.created_count) == (1, 1)
    assert len(sandbox.state.members(list_id)) == 2


async def test_a_column_of_a_frame_gives_its_ids(lemlist, sandbox):
    ids = sandbox.state.add_contacts(3)
    list_id = sandbox.state.add_list("List", members=ids[:1])

    await sync_list(lemlist, list_id, pd.Series(ids))

    assert sandbox.state.members(list_id) == ids


@pytest.mark.parametrize("rows", ["people.csv", b"x", Path("people.csv"), None, 5, dict])
async def test_what_holds_no_rows_is_refused_with_what_to_pass_instead(lemlist, newsletter, rows):
    with pytest.raises(TypeError, match="such as a list or ContactFile"):
        await sync_list(lemlist, newsletter, rows)


async def test_the_reason_of_a_refused_row_ends_with_one_stop(lemlist, newsletter):
    with pytest.raises(JobRefusedError, match=r"or remove it\. Its contact"):
        await sync_list(lemlist, newsletter, [{"email": "a@example.com", "": 1}])
