"""From bytes to text: gzip, encodings, and what is no text at all."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self, TextIO

from attrs import frozen

from lemlist_async.errors import InvalidRequestError


@frozen
class Text:
    """A file's text: where it is, and how to read it."""

    path: Path
    encoding: str

    @classmethod
    def find(cls, path: Path, encoding: str | None) -> Self:
        """Read the file through, and find the encoding that all of it has.

        Raises:
            InvalidRequestError: it is missing, empty, or no text.
        """
        _check_file(path)
        for candidate in _candidates(path, encoding):
            if _is_readable(path, candidate):
                return cls(path, candidate)
        if encoding is not None:
            raise InvalidRequestError(f"this is not {encoding} text throughout: give its encoding, or none.")
        raise InvalidRequestError(
            "this is neither UTF-8 nor Windows-1252 text: save it as UTF-8, or give its encoding."
        )

    def open(self) -> TextIO:
        """Open the text at its beginning, line ends as they are."""
        return io.TextIOWrapper(_open(self.path), encoding=self.encoding, newline="")


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path) if _is_gzip(path) else path.open("rb")  # type: ignore[return-value] # GzipFile reads alike


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise InvalidRequestError("this is a directory: give a file.")
    if not path.exists():
        raise InvalidRequestError("there is no such file.")
    if not path.is_file():
        raise InvalidRequestError("this is no regular file, and it is read more than once: save it first.")
    if path.suffix.lower() == ".gz" and path.stat().st_size and not _is_gzip(path):
        raise InvalidRequestError("this is no gzip file: pack it again, or name it without .gz.")


def _candidates(path: Path, encoding: str | None) -> tuple[str, ...]:
    """Return the encodings to try, in turn; a BOM leaves no doubt."""
    head = _head(path)
    if head.startswith(b"PK\x03\x04"):
        raise InvalidRequestError("this is a workbook or an archive: export it as CSV.")
    if encoding is not None:
        return (_with_bom(_codec(encoding), head),)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    if head.startswith(codecs.BOM_UTF8):
        return ("utf-8-sig",)
    return ("utf-8", "cp1252")


def _codec(encoding: str) -> str:
    try:
        b"a".decode(encoding)
        return codecs.lookup(encoding).name
    except (LookupError, UnicodeError):
        raise InvalidRequestError(f"{encoding!r} is no encoding that Python knows, such as utf-8 or cp1252.") from None


def _with_bom(encoding: str, head: bytes) -> str:
    return "utf-8-sig" if encoding == "utf-8" and head.startswith(codecs.BOM_UTF8) else encoding


def _head(path: Path) -> bytes:
    return next(_pieces(path), b"")[:4]


def _pieces(path: Path) -> Iterator[bytes]:
    """Read the unpacked bytes in pieces.

    Raises:
        InvalidRequestError: the gzip is broken.
    """
    try:
        with _open(path) as file:
            while piece := file.read(1 << 20):
                yield piece
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InvalidRequestError("the gzip is broken or was cut off: pack it again.") from error


def _is_readable(path: Path, encoding: str) -> bool:
    """Read the file through; tell whether all of it is text of this encoding.

    Raises:
        InvalidRequestError: it is, but the text is empty or holds NUL.
    """
    decode = codecs.getincrementaldecoder(encoding)().decode
    has_text = has_nul = False
    try:
        for piece in _pieces(path):
            text = decode(piece)
            has_nul = has_nul or "\0" in text
            has_text = has_text or not (text.isspace() or not text)
        decode(b"", True)
    except UnicodeError:
        return False
    if has_nul:
        raise InvalidRequestError("this holds NUL bytes, so it is no text, or UTF-16 without BOM: save it as UTF-8.")
    if not has_text:
        raise InvalidRequestError("this is empty: a header and rows are needed.")
    return True
