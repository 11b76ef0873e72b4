"""`lemlist check`: is the key accepted, and what does it open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.options import How, common
from lemlist_async.cli.output import tell
from lemlist_async.cli.reports import Told, number
from lemlist_async.cli.running import Shell, run
from lemlist_async.errors import LemlistError

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.wire.headers import RateLimit


@click.command()
@common
def check(how: How) -> None:
    """Tell whether the API key is accepted.

    And which team it opens, how many users and credits that has, and what is left of the rate limit.
    """
    run(how, _check)


async def _check(shell: Shell, lemlist: Lemlist) -> Exit:
    team = await lemlist.team.get()
    limit = lemlist.rate_limit
    credits_left = await _credits(lemlist)
    users = len(team.users or team.user_ids)
    facts = {
        "accepted": True,
        "team": {"id": team.id, "name": team.name},
        "users": users,
        "credits": credits_left,
        "rate_limit": {"limit": limit and limit.limit, "remaining": limit and limit.remaining},
    }
    lines = [
        ("key", "accepted"),
        ("team", f"{team.name or 'without a name'} ({team.id})"),
        ("users", number(users)),
        ("credits", "not told" if credits_left is None else number(credits_left)),
        ("rate limit", _limit(limit)),
    ]
    tell(shell.how, Told(facts=facts, lines=lines))
    return Exit.DONE


async def _credits(lemlist: Lemlist) -> int | None:
    """Return the credits, or None where this key may not see them: it is accepted all the same."""
    try:
        return (await lemlist.team.credits()).credits
    except LemlistError:
        return None


def _limit(limit: RateLimit | None) -> str:
    if limit is None or limit.limit is None or limit.remaining is None:
        return "not told"
    return f"{number(limit.limit)} requests, {number(limit.remaining)} left at this moment"
