"""Between our models and lemlist's JSON, through one cattrs converter that is built on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeVar, get_origin

from attrs import fields, has
from cattrs import Converter, transform_error
from cattrs.gen import make_dict_structure_fn, override

from lemlist_async.errors import UnexpectedReplyError
from lemlist_async.models.base import RecordInput
from lemlist_async.models.companies import Company
from lemlist_async.models.contacts import Contact, ContactInput
from lemlist_async.spelling import camel

T = TypeVar("T")
_COMPANY_FIELDS = ("name", "industry", "size", "location")


def structured(data: Any, shape: type[T]) -> T:
    """Return lemlist's JSON as a model, or as a tuple of models where `shape` is one.

    Fields that the model does not know are ignored: lemlist adds some at any time.

    Raises:
        UnexpectedReplyError: the data does not have this shape. The message says where, and shows no values.
    """
    if get_origin(shape) is tuple and not isinstance(data, list | tuple):  # of an object, cattrs would take the keys
        raise UnexpectedReplyError("the reply has another shape than expected: no array @ $.")
    try:
        return _converter().structure(data, shape)
    except Exception as error:  # noqa: BLE001 - cattrs raises groups, and whatever a hook raises
        problems = transform_error(error, format_exception=_problem)
    raise UnexpectedReplyError(f"the reply has another shape than expected: {'; '.join(problems[:3])}.")


def contact_json(contact: ContactInput) -> dict[str, Any]:
    """Return the body of a contact's upsert."""
    return record_json(contact)


def record_json(record: RecordInput) -> dict[str, Any]:
    """Return the body of an upsert: camelCase names, custom fields under their own keys, nothing that is empty."""
    body = {camel(name): value for name in record.names if not _is_empty(value := getattr(record, name))}
    return body | {key: _plain(value) for key, value in record.custom.items() if not _is_empty(value)}


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", ())


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _in_utc(value).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first day of year 1, which databases use for "never", begins before it in UTC
        return moment


@cache
def _converter() -> Converter:
    converter = Converter()
    converter.register_structure_hook_factory(has, lambda cls: _structure_model(cls, converter))
    converter.register_structure_hook(datetime, lambda value, _: _utc(value))
    converter.register_structure_hook(str, lambda value, _: _text(value))
    converter.register_structure_hook_func(lambda shape: shape == Mapping[str, Any], lambda value, _: _mapping(value))
    return converter


def _structure_model(cls: type[Any], converter: Converter) -> Callable[[Any, type[Any]], Any]:
    structure = make_dict_structure_fn(
        cls,
        converter,
        **{one.name: override(rename=camel(one.name)) for one in fields(cls)},  # type: ignore[arg-type]
    )
    prepared = _PREPARED.get(cls, _without_nulls)
    return lambda data, shape: structure(prepared(data), shape)


def _without_nulls(data: Any) -> dict[str, Any]:
    """Let a null count as absent: it gives way to the default, and does not cost the whole reply."""
    if not isinstance(data, dict):
        raise TypeError("not an object")
    return {name: value for name, value in data.items() if value is not None}


def _with_all_emails(data: Any) -> dict[str, Any]:
    """Make the two spellings one: an upsert answers `emails: [{value}]`, a GET answers `email`."""
    known = _without_nulls(data)
    said = known.get("emails", [])
    values = [
        one.get("value") if isinstance(one, dict) else one for one in (said if isinstance(said, list) else [said])
    ]
    emails = [value for value in values if value]
    first = known.get("email") or next(iter(emails), None)
    return known | {"email": first, "emails": emails or [first] * (first is not None)}


def _with_named_fields(data: Any) -> dict[str, Any]:
    """Make the two places one: what describes a company stands in the reply itself, or among its `fields`."""
    known = _without_nulls(data)
    fields = known.get("fields", {})
    return {name: fields[name] for name in _COMPANY_FIELDS if fields.get(name)} | known


_PREPARED = {Contact: _with_all_emails, Company: _with_named_fields}


def _utc(value: Any) -> datetime:
    if isinstance(value, int | float):  # milliseconds, as JavaScript counts
        return datetime.fromtimestamp(value / 1000, UTC)
    moment = datetime.fromisoformat(value)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):  # lemlist's types drift
        return str(value)
    raise TypeError("not a text")


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value or {})


def _problem(error: BaseException, _shape: type[Any] | None) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else f"{type(error).__name__}"
