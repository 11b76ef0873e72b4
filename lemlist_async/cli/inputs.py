"""The files that commands take, `-` for stdin included."""

from __future__ import annotations

import codecs
import shutil
import sys
import tempfile
import zlib
from contextlib import suppress
from functools import partial
from pathlib import Path

import click
from attrs import frozen

from lemlist_async.errors import InvalidRequestError

_HEAD = 4_096  # bytes: enough to tell what kind of file it is
_MAGIC = {b"PK\x03\x04": ".xlsx", b"PAR1": ".parquet"}


@frozen(kw_only=True)
class InputFile:
    """A file that a command reads.

    Attributes:
        path: of the file; for stdin, of a copy that is removed when the command ends.
        name: the user's name for it.
        is_stdin: whether it came on stdin.
    """

    path: Path
    name: str
    is_stdin: bool = False

    @property
    def shown(self) -> str:
        """What messages call it."""
        return "stdin" if self.is_stdin else self.name

    @property
    def beside(self) -> Path:
        """A path in the folder for files about it."""
        return Path(self.path.name) if self.is_stdin else self.path

    @property
    def origin(self) -> Path:
        """The file that must not be overwritten; for stdin, the one that it may be redirected from."""
        return Path("/dev/stdin") if self.is_stdin else self.path

    def journal(self, about: str = "") -> Path | None:
        """Return the default path of its journal, beside it; stdin has none.

        Args:
            about: what a journal of this file is about, if there may be several.
        """
        name = ".".join(filter(None, (self.path.name, about, "journal")))
        return None if self.is_stdin or not self.path.name else self.path.with_name(name)

    @property
    def holds_ids(self) -> bool:
        """Whether it holds contact IDs instead of rows: a `.txt` file does, and stdin that begins with an ID."""
        if not self.is_stdin:
            return self.path.suffix.lower() == ".txt"
        with self.path.open("rb") as file:
            words = _text(file.read(_HEAD)).replace(",", " ").split()
        return not words or any(word.strip("[\"'").startswith("ctc_") for word in words[:2])

    def check_content(self) -> None:
        """Check that there is more than whitespace: nothing at all is a mistake, and a header without rows is not.

        Raises:
            InvalidRequestError: there is not, or it cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                is_empty = not any(_text(piece).strip() for piece in iter(partial(file.read, _HEAD), b""))
        except OSError as error:
            raise InvalidRequestError(f"{self.shown} cannot be read: {error.strerror}.") from error
        if is_empty:
            raise InvalidRequestError(f"{self.shown}: this is empty: at least a header is needed.")


def input_file(path: Path) -> InputFile:
    """Return the file that an argument names; `-` is stdin, copied until the command ends, since it is read twice."""
    if str(path) != "-":
        return InputFile(path=path, name=str(path))
    folder = Path(click.get_current_context().with_resource(tempfile.TemporaryDirectory(prefix="lemlist-async-")))
    if sys.stdin is None:
        raise click.UsageError("stdin is closed: name a file, or pipe something into the command.")
    stdin = sys.stdin.buffer
    head = stdin.read(_HEAD)
    copy = folder / f"stdin{_suffix(head)}"
    with copy.open("wb") as file:
        file.write(head)
        shutil.copyfileobj(stdin, file)
    return InputFile(path=copy, name="-", is_stdin=True)


def _suffix(head: bytes) -> str:
    """Return the suffix of a file that begins so."""
    if head.startswith(b"\x1f\x8b"):
        with suppress(zlib.error):  # whoever reads it says that it is broken
            return f"{_suffix(zlib.decompressobj(wbits=31).decompress(head, _HEAD))}.gz"
        return ".csv.gz"
    return _MAGIC.get(head[:4], ".jsonl" if _text(head).lstrip()[:1] in {"{", "["} else ".csv")


def _text(head: bytes) -> str:
    encoding = "utf-16" if head[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "utf-8-sig"
    return head.decode(encoding, errors="replace")
