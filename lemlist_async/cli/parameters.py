"""The parameters of lemlist's operations as arguments and options of a command."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from lemlist_async.cli.verbs import Value, Verb
    from lemlist_async.resources._operation import Operation
    from lemlist_async.resources._parameter import Parameter

# Options that all of these commands have; a parameter of one of these names is called --param-NAME.
_OURS = {"yes", "limit", "profile", "key_command", "base_url", "sandbox", "sandbox_file", "json", "progress", "verbose"}


class Moment(click.ParamType):  # type: ignore[type-arg] # generic in new versions only
    """`2026-11-01` or `2026-11-01T08:00:00+01:00`; UTC if it names no time zone."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the moment."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} should look like 2026-11-01 or 2026-11-01T08:00:00+01:00.", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Json(click.ParamType):  # type: ignore[type-arg] # generic in new versions only
    """JSON as it is, `@FILE`, or `-` for stdin."""

    name = "JSON|@FILE|-"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the decoded value."""
        try:
            return json.loads(_content(str(value)))
        except OSError as error:
            self.fail(f"{str(value)[1:]} cannot be read: {error.strerror}.", param, ctx)
        except ValueError as error:
            self.fail(f"this is not JSON: {error}.", param, ctx)


def click_parameters(verb: Verb) -> list[click.Parameter]:
    """Return the arguments and options of an operation; the variable parts of its path are the arguments."""
    parts = sorted((one for one in verb.values if one.place == "path"), key=lambda one: verb.path.index(one.name))
    others = [one for one in verb.values if one.place != "path"]
    arguments: list[click.Parameter] = [click.Argument([one.name], metavar=one.name.upper()) for one in parts]
    return [*arguments, *map(_option, others)]


def values_of(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return an operation's values, without those that were not given."""
    values = {one.name: given.get(one.name if one.place == "path" else _key(one)) for one in operation.parameters}
    return {
        one.name: _value(one, values[one.name]) for one in operation.parameters if values[one.name] not in (None, ())
    }


def _option(one: Value) -> click.Option:
    name = f"--{'param-' if one.name in _OURS else ''}{one.name.rstrip('_').replace('_', '-')}"
    if one.kind == "bool":
        return click.Option([f"{name}/--no-{name[2:]}", _key(one)], default=None)
    kind = click.Choice(one.choices) if one.choices else _KINDS[one.kind]
    return click.Option([name, _key(one)], type=kind, required=one.required, multiple=one.many)


def _key(one: Parameter | Value) -> str:
    """Return the name under which click passes a parameter's value; no other option has it."""
    return f"param_{one.name}"


def _value(one: Parameter, value: Any) -> Any:
    """Return a value as the operation takes it: a body of bytes is JSON already."""
    if one.place == "whole" and one.type is bytes:
        return json.dumps(value).encode()
    return list(value) if isinstance(value, tuple) else value


def _content(value: str) -> str:
    if value == "-":
        return sys.stdin.read()
    return Path(value[1:]).read_text(encoding="utf-8-sig") if value.startswith("@") else value


_KINDS = {"int": click.INT, "float": click.FLOAT, "string": click.STRING, "moment": Moment(), "json": Json()}
