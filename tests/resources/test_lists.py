"""Contact lists: found, made, added to, removed from; the counts are lemlist's own or say that they are bounds."""

import asyncio

import pytest
from support import ONCE, accounted, client_of, fake_ids, no_task_left, stream_of, until

from lemlist_async import (
    BatchError,
    ConflictError,
    ContactList,
    DeadlineExceededError,
    Done,
    InvalidRequestError,
    ServerError,
    UnexpectedReplyError,
)

CHANGES = "/entities"


def sizes(sandbox):
    return sorted(len(one.json["contactIds"]) for one in sandbox.requests("POST", CHANGES))


async def test_contacts_are_added_and_counted(sandbox, lemlist, newsletter):
    ids = sandbox.state.add_contacts(3)
    sandbox.state.add_to_list(newsletter, ids[:1])

    report = await lemlist.lists.add(newsletter, ids)

    assert set(sandbox.state.members(newsletter)) == set(ids)
    assert (report.added_count, report.already_in_list, report.unaccounted) == (2, 1, 0)
    assert report.is_exact
    assert report.ok


async def test_contacts_are_removed_and_counted(sandbox, lemlist, newsletter):
    ids = sandbox.state.add_contacts(3)
    sandbox.state.add_to_list(newsletter, ids[:2])

    report = await lemlist.lists.remove(newsletter, ids[1:])

    assert sandbox.state.members(newsletter) == ids[:1]
    assert (report.removed_count, report.not_in_list, report.is_exact) == (1, 1, True)
    assert sandbox.requests("POST", CHANGES)[0].query == {"action": "remove"}


@pytest.mark.parametrize("source", [list, set, iter, stream_of], ids=["list", "set", "iterator", "async"])
async def test_a_thousand_ids_go_into_a_request(sandbox, lemlist, newsletter, source):
    ids = sandbox.state.add_contacts(2500)

    report = await lemlist.lists.add(newsletter, source(ids))

    assert sizes(sandbox) == [500, 1000, 1000]
    assert (report.added_count, report.requests, report.chunks) == (2500, 3, 3)


async def test_duplicates_are_dropped_and_counted(sandbox, lemlist, newsletter):
    ids = sandbox.state.add_contacts(2)

    report = await lemlist.lists.add(newsletter, ids * 3)

    assert (report.added_count, report.duplicates, sizes(sandbox)) == (2, 4, [2])


async def test_ids_that_lemlist_does_not_know_are_told(sandbox, lemlist, newsletter):
    ids = sandbox.state.add_contacts(2)

    report = await lemlist.lists.add(newsletter, [*ids, "ctc_gone", "ctc_lost"])

    assert (report.added_count, report.unaccounted) == (2, 2)
    assert [(one.code, one.count) for one in report.warnings] == [("UNKNOWN_CONTACT_IDS", 2)]


async def test_an_older_server_does_not_say_what_was_there_already(sandbox, lemlist, newsletter):
    sandbox.faults.answer(200, body='{"addedCount": "2"}', content_type="application/json")

    report = await lemlist.lists.add(newsletter, fake_ids(3))

    assert (report.added_count, report.already_in_list, report.unaccounted) == (2, 0, 0)


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"addedCount": -1}',
        '{"addedCount": "many"}',
        '{"addedCount": 1e999}',
        '{"addedCount": true}',
        '{"addedCount": 2.5}',
        '{"addedCount": 5000}',
        '{"addedCount": 9999999999999999999999999}',
    ],
)
@pytest.mark.parametrize("change", ["add", "remove"])
async def test_counts_that_are_missing_or_cannot_be_true_become_bounds(sandbox, lemlist, newsletter, change, body):
    body = body.replace("addedCount", "removedCount") if change == "remove" else body
    sandbox.faults.answer(200, body=body, content_type="application/json")

    report = await getattr(lemlist.lists, change)(newsletter, fake_ids(3))

    least, most = ("added_count", "added_count_max") if change == "add" else ("removed_count", "removed_count_max")
    assert (report.done, getattr(report, least), getattr(report, most), report.is_exact) == (3, 0, 3, False)
    assert [(one.code, one.count) for one in report.warnings] == [("COUNTS_UNKNOWN", 3)]


