"""Whatever is lost on the network, the truth lies within a report's bounds."""

from hypothesis import given
from hypothesis import strategies as st
from outcomes import ambiguous, ids, unsent

from lemlist_async import Ambiguous, Done, Failed, Rejected
from lemlist_async.batch.report import Progress
from lemlist_async.errors import ServerError
from lemlist_async.models.lists import Added, Removed
from lemlist_async.resources.lists import AddTally, RemoveTally


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
