"""The root of the command line: what `lemlist-async --help` shows. A command is imported when it is named."""

from __future__ import annotations

from importlib import import_module

import click

from lemlist_async.cli.exits import MEANINGS, PROGRAM
from lemlist_async.version import __version__

_EXIT_CODES = "\b\nExit codes:\n" + "\n".join(f"  {code.value}  {meaning}" for code, meaning in MEANINGS.items())

COMMANDS = {
    "check": "Check whether the API key is accepted.",
    "contacts": "Import contacts from files, and export them.",
    "lists": "Show the contact lists, and change who is in them.",
}


class _Root(click.Group):
    """Finds the commands by the names of their modules."""

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
        """Write the commands' names and what they do, without importing them."""
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

    The API key comes from the environment's LEMLIST_API_KEY; any command tries out with --sandbox, without one.
    Reports go to stdout, everything else to stderr.
    """
