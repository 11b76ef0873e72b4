"""Files that appear once they are complete: a temporary file, then a rename."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[IO[bytes]]:
    """Yield a file to write to, which replaces the one at `path` when the block ends.

    Of two that write to one path the later one wins. A block left with an exception leaves the older file.
    If `path` is not a regular file, such as a pipe, it is written to directly. An `OSError`, as of a full disk, names
    `path`.

    Args:
        path: the path of the file; if it is a link, its target is replaced.
        private: whether only the owner may read it. Otherwise the older file's permissions stay, or a new file gets the
            usual ones.
    """
    given, path = path, path.resolve()
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(part, flags, 0o600 if private else 0o666), "wb") as file:
            yield file
        if path.exists() and not private:
            part.chmod(path.stat().st_mode & 0o777)
        part.replace(path)
    except OSError as error:
        if error.filename is None or str(error.filename) == str(part):
            error.filename, error.filename2 = str(given), None
        raise
    finally:
        part.unlink(missing_ok=True)
