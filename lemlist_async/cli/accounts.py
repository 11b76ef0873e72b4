"""The key of a command: from an option, the environment, `.env`, or a profile; never from the command line itself."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from lemlist_async.cli.exits import PROGRAM
from lemlist_async.errors import AuthenticationError, InvalidRequestError, LemlistError

if TYPE_CHECKING:
    from lemlist_async.cli.options import CommonOptions
    from lemlist_async.cli.profiles import Profile


@frozen(kw_only=True)
class Account:
    """The key and the URL for a client.

    Attributes:
        api_key: the key.
        base_url: another lemlist, or None for the environment's, or lemlist itself.
        source: where the key comes from, in words.
    """

    api_key: str = field(repr=False)
    base_url: str | None = None
    source: str


def find_account(options: CommonOptions) -> Account:
    """Return the account of a command.

    The order of precedence is: an option, the environment, `.env` in the working directory, the profile in use. `.env`
    overrides nothing, and its URL is used only with its own key.

    Raises:
        AuthenticationError: there is no key.
        InvalidRequestError: a file, a profile or a command that should return one does not.
    """
    from lemlist_async.cli.profiles import Profiles

    if options.key_command is not None:
        return Account(api_key=_key_of_command(options.key_command), source="--key-command")
    if options.profile is not None:
        return _of_profile(Profiles.of_user().get(options.profile))
    found = _in_variables(os.environ, "the environment") or _in_variables(_env_file(), ".env")
    if found is not None:
        return found
    profiles = Profiles.of_user()
    if profiles.in_use is not None:
        return _of_profile(profiles.get(profiles.in_use))
    if names := ", ".join(one.name for one in profiles.all):
        raise AuthenticationError(
            f"There is no API key: of the accounts {names} none is in use; `{PROGRAM} auth use NAME` chooses one."
        )
    raise AuthenticationError("There is no API key.")


def has_account(options: CommonOptions) -> bool:
    """Return whether there is a key, or something that should return one."""
    if options.key_command is not None:  # it may ask for a password, so it is run once
        return True
    try:
        find_account(options)
    except LemlistError as error:
        return not isinstance(error, AuthenticationError)
    return True


def _in_variables(variables: Mapping[str, str | None], where: str) -> Account | None:
    """Return the account that the environment or a file like it names."""
    from lemlist_async.cli.profiles import Profiles
    from lemlist_async.client import key_from_environment

    if key := key_from_environment(variables):
        name = "LEMLIST_API_KEY" if variables.get("LEMLIST_API_KEY") else "LEMLIST_API_KEY_FILE"
        return Account(api_key=key, base_url=variables.get("LEMLIST_BASE_URL") or None, source=f"{name} in {where}")
    if profile := variables.get("LEMLIST_PROFILE"):
        return _of_profile(Profiles.of_user().get(profile))
    return None


def _env_file() -> Mapping[str, str | None]:
    path = Path(".env")
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    try:
        return dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise InvalidRequestError(
            f".env in this folder is read for LEMLIST_API_KEY, and cannot be: {type(error).__name__}."
        ) from None


def _of_profile(profile: Profile) -> Account:
    return Account(api_key=profile.key(), base_url=profile.base_url, source=f"the profile {profile.name!r}")


def _key_of_command(command: str) -> str:
    """Return the first line that a command prints. It may ask for a password: its stdin and stderr are the user's."""
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command
            shlex.split(command), stdout=subprocess.PIPE, check=False
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidRequestError(f"The key command cannot be run: {why}.") from None
    lines = done.stdout.decode("utf-8", errors="replace").strip().splitlines()
    if done.returncode != 0:
        raise InvalidRequestError(f"The key command failed with exit code {done.returncode}.")
    if not lines:
        raise InvalidRequestError("The key command printed no key.")
    return lines[0].strip()
