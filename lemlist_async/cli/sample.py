"""`lemlist-async sample`: a file for trying the commands."""

from __future__ import annotations

import click


@click.command()
def sample() -> None:
    """Print a file of invented people for trying the commands.

    lemlist-async sample > contacts.csv
    """
    from lemlist_async.rows.sample import sample_path

    click.echo(sample_path().read_bytes(), nl=False)
