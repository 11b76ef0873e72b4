"""The nouns of the client, and all that they can do: what tables, commands and tests read."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

from attrs import frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.resources._operation import Operation

# The client's attribute, which is the module's name too, and the class.
NOUNS: Final = {
    "activities": "Activities",
    "api": "Api",
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

# What lemlist ended on 1 November 2026, and the methods that do the same.
ENDED: Final = {
    "GET /unsubs/export": "unsubscribes.export",
    "GET /unsubscribes": "unsubscribes.iterate",
    "GET /unsubscribes/{email}": "unsubscribes.get",
    "POST /unsubscribes/{email}": "unsubscribes.add",
    "DELETE /unsubscribes/{email}": "unsubscribes.remove",
}

# What lemlist's document has, and no method sends.
LEFT_OUT: Final = {
    "DELETE /campaigns/{campaignId}/leads/": "the document does not say which lead it would unsubscribe: leads.remove",
}


def resource(noun: str) -> Any:
    """Return the class of a noun, which is loaded when it is first used."""
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


def operations() -> Iterator[Declared]:
    """Yield everything that the nouns declare, noun by noun."""
    for noun in NOUNS:
        yield from operations_of(noun)


def operations_of(noun: str) -> Iterator[Declared]:
    """Yield what one noun declares.

    Raises:
        InvalidRequestError: there is no such noun.
    """
    if noun not in NOUNS:
        raise InvalidRequestError(f"lemlist has no {noun}: it has {', '.join(NOUNS)}.")
    kinds = reversed(resource(noun).__mro__)
    for name, method in (one for kind in kinds for one in vars(kind).items()):
        if isinstance(made := getattr(method, "operation", None), Operation):
            yield Declared(noun, made.by or (name,), made)


def find(noun: str, verb: str) -> Declared:
    """Return what a noun does by this verb, such as `campaigns`, `start`.

    Raises:
        InvalidRequestError: there is no such noun, or it has no such verb.
    """
    known = list(operations_of(noun))
    for one in known:
        if verb in one.verbs:
            return one
    verbs = dict.fromkeys(verb for one in known for verb in one.verbs)
    raise InvalidRequestError(f"{noun} has no {verb}: it has {', '.join(verbs)}.")
