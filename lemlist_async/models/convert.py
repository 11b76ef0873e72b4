"""Conversion between models and lemlist's JSON, with one cattrs converter that is built on first use."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from attrs import NOTHING, Attribute, fields, has, resolve_types
from cattrs import Converter, IterableValidationError, IterableValidationNote, transform_error
from cattrs.gen import make_dict_structure_fn, override

from lemlist_async.errors import UnexpectedReplyError
from lemlist_async.models.base import Model, RecordInput
from lemlist_async.spelling import camel

T = TypeVar("T")
_Hook = Callable[[Any, Any], Any]
_AS_THEY_ARE = {str, bytes, int, float, bool, NoneType}
_EXTRA = "\0extra"  # a name that no reply holds


def structured(data: Any, shape: type[T]) -> T:
    """Return lemlist's JSON as a model, or as a tuple of models if `shape` is one.

    Unknown fields are kept in the model's `extra`: lemlist adds fields at any time. So is a field whose value has the
    wrong type, unless the field is required.

    Raises:
        UnexpectedReplyError: the data does not have this shape. The message names the place, and shows no values.
    """
    if get_origin(shape) is tuple and not isinstance(data, list | tuple):  # cattrs would take an object's keys
        raise UnexpectedReplyError("the reply has another shape than expected: no array @ $.")
    try:
        return _converter().structure(data, shape)
    except Exception as error:  # noqa: BLE001 - cattrs raises groups, and whatever a hook raises
        problems = transform_error(error, format_exception=_problem)
    raise UnexpectedReplyError(f"the reply has another shape than expected: {'; '.join(problems[:3])}.")


def record_json(record: RecordInput) -> dict[str, Any]:
    """Return the body of an upsert: camelCase names, custom fields under their own keys, nothing that is empty."""
    body = {camel(name): value for name in record.names if not _is_empty(value := getattr(record, name))}
    return body | {key: json_value(value) for key, value in record.custom.items() if not _is_empty(value)}


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", ())


def json_value(value: Any) -> Any:
    """Return a value as JSON: dates as ISO strings, datetimes in UTC."""
    if isinstance(value, datetime):
        return _in_utc(value).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def json_of(value: Any) -> Any:
    """Return the JSON of a call's body: values under lemlist's names, without None, datetimes in UTC."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {name: json_of(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [json_of(one) for one in value]
    if has(type(value)):
        named = ((camel(one.name), getattr(value, one.name)) for one in fields(type(value)) if one.name != "extra")
        return {name: json_of(one) for name, one in named if one is not None}
    return json_value(value)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first day of year 1, which databases use for "never", begins before it in UTC
        return moment


@cache
def _converter() -> Converter:
    converter = Converter()
    converter.register_structure_hook_factory(has, lambda cls: _structure_model(cls, converter))
    converter.register_structure_hook_factory(_is_optional, lambda shape: _structure_optional(shape, converter))
    converter.register_structure_hook_factory(_is_array, lambda shape: _structure_array(shape, converter))
    for kind, read in {datetime: _utc, str: _string, int: _integer, float: _number, bool: _flag}.items():
        converter.register_structure_hook(kind, read)
    converter.register_structure_hook_func(lambda shape: shape == Mapping[str, Any], _mapping)
    return converter


def _is_optional(shape: Any) -> bool:
    return get_origin(shape) in {Union, UnionType} and len(get_args(shape)) == 2 and NoneType in get_args(shape)


def _structure_optional(shape: Any, converter: Converter) -> _Hook:
    """Return the hook for a type that may be None, looked up once: cattrs would look it up for each value."""
    (kind,) = (one for one in get_args(shape) if one is not NoneType)
    structure = converter.get_structure_hook(kind)
    return lambda value, _shape: None if value is None else structure(value, kind)


def _is_array(shape: Any) -> bool:
    return get_origin(shape) is tuple and get_args(shape)[1:] == (...,)