@pytest.mark.parametrize("body", ["[]", "null"])
@pytest.mark.parametrize("change", ["add", "remove"])
async def test_an_answer_of_another_shape_leaves_the_chunk_in_doubt(sandbox, lemlist, newsletter, change, body):
    sandbox.faults.answer(200, body=body, content_type="application/json", times=None)

    report = await getattr(lemlist.lists, change)(newsletter, fake_ids(3), raise_on_error=False)

    assert (len(report.ambiguous), report.done) == (3, 0)
    assert isinstance(report.doubts[0].error, UnexpectedReplyError)


async def test_a_lost_answer_makes_the_counts_bounds(sandbox, lemlist, newsletter):
    ids = sandbox.state.add_contacts(5)
    sandbox.state.add_to_list(newsletter, ids[:1])
    sandbox.faults.drop(after_applying=True)

    report = await lemlist.lists.add(newsletter, ids)

    assert (report.added_count, report.added_count_max, report.is_exact) == (0, 5, False)
    assert (report.done, report.requests) == (5, 2)


async def test_outcomes_can_be_streamed(sandbox, lemlist, newsletter):
    ids = sandbox.state.add_contacts(1500)

    async with lemlist.lists.add(newsletter, ids) as outcomes:
        seen = [outcome async for outcome in outcomes]

    assert all(isinstance(outcome, Done) for outcome in seen)
    assert {outcome.position: outcome.result.added for outcome in seen} == {0: 1000, 1000: 500}


@pytest.mark.parametrize("list_id", ["", "Newsletter", "ctc_1", "clt_1/../x", None, 5, "clt_1\n"])
async def test_a_malformed_list_id_is_refused_at_once(lemlist, list_id):
    for change in (lemlist.lists.add, lemlist.lists.remove, lambda one, _: lemlist.lists.members(one)):
        with pytest.raises(InvalidRequestError, match="list ID"):
            change(list_id, [])


async def test_one_text_instead_of_many_is_a_type_error(lemlist, newsletter):
    with pytest.raises(TypeError, match="not one str"):
        lemlist.lists.add(newsletter, "ctc_abc")


@pytest.mark.parametrize(
    ("malformed", "shown"),
    [
        ("jane@acme.com", "What looks like an email address is"),
        ("ctc_jane@acme.com", "What looks like an email address is"),
        ("clt_1", "'clt_1' is"),
        ("ctc-1", "'ctc-1' is"),
        ("ctc_1\nctc_2", "A string of 11 characters is"),
        ("Jane Doe", "A string of 8 characters is"),
        ("", "A string of 0 characters is"),
        (7, "A int is"),
        (None, "A NoneType is"),
    ],
)
async def test_a_malformed_id_is_found_before_anything_is_sent(sandbox, lemlist, newsletter, malformed, shown):
    with pytest.raises(BatchError) as caught:
        await lemlist.lists.add(newsletter, [*fake_ids(1500), malformed])

    [rejected] = caught.value.report.rejected
    assert (rejected.position, rejected.value) == (1500, malformed)
    assert shown in rejected.reason
    assert sandbox.count() == 0


async def test_malformed_ids_are_skipped_on_request(sandbox, lemlist, newsletter):
    ids = sandbox.state.add_contacts(2)

    report = await lemlist.lists.add(
        newsletter, [ids[0], "jane@acme.com", ids[1]], malformed="skip", raise_on_error=False
    )

    assert (report.done, [one.position for one in report.rejected]) == (2, [1])


