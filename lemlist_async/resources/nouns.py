"""The nouns of the client and their operations, as tables, commands and tests read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any, Final

from attrs import frozen

from lemlist_async.resources._operation import Operation

# The client's attribute, which is the module's name too, and the class.
NOUNS: Final = {
    "activities": "Activities",
    "campaigns": "Campaigns",
    "companies": "Companies",
    "contacts": "Contacts",
    "deliverability": "Deliverability",
    "email_accounts": "EmailAccounts",
    "enrichments": "Enrichments",
    "fields": "Fields",
    "inbox": "Inbox",
    "leads": "Leads",
    "lemwarm": "Lemwarm",
    "lists": "Lists",
    "people": "People",
    "schedules": "Schedules",
    "sequences": "Sequences",
    "signals": "Signals",
    "tasks": "Tasks",
    "team": "TeamResource",
    "unsubscribes": "Unsubscribes",
    "users": "Users",
    "webhooks": "Webhooks",
}

# The operations that lemlist removed on 1 November 2026, and the methods that do the same.
ENDED: Final = {
    "GET /unsubs/export": "unsubscribes.export",
    "GET /unsubscribes": "unsubscribes.iterate",
    "GET /unsubscribes/{email}": "unsubscribes.get",
    "POST /unsubscribes/{email}": "unsubscribes.add",
    "DELETE /unsubscribes/{email}": "unsubscribes.remove",
}

# The operations in lemlist's document that no method sends.
LEFT_OUT: Final = {
    "DELETE /campaigns/{campaignId}/leads/": "the document does not say which lead it would unsubscribe: leads.remove",
}


def resource(noun: str) -> Any:
    """Return the class of a noun, imported on first use."""
    return getattr(import_module(f"lemlist_async.resources.{noun}"), NOUNS[noun])


@frozen
class Declared:
    """An operation, and where it is declared.

    Attributes:
        noun: the client's attribute.
        verbs: the public methods that send it.
    """

    noun: str
    verbs: tuple[str, ...]
    operation: Operation


def operations(nouns: Iterable[str] = NOUNS) -> Iterator[Declared]:
    """Yield the operations that nouns declare, noun by noun; by default of all nouns."""
    for noun in nouns:
        kinds = reversed(resource(noun).__mro__)
        for name, method in (one for kind in kinds for one in vars(kind).items()):
            if isinstance(made := getattr(method, "operation", None), Operation):
                yield Declared(noun, made.by or (name,), made)
