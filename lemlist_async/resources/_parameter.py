"""The parameters of a declared operation: where each is sent, under which name, and how its value is converted."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

from attrs import field, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.convert import json_of
from lemlist_async.resources.ids import check_of, checked_string
from lemlist_async.spelling import camel, parameter

T = TypeVar("T")
ParameterPlace: TypeAlias = Literal["path", "query", "body", "whole"]
PLACES: Final = get_args(ParameterPlace)

IN_QUERY: Final = "in the query"
Query: TypeAlias = Annotated[T, IN_QUERY]
"""Marks a parameter that lemlist takes in the query, although the call has a body."""

IN_BODY: Final = "in the body"
Body: TypeAlias = Annotated[T, IN_BODY]
"""Marks a parameter that lemlist takes in the body, although the call is a GET or DELETE."""


def _order(newest_first: Any) -> str:
    return "desc" if newest_first else "asc"


NewestFirst: TypeAlias = Annotated[bool, "sortOrder", _order]
OLDEST_FIRST: Final = {"sortBy": "createdAt", "sortOrder": "asc"}

_NOTHING: Final = object()
# Parameters for this package, which are not sent.
OURS: Final = frozenset({"self", "deadline", "attempts", "timeout"})


@frozen(kw_only=True, slots=False)
class Parameter:
    """A parameter of a declared operation.

    Attributes:
        name: ours.
        spelled: lemlist's.
        place: where it is sent; `whole` if it is the body itself (as bytes if it is JSON already), or the query.
        type: its annotation, without None.
        required: whether it must be given.
        default: what is sent if it is not given; None and False send nothing.
        convert: turns a value into what is sent, if its type does not say how.
    """

    name: str
    spelled: str
    place: ParameterPlace
    type: Any
    required: bool
    default: Any = None
    convert: Callable[[Any], Any] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, one: inspect.Parameter, hint: Any, method: str, path: str) -> Parameter:
        """Return a parameter of a signature, for an operation with this method and path."""
        kind = _without_none(hint)
        marks = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
        words = [mark for mark in marks if isinstance(mark, str) and mark not in {IN_QUERY, IN_BODY}]
        return cls(
            name=one.name,
            spelled=words[0] if words else "id" if one.name == "id" else camel(one.name),
            place=_place(one.name, marks, method, path),
            type=_without_none(get_args(kind)[0]) if marks else kind,
            required=one.default is one.empty,
            default=None if one.default is one.empty else one.default,
            convert=next(filter(callable, marks), None),
        )

    @property
    def unsaid(self) -> Any:
        """The value that is not sent; there is none if the parameter is required."""
        if self.required:
            return _NOTHING
        return False if self.default is False else None

    @property
    def key(self) -> str:
        """Its name in the request."""
        return self.name if self.place in {"path", "whole"} else self.spelled

    @property
    def takes_many(self) -> bool:
        """Whether it takes several values."""
        origin = get_origin(self.type)
        return isinstance(origin, type) and issubclass(origin, Iterable) and not issubclass(origin, Mapping)

    @property
    def choices(self) -> tuple[Any, ...]:
        """The strings that lemlist's document allows; empty if it lists none."""
        kind = get_args(self.type)[0] if self.takes_many else self.type
        return get_args(kind) if get_origin(kind) is Literal else ()

    @property
    def said(self) -> Callable[[Any], Any]:
        """The function that turns a value into what is sent."""
        if given := self.convert or (check_of(self.name) if self.type is str else None):
            return given
        if self.type is datetime:
            return lambda value: _moment(self.name, value)
        if self.place == "path":
            return lambda value: checked_string(self.name, value)
        say = parameter if self.place == "query" else json_of
        if self.required and not self.takes_many and not self.choices:
            return lambda value: say(self._given(value))
        if self.takes_many:
            return lambda value: say([self._chosen(one) for one in _several(self.name, value)])
        return (lambda value: say(self._chosen(value))) if self.choices else say

    def _given(self, value: Any) -> Any:
        if value is None:
            raise InvalidRequestError(f"{self.name} must not be None.")
        return value

    def _chosen(self, value: Any) -> Any:
        if self.choices and value not in self.choices:
            raise InvalidRequestError(f"{self.name} must be one of {', '.join(map(str, self.choices))}.")
        return value


def _place(name: str, marks: tuple[Any, ...], method: str, path: str) -> ParameterPlace:
    if f"{{{name}}}" in path:
        return "path"
    if name in {"body", "params"}:
        return "whole"
    if IN_QUERY in marks or (method in {"GET", "DELETE"} and IN_BODY not in marks):
        return "query"
    return "body"


def _without_none(hint: Any) -> Any:
    if get_origin(hint) not in {Union, UnionType}:
        return hint
    kinds = tuple(one for one in get_args(hint) if one is not NoneType)
    return Union[kinds]  # noqa: UP007 - of one kind it makes that kind


def _several(name: str, values: Any) -> list[Any]:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise InvalidRequestError(f"{name} takes several values, such as a list, not one {type(values).__name__}.")
    return list(values)


def _moment(name: str, moment: Any) -> str:
    if not isinstance(moment, datetime) or moment.utcoffset() is None:
        raise InvalidRequestError(f"{name} must be a datetime with a time zone: lemlist would have to guess.")
    said: str = json_of(moment)
    return said
