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
from lemlist_async.models.fields import Field
from lemlist_async.rows.entity import CONTACT, Entity
from lemlist_async.spelling import camel, trimmed

CUSTOM = "custom."
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


def custom_key(header: str) -> str:
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
def _known(entity: Entity) -> Mapping[str, str]:
    """Return lemlist's own fields by folded name."""
    by_id = {} if entity.id_field is None else {"id": entity.id_field}
    return MappingProxyType({fold(name): name for name in entity.fields} | by_id)


@cache
def _aliases(entity: Entity) -> Mapping[str, tuple[str, int]]:
    """Return field and rank by folded alias; the lower rank is the better name."""
    return MappingProxyType(
        {fold(alias): (target, rank) for target, names in entity.aliases.items() for rank, alias in enumerate(names, 1)}
    )


@cache
def _read_only(entity: Entity) -> Mapping[str, str]:
    return MappingProxyType({fold(name): name for name in entity.read_only})


@cache
def _ours(entity: Entity) -> Mapping[str, str]:
    """Return our names by lemlist's."""
    return MappingProxyType({camel(name): name for name in entity.fields})


@frozen
class Vocabulary:
    """The known names: lemlist's fields, the registry's, and common names, in order of precedence.

    Attributes:
        entity: what the names describe.
        types: the type of each registered field, by its key.
        has_registry: whether the registry was given.
    """

    entity: Entity
    types: Mapping[str, str]
    has_registry: bool
    _labels: Mapping[str, str]
    _registered: Mapping[str, Collection[str]]

    @classmethod
    def of(cls, registry: Sequence[Field] | None, entity: Entity = CONTACT) -> Vocabulary:
        """Return the vocabulary of a team's registry."""
        ours = _ours(entity)
        known = tuple(registry or ())
        names: dict[str, dict[str, None]] = {}
        labels: dict[str, dict[str, None]] = {}
        for one in known:
            names.setdefault(fold(one.name), {})[_target(ours, one.name)] = None
            if one.label:
                labels.setdefault(fold(one.label), {})[_target(ours, one.name)] = None
        return cls(
            entity,
            {one.name: one.type for one in known},
            registry is not None,
            {_target(ours, one.name): one.label for one in known if one.label},
            labels | names,
        )

    def target(self, header: str) -> tuple[str, int]:
        """Return the field of a header, and the rank of that name: 0 for a field's own, 1 and more for common ones.

        An unknown header names a custom field.
        """
        found = self._find(header)
        if found is not None:
            return found
        return f"{CUSTOM}{custom_key(header)}", 0

    def known(self, name: str) -> str | None:
        """Return the field of a name, `?` if it means several or nothing to write, None if it is unknown."""
        try:
            found = self._find(name)
        except InvalidRequestError:
            return "?"
        return found[0] if found else "?" if self.is_read_only(name) else None

    def is_read_only(self, header: str) -> bool:
        """Return whether a header names what lemlist shows and does not accept."""
        name = _read_only(self.entity).get(fold(header))
        return name is not None and name not in self.types

    def meaning(self, column: str, target: str) -> str:
        """Return the field that is the target of a rename.

        Raises:
            InvalidRequestError: it is not a field.
        """
        found = self._find(target)
        if found is None:
            raise InvalidRequestError(f"{target!r} is not a field{_rename(column, target)}{self._advice(target)}")
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
        known = dict(_known(self.entity))
        for folded, (target, _) in _aliases(self.entity).items():
            if not target.startswith(CUSTOM) or target[len(CUSTOM) :] in self.types:
                known.setdefault(folded, target)
        known |= {folded: next(iter(targets)) for folded, targets in self._registered.items()}
        close = get_close_matches(fold(name.removeprefix(CUSTOM)), known, n=1, cutoff=0.8)
        return spelled(known[close[0]]) if close else None

    def _advice(self, target: str) -> str:
        similar = self.similar(target)
        guess = f" Did you mean {similar}?" if similar else ""
        ours = _ours(self.entity)
        own = [f"{CUSTOM}{key}" for key in self.types if key not in ours]
        fields = ", ".join([*ours, *own] if self.has_registry else [*ours, "custom.KEY"])
        return f"{guess} There are: {fields}."

    def _find(self, text: str) -> tuple[str, int] | None:
        text = trimmed(text)
        if text.startswith(CUSTOM) and text != CUSTOM:
            return self._custom(text[7:]), 0
        if text in self.types:
            return _target(_ours(self.entity), text), 0
        folded = fold(text)
        if folded in _known(self.entity):
            return _known(self.entity)[folded], 0
        found = tuple(self._registered.get(folded, ()))
        if len(found) > 1:
            raise InvalidRequestError(f"{text!r} could be {' or '.join(found)}: rename the column to one of them.")
        return (found[0], 0) if found else _aliases(self.entity).get(folded)

    def _custom(self, key: str) -> str:
        ours = _ours(self.entity)
        if key in ours:
            raise InvalidRequestError(f"custom.{key} has a field of its own: write {ours[key]}.")
        return f"{CUSTOM}{key}"


def spelled(target: str) -> str:
    """Return a field as lemlist and its users spell it: `first_name` -> `firstName`."""
    return target if target.startswith(CUSTOM) else camel(target)


def _rename(column: str, target: str) -> str:
    return f', but --map "{column}={target}" (in Python: renames={{{column!r}: {target!r}}}) asks for it.'


def _target(ours: Mapping[str, str], key: str) -> str:
    """Return the field under one of lemlist's keys: `firstName` -> `first_name`, `plan` -> `custom.plan`."""
    return ours.get(key) or f"{CUSTOM}{key}"
