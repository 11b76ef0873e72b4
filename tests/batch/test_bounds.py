"""Whatever is lost on the network, the truth lies within a report's bounds."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from outcomes import ambiguous, ids, unsent
from support import client_of

from lemlist_async import Ambiguous, Done, Failed, Rejected
from lemlist_async.batch.report import Progress
from lemlist_async.errors import ServerError
from lemlist_async.models.lists import Added, Removed
from lemlist_async.resources import lists
from lemlist_async.resources.lists import AddTally, RemoveTally
from lemlist_async.sandbox import Sandbox


class ForgetfulList:
    """A list of lemlist's, behind a network that loses requests, answers, and the client's patience."""

    def __init__(self, members):
        self.members = set(members)
        self.changed = 0

    def deliver(self, chunk, fates, change):
        """Return the outcome of one chunk as the engine tells it: each fate is one attempt's."""
        lost = 0
        for number, fate in enumerate(fates, start=1):
            facts = {"items": chunk, "positions": range(len(chunk)), "requests": number}
            result = change(self, chunk) if fate in {"answered", "lost"} else None
            if fate == "answered":
                return Done(**facts, result=result, doubtful=lost > 0)
            lost += fate in {"lost", "lost on the way there"}
        kind = Ambiguous if lost else Failed
        return kind(**facts, error=ServerError("oops", status=500))

    def add(self, chunk):
        fresh = set(chunk) - self.members
        self.members |= fresh
        self.changed += len(fresh)
        return Added(added=len(fresh), already=len(chunk) - len(fresh))

    def add_as_an_older_server(self, chunk):
        return Added(added=self.add(chunk).added)

    def remove(self, chunk):
        there = set(chunk) & self.members
        self.members -= there
        self.changed += len(there)
        return Removed(removed=len(there))


fates_of_a_chunk = st.lists(
    st.sampled_from(["answered", "answered", "lost", "lost on the way there", "not sent"]), min_size=1, max_size=4
)
members = st.sets(st.integers(0, 30).map("ctc_{}".format))
chunks = st.lists(st.tuples(st.integers(1, 6), fates_of_a_chunk), max_size=6)


def deliver_all(server, chunks, change, tally):
    """Send chunk after chunk of new IDs; return the report and how many IDs were taken."""
    begin = 0
    for size, fates in chunks:
        tally.settle(server.deliver(ids(size, begin), fates, change))
        begin += size
    return tally.report(Progress(submitted=begin))


class TestBounds:
    @given(members, chunks, st.sampled_from([ForgetfulList.add, ForgetfulList.add_as_an_older_server]))
    def test_what_was_really_added_lies_within_the_bounds(self, members, chunks, change):
        server = ForgetfulList(members)

        report = deliver_all(server, chunks, change, AddTally())

        assert report.added_count <= server.changed <= report.added_count_max
        if report.is_exact:
            assert report.added_count == server.changed

    @given(members, chunks)
    def test_what_was_really_removed_lies_within_the_bounds(self, members, chunks):
        server = ForgetfulList(members)

        report = deliver_all(server, chunks, ForgetfulList.remove, RemoveTally())

        assert report.removed_count <= server.changed <= report.removed_count_max

    @given(members, st.lists(st.integers(1, 6), max_size=6))
    def test_without_a_lost_answer_the_counts_are_exact(self, members, sizes):
        server = ForgetfulList(members)

        report = deliver_all(
            server, [(size, ["not sent", "answered"]) for size in sizes], ForgetfulList.add, AddTally()
        )

        assert report.is_exact
        assert report.added_count == server.changed

    @given(members, chunks, st.tuples(*[st.integers(0, 5)] * 2, *[st.integers(1, 5)] * 2))
    def test_every_item_is_counted_exactly_once(self, members, chunks, others):
        duplicates, rejected, waiting, out = others
        tally = AddTally()
        settled = deliver_all(ForgetfulList(members), chunks, ForgetfulList.add, tally).submitted

        report = tally.report(
            Progress(
                submitted=settled + duplicates + rejected + waiting + out,
                duplicates=duplicates,
                rejected=tuple(Rejected(position=number, value="?", reason="no ID") for number in range(rejected)),
                in_doubt=(ambiguous(ids(out)),),
                left=(unsent(ids(waiting)),),
            )
        )

        parts = report.done + report.failed + len(report.ambiguous) + len(report.unsent)
        assert report.submitted == report.duplicates + len(report.rejected) + parts


MISSING = object()
# What no server can mean: missing, of another type, less than nothing, more than was sent.
nonsense = st.sampled_from([MISSING, None, True, 9.9, -3, 5000, 10**25, "many", [], {}])
replies = st.fixed_dictionaries(
    {"lost": st.integers(0, 2), "changed": st.none() | nonsense, "others": st.none() | nonsense}
)
SIZE = 3
plans = st.lists(st.tuples(st.integers(0, SIZE), replies), min_size=1, max_size=4)


def said(truth, odd):
    """Return a reply's fields: the truth, or in its place what was made up."""
    fields = {name: number if odd[name] is None else odd[name] for name, number in truth.items()}
    return json.dumps({name: value for name, value in fields.items() if value is not MISSING})


def prepare(sandbox, newsletter, change, plan):
    """Put some contacts into the list, script what is said of each chunk, and return all IDs in their order."""
    ids = []
    for present, reply in plan:
        chunk = sandbox.state.add_contacts(SIZE)
        ids += chunk
        sandbox.state.add_to_list(newsletter, chunk[:present])
        for _ in range(reply["lost"]):
            sandbox.faults.drop(after_applying=True)
        if change == "add":
            new = 0 if reply["lost"] else SIZE - present
            truth = {"addedCount": new, "alreadyInList": SIZE - new}
        else:
            truth = {"removedCount": 0 if reply["lost"] else present}
        odd = dict(zip(truth, (reply["changed"], reply["others"]), strict=False))
        sandbox.faults.answer(200, body=said(truth, odd), content_type="application/json", after_applying=True)
    return ids


@settings(max_examples=60)
@given(plans, st.sampled_from(["add", "remove"]))
async def test_whatever_a_server_says_of_a_change_the_truth_lies_within_the_bounds(plan, change):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lists, "IDS_PER_CALL", SIZE)
        async with Sandbox(quota=None) as sandbox, client_of(sandbox) as lemlist:
            newsletter = sandbox.state.add_list("Newsletter")
            ids = prepare(sandbox, newsletter, change, plan)
            before = set(sandbox.state.members(newsletter))

            report = await getattr(lemlist.lists, change)(newsletter, ids, concurrency=1)

            after = set(sandbox.state.members(newsletter))
    assert (report.done, report.submitted, after) == (len(ids), len(ids), set(ids) if change == "add" else set())
    if change == "add":
        assert report.added_count <= len(after - before) <= report.added_count_max <= len(ids)
        if not any(reply["lost"] for _, reply in plan):
            assert report.already_in_list <= len(before) <= report.already_in_list_max <= len(ids)
    else:
        assert report.removed_count <= len(before - after) <= report.removed_count_max <= len(ids)
        assert len(set(ids) - before) <= report.not_in_list <= len(ids)
