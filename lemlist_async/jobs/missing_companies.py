"""Creating the companies that rows name and lemlist lacks, before the contacts that will be linked to them are sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from attrs import define, field

from lemlist_async.client import Lemlist
from lemlist_async.identity import identity_key
from lemlist_async.models.companies import CompanyInput
from lemlist_async.models.contacts import ContactInput


class CompanyCreation(Protocol):
    """The creation of companies for contacts.

    Attributes:
        created: how many were created.
    """

    created: int

    async def make(self, contacts: Sequence[ContactInput]) -> None:
        """Create the companies that these contacts name and lemlist lacks."""
        ...


@define
class NoCompanies:
    """Creates none: lemlist links the companies that it has."""

    created: int = 0

    async def make(self, contacts: Sequence[ContactInput]) -> None:
        """Do nothing."""


@define
class MissingCompanies:
    """Looks up companies by their domain, 100 a request, each once, and creates those that are missing.

    A company gets the name in the row's custom field `companyName`, or its domain if there is none. If lemlist
    refuses one, the contacts have a warning.
    """

    _lemlist: Lemlist
    created: int = 0
    _known: set[str] = field(factory=set)

    async def make(self, contacts: Sequence[ContactInput]) -> None:
        """Create the companies that these contacts name and lemlist lacks."""
        wanted = {
            identity_key("domain", contact.company_domain): contact
            for contact in contacts
            if contact.company_domain is not None and contact.company_id is None
        }
        new = [domain for domain in wanted if domain not in self._known]
        if not new:
            return
        self._known.update(new)
        found = await self._lemlist.companies.get_many(new, malformed="skip", raise_on_error=False)
        missing = [_company(domain, wanted[domain]) for domain in found.missing]
        made = await self._lemlist.companies.upsert_many(missing, raise_on_error=False)
        self.created += made.created_count


def _company(domain: str, contact: ContactInput) -> CompanyInput:
    name = str(contact.custom.get("companyName") or "").strip()
    return CompanyInput(domain=domain, name=name or domain)
