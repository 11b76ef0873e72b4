"""Files that are there once they are whole: a temporary of a name of its own, then a rename."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[IO[bytes]]:
    """Give a file to write to; when the block ends, it replaces what is at `path`, as a whole.

    Two that write to one path do not meet: the later one wins. A block left with an exception leaves the older file.
    What is at `path` and is no regular file, such as a pipe, is written to as it is.

    Args:
        path: where the file belongs; if it is a link, where that leads to.
        private: whether only the owner may read it. Else the older file's rights stay, or the usual ones are given.
    """
    path = path.resolve()
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
    finally:
        part.unlink(missing_ok=True)
