"""Which column means which field, and how a cell becomes its value. Pure: no files, no network."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, TypeAlias

from attrs import field, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.contacts import FIELD_NAMES, IDENTIFIERS, ContactInput
from lemlist_async.models.fields import Field
from lemlist_async.spelling import camel, is_id

NO_RENAMES: Mapping[str, str] = MappingProxyType({})
Read: TypeAlias = Callable[[str, Any], Any]
"""Header and cell to the value to send; None for an empty cell. Raises InvalidRequestError."""
_OURS = {camel(name): name for name in FIELD_NAMES}
_LABELS = (
    ("Email address", "email"),
    ("LinkedIn", "linkedin_url"),
    ("LinkedIn profile", "linkedin_url"),
    ("LinkedIn profile URL", "linkedin_url"),
    ("Sales Navigator", "linkedin_url_sales_nav"),
    ("Sales Navigator URL", "linkedin_url_sales_nav"),
    ("LinkedIn Sales Navigator URL", "linkedin_url_sales_nav"),
    ("ID", "contact_id"),
    ("Additional email", "additional_emails"),
    ("Phone number", "phone"),
    ("Owner", "contact_owner"),
    ("Company LinkedIn", "company_linkedin_url"),
)
"""What people call lemlist's fields, beside the names themselves, which match in any spelling."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")  # as JSON has it: "007" is a text
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@frozen(kw_only=True)
class Columns:
    """Which header means which field.

    Attributes:
        targets: header -> our name of the field, such as `first_name`, or `custom.KEY`.
        unregistered: the headers taken as custom fields that lemlist's registry does not hold. Empty when the
            registry was not given.
        ignored: the headers whose cells are not used.
    """

    targets: Mapping[str, str]
    unregistered: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    _types: Mapping[str, str] = field(factory=dict, repr=False)
    _fields: tuple[tuple[str, str, Read | None], ...] = field(init=False, repr=False, eq=False)
    _custom: tuple[tuple[str, str, Read], ...] = field(init=False, repr=False, eq=False)

    @classmethod
    def match(
        cls,
        headers: Iterable[str],
        *,
        renames: Mapping[str, str] = NO_RENAMES,
        fields: Sequence[Field] | None = None,
        ignore: Collection[str] = (),
    ) -> Columns:
        """Find the field of each header.

        Case, blanks, `_` and `-` do not count: `First name`, `firstName` and `first_name` are one. A header is looked
        up among lemlist's fields, then in the registry by name and by label, then among common labels such as
        `Owner`. Any other is a custom field, under the header's own spelling where that could be a key
        (`plan_tier`), else in camelCase (`Signed Up` -> `signedUp`).

        Args:
            headers: the names of the columns.
            renames: header -> what it means, which goes before everything else: a field in any spelling,
                a registered field's name or label, or `custom.KEY`.
            fields: the registry, from `await lemlist.fields.all()`. With it, custom fields are checked and cells
                take the registered type; without it, nothing is known of custom fields and text stays text.
            ignore: headers to leave out.

        Raises:
            InvalidRequestError: a header is empty or stands twice, two mean the same field, none identifies a
                contact, or a rename cannot be followed.
        """
        headers = tuple(headers)
        vocabulary = _Vocabulary.of(fields)
        _check_headers(headers, ignore)
        renamed = {_header(headers, header): vocabulary.meaning(target) for header, target in renames.items()}
        unwanted = {fold(header) for header in ignore}
        ignored = tuple(header for header in headers if fold(header) in unwanted and header not in renamed)
        targets = {
            header: renamed.get(header) or vocabulary.target(header) for header in headers if header not in ignored
        }
        _check_targets(targets)
        return cls(
            targets=MappingProxyType(targets),
            unregistered=tuple(header for header, target in targets.items() if vocabulary.is_unregistered(target)),
            ignored=ignored,
            types=vocabulary.types,
        )

    @_fields.default
    def _read_fields(self) -> tuple[tuple[str, str, Read | None], ...]:
        known = ((header, target) for header, target in self.targets.items() if not target.startswith("custom."))
        return tuple((header, name, _FIELD_READERS.get(name)) for header, name in known)

    @_custom.default
    def _read_custom(self) -> tuple[tuple[str, str, Read], ...]:
        keys = ((header, target[7:]) for header, target in self.targets.items() if target.startswith("custom."))
        return tuple((header, key, _CUSTOM_READERS.get(self._types.get(key, ""), _text)) for header, key in keys)

    def contact(self, values: Mapping[str, Any]) -> ContactInput:
        """Return the contact that a row describes. A missing cell is an empty one.

        Raises:
            InvalidRequestError: the row cannot be sent. The message names the column, never its value.
        """
        known: dict[str, Any] = {}
        for header, name, read in self._fields:
            value = values.get(header)
            if value is None or value == "":
                continue
            known[name] = value if read is None else read(header, value)
        custom: dict[str, Any] = {}
        for header, key, read_custom in self._custom:
            value = values.get(header)
            if value is None or value == "":
                continue
            if (value := read_custom(header, value)) is not None:
                custom[key] = value
        if not any(map(known.get, IDENTIFIERS)):
            raise InvalidRequestError(f"no identifier: {self._identifiers()}")
        return ContactInput(**known, custom=custom)

    def _identifiers(self) -> str:
        headers = [header for header, target in self.targets.items() if target in IDENTIFIERS]
        return f"{', '.join(headers)} {'is' if len(headers) == 1 else 'are'} empty"


