"""What `api` shows of lemlist's operations: a table in a file, since importing them all takes a third of a second."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin

from attrs import asdict, frozen

if TYPE_CHECKING:
    from lemlist_async.resources._operation import Operation
    from lemlist_async.resources._parameter import Parameter

TABLE = Path(__file__).with_name("verbs.json")
_KINDS: Mapping[Any, str] = {bool: "bool", int: "int", float: "float"}


@frozen(kw_only=True)
class Value:
    """A parameter of an operation.

    Attributes:
        name: ours.
        place: where it is sent: path, query, body, or whole.
        kind: bool, int, float, moment, json or string.
        required: whether it must be given.
        many: whether it takes several values.
        choices: the strings that lemlist allows; empty if it lists none.
    """

    name: str
    place: str
    kind: str
    required: bool
    many: bool
    choices: tuple[str, ...]

    @classmethod
    def of(cls, one: Parameter) -> Value:
        """Return what is shown of a declared parameter."""
        return cls(
            name=one.name,
            place=one.place,
            kind=_kind(one),
            required=one.required,
            many=one.takes_many and one.place != "whole",
            choices=tuple(map(str, one.choices)),
        )


@frozen(kw_only=True)
class Verb:
    """An operation.

    Attributes:
        noun: the client's attribute.
        declared: the name of the method that declares it.
        method: `GET`, `POST`, …
        path: with our names in braces.
        summary: one sentence.
        is_final: whether what it does cannot be undone.
        spends: whether it may cost credits.
        comes_in_rows: whether it is read page by page, or row by row.
        values: its parameters.
    """

    noun: str
    declared: str
    method: str
    path: str
    summary: str
    is_final: bool
    spends: bool
    comes_in_rows: bool
    values: tuple[Value, ...]

    @classmethod
    def of(cls, noun: str, operation: Operation) -> Verb:
        """Return what is shown of a declared operation."""
        return cls(
            noun=noun,
            declared=operation.declared.__name__,
            method=operation.method,
            path=operation.path,
            summary=operation.summary,
            is_final=operation.final,
            spends=operation.spends,
            comes_in_rows=get_origin(operation.returns) in {AsyncIterator, AsyncGenerator},
            values=tuple(map(Value.of, operation.parameters)),
        )

    @property
    def operation(self) -> Operation:
        """The operation itself, imported on first use."""
        from lemlist_async.resources._operation import operation_of
        from lemlist_async.resources.nouns import resource

        return operation_of(getattr(resource(self.noun), self.declared))


@cache
def nouns() -> Mapping[str, Mapping[str, Verb]]:
    """Return the verbs of each noun, by their names in the command."""
    read = json.loads(TABLE.read_text(encoding="utf-8"))
    return {noun: {name: _verb(facts) for name, facts in verbs.items()} for noun, verbs in read.items()}


def table() -> str:
    """Return the content of the table, from the operations themselves."""
    from lemlist_async.resources.nouns import NOUNS

    facts = {noun: {name: asdict(verb) for name, verb in _declared(noun).items()} for noun in NOUNS}
    return json.dumps(facts, indent=1) + "\n"


def _declared(noun: str) -> Mapping[str, Verb]:
    """Return the verbs of a noun. A verb with several operations gets a name for each."""
    from lemlist_async.resources.nouns import operations

    verbs: dict[str, Verb] = {}
    for one in operations([noun]):
        declared = one.operation.declared.__name__.strip("_")
        names = (one.verbs[0], declared, f"{declared}_{one.operation.method.lower()}")
        name = next(name for name in map(_spelled, names) if name not in verbs)
        verbs[name] = Verb.of(noun, one.operation)
    return verbs


def _verb(facts: Mapping[str, Any]) -> Verb:
    values = (Value(**one | {"choices": tuple(one["choices"])}) for one in facts["values"])
    return Verb(**{**facts, "values": tuple(values)})


def _spelled(name: str) -> str:
    return name.replace("_", "-")


def _kind(one: Parameter) -> str:
    if one.type in _KINDS:
        return _KINDS[one.type]
    if one.place == "whole" or _is_object(one.type):
        return "json"
    return "moment" if isinstance(one.type, type) and issubclass(one.type, date) else "string"


def _is_object(kind: Any) -> bool:
    origin = get_origin(kind) or kind
    if origin is Sequence or origin in {list, tuple}:
        return False
    return isinstance(origin, type) and not issubclass(origin, str | int | float | bool | date)
