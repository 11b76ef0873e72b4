"""Contacts, as lemlist returns and takes them. Personal data is left out of every `repr`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, field, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.base import FieldRejection, Model, RecordInput, Written, stripped, text


@frozen(kw_only=True)
class ContactCampaign(Model):
    """A campaign that a contact is in, and its state there."""

    campaign_id: str | None = None
    campaign_state: str | None = None
    lead_id: str | None = None
    lead_state: str | None = None


@frozen(kw_only=True)
class Contact(Model):
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

    @staticmethod
    def normalized(data: dict[str, Any]) -> dict[str, Any]:
        """Merge the two spellings: an upsert answers `emails: [{value}]`, a GET answers `email`."""
        said = data.get("emails", [])
        values = [
            one.get("value") if isinstance(one, dict) else one for one in (said if isinstance(said, list) else [said])
        ]
        emails = [value for value in values if value]
        first = data.get("email") or next(iter(emails), None)
        return data | {"email": first, "emails": emails or [first] * (first is not None)}

    @property
    def first_name(self) -> str | None:
        """The first name, if lemlist has one."""
        return self.fields.get("firstName")

    @property
    def last_name(self) -> str | None:
        """The last name, if lemlist has one."""
        return self.fields.get("lastName")


@frozen(kw_only=True)
class UpsertResult(Written):
    """The result of the upsert of a contact.

    Attributes:
        contact: the contact as lemlist returned it, with its ID.
    """

    contact: Contact

    def for_pickle(self) -> UpsertResult:
        """Return what a pickle keeps: only the contact's ID."""
        return evolve(self, contact=Contact(id=self.contact.id))


def _strings(values: Iterable[str] | None) -> tuple[str, ...]:
    if isinstance(values, str):
        raise InvalidRequestError("additional_emails must be several strings, not one.")
    some = [stripped(value) for value in values or ()]
    for value in some:
        if value is not None and not isinstance(value, str):
            raise InvalidRequestError(f"additional_emails must be strings, not {type(value).__name__}.")
    return tuple(value for value in some if value is not None)


@frozen(kw_only=True, repr=False)
class ContactInput(RecordInput):
    """The data to write about one contact.

    One of `contact_id` (updates only), `email`, `linkedin_url`, `linkedin_url_sales_nav` is required: lemlist
    finds the contact by it, or creates one. Strings lose surrounding whitespace. Empty values are not sent: lemlist
    ignores them on an update, so a value cannot be deleted this way.

    Attributes:
        contact_owner: a `usr_…` ID or a team member's email.
        source: set once, when the contact is created.
        company_id: links a company that lemlist has; without it `company_domain` is tried, then `company_linkedin_url`.
        custom: custom fields under the names that `GET /fields` shows: string, number, boolean, date or datetime.

    Raises:
        InvalidRequestError: there is no identifier, or a value that cannot be sent. The message names the
            field, never its value.
    """

    contact_id: str | None = text(identifies=True)
    email: str | None = text(identifies=True)
    linkedin_url: str | None = text(identifies=True)
    linkedin_url_sales_nav: str | None = text(identifies=True)
    additional_emails: tuple[str, ...] = field(default=(), converter=_strings)
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
        if not any(getattr(self, name) for name in self.identifiers):
            raise InvalidRequestError(
                "A contact needs an identifier: contact_id, email, linkedin_url or linkedin_url_sales_nav."
            )
        super().__attrs_post_init__()


FIELD_NAMES = ContactInput.names
IDENTIFIERS = ContactInput.identifiers
