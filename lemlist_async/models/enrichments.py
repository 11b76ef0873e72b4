"""Requests for enrichments, and their results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.base import Model, text


def _plain(metadata: Any) -> Any:
    return dict(metadata) if isinstance(metadata, Mapping) else metadata


@frozen(kw_only=True)
class EnrichmentRequest:
    """What is known about a person, and what lemlist should find out about them.

    At least one of the four tasks and one input field are required. lemlist decides which input a task needs:
    `verify_email` needs `email`, `linkedin_enrichment` needs `linkedin_url`; finding an email or a phone needs a
    LinkedIn URL, or the names with the company's name or domain. If the input is not enough, only that request is
    refused (`MISSING_INPUTS`, `MISSING_EMAIL`, `MISSING_LINKEDIN_URL`), and costs no credits.

    Attributes:
        job_title: a hint that improves the find rate.
        find_email: find a verified email address.
        find_phone: find a phone number.
        verify_email: verify the email address.
        linkedin_enrichment: read the LinkedIn profile.
        metadata: a string or a mapping of your own, such as your row's key; lemlist returns it with the answer and with
            the webhook.

    Raises:
        InvalidRequestError: there is no task, no input, or a value that cannot be sent. lemlist would refuse
            all 500 requests of a chunk because of one such request.
    """

    linkedin_url: str | None = text()
    email: str | None = text()
    company_name: str | None = text()
    company_domain: str | None = text()
    first_name: str | None = text()
    last_name: str | None = text()
    job_title: str | None = text()
    find_email: bool = False
    find_phone: bool = False
    verify_email: bool = False
    linkedin_enrichment: bool = False
    metadata: str | Mapping[str, Any] | None = field(default=None, converter=_plain, repr=False)

    def __attrs_post_init__(self) -> None:
        if not any(getattr(self, name) for name in WORKFLOWS):
            raise InvalidRequestError(f"An enrichment needs at least one task: {', '.join(WORKFLOWS)}.")
        if all(getattr(self, name) is None for name in INPUTS):
            raise InvalidRequestError(f"An enrichment needs at least one input: {', '.join(INPUTS)}.")
        if not (self.metadata is None or isinstance(self.metadata, str | Mapping)):
            raise InvalidRequestError(f"metadata must be a string or a mapping, not {type(self.metadata).__name__}.")
        if canonical(self.metadata) is UNWRITABLE:
            raise InvalidRequestError("metadata holds something that JSON cannot express.")


@frozen(kw_only=True)
class EnrichmentSubmission:
    """The answer to one request for an enrichment.

    Attributes:
        id: the enrichment's ID, `enr_…`; None if lemlist refused the request.
        error: the reason for a refusal, such as `MISSING_INPUTS`; None if it was accepted.
        metadata: the request's own metadata.
    """

    id: str | None = None
    error: str | None = None
    metadata: str | Mapping[str, Any] | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Enrichment(Model):
    """An enrichment and its result. Personal data stays out of its `repr`.

    Attributes:
        id: `enr_…`.
        status: `done`, `in progress`, or a status that lemlist adds later.
        input: what was known, under lemlist's names.
        data: what was found, under lemlist's names (`email`, `phone`, `linkedin`): a key means that the value was
            asked for, not that it was found.
    """

    id: str
    status: str
    input: Mapping[str, Any] = field(factory=dict, repr=False)
    data: Mapping[str, Any] = field(factory=dict, repr=False)

    @property
    def is_done(self) -> bool:
        """Whether it has ended, with or without a result."""
        return self.status == "done"

    @property
    def email(self) -> str | None:
        """The email address that was found or verified."""
        return self._found("email")

    @property
    def email_status(self) -> str | None:
        """The status of that address, such as `deliverable`."""
        return self._found("email", "status")

    @property
    def phone(self) -> str | None:
        """The phone number that was found."""
        return self._found("phone")

    def _found(self, kind: str, part: str | None = None) -> str | None:
        found = self.data.get(kind)
        value = found.get(part or kind) if isinstance(found, Mapping) else None
        return value if isinstance(value, str) and value else None


INPUTS = ("linkedin_url", "email", "company_name", "company_domain", "first_name", "last_name", "job_title")


# lemlist's names for the bulk endpoint; other endpoints use different ones.
WORKFLOWS = {
    "find_email": "find_email",
    "find_phone": "find_phone",
    "verify_email": "verify",
    "linkedin_enrichment": "linkedin_enrichment",
}


UNWRITABLE = "\0"


NONE = "null"


def canonical(metadata: Any) -> str:
    """Format metadata so that equal values are equal strings, whatever the order of their keys."""
    try:
        return json.dumps(metadata, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError):
        return UNWRITABLE