@pytest.mark.parametrize("kind", ["missing", "dynamic", "path"])
async def test_a_list_that_takes_no_changes_stops_the_run(sandbox, lemlist, kind):
    list_id = "clt_missing" if kind == "missing" else sandbox.state.add_list("Dynamic", dynamic=True)
    if kind == "path":
        sandbox.faults.answer(200, body="<html></html>", content_type="text/html", times=None)

    with pytest.raises(BatchError, match="stopped") as caught:
        await lemlist.lists.add(list_id, iter(fake_ids(100_000)), concurrency=2)

    assert caught.value.__cause__.is_shared
    assert sandbox.count() <= 3
    assert accounted(caught.value.report) == caught.value.report.submitted


async def test_a_chunk_that_lemlist_refuses_does_not_stop_the_others(sandbox, lemlist, newsletter):
    sandbox.faults.answer(400, body="All contactIds must be in ctc_xxx format")
    ids = sandbox.state.add_contacts(3000)

    report = await lemlist.lists.add(newsletter, ids, raise_on_error=False)

    assert (report.failed, report.done, report.added_count) == (1000, 2000, 2000)


async def test_opposite_changes_of_one_list_never_overlap(sandbox, lemlist, newsletter):
    ids = sandbox.state.add_contacts(3)
    sandbox.latency = (0.02, 0.02)
    sandbox.faults.drop(after_applying=True)  # the addition is repeated, and must not undo the removal

    adding = asyncio.create_task(lemlist.lists.add(newsletter, ids))
    await until(sandbox.count)
    removing = asyncio.create_task(lemlist.lists.remove(newsletter, ids))
    await asyncio.gather(adding, removing)

    assert [one.query for one in sandbox.requests("POST", CHANGES)] == [{}, {}, {"action": "remove"}]
    assert sandbox.state.members(newsletter) == []


async def test_a_change_that_is_cancelled_while_it_waits_for_the_opposite_gives_its_place_up(
    sandbox, lemlist, newsletter
):
    ids = sandbox.state.add_contacts(3)
    sandbox.faults.silence(0.5)
    adding = asyncio.create_task(lemlist.lists.add(newsletter, ids))
    await until(sandbox.count)
    removal = lemlist.lists.remove(newsletter, ids)
    removing = asyncio.create_task(removal)
    await asyncio.sleep(0.01)

    async with no_task_left():
        removing.cancel()
        await asyncio.wait({removing})
        await adding
    await lemlist.lists.remove(newsletter, ids[:1])

    assert len(removal.report.unsent) == 3
    assert set(sandbox.state.members(newsletter)) == set(ids[1:])


async def test_all_lists_are_returned_or_those_whose_name_contains_something(sandbox, lemlist, newsletter):
    sandbox.state.add_list("Customers", dynamic=True)

    everything = await lemlist.lists.all()
    found = await lemlist.lists.all("NEWS")

    assert [one.name for one in everything] == ["Newsletter", "Customers"]
    assert [one.dynamic for one in everything] == [False, True]
    assert found == [ContactList(id=newsletter, name="Newsletter")]


async def test_a_list_is_found_by_its_whole_name(sandbox, lemlist, newsletter):
    sandbox.state.add_list("Newsletter 2")

    found = await lemlist.lists.find(" Newsletter ")
    missing = await lemlist.lists.find("News")

    assert (found.id, missing) == (newsletter, None)


async def test_a_name_that_several_lists_share_is_a_conflict(sandbox, lemlist, newsletter):
    again = sandbox.state.add_list("Newsletter")

    with pytest.raises(ConflictError, match=f"{newsletter}, {again}"):
        await lemlist.lists.find("Newsletter")


@pytest.mark.parametrize("name", ["", "  ", None, "x" * 201])
@pytest.mark.parametrize("call", ["find", "create", "find_or_create"])
async def test_a_name_that_no_list_can_have_is_refused_at_once(sandbox, lemlist, call, name):
    with pytest.raises(InvalidRequestError, match="name"):
        await getattr(lemlist.lists, call)(name)

    assert sandbox.count() == 0


