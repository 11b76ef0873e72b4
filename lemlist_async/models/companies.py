"""Companies and their notes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, field, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.base import FieldRejection, Model, RecordInput, Written, text


@frozen(kw_only=True)
class Company(Model):
    """A company as lemlist has it. Dates are aware and in UTC.

    `fields` holds what lemlist keeps as key and value, custom fields under their own keys; `crm_sync` the state of the
    sync with a CRM, if one is connected.
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

    @staticmethod
    def normalized(data: dict[str, Any]) -> dict[str, Any]:
        """Merge the two places: what describes a company is in the reply itself, or in its `fields`."""
        fields = data.get("fields")
        known = fields if isinstance(fields, dict) else {}
        return {name: known[name] for name in ("name", "industry", "size", "location") if known.get(name)} | data


@frozen(kw_only=True, repr=False)
class CompanyInput(RecordInput):
    """The data to write about one company.

    `name` and `domain` are required unless `company_id`, which is for updates only, says which company is meant.
    lemlist finds the company by domain, LinkedIn or Sales Navigator URL, or creates one. Strings lose surrounding
    whitespace. Empty values are not sent: lemlist ignores them on an update, so a value cannot be deleted this way.

    Attributes:
        domain: such as `acme.com`.
        company_owner: a `usr_…` ID or a team member's email.
        source: set once, when the company is created.
        custom: custom fields under the names that `GET /fields?entity=company` shows: string, number, boolean, date or
            datetime.

    Raises:
        InvalidRequestError: name or domain is missing, or a value cannot be sent. The message names the field,
            never its value.
    """

    company_id: str | None = text(identifies=True)
    domain: str | None = text(identifies=True)
    linkedin_url: str | None = text(identifies=True)
    linkedin_url_sales_nav: str | None = text(identifies=True)
    name: str | None = text()
    company_owner: str | None = text()
    industry: str | None = text()
    location: str | None = text()
    size: str | None = text()
    specialties: str | None = text()
    tagline: str | None = text()
    type: str | None = text()
    description: str | None = text()
    founded_on: str | None = text()
    headquarters: str | None = text()
    picture: str | None = text()
    source: str | None = text()

    def __attrs_post_init__(self) -> None:
        missing = [name for name in ("name", "domain") if getattr(self, name) is None]
        if self.company_id is None and missing:
            raise InvalidRequestError(f"A company needs {' and '.join(missing)}, or a company_id to be updated by.")
        super().__attrs_post_init__()


@frozen(kw_only=True)
class CompanyUpsertResult(Written):
    """The result of the upsert of a company.

    Attributes:
        company: the company as lemlist returned it, with its ID.
    """

    company: Company

    def for_pickle(self) -> CompanyUpsertResult:
        """Return what a pickle keeps: only the company's ID."""
        return evolve(self, company=Company(id=self.company.id))


@frozen(kw_only=True)
class Note(Model):
    """A note on a company. Dates are aware and in UTC."""

    id: str
    company_id: str | None = None
    note: str = field(default="", repr=False)
    type: str | None = None
    user_id: str | None = None
    send_user_id: str | None = None
    team_id: str | None = field(default=None, repr=False)
    created_at: datetime | None = None
    updated_at: datetime | None = None
