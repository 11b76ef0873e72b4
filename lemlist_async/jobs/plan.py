"""The plan: what a sync would do, what it costs, and whether it may. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from attrs import asdict, field, frozen

from lemlist_async.errors import JobRefusedError
from lemlist_async.identity import identity_key
from lemlist_async.jobs.checks import allowed, checked_share
from lemlist_async.limits.ledger import REQUESTS, SECONDS
from lemlist_async.models.contacts import Contact, ContactInput
from lemlist_async.resources.lists import IDS_PER_CALL

DEFAULT_MAX_REMOVALS = 0.1


@frozen(kw_only=True)
class SyncPlan:
    """What a sync would do.

    Attributes:
        members: contacts that are in the list now.
        kept: members that stay.
        adds: IDs to be added.
        upserts: contacts that are no members by email, LinkedIn URL or ID; they are upserted to get their
            IDs, and then added. Pickled, None stands for each: contacts' data goes into no pickle.
        removals: IDs to be removed. As many of them as there are `upserts` may yet turn out to be those, and then stay:
            lemlist does not show a member's LinkedIn URL everywhere.
        allowed: how many removals the brake allows, or None for any number.
    """

    members: int
    kept: int
    adds: tuple[str, ...] = field(repr=False)
    upserts: tuple[ContactInput, ...] = field(repr=False)
    removals: tuple[str, ...] = field(repr=False)
    allowed: int | None = None

    @property
    def least_removals(self) -> int:
        """How many will be removed even if every contact that must be upserted turns out to be a member."""
        return max(0, len(self.removals) - len(self.upserts))

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
        """Whether the list is as it should be."""
        return not (self.adds or self.upserts or self.removals)

    def __reduce__(self) -> tuple[Any, ...]:
        return _plan, (asdict(self, recurse=False) | {"upserts": (None,) * len(self.upserts)},)


def _plan(facts: dict[str, Any]) -> SyncPlan:
    return SyncPlan(**facts)


def plan_sync(
    members: Mapping[str, Contact | None],
    wanted_ids: Iterable[str],
    wanted: Iterable[ContactInput],
    max_removals: float | None = None,
) -> SyncPlan:
    """Compare a list's members with the contacts that it should hold.

    Args:
        members: who is in the list, by ID.
        wanted_ids: who should be, by ID.
        wanted: who should be, as contacts; members are recognized by any identifier that lemlist shows.
        max_removals: a number (int), a share of the members (float, 0.1 is 10 %), or None for any number.
    """
    by_identity = _identities(contact for contact in members.values() if contact is not None)
    stay: set[str] = set()
    adds: dict[str, None] = {}
    upserts: dict[tuple[str, str], ContactInput] = {}
    for contact_id in wanted_ids:
        if contact_id in members:
            stay.add(contact_id)
        else:
            adds[contact_id] = None
    for contact in wanted:
        known = {by_identity[identity] for identity in contact.identities if identity in by_identity}
        stay |= known
        if contact.contact_id is not None and contact.contact_id not in members:
            adds[contact.contact_id] = None
        elif not known:
            upserts[contact.identities[0]] = contact
    return SyncPlan(
        members=len(members),
        kept=len(stay),
        adds=tuple(adds),
        upserts=tuple(upserts.values()),
        removals=tuple(one for one in members if one not in stay),
        allowed=None if max_removals is None else allowed(max_removals, len(members), default=0),
    )


def checked_max_removals(max_removals: float | None) -> float | None:
    """Return the limit of removals; what cannot be one is refused.

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
            f"The sync would remove {removals} of {plan.members} members, more than the {plan.allowed} that"
            " max_removals allows. Nobody was removed. If the input is complete, allow more."
        )


def _identities(members: Iterable[Contact]) -> Mapping[tuple[str, str], str]:
    known: dict[tuple[str, str], str] = {}
    for contact in members:
        known["contact_id", contact.id] = contact.id
        for name, value in _shown(contact):
            known[name, identity_key(name, value)] = contact.id
    return known


def _shown(contact: Contact) -> Collection[tuple[str, str]]:
    urls = (
        ("linkedin_url", contact.linkedin_url or contact.fields.get("linkedinUrl")),
        ("linkedin_url_sales_nav", contact.linkedin_url_sales_nav or contact.fields.get("linkedinUrlSalesNav")),
    )
    return [*(("email", email) for email in contact.emails), *((name, str(url)) for name, url in urls if url)]


def _chunks(items: int) -> int:
    return -(-items // IDS_PER_CALL)
