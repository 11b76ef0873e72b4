"""The options that several commands share, and how their values are read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import click
from attrs import frozen

from lemlist_async.cli.output import Output

Command = Callable[..., Any]


@frozen(kw_only=True)
class CommonOptions:
    """The options that all commands have.

    Attributes:
        base_url: another lemlist; None for the environment's, or lemlist's own.
        sandbox: run against a throw-away lemlist on this computer.
        as_json: print the report as JSON.
        progress: show progress; None to show it if stderr is a terminal.
    """

    base_url: str | None
    sandbox: bool
    as_json: bool
    progress: bool | None

    @property
    def output(self) -> Output:
        """Where a command prints."""
        return Output(self.as_json)


@frozen(kw_only=True)
class FileOptions:
    """How a contact file is to be read; see `lemlist_async.jobs.ContactFile`."""

    renames: Mapping[str, str]
    ignore: tuple[str, ...]
    encoding: str | None
    delimiter: str | None


def common(command: Command) -> Command:
    """Give a command the options that all have; it gets them as its first argument, a `CommonOptions`."""

    @functools.wraps(command)
    def wrapped(base_url: str | None, sandbox: bool, as_json: bool, progress: bool | None, **others: Any) -> Any:
        if sandbox and base_url:
            raise click.UsageError("--sandbox brings its own lemlist: leave --base-url out.")
        options = CommonOptions(base_url=base_url, sandbox=sandbox, as_json=as_json, progress=progress)
        return command(options, **others)

    return _with(wrapped, _COMMON)


def file_options(command: Command) -> Command:
    """Give a command the options that say how a contact file is read; it gets them as `reading`."""

    @functools.wraps(command)
    def wrapped(
        *args: Any, renames: Any, ignore: tuple[str, ...], encoding: str | None, delimiter: str | None, **others: Any
    ) -> Any:
        reading = FileOptions(
            renames=dict(renames), ignore=ignore, encoding=encoding, delimiter=_SPELLED.get(delimiter or "", delimiter)
        )
        return command(*args, reading=reading, **others)

    return _with(wrapped, _FILE)


class Rename(click.ParamType):  # type: ignore[type-arg] # generic in new versions only
    """`"Work Email=email"`: a column, and what it means."""

    name = "COLUMN=FIELD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split at the last `=`: a column's name may hold one, a field's cannot."""
        column, _, target = str(value).rpartition("=")
        if not column or not target:
            self.fail(f'{value!r} should look like "Work Email=email".', param, ctx)
        return column, target


class MaxRemovals(click.ParamType):  # type: ignore[type-arg] # generic in new versions only
    """`10%` (a float), `25` (an int) or `none` (None)."""

    name = "10%|N|none"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | int | None:
        """Return a share, a number, or None for any number."""
        text = str(value).strip().lower()
        if text == "none":
            return None
        try:
            allowed = float(text.removesuffix("%")) / 100 if text.endswith("%") else int(text)
        except ValueError:
            allowed = -1
        if allowed < 0 or (isinstance(allowed, float) and not allowed <= 1):
            self.fail(f"{value!r} should be a share such as 10%, a number, or none.", param, ctx)
        return allowed


_SPELLED = {"tab": "\t", "\\t": "\t"}

_COMMON = (
    click.option("--base-url", metavar="URL", help="Another lemlist; default: LEMLIST_BASE_URL, or lemlist itself."),
    click.option(
        "--sandbox", is_flag=True, help="Try it out on a throw-away lemlist on this computer; needs no account."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object."),
    click.option(
        "--progress/--no-progress", default=None, help="Show progress on stderr; default: if that is a terminal."
    ),
)
_FILE = (
    click.option(
        "--map",
        "renames",
        type=Rename(),
        multiple=True,
        help='What a column means, such as "Work Email=email" or "Plan=custom.plan_tier".',
    ),
    click.option("--ignore", metavar="COLUMN", multiple=True, help="A column to leave out."),
    click.option("--encoding", metavar="NAME", help="The file's encoding; default: found by looking."),
    click.option("--delimiter", metavar="CHAR", help="The file's separator, or tab; default: found by looking."),
)


def _with(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
