"""`lemlist-async api`: every operation of lemlist, by noun and verb or by method and path."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, get_origin

import click
from attrs import evolve, frozen

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.groups import Group
from lemlist_async.cli.options import CommonOptions, common
from lemlist_async.cli.parameters import Json, click_parameters, values_of
from lemlist_async.cli.running import Invocation, run
from lemlist_async.cli.sandboxed import prepared
from lemlist_async.cli.snapshot import Snapshot
from lemlist_async.cli.verbs import Verb, nouns

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.resources._operation import Operation

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_YES = click.option("--yes", is_flag=True, help="Do not ask, even if it costs credits or cannot be undone.")


class _Api(Group):
    """HTTP methods, and lemlist's nouns as the client has them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the nouns."""
        return list(nouns())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the group of a noun's verbs, or the command of an HTTP method."""
        if cmd_name.upper() in METHODS:
            return _method_command(cmd_name.upper())
        if cmd_name not in self.list_commands(ctx):
            return None
        return _Verbs(cmd_name, help=f"The operations of {cmd_name}.")


class _Verbs(Group):
    """The verbs of a noun, made on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the verbs."""
        return sorted(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a verb."""
        return self._verbs.get(cmd_name)

    @cached_property
    def _verbs(self) -> dict[str, click.Command]:
        return {name: _verb_command(name, verb) for name, verb in nouns()[self.name or ""].items()}


@click.group(
    cls=_Api,
    subcommand_metavar="NOUN VERB … | GET|POST|PUT|PATCH|DELETE /PATH",
    epilog="`lemlist-async api NOUN` shows its verbs. Any path: lemlist-async api GET /campaigns status=running",
)
def api() -> None:
    """Call any operation of lemlist.

    The answer is printed as JSON; pages are read to the end, one JSON object a line, or as one array with --json.
    Operations that cannot be undone or may cost credits ask first, unless --yes is given.
    """


@frozen(kw_only=True)
class _Request:
    """An operation with its values."""

    operation: Operation
    values: Mapping[str, Any]
    limit: int | None


def _verb_command(name: str, verb: Verb) -> click.Command:
    @_YES
    @click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N of the rows in pages.")
    @common
    def command(options: CommonOptions, *, yes: bool, limit: int | None = None, **given: Any) -> None:
        _confirm(options, verb, f"{verb.method} {verb.path}", yes=yes)
        operation = verb.operation
        request = _Request(operation=operation, values=values_of(operation, given), limit=limit)
        send = _print_rows if verb.comes_in_rows else _send
        run(options, partial(send, request=request), prepared())

    made = click.command(name, help=f"{verb.summary}\n\n{verb.method} {verb.path}")(command)
    made.params[:0] = click_parameters(verb)
    if not verb.comes_in_rows:
        made.params = [one for one in made.params if one.name != "limit"]
    return made


def _method_command(method: str) -> click.Command:
    @click.command(method, help=f"Send {method} to a path, such as /campaigns; the query as name=value.")
    @click.argument("path", metavar="/PATH")
    @click.argument("query", metavar="[NAME=VALUE]...", nargs=-1)
    @click.option("--body", type=Json(), help="The body to send.")
    @_YES
    @common
    def command(options: CommonOptions, *, path: str, query: tuple[str, ...], body: Any, yes: bool) -> None:
        params = dict(_pair(one) for one in query)
        _confirm(options, _declared(method, path), f"{method} {path}", yes=yes)
        run(options, partial(_send_raw, method=method, path=path, params=params, body=body), prepared())

    return command


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"{text!r} should look like name=value.")
    return name, value


def _declared(method: str, path: str) -> Verb | None:
    """Return the operation that lemlist documents at this path, if there is one."""
    parts = path.strip("/").split("/")
    for verb in (one for verbs in nouns().values() for one in verbs.values()):
        known = verb.path.strip("/").split("/")
        alike = len(known) == len(parts) and all(a.startswith("{") or a == b for a, b in zip(known, parts, strict=True))
        if verb.method == method and alike:
            return verb
    return None


def _confirm(options: CommonOptions, verb: Verb | None, name: str, *, yes: bool) -> None:
    """Ask before something that cannot be undone or may cost credits; not in a sandbox."""
    if yes or options.sandbox:
        return
    is_final = verb.is_final if verb is not None else name.startswith("DELETE")
    costs = verb is not None and verb.spends
    if not (is_final or costs):
        return
    warning = f"{name} {'cannot be undone' if is_final else 'may cost credits'}."
    if not sys.stdin.isatty():
        raise click.UsageError(f"{warning} Say --yes.")
    if not click.confirm(f"{warning} Go on?", err=True):
        raise click.Abort


async def _send(invocation: Invocation, lemlist: Lemlist, *, request: _Request) -> Exit:
    session = lemlist._session  # noqa: SLF001 - what lemlist answered is printed as it is, not as a model
    invocation.output.json(await session.send(evolve(request.operation.call(request.values), read=_as_is)))
    return Exit.DONE


async def _send_raw(
    invocation: Invocation, lemlist: Lemlist, *, method: str, path: str, params: Mapping[str, str], body: Any
) -> Exit:
    invocation.output.json(await lemlist.request(method, path, params=params, json=body))
    return Exit.DONE


def _as_is(reply: Any) -> Any:
    return reply


async def _rows(lemlist: Lemlist, request: _Request) -> AsyncIterator[Any]:
    """Yield the rows of pages or of an export, as lemlist sends them."""
    from lemlist_async.cli.raw import RawRow
    from lemlist_async.resources.exports import EXPORT_TIMEOUT, export
    from lemlist_async.resources.pages import Style, pages

    operation, session = request.operation, lemlist._session  # noqa: SLF001 - as above
    call = operation.call(request.values)
    if get_origin(operation.returns) is AsyncGenerator:
        async for line in export(session, call, total=EXPORT_TIMEOUT):
            yield line
        return
    async for row in pages(session, call, RawRow, operation.style or Style()):
        yield row.json


async def _print_rows(invocation: Invocation, lemlist: Lemlist, *, request: _Request) -> Exit:
    """Print rows as they come, or all of them as one array."""
    kept: list[Any] = []
    count = 0

    async def read() -> None:
        nonlocal count
        async for row in _rows(lemlist, request):
            count += 1
            if invocation.options.as_json:
                kept.append(row)
            else:
                sys.stdout.write(json.dumps(row, default=str) + "\n")
            if count == request.limit:
                break
        sys.stdout.flush()

    await invocation.watch(read(), lambda: Snapshot(phase="reading", done=count))
    if invocation.options.as_json:
        invocation.output.json(kept)
    return Exit.DONE
