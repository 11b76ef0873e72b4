"""Standard input as a file, since it is read more than once."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import weakref
from pathlib import Path
from typing import IO


class Spool:
    """A stream's bytes in a temporary file that only its owner may read; removed with this object.

    Args:
        stream: to read to its end; standard input if it is None.

    Attributes:
        path: the temporary file.
    """

    def __init__(self, stream: IO[bytes] | None = None) -> None:
        number, name = tempfile.mkstemp(prefix="lemlist-")
        self.path = Path(name)
        self._end = weakref.finalize(self, _remove, name)
        with os.fdopen(number, "wb") as file:
            shutil.copyfileobj(sys.stdin.buffer if stream is None else stream, file)

    def close(self) -> None:
        """Remove the file."""
        self._end()


def _remove(name: str) -> None:
    with contextlib.suppress(OSError):
        Path(name).unlink()
