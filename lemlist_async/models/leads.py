"""Contacts in campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import field, fields, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.identity import identity_key
from lemlist_async.models.base import Model, text, with_id
from lemlist_async.spelling import camel


@frozen(kw_only=True)
class Lead(Model):
    """A lead as lemlist has it. What a call does not return is None; personal data stays out of the `repr`.

    Attributes:
        id: `lea_…`.
        contact_id: the contact behind it, `ctc_…`.
        campaign_id: the campaign that it is in, `cam_…`.
        state: what happened last, such as `scanned`, `contacted`, `emailsReplied`; an open vocabulary.
        status: its status in the campaign, such as `review` or `done`.
        is_paused: whether lemlist sends it nothing for now. A lead that waits for a review is not paused.
        email_status: such as `deliverable` or `risky`.
        fields: names, company, job and custom variables, under lemlist's names.
        sending_user: who sends to the lead, under lemlist's names; only `find_all` returns this and the next three.
        source: where the lead came from, such as `api`.
        personalized: whether it was made ready by hand.
        updated_at: when it changed last, aware and in UTC.
    """

    id: str
    contact_id: str | None = None
    campaign_id: str | None = None
    campaign_name: str | None = None
    email: str | None = field(default=None, repr=False)
    state: str | None = None
    status: str | None = None
    is_paused: bool | None = None
    email_status: str | None = None
    fields: Mapping[str, Any] = field(factory=dict, repr=False)
    sending_user: Mapping[str, Any] = field(factory=dict, repr=False)
    source: str | None = None
    personalized: bool | None = None
    updated_at: datetime | None = None

    @staticmethod
    def normalized(data: dict[str, Any]) -> dict[str, Any]:
        """Read a lead in any of lemlist's three shapes: flat, nested with `variables`, or from an export."""
        nested, campaign, enrichment = (_part(data, name) for name in ("variables", "campaign", "enrichment"))
        values = nested if "variables" in data else {name: data[name] for name in data if name not in _OWN}
        found = {
            "campaignId": campaign.get("id"),
            "campaignName": campaign.get("name"),
            "email": values.get("email"),
            "emailStatus": enrichment.get("emailStatus"),
            "state": data.get("lastState"),
        }
        rest = {name: value for name, value in values.items() if name != "email"}
        own = {name: one for name, one in data.items() if name in _OWN or "variables" in data}
        return {name: one for name, one in (found | own).items() if one is not None} | {"fields": rest}

    @property
    def first_name(self) -> str | None:
        """The first name, if lemlist has one."""
        return self.fields.get("firstName")

    @property
    def last_name(self) -> str | None:
        """The last name, if lemlist has one."""
        return self.fields.get("lastName")


# The fields beside the lead's variables in lemlist's flat replies.
_OWN = {camel(one.name) for one in fields(Lead)} - {"fields"} | {"leadUrl", "lastState"}


def _part(data: dict[str, Any], name: str) -> dict[str, Any]:
    part = data.get(name)
    return part if isinstance(part, dict) else {}


def _copied(variables: Mapping[str, str] | None) -> dict[str, str]:
    return dict(variables or {})


@frozen(kw_only=True)
class CrmFilter(Model):
    """A filter that a user made in a CRM."""

    id: str
    name: str | None = None
    type: str | None = None
    criteria: Mapping[str, Any] = field(factory=dict, repr=False)

    normalized = staticmethod(with_id)


@frozen(kw_only=True, repr=False)
class LeadInput:
    """The data of a lead to add to a campaign. Strings lose surrounding whitespace, and empty ones are not sent.

    Attributes:
        email: lemlist recognizes by it a person that is there already.
        linkedin_url: for campaigns that go without email.
        timezone: an IANA name, such as `Europe/Paris`.
        contact_owner: a `usr_…` ID or a team member's email.
        variables: custom variables, under the names that the campaign's messages use; lemlist takes strings only.

    Raises:
        InvalidRequestError: neither `email` nor `linkedin_url`, or a value that cannot be sent. The message
            names the field, never its value.
    """

    email: str | None = text()
    linkedin_url: str | None = text()
    first_name: str | None = text()
    last_name: str | None = text()
    company_name: str | None = text()
    company_domain: str | None = text()
    job_title: str | None = text()
    phone: str | None = text()
    picture: str | None = text()
    icebreaker: str | None = text()
    timezone: str | None = text()
    contact_owner: str | None = text()
    variables: Mapping[str, str] = field(factory=dict, converter=_copied)

    def __attrs_post_init__(self) -> None:
        if not self.identities:
            raise InvalidRequestError("A lead needs an email or a linkedin_url.")
        check_variables(self.variables)

    @property
    def identities(self) -> tuple[tuple[str, str], ...]:
        """What identifies the person, as (name, key): see `lemlist_async.identity.identity_key`."""
        both = {"email": self.email, "linkedin_url": self.linkedin_url}
        return tuple((name, identity_key(name, value)) for name, value in both.items() if value is not None)

    def __repr__(self) -> str:
        names = [name for name in INPUTS if getattr(self, name)]
        return f"LeadInput({', '.join(names + [f'variables.{key}' for key in self.variables])})"


@frozen(kw_only=True)
class LeadResult:
    """The result of an addition.

    Attributes:
        lead: the lead as lemlist returned it; None if lemlist refused it as a duplicate, since it returns
            nothing then.
        added: True if it is new, False if it existed, None if that is unknown: the answer to an earlier attempt
            was lost, and that attempt may have added it.
        already: where the person was already, by lemlist's answer: `here`, in this campaign, or `elsewhere`.
    """

    lead: Lead | None
    added: bool | None
    already: Literal["here", "elsewhere"] | None = None


INPUTS = tuple(one.name for one in fields(LeadInput) if one.name != "variables")


_RESERVED = {camel(name): name for name in INPUTS}


def check_variables(variables: Mapping[Any, Any]) -> None:
    """Refuse variables that cannot be sent, or that have a field of their own."""
    for name, value in variables.items():
        if not isinstance(name, str) or not name:
            raise InvalidRequestError("A variable's name must be a string, and not empty.")
        if name in _RESERVED:
            raise InvalidRequestError(f"variables[{name!r}] has a field of its own: {_RESERVED[name]}.")
        if not isinstance(value, str):
            raise InvalidRequestError(f"variables[{name!r}] must be a string, not {type(value).__name__}.")
