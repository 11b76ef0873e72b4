"""`lemlist-async auth`: accounts by name."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import click
from attrs import evolve

from lemlist_async.cli.accounts import Account, find_account
from lemlist_async.cli.exits import PROGRAM, Exit
from lemlist_async.cli.facts import Summary, TableLine
from lemlist_async.cli.groups import Group
from lemlist_async.cli.options import CommonOptions, printing
from lemlist_async.cli.profiles import Profile, Profiles
from lemlist_async.cli.running import Invocation, run_offline
from lemlist_async.errors import AuthenticationError, LemlistError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@click.group(cls=Group)
def auth() -> None:
    """Keep the API keys of several accounts, by name.

    A key is kept in the system's keyring if Python's `keyring` is installed and finds one; otherwise in a file in your
    configuration folder that only you can read. A command uses the profile of --profile, LEMLIST_PROFILE, or
    `auth use`; a key in the environment takes precedence over the last of these.
    """


@auth.command()
@click.argument("name", metavar="NAME")
@click.option("--base-url", metavar="URL", help="Another lemlist that the key belongs to.")
@click.option("--no-keyring", is_flag=True, help="Keep the key in the file, even if there is a keyring.")
@click.option("--no-check", is_flag=True, help="Keep it without asking lemlist whether it accepts the key.")
@printing
def add(options: CommonOptions, name: str, *, base_url: str | None, no_keyring: bool, no_check: bool) -> None:
    """Add an account.

    The key is asked for, without echo, or read from stdin: lemlist-async auth add acme < key.txt
    """
    profile = Profile(name=name, base_url=base_url, api_key=_given_key())
    run_offline(options, partial(_add, profile=profile, with_keyring=not no_keyring, checked=not no_check))


@auth.command("list")
@printing
def list_(options: CommonOptions) -> None:
    """Show the accounts, and which one commands use in this folder."""
    run_offline(options, _list)


@auth.command()
@click.argument("name", metavar="NAME")
@printing
def use(options: CommonOptions, name: str) -> None:
    """Use this account if none is named."""

    def use() -> str:
        Profiles.of_user().use(name)
        return f"Commands use {name!r} from now on."

    _change(options, use)


@auth.command()
@click.argument("name", metavar="NAME")
@printing
def remove(options: CommonOptions, name: str) -> None:
    """Remove an account and its key."""

    def remove() -> str:
        profiles = Profiles.of_user()
        profiles.remove(name)
        left = [one.name for one in profiles.all] if profiles.in_use is None else []
        return f"{name!r} is removed.{_choose(left)}"

    _change(options, remove)


def _given_key() -> str:
    """Return the key that was typed or came on stdin; it is never echoed."""
    if sys.stdin.isatty():
        return str(click.prompt("API key", hide_input=True, err=True)).strip()
    return sys.stdin.readline().strip()


async def _add(invocation: Invocation, *, profile: Profile, with_keyring: bool, checked: bool) -> Exit:
    if not profile.api_key:
        raise AuthenticationError("There is no API key on stdin.")
    if checked:
        profile = evolve(profile, team=await _team_name(profile))
    kept = Profiles.of_user().add(profile, with_keyring=with_keyring)
    place = "the system's keyring" if kept.place == "keyring" else str(Profiles.of_user().path)
    facts = {"profile": kept.name, "team": kept.team, "base_url": kept.base_url, "kept_in": kept.place}
    lines = [
        TableLine("profile", kept.name),
        *([TableLine("team", kept.team)] if kept.team else []),
        TableLine("key", f"in {place}"),
    ]
    invocation.report(Summary(json=facts, lines=lines))
    return Exit.DONE


async def _team_name(profile: Profile) -> str:
    from lemlist_async.client import Lemlist

    async with Lemlist(profile.api_key, base_url=profile.base_url) as lemlist:
        team = await lemlist.team.get()
    return team.name or team.id


async def _list(invocation: Invocation) -> Exit:
    profiles, output = Profiles.of_user(), invocation.output
    account = _account_here(invocation.options)
    if output.as_json:
        output.json({"profiles": [_shown(one, profiles.in_use) for one in profiles.all], "key": account})
        return Exit.DONE
    rows = [
        (one.name, one.team or "", one.place, "in use" if one.name == profiles.in_use else "") for one in profiles.all
    ]
    if rows:
        output.table(rows, ("Name", "Team", "Key", ""))
    output.note(f"Commands in this folder take their key from {account}." if account else _no_account(profiles))
    return Exit.DONE


def _no_account(profiles: Profiles) -> str:
    """Return a note about commands that have no key."""
    what = f"choose an account: {PROGRAM} auth use NAME" if profiles.all else f"add one: {PROGRAM} auth add NAME"
    return f"Commands in this folder have no key; {what}"


def _account_here(options: CommonOptions) -> str | None:
    try:
        account: Account = find_account(options)
    except LemlistError:
        return None
    return account.source


def _shown(profile: Profile, in_use: str | None) -> dict[str, Any]:
    return {
        "name": profile.name,
        "team": profile.team,
        "base_url": profile.base_url,
        "kept_in": profile.place,
        "in_use": profile.name == in_use,
    }


def _choose(names: Sequence[str]) -> str:
    """Return advice to choose one of these accounts, since none is in use."""
    return f" None is in use now; choose one of {', '.join(names)}: {PROGRAM} auth use NAME" if names else ""


def _change(options: CommonOptions, change: Callable[[], str]) -> NoReturn:
    """Change the profiles, and print what the change says of itself."""

    async def work(invocation: Invocation) -> Exit:
        invocation.output.note(change())
        return Exit.DONE

    run_offline(options, work)
