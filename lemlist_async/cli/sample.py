"""`lemlist-async sample`: a file to try things out with."""

from __future__ import annotations

import click


@click.command()
def sample() -> None:
    """Print a file of people who do not exist, to try things out with.

    lemlist-async sample > contacts.csv
    """
    from lemlist_async.rows.sample import sample_path

    click.echo(sample_path().read_bytes(), nl=False)
