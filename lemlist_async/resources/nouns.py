"""The nouns of the client, and all that they can do: what tables, commands and tests read."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

from attrs import frozen

from lemlist_async.resources._operation import Operation

# The client's attribute, which is the module's name too, and the class.
NOUNS: Final = {
    "campaigns": "Campaigns",
    "companies": "Companies",
    "contacts": "Contacts",
    "enrichments": "Enrichments",
    "fields": "Fields",
    "leads": "Leads",
    "lists": "Lists",
    "team": "TeamResource",
    "unsubscribes": "Unsubscribes",
    "webhooks": "Webhooks",
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
        for name, method in vars(resource(noun)).items():
            if (made := getattr(method, "operation", None)) is not None:
                yield Declared(noun, made.by or (name,), made)
