"""What really happened, by the sandbox's state, held against what a report says."""

from attrs import define, field
from support import accounted

from lemlist_async import ContactInput


def key(item):
    return item.email if isinstance(item, ContactInput) else item


@define
class Truth:
    """The sandbox before a run; `check` compares it with the sandbox after.

    Attributes:
        change: `add`, `remove` or `upsert`.
        list_id: the list that is changed; for upserts one that does not matter.
        before: IDs in the list; for upserts emails of the contacts that were there.
    """

    sandbox: object
    change: str
    list_id: str
    before: set = field(init=False)

    def __attrs_post_init__(self):
        self.before = self.now()

    def now(self):
        if self.change == "upsert":
            return {one.email for one in self.sandbox.state.contacts.by_id.values()}
        return set(self.sandbox.state.members(self.list_id))

    def check(self, report, items):
        """Check that the report accounts for every item that was read, and that the truth lies inside its bounds."""
        read = items[: report.submitted]
        assert accounted(report) == report.submitted
        untouched = {key(item) for failure in report.failures for item in failure.items}
        untouched |= {key(item) for item in report.unsent}
        elsewhere = untouched | {key(item) for item in report.ambiguous} | {key(one.value) for one in report.rejected}
        done = {key(item) for item in read} - elsewhere
        assert len(done) == report.done
        getattr(self, f"_check_{self.change}")(report, done, untouched)

    def _check_add(self, report, done, untouched):
        after = self.now()
        known = set(self.sandbox.state.contacts.by_id)
        assert report.added_count <= len(after - self.before) <= report.added_count_max
        assert done & known <= after
        assert not untouched & (after - self.before)

    def _check_remove(self, report, done, untouched):
        after = self.now()
        assert report.removed_count <= len(self.before - after) <= report.removed_count_max
        assert not done & after
        assert not untouched & (self.before - after)

    def _check_upsert(self, report, done, untouched):
        after = self.now()
        created = after - self.before
        assert report.created_count + report.updated_count + report.unknown_count == report.done
        assert report.created_count <= len(created)
        assert len(created) <= report.created_count + report.unknown_count + len(report.ambiguous)
        assert done <= after
        assert not untouched & created
        for email in self.before & untouched:
            assert "firstName" not in self.sandbox.state.contact(email)["fields"]
        for email in done:
            assert self.sandbox.state.contact(email)["fields"]["firstName"] == "Written"
