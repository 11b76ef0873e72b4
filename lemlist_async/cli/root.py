"""The root of the command line: what `lemlist --help` shows."""

from __future__ import annotations

import click

from lemlist_async.cli.check import check
from lemlist_async.cli.contacts import contacts
from lemlist_async.cli.exits import MEANINGS
from lemlist_async.cli.lists import lists
from lemlist_async.version import __version__

_EXIT_CODES = "\b\nExit codes:\n" + "\n".join(f"  {code.value}  {meaning}" for code, meaning in MEANINGS.items())


@click.group(epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="lemlist")
def lemlist() -> None:
    """Keep contacts in step with lemlist.

    The API key comes from the environment's LEMLIST_API_KEY; any command tries out with --sandbox, without one.
    Reports go to stdout, everything else to stderr.
    """


lemlist.add_command(check)
lemlist.add_command(contacts)
lemlist.add_command(lists)
