"""The team that owns the key, its users, its field registry, and lemlist's way of writing IDs and errors."""

import random
import re
import string
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import define, field, frozen

Json = dict[str, Any]
Reply = tuple[int, Any]  # a status, and what to send: JSON, or a str for text/plain

_ALPHABET = (string.ascii_letters + string.digits).encode()
_TO_ALPHABET = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@frozen
class User:
    """A member of the team."""

    id: str
    name: str
    email: str
    role: str
    crm: str | None = None


@frozen
class Field:
    """A field that the team's CRM knows; others are dropped without a word."""

    name: str
    label: str
    type: str
    source: str


@define(eq=False, repr=False)
class Team:
    """Who works here and which fields they have; the key belongs to `users[0]`."""

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
        """The user whose key it is: the owner of what no one else owns."""
        return self.users[0]

    def add_user(self, name: str, email: str, role: str = "member", crm: str | None = None) -> str:
        """Add a member, who may have connected a CRM; gives the `usr_` ID."""
        user = User(self.new_id("usr"), name, email, role, crm)
        self.users.append(user)
        return user.id

    def user(self, id_or_email: object) -> User | None:
        """Find a member by ID, or by email in any case."""
        wanted = str(id_or_email)
        for user in self.users:
            if wanted == user.id or wanted.lower() == user.email.lower():
                return user
        return None

    def known_fields(self, entity: str, given: Mapping[str, Any]) -> Json:
        """Give what of `given` the registry knows as a field."""
        registry = self.fields[entity]
        return {name: value for name, value in given.items() if name in registry}

    def new_id(self, prefix: str) -> str:
        """Make up an ID: the prefix and 17 letters and digits, as lemlist's are."""
        return f"{prefix}_{self.random.randbytes(17).translate(_TO_ALPHABET).decode()}"

    def show(self, *, with_users: bool) -> Json:
        """Describe the team as `GET /team` does, hooks and secrets included."""
        shown = {
            "_id": self.id,
            "name": "Sandbox",
            "userIds": [user.id for user in self.users],
            "createdBy": self.owner.id,
            "createdAt": self.created_at,
            "hooks": [{"_id": "hoo_Ib5jfViX9hn3FzNqr", "targetUrl": "https://hooks.example.com/secret"}],
            "slackWebhook": {"url": "https://hooks.slack.example.com/services/secret", "failCounter": 0},
            "beta": [],
            "invitedUsers": [],
        }
        users = [{"userId": u.id, "name": u.name, "email": u.email, "role": u.role} for u in self.users]
        return shown | {"users": users} if with_users else shown

    def show_fields(self, entity: str | None, source: str | None) -> Json:
        """Describe the registry as `GET /fields` does."""
        return {
            name: [
                {"name": one.name, "label": one.label, "type": one.type, "source": one.source}
                for one in registry.values()
                if source in {None, one.source}
            ]
            for name, registry in self.fields.items()
            if entity in {None, name}
        }


def problem(code: str, message: str, status: int = 400, **more: Any) -> Reply:
    """Refuse in the shape that contacts and companies use."""
    return status, {"success": False, "error": {"code": code, "message": message, **more}}


def given_values(body: Json) -> Json:
    """Leave out what lemlist ignores: null and empty values."""
    return {name: value for name, value in body.items() if value not in (None, "", [], {})}


def timestamp() -> str:
    """Give the time as lemlist writes it: UTC, milliseconds, `Z`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def domain_of(text: object) -> str | None:
    """Find the domain in a domain or URL: `https://Acme.com/about` is `acme.com`; None if there is none."""
    host = str(text).lower().split("://")[-1].split("/")[0].removeprefix("www.")
    return host if _DOMAIN.fullmatch(host) else None


def url_key(url: object) -> str:
    """Write a URL so that two spellings of one page are equal: no scheme, no `www.`, no query."""
    plain = str(url).strip().lower().split("://")[-1].split("?")[0]
    return plain.removeprefix("www.").rstrip("/")


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
