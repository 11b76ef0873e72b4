"""The entries of a journal: hashes, contact IDs and counts; no contact's data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from hashlib import blake2b
from itertools import compress
from operator import attrgetter
from typing import Any, Protocol

from attrs import define, field, frozen

from lemlist_async.models.base import ApiWarning
from lemlist_async.models.contacts import ContactInput
from lemlist_async.models.convert import record_json


class Listed(IntEnum):
    """Whether a contact is in the job's list, as far as the journal knows."""

    NO = 0
    PERHAPS = 1
    YES = 2


@frozen(kw_only=True)
class JobIdentity:
    """The job of a journal. Another value in any of these is another job."""

    kind: str
    name: str
    team: str
    list_id: str


@frozen(kw_only=True)
class Entry:
    """The journal's entry of a row; `jobs.states` has its states and transitions.

    Attributes:
        slot: the row's key: its first identity, and how often that came earlier in the input.
        fingerprint: of what was sent.
        contact_id: of the contact, or of the company or the lead.
        result: `intended`, `created`, `updated`, `unknown` or `rejected`; of leads also `already_in_campaign` and
            `already_elsewhere`, of values `unsubscribed`.
        reason: why lemlist refused it.
        run: the number of the run in which it was sent.
        turn: when it was sent, counted in rows that were sent; of two rows of one person the later one wins.
        earlier_result: the result that this run had already when the row had to be sent again, or `unknown` if an
            answer was lost with a killed process; it stays, unless lemlist says "created" now.
        listed: whether the contact is in the list.
    """

    slot: bytes
    fingerprint: bytes
    contact_id: str | None = None
    result: str = "intended"
    reason: str = ""
    warnings: tuple[ApiWarning, ...] = ()
    run: int = 0
    turn: int = 0
    earlier_result: str = ""
    listed: Listed = Listed.NO

    @property
    def is_settled(self) -> bool:
        """Whether lemlist's answer is known."""
        return self.result != "intended"


@frozen(kw_only=True)
class Addition:
    """The sum of answered list changes: the least and the most that they can have added."""

    sent: int = 0
    added: int = 0
    added_max: int = 0
    already: int = 0
    unaccounted: int = 0

    def __add__(self, other: Addition) -> Addition:
        return Addition(
            sent=self.sent + other.sent,
            added=self.added + other.added,
            added_max=self.added_max + other.added_max,
            already=self.already + other.already,
            unaccounted=self.unaccounted + other.unaccounted,
        )


class Identified(Protocol):
    """A value that has identities."""

    @property
    def identities(self) -> Iterable[tuple[str, str]]: ...  # noqa: D102 - see above


@define
class Hashes:
    """Makes a journal's keys and fingerprints: equal for equal content, on every machine that has its salt."""

    _salt: bytes = field(repr=False)

    def identities(self, value: Identified) -> list[bytes]:
        """Return a key for each identity of a contact, a lead or a company."""
        return [self.of(identity) for identity in value.identities]

    def slot(self, identity: bytes, times: int) -> bytes:
        """Return the key of a row after so many others with this identity; for the first one, the identity's key."""
        return self._of(identity + b"%d" % times) if times else identity

    def fingerprint(self, contact: ContactInput) -> bytes:
        """Return a hash of what would be sent for this contact."""
        values = _values(contact)
        named = list(zip(compress(_NAMES, values), filter(None, values), strict=True))
        return self._of(ascii((named, _custom(contact))).encode())

    def of(self, content: object) -> bytes:
        """Return a hash of strings, numbers, and tuples and lists of these."""
        return self._of(ascii(content).encode())

    def _of(self, content: bytes) -> bytes:
        return blake2b(content, digest_size=16, key=self._salt).digest()


_NAMES: Sequence[str] = ContactInput.names
_values: Any = attrgetter(*_NAMES)


def _custom(contact: ContactInput) -> Sequence[tuple[str, Any]]:
    """Return the custom fields as they would be sent."""
    if not contact.custom:
        return ()
    body = record_json(contact)
    return sorted((key, body[key]) for key in contact.custom if key in body)
