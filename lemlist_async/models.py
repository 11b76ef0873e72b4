"""What lemlist knows, as frozen values. Personal data is left out of every `repr`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar

from attrs import Attribute, field, fields, frozen

from lemlist_async.errors import InvalidRequestError


@frozen(kw_only=True)
class ApiWarning:
    """Something that lemlist did not do although it answered with success.

    Attributes:
        code: `OWNER_NOT_APPLIED`, `COMPANY_NOT_LINKED`, `FIELD_NOT_REGISTERED`, `UNKNOWN_CONTACT_IDS`,
            `OWNER_NOT_CHECKED`, or a code of lemlist's own.
        message: what it means and what to do.
    """

    code: str
    message: str


@frozen(kw_only=True)
class ContactCampaign:
    """A campaign in which a contact is, and its state there."""

    campaign_id: str | None = None
    campaign_state: str | None = None
    lead_id: str | None = None
    lead_state: str | None = None


@frozen(kw_only=True)
class FieldRejection:
    """A value that lemlist refused to write, and why."""

    field: str | None = None
    reason: str | None = None
    conflicting_record_id: str | None = None


@frozen(kw_only=True)
class Contact:
    """A contact as lemlist has it. Dates are aware and in UTC.

    `fields` holds what lemlist keeps as key and value: names, phone, job, and custom fields under their own keys.
    """

    id: str
    email: str | None = field(default=None, repr=False)
    emails: tuple[str, ...] = field(default=(), repr=False)
    full_name: str | None = field(default=None, repr=False)
    linkedin_url: str | None = field(default=None, repr=False)
    linkedin_url_sales_nav: str | None = field(default=None, repr=False)
    fields: Mapping[str, Any] = field(factory=dict, repr=False)
    campaigns: tuple[ContactCampaign, ...] = field(default=(), repr=False)
    field_rejections: tuple[FieldRejection, ...] = field(default=(), repr=False)
    owner_id: str | None = None
    company_id: str | None = None
    team_id: str | None = field(default=None, repr=False)
    source: str | None = None
    created_at: datetime | None = None
    created_by: str | None = field(default=None, repr=False)
    unsubscribed: bool | None = None

    @property
    def first_name(self) -> str | None:
        """The first name, where lemlist has one."""
        return self.fields.get("firstName")

    @property
    def last_name(self) -> str | None:
        """The last name, where lemlist has one."""
        return self.fields.get("lastName")


@frozen(kw_only=True)
class UpsertResult:
    """What an upsert did.

    Attributes:
        contact: the contact as lemlist answered it, its ID included.
        created: True if it is new, False if it was there, None if that cannot be told: an earlier
            attempt was lost on the way and may have created it.
        warnings: what lemlist left out without an error.
    """

    contact: Contact
    created: bool | None
    warnings: tuple[ApiWarning, ...] = ()


@frozen(kw_only=True)
class ContactList:
    """A list of contacts. A dynamic one fills itself by a filter and takes no changes."""

    id: str
    name: str
    dynamic: bool = False


@frozen(kw_only=True)
class Company:
    """A company as lemlist has it. Dates are aware and in UTC.

    `fields` holds what lemlist keeps as key and value, custom fields under their own keys; `crm_sync` what it tells of
    the sync with a CRM, where one is connected.
    """

    id: str
    name: str | None = None
    domain: str | None = None
    linkedin_url: str | None = None
    industry: str | None = None
    size: str | None = None
    location: str | None = None
    fields: Mapping[str, Any] = field(factory=dict, repr=False)
    field_rejections: tuple[FieldRejection, ...] = field(default=(), repr=False)
    crm_sync: Mapping[str, Any] = field(factory=dict, repr=False)
    owner_id: str | None = None
    team_id: str | None = field(default=None, repr=False)
    source: str | None = None
    created_at: datetime | None = None
    created_by: str | None = None


@frozen(kw_only=True)
class Field:
    """A field of the team's CRM registry. `name` is the key to use when writing; `label` is what lemlist shows."""

    name: str
    label: str = ""
    type: str = "text"
    source: str = "default"
    crm_field: str | None = None


@frozen(kw_only=True)
class TeamUser:
    """A member of the team."""

    user_id: str
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    role: str | None = None


@frozen(kw_only=True)
class Team:
    """The team to which the API key belongs. Its hooks and webhooks, which are secrets, are left out."""

    id: str
    name: str | None = None
    user_ids: tuple[str, ...] = ()
    users: tuple[TeamUser, ...] = ()
    created_at: datetime | None = None
    created_by: str | None = None


@frozen(kw_only=True)
class Credits:
    """What is left for enrichments."""

    credits: int


@lru_cache(1024)  # spelling the names anew for each contact took half of the time of a large import
def camel(name: str) -> str:
    """Return lemlist's spelling of one of our names: `first_name` -> `firstName`, `id` -> `_id`."""
    if name == "id":
        return "_id"
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _stripped(value: Any) -> Any:
    """Return a text without surrounding blanks, and None for an empty one: lemlist ignores empty values."""
    if isinstance(value, str):
        value = value.strip()
    return None if value == "" else value


def _texts(values: Iterable[str] | None) -> tuple[str, ...]:
    if isinstance(values, str):
        raise InvalidRequestError("additional_emails must be several texts, not one.")
    stripped = [_stripped(value) for value in values or ()]
    for value in stripped:
        if value is not None and not isinstance(value, str):
            raise InvalidRequestError(f"additional_emails must be texts, not {type(value).__name__}.")
    return tuple(value for value in stripped if value is not None)


