"""The root of the command line: what `lemlist-async --help` shows. A command is imported when it is used."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from lemlist_async.cli.exits import MEANINGS, PROGRAM, Exit
from lemlist_async.cli.groups import Group
from lemlist_async.version import __version__

_EXIT_CODES = "\b\nExit codes:\n" + "\n".join(f"  {code.value}  {meaning}" for code, meaning in MEANINGS.items())

COMMANDS = {
    "activities": "Read activities: emails sent and opened, replies, calls, visits.",
    "api": "Call any operation of lemlist.",
    "auth": "Keep the API keys of several accounts, by name.",
    "campaigns": "Show campaigns and their statistics; start and pause them.",
    "check": "Check whether the API key is accepted.",
    "companies": "Create and update companies.",
    "completion": "Print a script that makes Tab complete commands, options and the names of lists.",
    "contacts": "Import contacts from files, and export them.",
    "jobs": "Queue jobs for workers, show and end them (extra `worker`).",
    "journal": "Move the journals of jobs (extra `worker`).",
    "leads": "Add people to campaigns.",
    "lists": "Show the contact lists, and change their members.",
    "sample": "Print a file of invented people for trying the commands.",
    "schedule": "Schedule jobs; workers queue each due time once (extra `worker`).",
    "unsubscribes": "Unsubscribe people.",
    "worker": "Run jobs from a queue, on any number of machines (extra `worker`).",
}


class _Root(Group):
    """Finds the commands by the names of their modules."""

    def main(self, args: Sequence[str] | None = None, *others: Any, **options: Any) -> Any:
        """Run the command line and end the process; with --json, a wrong usage is reported as JSON, too."""
        given = sys.argv[1:] if args is None else args
        try:
            code = super().main(args, *others, **(options | {"standalone_mode": False}))
        except click.ClickException as error:
            code = _refuse(error, as_json="--json" in given)
        except click.Abort:
            code = _stop(as_json="--json" in given)
        except OSError as error:  # help or a sample on a full disk
            code = _fail(error)
        sys.exit(code)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"lemlist_async.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands' names and summaries, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Root,
    name=PROGRAM,
    epilog=_EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name=PROGRAM)
def root() -> None:
    """Keep contacts in step with lemlist.

    The API key comes from LEMLIST_API_KEY, a file, a command or a profile; with --sandbox, any command runs
    without one.
    Reports go to stdout, everything else to stderr.
    """


def _fail(error: OSError) -> Exit:
    from lemlist_async.cli.output import Output, forget_stdout

    Output(as_json=False).failure(error, Exit.FAILED)
    forget_stdout()
    return Exit.FAILED


def _stop(*, as_json: bool) -> Exit:
    from asyncio import CancelledError

    from lemlist_async.cli.output import Output

    Output(as_json=as_json).failure(CancelledError(), Exit.STOPPED)
    return Exit.STOPPED


def _refuse(error: click.ClickException, *, as_json: bool) -> Exit:
    if not as_json:
        error.show()
        return Exit.REFUSED
    from lemlist_async.cli.failures import Failure
    from lemlist_async.cli.output import print_failure

    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else PROGRAM
    hint = f"See `{command} --help`."
    print_failure(Failure("UsageError", error.format_message(), hint, Exit.REFUSED), as_json=True)
    return Exit.REFUSED
