"""Names of columns: which spellings are equal, and which field a name means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType

from attrs import frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.contacts import FIELD_NAMES
from lemlist_async.models.fields import Field
from lemlist_async.rows.aliases import ALIASES, READ_ONLY
from lemlist_async.spelling import camel, trimmed

CUSTOM = "custom."
_OURS = {camel(name): name for name in FIELD_NAMES}
_NOT_COUNTED = re.compile(r"[\W_]+")


def fold(name: str) -> str:
    """Return a name in the form that is compared: `First name`, `first_name` and `FIRST-NAME` are equal.

    Case, accents, whitespace, punctuation and invisible characters are ignored.
    """
    if not name.isascii():
        name = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    return _NOT_COUNTED.sub("", name).casefold() or trimmed(name)


def shown(headers: Iterable[str], most: int = 12) -> str:
    """List headers for a message, unless they are values, as in a file that begins with a contact."""
    names = [repr(one[:40]) for one in headers]
    if any("@" in one or "://" in one for one in names):
        return "values instead of names, so the header may be missing"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "nothing") + more


def key_of(header: str) -> str:
    """Return the key of a header's custom field: `Signed Up` -> `signedUp`.

    Raises:
        InvalidRequestError: there are no letters in it.
    """
    if header.isidentifier() and header[0].islower():
        return header
    head, *tail = re.findall(r"[^\W_]+", header) or ("",)
    if not head:
        raise InvalidRequestError(f"the column {header!r} has no letters for a field's name: rename or ignore it.")
    first = head.lower() if head.isupper() else head[0].lower() + head[1:]
    return first + "".join(part.capitalize() for part in tail)


@cache
def known_names() -> Mapping[str, str]:
    """Return lemlist's own fields by folded name."""
    return MappingProxyType({fold(name): name for name in FIELD_NAMES} | {"id": "contact_id"})


@cache
def aliases() -> Mapping[str, tuple[str, int]]:
    """Return field and rank by folded alias; the lower rank is the better name."""
    return MappingProxyType(
        {fold(alias): (target, rank) for target, names in ALIASES.items() for rank, alias in enumerate(names, 1)}
    )


@cache
def _read_only() -> Mapping[str, str]:
    return MappingProxyType({fold(name): name for name in READ_ONLY})


@frozen
class Vocabulary:
    """The known names: lemlist's fields, the registry's, and common names, in order of precedence.

    Attributes:
        types: the type of each registered field, by its key.
        has_registry: whether the registry was given.
    """

    types: Mapping[str, str]
    has_registry: bool
    _labels: Mapping[str, str]
    _registered: Mapping[str, Collection[str]]

    @classmethod
    def of(cls, registry: Sequence[Field] | None) -> Vocabulary:
        """Return the vocabulary of a team's registry."""
        known = tuple(registry or ())
        names: dict[str, dict[str, None]] = {}
        labels: dict[str, dict[str, None]] = {}
        for one in known:
            names.setdefault(fold(one.name), {})[_target(one.name)] = None
            if one.label:
                labels.setdefault(fold(one.label), {})[_target(one.name)] = None
        return cls(
            {one.name: one.type for one in known},
            registry is not None,
            {_target(one.name): one.label for one in known if one.label},
            labels | names,
        )

    def target(self, header: str) -> tuple[str, int]:
        """Return the field of a header, and the rank of that name: 0 for a field's own, 1 and more for common ones.

        An unknown header names a custom field.
        """
        found = self._find(header)
        if found is not None:
            return found
        return f"{CUSTOM}{key_of(header)}", 0

    def known(self, name: str) -> str | None:
        """Return the field of a name, `?` if it means several or nothing to write, None if it is unknown."""
        try:
            found = self._find(name)
        except InvalidRequestError:
            return "?"
        return found[0] if found else "?" if self.is_read_only(name) else None

    def is_read_only(self, header: str) -> bool:
        """Return whether a header names what lemlist shows and does not accept."""
        name = _read_only().get(fold(header))
        return name is not None and name not in self.types

    def meaning(self, column: str, target: str) -> str:
        """Return the field that is the target of a rename.

        Raises:
            InvalidRequestError: it is not a field.
        """
        found = self._find(target)
        if found is None:
            raise InvalidRequestError(f"{target!r} is no field{_rename(column, target)}{self._advice(target)}")
        if self.is_unregistered(found[0]):
            raise InvalidRequestError(
                f"lemlist has no custom field {found[0][7:]!r}{_rename(column, target)}{self._advice(target)}"
            )
        return found[0]

    def is_unregistered(self, target: str) -> bool:
        """Return whether a target is a custom field that lemlist would drop."""
        return self.has_registry and target.startswith(CUSTOM) and target[7:] not in self.types

    def similar(self, name: str) -> str | None:
        """Return the name of a field with a similar spelling."""
        known = dict(known_names())
        for folded, (target, _) in aliases().items():
            if not target.startswith(CUSTOM) or target[len(CUSTOM) :] in self.types:
                known.setdefault(folded, target)
        known |= {folded: next(iter(targets)) for folded, targets in self._registered.items()}
        close = get_close_matches(fold(name.removeprefix(CUSTOM)), known, n=1, cutoff=0.8)
        return spelled(known[close[0]]) if close else None

    def _advice(self, target: str) -> str:
        similar = self.similar(target)
        guess = f" Did you mean {similar}?" if similar else ""
        own = [f"{CUSTOM}{key}" for key in self.types if key not in _OURS]
        fields = ", ".join([*_OURS, *own] if self.has_registry else [*_OURS, "custom.KEY"])
        return f"{guess} There are: {fields}."

    def _find(self, text: str) -> tuple[str, int] | None:
        text = trimmed(text)
        if text.startswith(CUSTOM) and text != CUSTOM:
            return _custom_target(text[7:]), 0
        if text in self.types:
            return _target(text), 0
        folded = fold(text)
        if folded in known_names():
            return known_names()[folded], 0
        found = tuple(self._registered.get(folded, ()))
        if len(found) > 1:
            raise InvalidRequestError(f"{text!r} could be {' or '.join(found)}: rename the column to one of them.")
        return (found[0], 0) if found else aliases().get(folded)


def spelled(target: str) -> str:
    """Return a field as lemlist and its users spell it: `first_name` -> `firstName`."""
    return target if target.startswith(CUSTOM) else camel(target)


def _rename(column: str, target: str) -> str:
    return f', but --map "{column}={target}" (in Python: renames={{{column!r}: {target!r}}}) asks for it.'


def _target(key: str) -> str:
    """Return the field under one of lemlist's keys: `firstName` -> `first_name`, `plan` -> `custom.plan`."""
    return _OURS.get(key) or f"{CUSTOM}{key}"


def _custom_target(key: str) -> str:
    if key in _OURS:
        raise InvalidRequestError(f"custom.{key} has a field of its own: write {_OURS[key]}.")
    return f"{CUSTOM}{key}"
