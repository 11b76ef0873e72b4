"""The plan: what a sync would do, what it costs, and whether it may. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import asdict, field, frozen

from lemlist_async.display import ShownReport
from lemlist_async.errors import JobRefusedError
from lemlist_async.jobs.checks import ListChoice, allowed, checked_share
from lemlist_async.jobs.recognition import Members
from lemlist_async.jobs.rejections import RejectedRow, Rejections
from lemlist_async.limits.ledger import REQUESTS, SECONDS
from lemlist_async.models.contacts import Contact, ContactInput
from lemlist_async.resources.lists import IDS_PER_CALL
from lemlist_async.rows.row import Row
from lemlist_async.spelling import counted

DEFAULT_MAX_REMOVALS = 0.1


@frozen(kw_only=True, repr=False)
class SyncPlan(ShownReport):
    """The plan of a sync.

    Attributes:
        members: contacts that are in the list now.
        kept: members that stay.
        adds: IDs to be added.
        upserts: contacts that are not members by email, LinkedIn URL or ID; they are upserted to get their
            IDs, and then added. A pickle holds None for each: contacts' data goes into no pickle.
        removals: IDs to be removed. Up to `hidden` of them may turn out to be wanted, and then stay.
        allowed: how many removals the brake allows, or None for any number.
        hidden: how many of `upserts` may turn out to be members: lemlist does not show who they are.
        held_back: IDs that are not removed because a row that was left out may be theirs.
        left_out: rows that were refused and left out.
        rejected_rows: the first 100 of them.
        list: the list.
    """

    members: int
    kept: int
    adds: tuple[str, ...] = field(repr=False)
    upserts: tuple[ContactInput, ...] = field(repr=False)
    removals: tuple[str, ...] = field(repr=False)
    allowed: int | None = None
    hidden: int = 0
    held_back: tuple[str, ...] = field(default=(), repr=False)
    left_out: int = 0
    rejected_rows: tuple[RejectedRow, ...] = ()
    list: ListChoice = field(factory=ListChoice)

    @property
    def least_removals(self) -> int:
        """How many will be removed even if every contact that may be a hidden member turns out to be one."""
        return max(0, len(self.removals) - self.hidden)

    @property
    def is_refused(self) -> bool:
        """Whether the brake stops it before anything is sent."""
        return self.allowed is not None and self.least_removals > self.allowed

    @property
    def requests(self) -> int:
        """How many requests the changes will take."""
        additions = _chunks(len(self.adds) + len(self.upserts))
        return len(self.upserts) + additions + _chunks(len(self.removals))

    @property
    def least_seconds(self) -> float:
        """The least time that the rate limit allows for these requests."""
        return max(0, self.requests - REQUESTS) * SECONDS / REQUESTS

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to change."""
        return not (self.adds or self.upserts or self.removals)

    def __reduce__(self) -> tuple[Any, ...]:
        return _plan, (asdict(self, recurse=False) | {"upserts": (None,) * len(self.upserts)},)


def _plan(facts: dict[str, Any]) -> SyncPlan:
    return SyncPlan(**facts)


def plan_sync(
    members: Members | Mapping[str, Contact | None],
    wanted_ids: Iterable[str],
    wanted: Iterable[ContactInput],
    max_removals: float | None = None,
    left_out: Sequence[Row] = (),
) -> SyncPlan:
    """Compare a list's members with the contacts that it should hold.

    Args:
        members: the members of the list.
        wanted_ids: the IDs that it should hold.
        wanted: the contacts that it should hold; members are recognized by any identifier that lemlist shows.
        max_removals: a number (int), a share of the members (float, 0.1 is 10 %), or None for any number.
        left_out: rows that were refused. A member that one of them may mean is not removed.
    """
    known = members if isinstance(members, Members) else Members.of(members)
    stay: set[str] = set()
    adds: dict[str, None] = {}
    unknown: list[ContactInput] = []
    for contact_id in wanted_ids:
        if contact_id in known.ids:
            stay.add(contact_id)
        else:
            adds[contact_id] = None
    for contact in wanted:
        found = {known.by_identity[one] for one in contact.identities if one in known.by_identity}
        stay |= found
        if contact.contact_id is not None and contact.contact_id not in known.ids:
            adds[contact.contact_id] = None
        elif not found:
            unknown.append(contact)
    stay |= known.recognized(unknown)
    upserts = {one.identities[0]: one for one in unknown if not (known.are_all_recognized and known.is_nameless(one))}
    named = [known.mark(row.values, stay) for row in left_out]
    extra = tuple(one for one in known.ids if one not in stay)
    rejections = Rejections()
    for row in left_out:
        rejections.add(row.number, row.reason or "")
    return SyncPlan(
        members=len(known.ids),
        kept=len(known.ids) - len(extra),
        adds=tuple(adds),
        upserts=tuple(upserts.values()),
        removals=extra if all(named) else (),
        allowed=None if max_removals is None else allowed(max_removals, len(known.ids), default=0),
        hidden=sum(known.may_hide(one) for one in upserts.values()),
        held_back=() if all(named) else extra,
        left_out=len(left_out),
        rejected_rows=tuple(rejections.rows),
    )


def checked_max_removals(max_removals: float | None) -> float | None:
    """Return the limit of removals, or refuse what is not one.

    Raises:
        InvalidRequestError: it is neither a number nor a share.
    """
    return checked_share(max_removals, "max_removals", "contacts")


def check_removals(plan: SyncPlan, removals: int) -> None:
    """Refuse to remove too many, so that an empty export never empties a list.

    Raises:
        JobRefusedError: the plan does not allow so many removals.
    """
    if plan.allowed is not None and removals > plan.allowed:
        raise JobRefusedError(
            f"The sync would remove {removals} of {counted(plan.members, 'member', 'members')}, more than the"
            f" {plan.allowed} that max_removals allows. Nobody was removed. If the input is complete, allow more."
        )


def _chunks(items: int) -> int:
    return -(-items // IDS_PER_CALL)
