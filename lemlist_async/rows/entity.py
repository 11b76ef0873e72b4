"""What the rows of a file describe: contacts, companies (lemlist calls them entities), or values to unsubscribe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from lemlist_async.models.companies import CompanyInput
from lemlist_async.models.contacts import ContactInput
from lemlist_async.rows import aliases


@frozen(kw_only=True, eq=False)
class Entity:
    """What rows describe.

    Attributes:
        name: of one.
        fields: our names of lemlist's own fields.
        identifiers: those fields of which every row needs one, the most frequent first.
        example: what a file may call the first of them.
        aliases: field -> what people and exporters call it, the best name first.
        by_values: names without a clear meaning: such a column is a profile by its first values.
        read_only: what lemlist shows and does not accept.
        id_field: the field of lemlist's own ID, if there is one.
        id_prefix: the letters with which that begins.
        input: the type of what is written.
        make: makes it of the fields and the custom fields of one row.
    """

    name: str
    fields: tuple[str, ...]
    identifiers: tuple[str, ...]
    example: str
    aliases: Mapping[str, tuple[str, ...]]
    by_values: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    id_field: str | None = None
    id_prefix: str | None = None
    input: type
    make: Callable[[dict[str, Any], Mapping[str, Any]], Any]


def _contact(known: dict[str, Any], custom: Mapping[str, Any]) -> ContactInput:
    first, *others = known.pop("email", None) or (None,)
    additional = dict.fromkeys([*others, *known.pop("additional_emails", ())])
    return ContactInput(email=first, additional_emails=tuple(additional), **known, custom=custom)


def _company(known: dict[str, Any], custom: Mapping[str, Any]) -> CompanyInput:
    return CompanyInput(**known, custom=custom)


def _value(known: dict[str, Any], _custom: Mapping[str, Any]) -> str:
    value: str = known["value"]
    return value


CONTACT = Entity(
    name="contact",
    fields=ContactInput.names,
    identifiers=("email", "linkedin_url", "linkedin_url_sales_nav", "contact_id"),
    example="Work Email",
    aliases=aliases.OF_CONTACTS,
    by_values=aliases.BY_VALUES,
    read_only=aliases.READ_ONLY,
    id_field="contact_id",
    id_prefix="ctc",
    input=ContactInput,
    make=_contact,
)
COMPANY = Entity(
    name="company",
    fields=CompanyInput.names,
    identifiers=("domain", "company_id"),  # LinkedIn URLs find companies too, but make none without a domain
    example="Web address",
    aliases=aliases.OF_COMPANIES,
    read_only=aliases.READ_ONLY_OF_COMPANIES,
    id_field="company_id",
    id_prefix="cpn",
    input=CompanyInput,
    make=_company,
)
VALUE = Entity(
    name="value to unsubscribe",
    fields=("value",),
    identifiers=("value",),
    example="Work Email",
    aliases=aliases.OF_VALUES,
    input=str,
    make=_value,
)
