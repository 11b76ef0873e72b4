"""What the commands of a queue share: its database, its keys, and the options for a job."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import click

from lemlist_async.cli.options import Command, CommonOptions, printing
from lemlist_async.errors import InvalidRequestError

if TYPE_CHECKING:
    from lemlist_async.worker import JobSpec
    from lemlist_async.worker.engine import Engine

_DSN = click.option(
    "--dsn", envvar="LEMLIST_DSN", required=True, metavar="URL", help="The database, postgresql://…; or LEMLIST_DSN."
)
_KEYS = click.option(
    "--keys",
    envvar="LEMLIST_KEYS",
    metavar="env|file:PATH",
    help="The source of keys; default: LEMLIST_API_KEY_NAME.",
)
_URL = click.option("--base-url", envvar="LEMLIST_BASE_URL", metavar="URL", help="Another lemlist.")
_SPEC = (
    click.argument(
        "kind", type=click.Choice(["import", "import_leads", "import_companies", "import_unsubscribes", "sync"])
    ),
    click.argument("source", metavar="SOURCE"),
    click.option("--key", default="default", metavar="NAME", help="The key's reference, never the key itself."),
    click.option("--list", "list_", metavar="LIST", help="The list's ID or exact name."),
    click.option("--campaign", metavar="ID", help="The campaign's ID, for import_leads."),
    click.option("--name", metavar="NAME", help="The name of the job in the journal; default: SOURCE."),
    click.option("--query", metavar="SQL", help="The SELECT of a source such as sql:WAREHOUSE."),
    click.option("--options", "options_", metavar="JSON", default="{}", help='More, such as {"max_removals": 0.1}.'),
)


def queue_options(command: Command) -> Command:
    """Add the options for the queue to a command, which gets them as `make_engine`."""

    @functools.wraps(command)
    def wrapped(options: CommonOptions, *, dsn: str, keys: str | None, base_url: str | None, **others: Any) -> Any:
        return command(options, make_engine=functools.partial(_engine, dsn, keys, base_url), **others)

    return printing(_KEYS(_URL(_DSN(wrapped))))


def job_options(command: Command) -> Command:
    """Add the options for a job to a command, which gets it as `make_spec`."""

    @functools.wraps(command)
    def wrapped(*args: Any, kind: str, source: str, key: str, list_: str | None, **others: Any) -> Any:
        facts = {"kind": kind, "source": source, "key": key, "list": list_}
        facts |= {one: value for one in ("campaign", "name", "query") if (value := others.pop(one)) is not None}
        return command(*args, make_spec=functools.partial(_spec, facts, others.pop("options_")), **others)

    for one in reversed(_SPEC):
        wrapped = one(wrapped)
    return wrapped


def _engine(dsn: str, keys: str | None, base_url: str | None, **settings: Any) -> Engine:
    from lemlist_async.worker.engine import Engine
    from lemlist_async.worker.keys import keyring

    return Engine(dsn=dsn, keys=keyring(keys), base_url=base_url, **settings)


def _spec(facts: dict[str, Any], options: str) -> JobSpec:
    from lemlist_async.worker import JobSpec

    try:
        more = json.loads(options)
    except ValueError:
        raise InvalidRequestError(f"--options must be a JSON object, not {options!r}.") from None
    if not isinstance(more, dict):
        raise InvalidRequestError(f"--options must be a JSON object, not {options!r}.")
    return JobSpec.from_json({**facts, "options": more})
