"""API keys by reference: a job names a key, which is looked up on the machine that runs it."""

from __future__ import annotations

import asyncio
import os
import re
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from pathlib import Path
from typing import Protocol

from attrs import field, frozen

from lemlist_async.errors import InvalidRequestError


class Keyring(Protocol):
    """Turns a reference into an API key."""

    async def key(self, reference: str) -> str:
        """Return the key.

        Raises:
            InvalidRequestError: there is none for this reference. The message names the reference and the
                source, never a key.
        """
        ...


@frozen
class EnvironmentKeys:
    """Keys in environment variables: `acme-eu` is `LEMLIST_API_KEY_ACME_EU`, `default` is `LEMLIST_API_KEY`."""

    environment: Mapping[str, str] = field(factory=lambda: os.environ, repr=False)

    async def key(self, reference: str) -> str:
        """Return the key of this reference."""
        suffix = re.sub(r"\W", "_", reference).upper()
        name = "LEMLIST_API_KEY" if reference == "default" else f"LEMLIST_API_KEY_{suffix}"
        if found := self.environment.get(name, "").strip():
            return found
        raise _unknown(reference, f"the environment has no {name}")


@frozen
class FileKeys:
    """Keys in a TOML file of lines such as `acme = "KEY"`, read again each time, so that keys can be changed.

    A file that others can read is refused.
    """

    path: Path = field(converter=Path)

    async def key(self, reference: str) -> str:
        """Return the key of this reference."""
        return await asyncio.to_thread(self._key, reference)

    def _key(self, reference: str) -> str:
        try:
            is_open = os.name == "posix" and bool(self.path.stat().st_mode & 0o077)
            text = self.path.read_text(encoding="utf-8")
        except OSError as error:
            raise InvalidRequestError(f"{self.path} cannot be read: {error.strerror}.") from None
        if is_open:
            raise InvalidRequestError(f"{self.path} can be read by others: chmod 600 it.")
        try:
            keys = tomllib.loads(text)
        except ValueError:  # its message may show a line, with a key
            raise InvalidRequestError(f'{self.path} is not TOML of lines such as acme = "KEY".') from None
        if isinstance(found := keys.get(reference), str) and found.strip():
            return found.strip()
        raise _unknown(reference, f"{self.path} has none of this name")


@frozen
class CalledKeys:
    """Keys from a function of your own, such as a vault's client: reference to key or None, async or not."""

    ask: Callable[[str], str | Awaitable[str | None] | None] = field(repr=False)

    async def key(self, reference: str) -> str:
        """Return the key of this reference."""
        answer = self.ask(reference)
        found = await answer if isawaitable(answer) else answer
        if isinstance(found, str) and found:
            return found
        raise _unknown(reference, "the function knows none of this name")


def keyring(text: str | None) -> Keyring:
    """Return the keyring that a setting names: `file:PATH`, or `env` (the default).

    Raises:
        InvalidRequestError: it is neither.
    """
    if text is None or text == "env":
        return EnvironmentKeys()
    kind, _, path = text.partition(":")
    if kind == "file" and path:
        return FileKeys(Path(path).expanduser())
    raise InvalidRequestError("keys must be env, or file:PATH.")


def _unknown(reference: str, where: str) -> InvalidRequestError:
    return InvalidRequestError(f"There is no API key called {reference!r}: {where}.")