def _structure_array(shape: Any, converter: Converter) -> _Hook:
    of = get_args(shape)[0]
    structure = converter.get_structure_hook(of)

    def read(data: Any, _shape: Any) -> tuple[Any, ...]:
        if not isinstance(data, list | tuple):
            raise TypeError("not an array")
        try:
            return tuple([structure(one, of) for one in data])
        except Exception:  # noqa: BLE001 - whatever a hook raises; it is told apart by element
            problems = list(_problems_of(data, of, structure))
        raise IterableValidationError("an array", problems, tuple)

    return read


def _problems_of(data: Sequence[Any], of: Any, structure: _Hook) -> Iterator[Exception]:
    """Yield the errors of an array's elements, each with its index as a note."""
    for index, one in enumerate(data):
        try:
            structure(one, of)
        except Exception as error:  # noqa: BLE001 - whatever a hook raises
            error.add_note(IterableValidationNote(f"element {index}", index, of))
            yield error


def _structure_model(cls: type[Any], converter: Converter) -> _Hook:
    resolve_types(cls)
    attributes = {_EXTRA if one.name == "extra" else camel(one.name): one for one in fields(cls)}
    spelled = {one.name: override(rename=key) for key, one in attributes.items()}
    structure = make_dict_structure_fn(cls, converter, _cattrs_detailed_validation=False, **spelled)  # type: ignore[arg-type]
    normalized = cls.normalized if issubclass(cls, Model) else _as_it_is

    @cache
    def careful() -> _Hook:
        return make_dict_structure_fn(cls, converter, **spelled)  # type: ignore[arg-type]

    def read(data: Any, shape: Any) -> Any:
        known = normalized(_without_nulls(data))
        if unknown := known.keys() - attributes:
            known[_EXTRA] = {name: known[name] for name in unknown}
        try:
            return structure(known, shape)
        except Exception:  # noqa: BLE001 - whatever a hook raises; the fields that caused it are found below
            readable = _readable(known, attributes, converter)
        return careful()(readable, shape)

    return read


def _readable(known: dict[str, Any], attributes: Mapping[str, Attribute[Any]], converter: Converter) -> dict[str, Any]:
    """Move optional fields that cannot be read to `extra`."""
    odd = {
        key: known[key]
        for key, one in attributes.items()
        if key in known and one.default is not NOTHING and not _can_be_read(known[key], one.type, converter)
    }
    kept = {name: value for name, value in known.items() if name not in odd}
    return kept | {_EXTRA: known.get(_EXTRA, {}) | odd}


def _can_be_read(value: Any, kind: Any, converter: Converter) -> bool:
    try:
        converter.structure(value, kind)
    except Exception:  # noqa: BLE001 - whatever a hook raises
        return False
    return True


def _as_it_is(data: dict[str, Any]) -> dict[str, Any]:
    return data


def _without_nulls(data: Any) -> dict[str, Any]:
    """Treat null as absent, so that the field gets its default."""
    if not isinstance(data, dict):
        raise TypeError("not an object")
    return {name: value for name, value in data.items() if value is not None}


def _utc(value: Any, _shape: object = None) -> datetime:
    if isinstance(value, int | float) and not isinstance(value, bool):  # milliseconds, as JavaScript counts
        return datetime.fromtimestamp(value / 1000, UTC)
    moment = datetime.fromisoformat(value)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _string(value: Any, _shape: object = None) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):  # lemlist's types drift
        return str(value)
    raise TypeError("not a string")


def _number(value: Any, _shape: object = None) -> float:
    """Read a number, also one that is written as a string; `true` and `NaN` are not numbers."""
    number = float(_string(value))
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def _integer(value: Any, _shape: object = None) -> int:
    if type(value) is int:
        return value
    number = _number(value)
    if not number.is_integer():
        raise ValueError("not a whole number")
    return int(number)


def _flag(value: Any, _shape: object = None) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError("not a boolean")


def _mapping(value: Any, _shape: object = None) -> dict[str, Any]:
    if value and not isinstance(value, Mapping):
        raise TypeError("not an object")
    return dict(value or {})


def _problem(error: BaseException, _shape: type[Any] | None) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else f"{type(error).__name__}"