async def test_a_list_is_created(sandbox, lemlist):
    made = await lemlist.lists.create(" Newsletter ")

    assert made == ContactList(id=made.id, name="Newsletter")
    assert sandbox.state.lists[made.id].name == "Newsletter"


@pytest.mark.parametrize("body", ["{}", "[]", '{"list": {}}'])
async def test_an_answer_that_does_not_say_which_list_was_made_is_an_error(sandbox, lemlist, body):
    sandbox.faults.answer(201, body=body, content_type="application/json")

    with pytest.raises(UnexpectedReplyError) as caught:
        await lemlist.lists.create("Newsletter")

    assert caught.value.ambiguous


async def test_find_or_create_makes_one_list_however_often_it_is_called(sandbox, lemlist):
    found = await asyncio.gather(*(lemlist.lists.find_or_create("Newsletter") for _ in range(5)))

    assert len({one.id for one in found}) == len(sandbox.state.lists) == 1


@pytest.mark.parametrize("kind", ["drop", "garble", "truncate"])
async def test_a_creation_whose_answer_was_lost_is_looked_for(sandbox, lemlist, kind):
    getattr(sandbox.faults, kind)(method="POST", after_applying=True)

    made = await lemlist.lists.find_or_create("Newsletter")

    assert [made.id] == list(sandbox.state.lists)


async def test_a_creation_that_was_lost_and_not_applied_is_an_error(sandbox, lemlist):
    sandbox.faults.answer(500, method="POST")

    with pytest.raises(ServerError) as caught:
        await lemlist.lists.find_or_create("Newsletter")

    assert caught.value.ambiguous
    assert sandbox.count(method="GET") == 2


async def test_a_creation_in_doubt_is_told_even_if_it_cannot_be_looked_for(sandbox):
    sandbox.faults.answer(500, method="POST", after_applying=True)

    async with client_of(sandbox, retry=ONCE) as lemlist:
        assert await lemlist.lists.find("Newsletter") is None
        making = asyncio.create_task(lemlist.lists.find_or_create("Newsletter"))
        await until(lambda: sandbox.count(method="POST"))
        sandbox.faults.answer(500, method="GET")
        with pytest.raises(ServerError) as caught:
            await making

    assert (caught.value.method, caught.value.ambiguous) == ("POST", True)


async def test_a_creation_that_was_refused_is_not_looked_for(sandbox, lemlist):
    sandbox.faults.answer(400, method="POST")

    with pytest.raises(InvalidRequestError):
        await lemlist.lists.find_or_create("Newsletter")

    assert sandbox.count(method="GET") == 1


async def test_a_deadline_includes_the_wait_for_another_who_makes_the_same_list(sandbox, lemlist):
    sandbox.faults.silence(method="GET")
    first = asyncio.create_task(lemlist.lists.find_or_create("Newsletter"))
    await until(sandbox.count)

    with pytest.raises(DeadlineExceededError) as caught:
        async with asyncio.timeout(10):
            await lemlist.lists.find_or_create("Newsletter", deadline=0.05)

    assert not caught.value.ambiguous
    first.cancel()
    await asyncio.wait({first})


async def test_one_deadline_holds_for_all_that_finding_or_creating_takes(sandbox, lemlist):
    sandbox.faults.silence(method="POST")

    with pytest.raises(DeadlineExceededError, match="may have been applied") as caught:
        await lemlist.lists.find_or_create("Newsletter", deadline=0.3)

    assert (caught.value.ambiguous, caught.value.path) == (True, "/contacts/lists")
    assert sandbox.count() == 2


async def test_members_are_read_in_pages(sandbox, lemlist, newsletter):
    ids = sandbox.state.add_contacts(600)
    sandbox.state.add_to_list(newsletter, ids[:550])

    members = [one.id async for one in lemlist.lists.members(newsletter)]

    assert members == ids[:550]
    assert sandbox.count() == 2


async def test_members_of_a_missing_list_are_none(lemlist):
    assert [one async for one in lemlist.lists.members("clt_missing")] == []