def _frozen_mapping(value: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if not (value is None or isinstance(value, Mapping)):
        raise InvalidRequestError(f"custom must be a mapping of names to values, not {type(value).__name__}.")
    return MappingProxyType(dict(value or {}))


def _is_text(_record: Any, attribute: Attribute[Any], value: Any) -> None:
    if value is not None and not isinstance(value, str):
        raise InvalidRequestError(f"{attribute.name} must be a text, not {type(value).__name__}.")


def text(*, identifies: bool = False) -> Any:
    """Return an attribute that is a text or None; `identifies` where lemlist finds the record by it."""
    return field(default=None, converter=_stripped, validator=_is_text, metadata={"identifies": identifies})


@frozen(kw_only=True, repr=False)
class RecordInput:
    """What the inputs of contacts and companies have in common: texts, and custom fields that share no name with them.

    A `repr` tells which values there are, and none of them.

    Attributes:
        custom: custom fields under the names that `GET /fields` shows: text, number, boolean, date or datetime.
        names: the names of the other attributes.
        identifiers: those by which lemlist finds the record.
    """

    names: ClassVar[tuple[str, ...]] = ()
    identifiers: ClassVar[tuple[str, ...]] = ()
    _reserved: ClassVar[Mapping[str, str]] = {}

    custom: Mapping[str, Any] = field(factory=dict, converter=_frozen_mapping)

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        own = [one for one in fields(cls) if one.name != "custom"]
        cls.names = tuple(one.name for one in own)
        cls.identifiers = tuple(one.name for one in own if one.metadata.get("identifies"))
        cls._reserved = {camel(name): name for name in cls.names}

    def __attrs_post_init__(self) -> None:
        for key, value in self.custom.items():
            _check_custom(key, value, self._reserved)

    @property
    def identities(self) -> tuple[tuple[str, str], ...]:
        """The identifiers that are set, as (name, value). All but IDs are compared without case."""
        return tuple(
            (name, value if name.endswith("_id") else value.lower())
            for name in self.identifiers
            if (value := getattr(self, name)) is not None
        )

    def __repr__(self) -> str:
        names = [name for name in self.names if getattr(self, name)]
        return f"{type(self).__name__}({', '.join(names + [f'custom.{key}' for key in self.custom])})"

    # Not __getstate__: attrs writes one of its own into every subclass, and a mapping proxy cannot be pickled.
    def __reduce__(self) -> tuple[Any, ...]:
        values = {name: getattr(self, name) for name in self.names}
        return _record, (type(self), values | {"custom": dict(self.custom)})


def _record(kind: type[RecordInput], values: dict[str, Any]) -> RecordInput:
    return kind(**values)  # the values pass the same checks again


@frozen(kw_only=True, repr=False)
class ContactInput(RecordInput):
    """What to write about one contact.

    One of `contact_id` (updates only), `email`, `linkedin_url`, `linkedin_url_sales_nav` is required: lemlist
    finds the contact by it, or creates one. Texts lose surrounding blanks. Empty values are not sent: lemlist
    ignores them on an update, so a value cannot be deleted this way.

    Attributes:
        contact_owner: a `usr_…` ID or a team member's email.
        source: set once, when the contact is created.
        company_id: links a company that lemlist has; else `company_domain` is tried, then `company_linkedin_url`.
        custom: custom fields under the names that `GET /fields` shows: text, number, boolean, date or datetime.

    Raises:
        InvalidRequestError: there is no identifier, or a value that cannot be sent. The message names the
            field, never its value.
    """

    contact_id: str | None = text(identifies=True)
    email: str | None = text(identifies=True)
    linkedin_url: str | None = text(identifies=True)
    linkedin_url_sales_nav: str | None = text(identifies=True)
    additional_emails: tuple[str, ...] = field(default=(), converter=_texts)
    first_name: str | None = text()
    last_name: str | None = text()
    phone: str | None = text()
    job_title: str | None = text()
    job_description: str | None = text()
    picture: str | None = text()
    timezone: str | None = text()
    industry: str | None = text()
    languages: str | None = text()
    location: str | None = text()
    skills: str | None = text()
    summary: str | None = text()
    tagline: str | None = text()
    contact_owner: str | None = text()
    source: str | None = text()
    company_id: str | None = text()
    company_domain: str | None = text()
    company_linkedin_url: str | None = text()

    def __attrs_post_init__(self) -> None:
        if not self.identities:
            raise InvalidRequestError(
                "A contact needs an identifier: contact_id, email, linkedin_url or linkedin_url_sales_nav."
            )
        super().__attrs_post_init__()


FIELD_NAMES = ContactInput.names
IDENTIFIERS = ContactInput.identifiers


def _check_custom(key: str, value: Any, reserved: Mapping[str, str]) -> None:
    if not key:
        raise InvalidRequestError("A custom field's name must not be empty.")
    if key in reserved:
        raise InvalidRequestError(f"custom[{key!r}] is a field of its own: write {reserved[key]}=…")
    if not (value is None or isinstance(value, str | int | float | date)):
        raise InvalidRequestError(
            f"custom[{key!r}] must be text, number, boolean, date or datetime, not {type(value).__name__}."
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidRequestError(f"custom[{key!r}] is not a finite number, which JSON cannot say.")
    if isinstance(value, datetime) and value.utcoffset() is None:
        raise InvalidRequestError(f"custom[{key!r}] is a datetime without a time zone: lemlist would have to guess.")
