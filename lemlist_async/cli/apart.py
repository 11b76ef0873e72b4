"""The files that one command reads and writes: each must be another one, in a folder that is there."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import click

from lemlist_async.errors import InvalidRequestError


def check_apart(places: Mapping[str, Path | str | None]) -> None:
    """Check that the files of a command are different ones, by links too, before one of them overwrites another.

    Args:
        places: what the command calls a file -> the file; None if there is none, a string if it is in a database.

    Raises:
        click.UsageError: two are one file.
    """
    seen: dict[object, str] = {}
    for name, path in places.items():
        identity = _identity(path) if isinstance(path, Path) else object()
        if identity in seen:
            raise click.UsageError(
                f"{seen[identity]} and {name} are one file, {path}: one would overwrite the other, so name another"
                " file. Nothing was sent or written."
            )
        seen[identity] = name


def check_folder(path: Path) -> None:
    """Check that a file can be written as far as its folder is concerned.

    Raises:
        InvalidRequestError: there is no such folder.
    """
    if not path.parent.is_dir():
        raise InvalidRequestError(f"{path} cannot be written: there is no such folder.")


def _identity(path: Path) -> object:
    """Return what all paths of one file have in common; pipes and devices may be named as often as wanted."""
    with suppress(OSError):
        found = path.stat()
        return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else object()
    return os.path.normcase(os.path.realpath(path))
