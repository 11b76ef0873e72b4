"""The bases of all values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import repeat
from operator import call
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from attrs import Attribute, Converter, field, fields, frozen

from lemlist_async.display import Shown
from lemlist_async.errors import InvalidRequestError
from lemlist_async.identity import key_of
from lemlist_async.spelling import camel, trimmed


@frozen(kw_only=True)
class Model(Shown):
    """The base of all values that lemlist answers with.

    A field that lemlist left out, or that cannot be read, is None or empty; only what identifies the value is required.

    Attributes:
        extra: what lemlist sent besides the documented fields, and what could not be read, under lemlist's names.
            It plays no part in comparisons.
    """

    extra: Mapping[str, Any] = field(factory=dict, repr=False, eq=False)

    @staticmethod
    def normalized(data: dict[str, Any]) -> dict[str, Any]:
        """Return lemlist's JSON in one spelling, if lemlist has several for the same thing. It holds no nulls."""
        return data


@frozen(kw_only=True)
class ApiWarning(Model):
    """Something that lemlist silently did not do, although it answered with success.

    Attributes:
        code: `OWNER_NOT_APPLIED`, `COMPANY_NOT_LINKED`, `FIELD_NOT_REGISTERED`, `UNKNOWN_CONTACT_IDS`,
            `OWNER_NOT_CHECKED`, or a code of lemlist's own.
        message: what it means and what to do.
    """

    code: str
    message: str = ""


@frozen(kw_only=True)
class Written:
    """The result of an upsert.

    Attributes:
        created: True if the record is new, False if it existed, None if that is unknown: the answer to an earlier
            attempt was lost, and that attempt may have created the record.
        warnings: what lemlist silently left out.
    """

    created: bool | None
    warnings: tuple[ApiWarning, ...] = ()


@frozen(kw_only=True)
class FieldRejection(Model):
    """A value that lemlist refused to write, and the reason."""

    field: str | None = None
    reason: str | None = None
    conflicting_record_id: str | None = None


@frozen
class Refused:
    """Something that cannot become an input, and the reason. It shows no value."""

    value: Any = field(repr=False)
    reason: str


def with_id(data: dict[str, Any]) -> dict[str, Any]:
    """Return JSON with its `id` renamed to `_id`, as other replies have it."""
    return {"_id": data.pop("id"), **data} if "id" in data else data


def stripped(value: Any) -> Any:
    """Return a string without surrounding whitespace, and None for an empty one: lemlist ignores empty values."""
    if isinstance(value, str):
        value = value.strip()
    return None if value == "" else value


def _frozen_mapping(value: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if not (value is None or isinstance(value, Mapping)):
        raise InvalidRequestError(f"custom must be a mapping of names to values, not {type(value).__name__}.")
    return MappingProxyType(dict(value or {}))


def _text(value: Any, attribute: Attribute[Any]) -> str | None:
    """Return a string without surrounding whitespace, and None for an empty one.

    It checks the type as well: a validator beside it took a tenth of the time in which a row is read.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidRequestError(f"{attribute.name} must be a string, not {type(value).__name__}.")
    return value.strip() or None


def _identifier(value: Any, attribute: Attribute[Any]) -> str | None:
    """Return an identifier without invisible characters around it, with which no record would be found."""
    return _text(trimmed(value) if isinstance(value, str) else value, attribute)


def text(*, identifies: bool = False) -> Any:
    """Return an attribute, a string or None, not in the `repr`; `identifies` if lemlist finds records by it."""
    return field(
        default=None,
        converter=Converter(_identifier if identifies else _text, takes_field=True),
        repr=False,
        metadata={"identifies": identifies},
    )


@frozen(kw_only=True, repr=False)
class RecordInput:
    """The base of the inputs of contacts and companies: strings, and custom fields whose names differ from theirs.

    A `repr` shows which values are set, but not the values.

    Attributes:
        custom: custom fields under the names that `GET /fields` shows: string, number, boolean, date or datetime.
        names: the names of the other attributes.
        identifiers: the names by which lemlist finds the record.
    """

    names: ClassVar[tuple[str, ...]] = ()
    identifiers: ClassVar[tuple[str, ...]] = ()
    _keys: ClassVar[tuple[tuple[str, Callable[[str], str]], ...]] = ()
    _reserved: ClassVar[Mapping[str, str]] = {}

    custom: Mapping[str, Any] = field(factory=dict, converter=_frozen_mapping)

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        own = [one for one in fields(cls) if one.name != "custom"]
        cls.names = tuple(one.name for one in own)
        cls.identifiers = tuple(one.name for one in own if one.metadata.get("identifies"))
        cls._keys = tuple((name, key_of(name)) for name in cls.identifiers)
        cls._reserved = {camel(name): name for name in cls.names}

    def __attrs_post_init__(self) -> None:
        for key, value in self.custom.items():
            _check_custom(key, value, self._reserved)

    @property
    def identities(self) -> tuple[tuple[str, str], ...]:
        """The identifiers that are set, as (name, key): see `lemlist_async.identity.identity_key`."""
        return tuple([(name, key(value)) for name, key in self._keys if (value := getattr(self, name)) is not None])

    def __repr__(self) -> str:
        names = [name for name in self.names if getattr(self, name)]
        return f"{type(self).__name__}({', '.join(names + [f'custom.{key}' for key in self.custom])})"

    # Not __getstate__: attrs adds its own to every subclass, and a mapping proxy cannot be pickled.
    def __reduce__(self) -> tuple[Any, ...]:
        values = {name: getattr(self, name) for name in self.names}
        return _record, (type(self), values | {"custom": dict(self.custom)})


R = TypeVar("R", bound=RecordInput)


def assembler(kind: type[R], names: Sequence[str]) -> Callable[[Sequence[Any], Mapping[str, Any]], R]:
    """Return a function that makes records of checked values, in a fifth of the time of the class itself.

    Args:
        kind: the class.
        names: of the attributes whose values will be given, in their order; the others keep their defaults. A value
            is what the attribute would hold: a stripped string, or None.
    """
    preset = {one.name: one.default for one in fields(kind) if one.name not in {*names, "custom"}}
    setters = [getattr(kind, name).__set__ for name in (*names, *preset, "custom")]
    defaults = tuple(preset.values())

    def assemble(values: Sequence[Any], custom: Mapping[str, Any]) -> R:
        record = object.__new__(kind)
        # Setters return None, so that any() calls all of them, in half the time of a loop.
        any(map(call, setters, repeat(record), (*values, *defaults, MappingProxyType(custom))))
        return record

    return assemble


def _record(kind: type[RecordInput], values: dict[str, Any]) -> RecordInput:
    return kind(**values)  # the values pass the same checks again


def _check_custom(key: str, value: Any, reserved: Mapping[str, str]) -> None:
    if not key:
        raise InvalidRequestError("A custom field's name must not be empty.")
    if key in reserved:
        raise InvalidRequestError(f"custom[{key!r}] has a field of its own: write {reserved[key]}=…")
    if not (value is None or isinstance(value, str | int | float | date)):
        raise InvalidRequestError(
            f"custom[{key!r}] must be a string, number, boolean, date or datetime, not {type(value).__name__}."
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidRequestError(f"custom[{key!r}] is not a finite number, which JSON cannot express.")
    if isinstance(value, datetime) and value.utcoffset() is None:
        raise InvalidRequestError(f"custom[{key!r}] is a datetime without a time zone: lemlist would have to guess.")
