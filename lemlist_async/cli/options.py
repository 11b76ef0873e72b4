"""The options that several commands share, and how their values are read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from attrs import fields, frozen

from lemlist_async.cli.output import Output
from lemlist_async.spelling import is_dsn

Command = Callable[..., Any]


@frozen(kw_only=True)
class CommonOptions:
    """The options that all commands have.

    Attributes:
        base_url: another lemlist; None for the environment's, or lemlist's own.
        sandbox: run against a sandbox on this computer.
        sandbox_file: the file that keeps the sandbox between commands; None to throw it away.
        profile: the account's name; None for the one in use.
        key_command: a command that prints the key.
        limiter: the URL of Redis in which all hosts share the rate limit's window; None for the environment's.
        verbose: print one line for each request on stderr.
        as_json: print the report as JSON.
        progress: show progress; None to show it if stderr is a terminal.
    """

    base_url: str | None = None
    sandbox: bool = False
    sandbox_file: Path | None = None
    profile: str | None = None
    key_command: str | None = None
    limiter: str | None = None
    as_json: bool = False
    progress: bool | None = None
    verbose: bool = False

    @property
    def output(self) -> Output:
        """The output of a command."""
        return Output(self.as_json)


@frozen(kw_only=True)
class FileOptions:
    """Options for reading a contact file; see `lemlist_async.jobs.ContactFile`."""

    renames: Mapping[str, str]
    ignore: tuple[str, ...]
    encoding: str | None = None
    delimiter: str | None = None
    header_line: int | None = None
    sheet: str | int | None = None
    drop_unregistered: bool = False


def common(command: Command) -> Command:
    """Add the common options to a command, which gets them as its first argument, a `CommonOptions`."""

    @functools.wraps(command)
    def wrapped(*, sandbox: bool, sandbox_file: Path | None, **others: Any) -> Any:
        names = [one.name for one in fields(CommonOptions) if one.name in others]
        given = {name: others.pop(name) for name in names}
        options = CommonOptions(sandbox=sandbox or sandbox_file is not None, sandbox_file=sandbox_file, **given)
        if options.sandbox and options.base_url:
            raise click.UsageError("--sandbox brings its own lemlist: leave out --base-url.")
        if options.key_command is not None and options.profile is not None:
            raise click.UsageError("--key-command and --profile both name a key: choose one.")
        return command(options, **others)

    return _with(wrapped, (*_ACCOUNT, *_PRINTING))


def printing(command: Command) -> Command:
    """Add the options for output to a command that needs no account, which gets them as a `CommonOptions`."""

    @functools.wraps(command)
    def wrapped(*, as_json: bool, progress: bool | None, verbose: bool, **others: Any) -> Any:
        return command(CommonOptions(as_json=as_json, progress=progress, verbose=verbose), **others)

    return _with(wrapped, _PRINTING)


def file_options(command: Command) -> Command:
    """Add the options for reading a contact file to a command, which gets them as `reading`."""

    @functools.wraps(command)
    def wrapped(*args: Any, renames: Any, delimiter: str | None, sheet: str | None, **others: Any) -> Any:
        names = [one.name for one in fields(FileOptions) if one.name in others]
        reading = FileOptions(
            renames=dict(renames),
            delimiter=_SPELLED.get(delimiter or "", delimiter),
            sheet=int(sheet) if sheet is not None and sheet.isdecimal() else sheet,
            **{name: others.pop(name) for name in names},
        )
        return command(*args, reading=reading, **others)

    return _with(wrapped, _FILE)


class Rename(click.ParamType):  # type: ignore[type-arg] # generic in new versions only
    """`"Work Email=email"`: a column and its meaning."""

    name = "COLUMN=FIELD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split at the last `=`: a column's name may hold one, a field's cannot."""
        column, _, target = str(value).rpartition("=")
        if not column or not target:
            self.fail(f'{value!r} should look like "Work Email=email".', param, ctx)
        return column, target


class Allowance(click.ParamType):  # type: ignore[type-arg] # generic in new versions only
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


class JournalPlace(click.ParamType):  # type: ignore[type-arg] # generic in new versions only
    """A path, or the URL of a database, which is not a path: one would have but one slash after `postgresql:`."""

    name = "PATH|URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        """Return a path, or a URL as it is."""
        return str(value) if is_dsn(str(value)) else Path(value)


def allows(allowance: float | None, number: int, of: int) -> bool:
    """Return whether an allowance is large enough for so many of so many."""
    if allowance is None:
        return True
    return number <= (allowance if isinstance(allowance, int) else allowance * of)


_SPELLED = {"tab": "\t", "\\t": "\t"}

_ACCOUNT = (
    click.option("--profile", metavar="NAME", help="The account; default: LEMLIST_PROFILE, or see `auth`."),
    click.option("--key-command", metavar="COMMAND", help="A command that prints the API key, such as a vault's."),
    click.option("--base-url", metavar="URL", help="Another lemlist; default: LEMLIST_BASE_URL, or lemlist itself."),
    click.option(
        "--limiter",
        metavar="URL",
        help="Redis for sharing the rate limit among hosts (extra redis); default: LEMLIST_LIMITER, or this host.",
    ),
    click.option("--sandbox", is_flag=True, help="Try it on a throw-away sandbox on this computer; needs no account."),
    click.option(
        "--sandbox-file",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The same, kept in FILE from one command to the next.",
    ),
)
_PRINTING = (
    click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object."),
    click.option(
        "--progress/--no-progress", default=None, help="Show progress on stderr; default: if that is a terminal."
    ),
    click.option("-v", "--verbose", is_flag=True, help="Print a line for each request on stderr; no data, no key."),
)
_FILE = (
    click.option(
        "--map",
        "renames",
        type=Rename(),
        multiple=True,
        help='The meaning of a column, such as "Work Email=email" or "Plan=custom.plan_tier".',
    ),
    click.option("--ignore", metavar="COLUMN", multiple=True, help="A column to leave out."),
    click.option("--drop-unregistered", is_flag=True, help="Leave out every column that is not a field of lemlist's."),
    click.option("--encoding", metavar="NAME", help="The file's encoding; default: detected."),
    click.option("--delimiter", metavar="CHAR", help="The file's separator, or tab; default: detected."),
    click.option(
        "--header-line",
        type=click.IntRange(min=1),
        metavar="N",
        help="The line in which the header begins; default: detected.",
    ),
    click.option("--sheet", metavar="NAME|N", help="The sheet of a workbook; default: the first one with rows."),
)


def _with(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