def check_renames(renames: Mapping[str, str], fields: Sequence[Field] | None) -> None:
    """Refuse a rename that no row can follow.

    Raises:
        InvalidRequestError: a rename asks for something that is no field.
    """
    vocabulary = _Vocabulary.of(fields)
    for target in renames.values():
        vocabulary.meaning(target)


def fold(header: str) -> str:
    """Return what counts of a header: `First name`, `first_name` and `FIRST-NAME` are one."""
    return re.sub(r"[\s_-]", "", header).casefold()


def shown(headers: Iterable[str], most: int = 12) -> str:
    """List headers for a message; not where they are values, as in a file that begins with a contact."""
    names = [repr(one[:40]) for one in headers]
    if any("@" in one or "://" in one for one in names):
        return "values instead of names, so the header may be missing"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "nothing") + more


@frozen
class _Vocabulary:
    """What is known of names: lemlist's fields, the registry's, and common labels; the first that knows wins."""

    types: Mapping[str, str]
    has_registry: bool
    _folded: Mapping[str, Collection[str]]

    @classmethod
    def of(cls, registry: Sequence[Field] | None) -> _Vocabulary:
        known = tuple(registry or ())
        folded: dict[str, dict[str, None]] = {}
        for level in (
            [(name, name) for name in FIELD_NAMES],
            [(one.name, _target(one.name)) for one in known],
            [(one.label, _target(one.name)) for one in known if one.label],
            _LABELS,
        ):
            fresh: dict[str, dict[str, None]] = {}
            for text, target in level:
                fresh.setdefault(fold(text), {})[target] = None
            folded = fresh | folded
        return cls({one.name: one.type for one in known}, registry is not None, folded)

    def target(self, header: str) -> str:
        """Return the field of a header; a header that nobody knows names a custom field."""
        return self._find(header) or f"custom.{_key(header)}"

    def meaning(self, target: str) -> str:
        """Return the field that a rename asks for, which must be one."""
        found = self._find(target)
        if found is None:
            raise InvalidRequestError(
                f"{target!r} is no field: give one of lemlist's, such as email or first_name, or custom.KEY."
            )
        return found

    def is_unregistered(self, target: str) -> bool:
        return self.has_registry and target.startswith("custom.") and target[7:] not in self.types

    def _find(self, text: str) -> str | None:
        text = text.strip()
        if text.startswith("custom.") and text != "custom.":
            return _custom_target(text[7:])
        if text in self.types:
            return _target(text)
        found = tuple(self._folded.get(fold(text), ()))
        if len(found) > 1:
            raise InvalidRequestError(f"{text!r} could be {' or '.join(found)}: rename the column to one of them.")
        return found[0] if found else None


def _target(key: str) -> str:
    """Return the field under one of lemlist's keys: `firstName` -> `first_name`, `plan` -> `custom.plan`."""
    return _OURS.get(key) or f"custom.{key}"


def _custom_target(key: str) -> str:
    if key in _OURS:
        raise InvalidRequestError(f"custom.{key} is a field of its own: write {_OURS[key]}.")
    return f"custom.{key}"


def _key(header: str) -> str:
    """Return the custom field's key that a header stands for: `Signed Up` -> `signedUp`."""
    if header.isidentifier() and header[0].islower():
        return header
    head, *tail = re.findall(r"[^\W_]+", header) or ("",)
    if not head:
        raise InvalidRequestError(
            f"the column {header!r} has no letters to make a field's name of: rename or ignore it."
        )
    first = head.lower() if head.isupper() else head[0].lower() + head[1:]
    return first + "".join(part.capitalize() for part in tail)


