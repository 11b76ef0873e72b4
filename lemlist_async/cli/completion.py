"""`lemlist-async completion`: Tab completes commands, options and the names of lists."""

from __future__ import annotations

import asyncio
import os
import re
import threading
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem, get_completion_class

from lemlist_async.cli.exits import PROGRAM

if TYPE_CHECKING:
    from lemlist_async.cli.options import CommonOptions

_VARIABLE = "_LEMLIST_ASYNC_COMPLETE"  # click's name for it: it holds the shell's name when Tab is pressed
_DEADLINE = 1.5  # seconds: a Tab that takes longer is worse than one without suggestions
_HELP = """\
Print a script that makes Tab complete commands, options and the names of lists.

\b
bash: eval "$(lemlist-async completion bash)"    in ~/.bashrc
zsh:  eval "$(lemlist-async completion zsh)"     in ~/.zshrc
fish: lemlist-async completion fish | source     in ~/.config/fish/config.fish
"""
_SPECIAL = re.compile(r"([^\w@%+=:./-])")


@click.command(help=_HELP)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a shell's script for completion."""
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - for the type checker: the choices are click's own
    click.echo(kind(ctx.find_root().command, {}, PROGRAM, _VARIABLE).source())


def complete_lists(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the lists whose name or ID begins so; none if they cannot be read quickly."""
    found: list[tuple[str, str]] = []
    asking = threading.Thread(target=_ask, args=(ctx.params, found), daemon=True)
    asking.start()
    asking.join(_DEADLINE)
    by_id = incomplete.startswith("clt_")
    return [
        CompletionItem(list_id if by_id else _quoted(name), help=name if by_id else list_id)
        for list_id, name in tuple(found)
        if (list_id if by_id else name).startswith(incomplete) and "\n" not in name
    ]


def _ask(params: dict[str, object], found: list[tuple[str, str]]) -> None:
    """Look up the lists. If anything goes wrong there are no suggestions, and no message while the user types."""
    try:
        found += asyncio.run(_lists(_options(params)))
    except BaseException:  # noqa: BLE001 - as said
        return


def _options(params: dict[str, object]) -> CommonOptions:
    from lemlist_async.cli.options import CommonOptions

    profile, base_url = params.get("profile"), params.get("base_url")
    return CommonOptions(
        profile=str(profile) if profile else None, base_url=str(base_url) if base_url else None
    )  # no --key-command: it may ask for a password


async def _lists(options: CommonOptions) -> list[tuple[str, str]]:
    from lemlist_async.cli.accounts import find_account
    from lemlist_async.client import Lemlist
    from lemlist_async.wire.retry import RetryPolicy

    account = find_account(options)
    url = options.base_url or os.environ.get("LEMLIST_BASE_URL") or account.base_url
    async with Lemlist(account.api_key, base_url=url, retry=RetryPolicy(attempts=1)) as lemlist:
        return [(one.id, one.name) for one in await lemlist.lists.all(deadline=_DEADLINE)]


def _quoted(name: str) -> str:
    """Return a name quoted for the shell: bash does not quote by itself, zsh and fish do."""
    in_bash = os.environ.get(_VARIABLE, "").startswith("bash")
    return _SPECIAL.sub(r"\\\1", name) if in_bash else name
