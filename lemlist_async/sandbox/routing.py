"""Requests, answers, and the table of routes between them."""

from __future__ import annotations

import inspect
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any, TypeVar, cast
from urllib.parse import unquote

from attrs import define, field, frozen

Json = dict[str, Any]
QueryValues = Mapping[str, str]
Answer = tuple[int, Any]
"""A status, and what to send: JSON, or a string for text/plain."""

_Value = TypeVar("_Value")
_Method = TypeVar("_Method", bound=Callable[..., Answer])
_SPECIAL = ("body", "payload", "query", "operation")
_BAD_BODY: Answer = (400, "Invalid JSON")


class JsonString(str):
    """A string that lemlist sends as JSON."""

    __slots__ = ()


class CsvText(str):
    """A string that lemlist sends as a CSV file."""

    __slots__ = ()


class Refusal(Exception):  # noqa: N818 - it is an answer
    """Raised to refuse a request from anywhere below its route."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


def existing(value: _Value | None, refusal: Answer) -> _Value:
    """Return a value that is not None.

    Raises:
        Refusal: It is None; answered with `refusal`.
    """
    if value is None:
        raise Refusal(refusal)
    return value


@frozen
class Incoming:
    """A request: the path without `/api`, decoded; `payload` is None if the body is not JSON."""

    method: str
    path: str
    raw_path: str
    query: dict[str, str]
    payload: Any
    authorization: str
    user_agent: str

    @property
    def body(self) -> Json:
        """The JSON object that was sent, without nulls, which lemlist ignores; empty if there is none."""
        sent = self.payload if isinstance(self.payload, dict) else {}
        return {name: value for name, value in sent.items() if value is not None}

    def has_key(self, api_key: str) -> bool:
        """Check whether the request carries this key, as the password of an empty user name."""
        return self.authorization == f"Basic {b64encode(f':{api_key}'.encode()).decode()}"


def route(method: str, path: str, *, own_checks: bool = False) -> Callable[[_Method], _Method]:
    """Declare which operation of lemlist's document a method answers; a method may answer several.

    The method takes the variable parts of the path in their order, then any of these that it names: `body` (a JSON
    object; anything else is refused, unless the parameter has a default), `payload` (any JSON), `query`, and
    `operation` (the name of the one that is called). A keyword-only parameter is the query's value of that name, in
    camel case.

    Args:
        method: In capitals.
        path: As in lemlist's document, with or without a slash at its end.
        own_checks: Whether the method refuses bad bodies itself, in words or codes of its own.
    """

    def declare(answer: _Method) -> _Method:
        routes = getattr(answer, "__routes__", ())
        answer.__routes__ = (*routes, (method, path, own_checks))  # type: ignore[attr-defined]
        return answer

    return declare


@frozen
class Route:
    """One operation, and the bound method that answers it."""

    method: str
    template: str
    own_checks: bool
    answer: Callable[..., Answer]

    @property
    def operation(self) -> str:
        """The operation's name in the document."""
        return f"{self.method} {self.template}"

    def __call__(self, incoming: Incoming, parts: Iterable[str]) -> Answer:
        """Answer a request whose path has these variable parts."""
        positional, from_query = _parameters(cast(Any, self.answer).__func__)
        if not isinstance(incoming.payload, dict) and ("body", False) in positional:
            return _BAD_BODY
        given = {
            "body": incoming.body,
            "payload": incoming.payload,
            "query": incoming.query,
            "operation": self.operation,
        }
        arguments = [*parts, *(given[name] for name, _ in positional)]
        wanted = {name: read(incoming.query[key]) for name, key, read in from_query if key in incoming.query}
        try:
            return self.answer(*arguments, **wanted)
        except Refusal as refused:
            return refused.answer


@define
class Match:
    """The routes of a path's shape by method, with the path's variable parts."""

    routes: Mapping[str, list[Route]]
    parts: list[str]

    def route(self, method: str) -> Route | None:
        """Find the route of this method; `{email}` and an ID in one place are distinguished by the `@`."""
        found = self.routes.get(method, [])
        if len(found) > 1:
            return next(one for one in found if one.template.endswith("mail}") == ("@" in self.parts[-1]))
        return found[0] if found else None


@define
class Routes:
    """Every route, found by a path's shape: fixed parts win over variable ones."""

    _by_start: dict[tuple[int, str], list[tuple[tuple[str | None, ...], dict[str, list[Route]]]]] = field(factory=dict)

    @classmethod
    def of(cls, nouns: Iterable[object]) -> Routes:
        """Collect the routes that the methods of these objects declare."""
        made = cls()
        for noun in nouns:
            for name, declared in _declared(cast(Any, type(noun))):
                for method, template, own_checks in declared:
                    made._add(Route(method, template, own_checks, getattr(noun, name)))
        for shapes in made._by_start.values():
            shapes.sort(key=lambda one: [word is None for word in one[0]])
        return made

    def find(self, raw_path: str) -> Match | None:
        """Find the routes of a path as it was sent; a slash at its end does not matter."""
        words = [unquote(word) for word in raw_path.strip("/").split("/")]
        for shape, routes in self._by_start.get((len(words), words[0]), ()):
            if all(known in {None, word} for known, word in zip(shape, words, strict=True)):
                return Match(routes, [word for known, word in zip(shape, words, strict=True) if known is None])
        return None

    def _add(self, route: Route) -> None:
        shape = tuple(None if word.startswith("{") else word for word in route.template.strip("/").split("/"))
        shapes = self._by_start.setdefault((len(shape), str(shape[0])), [])
        routes = next((known for other, known in shapes if other == shape), None)
        if routes is None:
            routes = {}
            shapes.append((shape, routes))
        routes.setdefault(route.method, []).append(route)


@cache
def _declared(noun: type) -> list[tuple[str, tuple[tuple[str, str, bool], ...]]]:
    return [(name, one.__routes__) for name, one in inspect.getmembers(noun) if hasattr(one, "__routes__")]


@cache
def _parameters(
    answer: Callable[..., Answer],
) -> tuple[list[tuple[str, bool]], list[tuple[str, str, Callable[[str], Any]]]]:
    """Return the parameters of a method after the path's parts, and those from the query."""
    parameters = inspect.signature(answer).parameters.values()
    positional = [(one.name, one.default is not one.empty) for one in parameters if one.name in _SPECIAL]
    from_query = [
        (one.name, re.sub(r"_(\w)", lambda part: part[1].upper(), one.name), _READERS.get(one.annotation, str))
        for one in parameters
        if one.kind is one.KEYWORD_ONLY
    ]
    return positional, from_query


_READERS: dict[str, Callable[[str], Any]] = {"bool": partial(str.__eq__, "true"), "int": int}