def _check_headers(headers: Sequence[str], ignore: Collection[str]) -> None:
    seen: set[str] = set()
    for position, header in enumerate(headers, 1):
        if not isinstance(header, str):
            raise InvalidRequestError(f"a column's name must be a text, not {type(header).__name__}.")
        if header in seen:
            raise InvalidRequestError(f"two columns are called {header!r}: rename or remove one of them in the file.")
        if not header.strip() and header not in ignore:
            raise InvalidRequestError(f"column {position} has no name: name it, or remove it.")
        seen.add(header)


def _header(headers: Sequence[str], wanted: str) -> str:
    """Return the header that a rename speaks of: exactly, or else the only one that differs in spelling."""
    if wanted in headers:
        return wanted
    alike = [header for header in headers if fold(header) == fold(wanted)]
    if len(alike) != 1:
        raise InvalidRequestError(f"there is no column {wanted!r} to rename. Found: {shown(headers)}.")
    return alike[0]


def _check_targets(targets: Mapping[str, str]) -> None:
    headers: dict[str, str] = {}
    for header, target in targets.items():
        if target in headers:
            raise InvalidRequestError(
                f"the columns {headers[target]!r} and {header!r} both mean {target}: ignore one, or rename it."
            )
        headers[target] = header
    if not headers.keys() & set(IDENTIFIERS):
        raise InvalidRequestError(
            f"no column identifies a contact. Found: {shown(targets)}. Needed is one of email, linkedinUrl,"
            ' linkedinUrlSalesNav, contactId; say which column it is with --map "Work Email=email"'
            ' (in Python: renames={"Work Email": "email"}).'
        )


# How a cell becomes a value. Empty cells do not come here, blank ones do.


def _text(_header: str, value: Any) -> Any:
    """Leave text alone: a phone number or a postal code is no number."""
    return None if isinstance(value, str) and not value.strip() else value


def _email(header: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value  # ContactInput says what it is instead
    value = value.strip()
    if value and not _EMAIL.fullmatch(value):
        raise InvalidRequestError(f"{header} is not an email address")
    return value


def _emails(header: str, value: Any) -> tuple[str, ...]:
    several = re.split("[;,]", value) if isinstance(value, str) else value
    if not isinstance(several, list | tuple) or not all(isinstance(one, str) for one in several):
        raise InvalidRequestError(f"{header} must hold email addresses, separated by ;")
    return tuple(one for one in (_email(header, one) for one in several) if one)


def _contact_id(header: str, value: Any) -> Any:
    if isinstance(value, str):
        value = value.strip()
    if value != "" and not is_id(value, "ctc"):
        raise InvalidRequestError(f"{header} is not a lemlist contact ID (ctc_…)")
    return value


def _strict(parse: Callable[[str], Any], kinds: tuple[type, ...], what: str) -> Read:
    """Return a reader of one type: what is of this type already passes, a text is parsed, the rest is refused."""

    def read(header: str, value: Any) -> Any:
        if type(value) in kinds:
            return value
        if isinstance(value, str):
            if not value.strip():
                return None
            with suppress(ValueError, KeyError):
                return parse(value.strip())
        raise InvalidRequestError(f"{header} is not {what}")

    return read


def _number(text: str) -> int | float:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError
    number = float(text) if match[2] or match[3] else int(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _boolean(text: str) -> bool:
    return _BOOLEANS[text.lower()]


def _date(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise ValueError
    return date.fromisoformat(text)


def _datetime(text: str) -> date:
    if _DATE.fullmatch(text):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment


_FIELD_READERS: Mapping[str, Read] = {
    "contact_id": _contact_id,
    "email": _email,
    "linkedin_url": _text,  # lemlist decides which URLs it takes
    "linkedin_url_sales_nav": _text,
    "additional_emails": _emails,
}
_CUSTOM_READERS: Mapping[str, Read] = {
    "number": _strict(_number, (int, float), "a number such as 12.5"),
    "boolean": _strict(_boolean, (bool,), "true or false"),
    "date": _strict(_date, (date,), "a date such as 2026-11-21"),
    "datetime": _strict(_datetime, (datetime, date), "a time with its zone, such as 2026-11-21T09:00:00Z"),
}


def flat(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give keys and values, those of a nested `custom` as `custom.KEY`."""
    for key, value in values.items():
        if key == "custom" and isinstance(value, Mapping):
            yield from ((f"custom.{one}", inner) for one, inner in value.items())
        else:
            yield key, value
