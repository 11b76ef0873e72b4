"""Profiles: several accounts by name, their keys in the system's keyring or in a file that only its owner can read."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import asdict, evolve, field, frozen

from lemlist_async.errors import InvalidRequestError

_SERVICE = "lemlist-async"  # the program's name in the keyring
_NAME = re.compile(r"[\w.@-]{1,64}")


@frozen(kw_only=True)
class Profile:
    """One account.

    Attributes:
        name: of the profile.
        team: the team's name when the profile was added.
        base_url: another lemlist, or None for lemlist itself.
        api_key: its key; None if the keyring has it.
    """

    name: str
    team: str | None = None
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """Where its key is kept."""
        return "keyring" if self.api_key is None else "file"

    def key(self) -> str:
        """Return its key.

        Raises:
            InvalidRequestError: the keyring does not return it.
        """
        if self.api_key is not None:
            return self.api_key
        try:
            import keyring

            key: str | None = keyring.get_password(_SERVICE, self.name)
        except Exception as error:  # noqa: BLE001 - keyrings raise what they like
            raise InvalidRequestError(
                f"The keyring does not return the key of the profile {self.name!r} ({type(error).__name__})."
            ) from None
        if not key:
            raise InvalidRequestError(f"The keyring holds no key of the profile {self.name!r}: add the profile again.")
        return key


@frozen
class Profiles:
    """All profiles of this user.

    Attributes:
        path: of their file.
    """

    path: Path

    @classmethod
    def of_user(cls) -> Profiles:
        """Return the profiles in the user's configuration folder."""
        from platformdirs import user_config_path

        return cls(user_config_path(_SERVICE, appauthor=False) / "profiles.json")

    @property
    def all(self) -> list[Profile]:
        """The profiles, in the order in which they were added.

        Raises:
            InvalidRequestError: their file is damaged or cannot be read.
        """
        return list(self._read()[1].values())

    @property
    def in_use(self) -> str | None:
        """The name of the profile that commands use if none is named."""
        return self._read()[0]

    def get(self, name: str) -> Profile:
        """Return a profile.

        Raises:
            InvalidRequestError: there is none of this name.
        """
        profiles = self._read()[1]
        if name not in profiles:
            known = ", ".join(profiles) or "none yet: `lemlist-async auth add NAME` adds one"
            raise InvalidRequestError(f"There is no profile {name!r}. There are: {known}.")
        return profiles[name]

    def add(self, profile: Profile, *, with_keyring: bool) -> Profile:
        """Store a profile, replacing one of the same name; the first profile is in use from then on.

        Returns:
            The profile as it is stored: without its key if the keyring took it.
        """
        in_use, profiles = self._read()
        if not _NAME.fullmatch(profile.name):
            raise InvalidRequestError("A profile's name is of letters, digits and . _ - @, 64 at most.")
        if with_keyring and profile.api_key and _kept_in_keyring(profile.name, profile.api_key):
            profile = evolve(profile, api_key=None)
        self._write(in_use or profile.name, profiles | {profile.name: profile})
        return profile

    def use(self, name: str) -> None:
        """Make commands use this profile if none is named."""
        self._write(self.get(name).name, self._read()[1])

    def remove(self, name: str) -> None:
        """Remove a profile and its key."""
        profile = self.get(name)
        in_use, profiles = self._read()
        del profiles[name]
        if profile.api_key is None:
            _forget_in_keyring(name)
        self._write(None if in_use == name else in_use, profiles)

    def _read(self) -> tuple[str | None, dict[str, Profile]]:
        try:
            facts = json.loads(self.path.read_text(encoding="utf-8"))
            return facts["in_use"], {one["name"]: Profile(**one) for one in facts["profiles"]}
        except FileNotFoundError:
            return None, {}
        except OSError as error:
            raise InvalidRequestError(f"{self.path} cannot be read: {error.strerror}.") from error
        except (ValueError, KeyError, TypeError):
            raise InvalidRequestError(f"{self.path} is damaged: delete it, and add the profiles again.") from None

    def _write(self, in_use: str | None, profiles: Mapping[str, Profile]) -> None:
        facts: dict[str, Any] = {"in_use": in_use, "profiles": [asdict(one) for one in profiles.values()]}
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made by mkstemp, a file is its owner's alone (0600) from the first moment.
        handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".profiles-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(facts, file, indent=2)
        Path(temporary).replace(self.path)


def _kept_in_keyring(name: str, key: str) -> bool:
    """Return whether the system has a keyring that took the key and returns it."""
    try:
        import keyring

        if keyring.get_keyring().priority < 1:  # those that refuse, or that keep keys unencrypted
            return False
        keyring.set_password(_SERVICE, name, key)
        return bool(keyring.get_password(_SERVICE, name) == key)
    except Exception:  # noqa: BLE001 - not installed, locked, or broken: the file takes the key
        return False


def _forget_in_keyring(name: str) -> None:
    with suppress(Exception):  # the keyring has lost it already
        import keyring

        keyring.delete_password(_SERVICE, name)
