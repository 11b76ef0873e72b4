"""The team that owns the key, its users, and its registry of fields."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen

from lemlist_async.sandbox.routing import Answer, Json, route
from lemlist_async.sandbox.shapes import sample
from lemlist_async.sandbox.values import timestamp

_ALPHABET = (string.ascii_letters + string.digits).encode()
_TO_ALPHABET = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))


@frozen
class User:
    """A member of the team, with one mailbox."""

    id: str
    name: str
    email: str
    role: str
    crm: str | None = None

    @property
    def mailbox_id(self) -> str:
        """The ID of the mailbox that this user sends from."""
        return "usm_" + self.id.removeprefix("usr_")


@frozen
class Field:
    """A registered field; values of other fields are dropped silently."""

    name: str
    label: str
    type: str
    source: str

    def show(self) -> Json:
        """Describe the field as `GET /fields` does."""
        synced = {"crmField": self.name} if self.source == "crm_synced" else {}
        return {"name": self.name, "label": self.label, "type": self.type, "source": self.source} | synced


@define(eq=False, repr=False)
class Team:
    """The users and fields of the team; the key belongs to `users[0]`."""

    random: random.Random
    id: str = field(init=False)
    users: list[User] = field(init=False)
    fields: dict[str, dict[str, Field]] = field(init=False)
    created_at: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.id = self.new_id("tea")
        self.created_at = timestamp()
        self.users = []
        self.add_user("Olivia Owner", "olivia@sandbox.example", "admin")
        self.add_user("Sam Seller", "sam@sandbox.example")
        self.fields = {"contact": _registry(_CONTACT_FIELDS), "company": _registry(_COMPANY_FIELDS)}

    @property
    def owner(self) -> User:
        """The user whose key it is: the default owner."""
        return self.users[0]

    def add_user(self, name: str, email: str, role: str = "member", crm: str | None = None) -> str:
        """Add a member, who may have connected a CRM, and return the `usr_` ID."""
        user = User(self.new_id("usr"), name, email, role, crm)
        self.users.append(user)
        return user.id

    def user(self, id_or_email: object) -> User | None:
        """Find a member by ID, or by email without case."""
        wanted = str(id_or_email)
        for user in self.users:
            if wanted == user.id or wanted.lower() == user.email.lower():
                return user
        return None

    def known_fields(self, entity: str, given: Mapping[str, Any]) -> Json:
        """Return those of `given` that are registered fields."""
        registry = self.fields[entity]
        return {name: value for name, value in given.items() if name in registry}

    def new_id(self, prefix: str) -> str:
        """Make up an ID: the prefix and 17 letters and digits, as lemlist's are."""
        return f"{prefix}_{self.random.randbytes(17).translate(_TO_ALPHABET).decode()}"

    def sample(self, operation: str) -> Any:
        """Make up a reply of the shape that lemlist's document gives for an operation."""
        return sample(operation, self.new_id, timestamp())

    def fill(self, operation: str, **known: Any) -> Json:
        """Make up the missing values of a reply."""
        return {**self.sample(operation), **known}

    @route("GET", "/fields", own_checks=True)
    def show_fields(self, *, entity: str | None = None, source: str | None = None) -> Answer:
        for name, value, known in (("entity", entity, _ENTITIES), ("source", source, _SOURCES)):
            if value is not None and value not in known:
                error = f"Invalid {name} parameter. Must be one of: {', '.join(known)}"
                return 400, {"success": False, "error": error}
        data = {
            name: [one.show() for one in registry.values() if source in {None, one.source}]
            for name, registry in self.fields.items()
            if entity in {None, name}
        }
        return 200, {"success": True, "data": data}


_ENTITIES = ("contact", "company")
_SOURCES = ("default", "custom", "crm_synced")
_CONTACT_FIELDS = (
    "email firstName lastName phone jobTitle jobDescription picture timezone industry languages location "
    "skills summary tagline linkedinUrl linkedinUrlSalesNav"
)
_COMPANY_FIELDS = (
    "name domain linkedinUrl linkedinUrlSalesNav industry location size specialties tagline type "
    "description foundedOn headquarters picture"
)


def _registry(names: str) -> dict[str, Field]:
    return {name: Field(name, _label(name), "text", "default") for name in names.split()}


def _label(name: str) -> str:
    return re.sub(r"([A-Z])", r" \1", name).capitalize()
