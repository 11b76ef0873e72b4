"""Declarations of operations: the signature says what is sent, the decorator where, the return type what comes back."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from functools import cached_property, partial, wraps
from types import NoneType
from typing import Any, TypeVar, Unpack, cast, get_args, get_origin, get_type_hints

from attrs import evolve, field, fields, frozen

from lemlist_async.errors import InvalidRequestError, LemlistError, NotFoundError, UnexpectedReplyError
from lemlist_async.models.convert import structured
from lemlist_async.resources._parameter import OURS, PLACES, Parameter
from lemlist_async.resources.exports import EXPORT_TIMEOUT, export
from lemlist_async.resources.pages import Style, pages
from lemlist_async.wire.call import JSON, Call, as_is

F = TypeVar("F", bound=Callable[..., Any])


@frozen(kw_only=True, slots=False, eq=False)
class Operation:
    """One of lemlist's operations, as its method declares it.

    Attributes:
        method: `GET`, `POST`, …
        path: with our names in braces.
        declared: the method that declares it.
        by: the public methods that send it, if the declaring one is private.
        repeatable: whether sending it twice leaves lemlist as sending it once does.
        repeatable_if: the same, if it depends on the values.
        spends: whether it may cost credits.
        final: whether what it does cannot be undone.
        replaced_by: for an operation that lemlist has removed, what does the same now.
        size: the number of items that a request takes or a page holds; None for one.
        style: the style of its pages.
        at: the path in the reply to the part of interest.
        read: turns the reply into the result, if the return type is not enough.
        read_for: the same, for a reply that can only be read with the values of the call, which it gets first.
        accept: see `Call`.
        refusal: see `Call`.
        fixed: parameters of the query that are always sent.
        check: refuses combinations of values that lemlist would refuse.
    """

    method: str
    path: str
    declared: Callable[..., Any] = field(repr=False)
    by: tuple[str, ...] = ()
    repeatable: bool = False
    repeatable_if: Callable[[Mapping[str, Any]], bool] | None = field(default=None, repr=False)
    only_reads: bool = False
    spends: bool = False
    final: bool = False
    replaced_by: str | None = None
    size: int | None = None
    style: Style | None = None
    at: str | None = None
    read: Callable[[Any], Any] | None = field(default=None, repr=False)
    read_for: Callable[[Mapping[str, Any], Any], Any] | None = field(default=None, repr=False)
    accept: str = JSON
    refusal: Callable[[LemlistError], LemlistError] = field(default=as_is, repr=False)
    fixed: Mapping[str, str] = field(factory=dict)
    check: Callable[[Mapping[str, Any]], None] | None = field(default=None, repr=False)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters, in the order of the signature."""
        own = (one for one in self._own() if one.name not in OURS)
        return tuple(Parameter.of(one, self._hints[one.name], self.method, self.path) for one in own)

    @property
    def summary(self) -> str:
        """The first sentence of its documentation."""
        return (inspect.getdoc(self.declared) or "").partition("\n\n")[0].replace("\n", " ")

    @property
    def is_repeatable(self) -> bool:
        """Whether it is retried although lemlist may have received it; reads always are."""
        return self.repeatable or self.method == "GET"

    @property
    def reads(self) -> bool:
        """Whether it changes nothing at lemlist."""
        return self.only_reads or self.method == "GET"

    def call(self, values: Mapping[str, Any]) -> Call[Any]:
        """Return the call for these values by parameter name; those that are left out have their defaults.

        Raises:
            InvalidRequestError: a value cannot be sent, or an update changes nothing.
        """
        if self.check is not None:
            self.check(values)
        args: dict[str, str] = {}
        body: dict[str, Any] = {}
        whole: dict[str, Any] = {}
        params = dict(self.fixed)
        places: tuple[dict[str, Any], ...] = (args, params, body, whole)
        for name, key, place, say, unsaid, default in self._plan:
            value = values.get(name, default)
            if value is not unsaid:
                places[place][key] = say(value)
        if whole:
            return self._whole(args, params | whole.get("params", {}), whole.get("body"), values)
        if self._changes and not body:
            raise InvalidRequestError("Nothing to change: every value is None.", method="PATCH", path=self.path)
        call = Call(args=args, params=params, json=body or None, **self._constants)
        return call if self._is_plain else self._for(call, values)

    def _whole(self, args: dict[str, str], params: dict[str, str], body: Any, values: Mapping[str, Any]) -> Call[Any]:
        json, content = (None, body) if isinstance(body, bytes) else (body, None)
        call = Call(args=args, params=params, json=json, content=content, **self._constants)
        return self._for(call, values)

    def _for(self, call: Call[Any], values: Mapping[str, Any]) -> Call[Any]:
        """Return the call with the parts that depend on the values."""
        if self.repeatable_if is not None:
            call = evolve(call, repeatable=self.repeatable_if(values))
        return call if self.read_for is None else evolve(call, read=partial(self.read_for, values))

    def bound(self, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values by parameter name, as Python binds them.

        Raises:
            TypeError: the arguments do not fit the signature.
        """
        values = dict(zip(self._positional, args, strict=False))
        if not keywords and len(args) in self._enough:
            return values
        values.update(keywords)
        if len(values) != len(args) + len(keywords) or not self._required <= values.keys() <= self._known:
            self._signature.bind(None, *args, **keywords)
        return values

    @cached_property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self.declared)

    @cached_property
    def _positional(self) -> tuple[str, ...]:
        return tuple(one.name for one in self._own() if one.kind is one.POSITIONAL_OR_KEYWORD)

    @cached_property
    def _enough(self) -> range:
        """Return how many positional arguments it takes."""
        by_place = self._required.issubset(self._positional)
        return range(len(self._required), len(self._positional) + 1) if by_place else range(0)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(one.name for one in self._own())

    @cached_property
    def _required(self) -> frozenset[str]:
        return frozenset(one.name for one in self._own() if one.default is one.empty)

    def _own(self) -> list[inspect.Parameter]:
        """Return its parameters, with those of an unpacked dictionary one by one."""
        _, *own = self._signature.parameters.values()
        if not own or own[-1].kind is not own[-1].VAR_KEYWORD:
            return own
        names = get_args(get_type_hints(self.declared)[own.pop().name])[0].__annotations__
        return own + [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in names]

    @cached_property
    def _hints(self) -> dict[str, Any]:
        """Return the annotations by parameter name."""
        hints = get_type_hints(self.declared, include_extras=True)
        unpacked = (get_args(hint)[0] for hint in hints.values() if get_origin(hint) is Unpack)
        return hints | {name: hint for one in unpacked for name, hint in get_type_hints(one).items()}

    @cached_property
    def _plan(self) -> tuple[tuple[str, str, int, Callable[[Any], Any], Any, Any], ...]:
        """Return for each value its name, place, name there, conversion, the value that is not sent, and default."""
        return tuple(
            (one.name, one.key, PLACES.index(one.place), one.said, one.unsaid, one.default) for one in self.parameters
        )

    @cached_property
    def _constants(self) -> dict[str, Any]:
        """Return the attributes that all of its calls share, without those that have defaults."""
        facts = {
            "method": self.method,
            "path": self.path,
            "repeatable": self.is_repeatable,
            "only_reads": self.only_reads,
            "accept": self.accept,
            "read": self._reader,
            "refusal": self.refusal,
        }
        defaults = {one.name: one.default for one in fields(Call)}
        return {name: value for name, value in facts.items() if value != defaults[name]}

    @cached_property
    def _is_plain(self) -> bool:
        return self.repeatable_if is None and self.read_for is None

    @cached_property
    def _changes(self) -> bool:
        return self.method == "PATCH" and any(one.place == "body" for one in self.parameters)

    @cached_property
    def returns(self) -> Any:
        """What the method returns, by its annotation."""
        return get_type_hints(self.declared)["return"]

    @cached_property
    def _reader(self) -> Callable[[Any], Any]:
        return self.read or _reader_of(self.returns, self.at)


def operation(method: str, path: str, **about: Any) -> Callable[[F], F]:
    """Turn a declaration into a method; `about` are the other attributes of its `Operation`.

    The declaring method has a signature and documentation, and no body. Its parameters are spelled as lemlist spells
    them and sent in the path, else in the query of a GET or DELETE and in the body of any other call, unless they are
    marked as `Query`, or named `body` or `params`, which are the whole body or query. None is not sent, nor a False
    that is the default. In `Annotated`, a string is lemlist's name, and a function converts the value. IDs are checked
    by the names of their parameters; `deadline` and `attempts` are the session's.

    The return type says how the reply is read, below `at` if that is given: a model, a list of
    models, None. An async iterator is read page by page, in the way that `style` says; an async generator is a CSV.
    """

    def declare(declared: F) -> F:
        made = Operation(method=method, path=path, declared=declared, **about)
        kind = str(inspect.get_annotations(declared)["return"]).partition("[")[0].rpartition(".")[2]
        kinds: dict[str, Any] = {"AsyncIterator": _paging, "AsyncGenerator": _exporting}
        call: Any = wraps(declared)(kinds.get(kind, _sending)(made))
        call.operation = made
        return cast(F, call)

    return declare


def operation_of(method: Callable[..., Any]) -> Operation:
    """Return the operation that a method declares."""
    made: Operation = method.operation  # type: ignore[attr-defined]
    return made


def _sending(made: Operation) -> Callable[..., Any]:
    async def call(self: Any, /, *args: Any, **keywords: Any) -> Any:
        values = made.bound(args, keywords)
        one = made.call(values)
        return await self._session.send(one, attempts=values.get("attempts"), deadline=values.get("deadline"))

    async def delete(self: Any, /, *args: Any, **keywords: Any) -> Any:
        try:
            return await call(self, *args, **keywords)
        except NotFoundError as error:
            if not error.ambiguous:  # otherwise the attempt whose answer was lost has deleted it
                raise

    return delete if made.method == "DELETE" and made.repeatable else call


def _paging(made: Operation) -> Callable[..., AsyncIterator[Any]]:
    def iterate(self: Any, /, *args: Any, **keywords: Any) -> AsyncIterator[Any]:
        call = made.call(made.bound(args, keywords))
        return pages(self._session, call, get_args(made.returns)[0], made.style or Style())

    return iterate


def _exporting(made: Operation) -> Callable[..., AsyncGenerator[Any, None]]:
    def stream(self: Any, /, *args: Any, **keywords: Any) -> AsyncGenerator[Any, None]:
        values = made.bound(args, keywords)
        return export(self._session, made.call(values), total=values.get("timeout", EXPORT_TIMEOUT))

    return stream


def _reader_of(returns: Any, at: str | None) -> Callable[[Any], Any]:
    if returns is NoneType:
        return lambda _data: None
    if get_origin(returns) in {AsyncIterator, AsyncGenerator}:
        return as_is
    if returns is Any:
        return lambda data: _part(data, at)
    if get_origin(returns) is list:
        rows: Any = tuple[get_args(returns)[0], ...]  # type: ignore[misc]
        return lambda data: list(structured(_part(data, at), rows))
    return lambda data: structured(_part(data, at), returns)


def _part(data: Any, at: str | None) -> Any:
    """Return the value at this name, or at this path of names with dots between them."""
    for name in at.split(".") if at else ():
        if not isinstance(data, dict) or name not in data:
            raise UnexpectedReplyError(f"the reply has no {at}.")
        data = data[name]
    return data
