"""`lemlist-async check`: whether the key is accepted, and for which team."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from attrs import frozen

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.facts import Summary, fact_lines, facts_json, number, words
from lemlist_async.cli.options import CommonOptions, common
from lemlist_async.cli.running import Invocation, run
from lemlist_async.errors import LemlistError

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist
    from lemlist_async.models.team import Team
    from lemlist_async.wire.headers import RateLimit


@click.command()
@common
def check(options: CommonOptions) -> None:
    """Check whether the API key is accepted.

    It also shows the team, its users and credits, and what is left of the rate limit.
    """
    run(options, _check)


async def _check(invocation: Invocation, lemlist: Lemlist) -> Exit:
    team = await lemlist.team.get()
    account = _Account(team=team, limit=lemlist.rate_limit, credits=await _credits(lemlist))
    invocation.report(Summary(json=facts_json(account, _ACCOUNT), lines=fact_lines(account, _ACCOUNT)))
    return Exit.DONE


@frozen(kw_only=True)
class _Account:
    team: Team
    limit: RateLimit | None
    credits: int | None

    @property
    def users(self) -> int:
        return len(self.team.users or self.team.user_ids)


async def _credits(lemlist: Lemlist) -> int | None:
    """Return the credits, or None if this key may not see them: it is accepted nevertheless."""
    try:
        return (await lemlist.team.credits()).credits
    except LemlistError:
        return None


def _team_words(account: _Account) -> str:
    return f"{account.team.name or 'without a name'} ({account.team.id})"


def _limit_words(account: _Account) -> str:
    limit = account.limit
    if limit is None or limit.limit is None or limit.remaining is None:
        return "not told"
    return f"{number(limit.limit)} requests, {number(limit.remaining)} left at this moment"


def _credit_words(account: _Account) -> str:
    return "not told" if account.credits is None else number(account.credits)


def _limit(account: _Account) -> dict[str, int | None]:
    limit = account.limit
    return {"limit": limit.limit if limit else None, "remaining": limit.remaining if limit else None}


_ACCOUNT = (
    words("accepted", "key", lambda _: "accepted", lambda _: True),
    words("team", "team", _team_words, lambda account: {"id": account.team.id, "name": account.team.name}),
    words("users", "users", lambda account: number(account.users)),
    words("credits", "credits", _credit_words),
    words("rate_limit", "rate limit", _limit_words, _limit),
)
