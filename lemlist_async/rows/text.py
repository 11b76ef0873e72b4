"""From bytes to text: gzip, encodings, line ends, and binary files."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, AnyStr, Self, TextIO

from attrs import define, field, frozen

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.encodings import ERRORS, SINGLE_BYTE, Census, by_mark, named
from lemlist_async.rows.foreign import check_bytes
from lemlist_async.rows.notes import Note

_PIECE = 1 << 18
_HEAD = 1 << 16
_LONGEST_LINE = 32 << 20  # characters; split into cells or values, it takes up to twenty times of that
_MOST_WITHOUT_END = 16 << 20  # bytes that are kept until their line ends
_ANY_BYTES = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


@frozen
class Text:
    """The text of a file, and how to read it.

    Attributes:
        path: the file.
        encoding: the encoding that was found, or given.
        newline: what ends its lines, as `open` takes it: a newline character, or "" if carriage returns do too.
        head: its beginning, in whole lines.
        notes: what was assumed about it.
    """

    path: Path
    encoding: str
    newline: str
    head: tuple[str, ...] = field(repr=False)
    notes: tuple[Note, ...] = ()

    @classmethod
    def find(cls, path: Path, encoding: str | None) -> Self:
        """Read the file through once, and find the encoding that all of it has.

        Raises:
            InvalidRequestError: it is missing, empty, or not text.
        """
        check_readable(path)
        scan = _Scan(encoding)
        for piece in _pieces(path):
            scan.take(piece)
        found = scan.ended()
        text = scan.head.decode(found, ERRORS) if scan.is_whole else _whole_lines(scan.head, found)
        newline = "" if _has_returns(text, "\r", "\n") else "\n"
        lines = tuple(io.StringIO(text, newline=newline))
        return cls(path, found, newline, lines, scan.notes(encoding, found))

    def open(self) -> TextIO:
        """Open the text at its beginning, line ends as they are. Undecodable bytes become U+DC00 to U+DCFF."""
        return io.TextIOWrapper(_open(self.path), encoding=self.encoding, errors=ERRORS, newline=self.newline)


def check_readable(path: Path) -> None:
    """Check that there is a file which can be read more than once.

    Raises:
        InvalidRequestError: there is none.
    """
    if path.is_dir():
        raise InvalidRequestError("this is a directory: give a file.")
    if not path.exists():
        raise InvalidRequestError("there is no such file.")
    if not path.is_file():
        raise InvalidRequestError("this is not a regular file, and it is read more than once: save it first, or use -.")


def _has_returns(text: AnyStr, lone: AnyStr, end: AnyStr) -> bool:
    """Return whether lone carriage returns end the lines of a text, in which case newlines do too."""
    both = text.count(lone + end)
    return text.count(lone) - both > text.count(end) - both


def _whole_lines(head: bytes, encoding: str) -> str:
    """Decode the beginning of a longer file up to the last end of a line."""
    text = codecs.getincrementaldecoder(encoding)(ERRORS).decode(head)
    end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
    return text[:end] if end else text


def _open(path: Path) -> IO[bytes]:
    file = path.open("rb")
    if file.peek(2)[:2] == b"\x1f\x8b":
        unpacked = gzip.GzipFile(fileobj=file)
        unpacked.myfileobj = file  # type: ignore[assignment] # any file does; it is closed with it
        return unpacked  # type: ignore[return-value] # GzipFile reads alike
    if path.suffix.lower() == ".gz" and file.peek(1):
        file.close()
        raise InvalidRequestError("this is not a gzip file: compress it again, or name it without .gz.")
    return file


def _pieces(path: Path) -> Iterator[bytes]:
    """Read the unpacked bytes in pieces.

    Raises:
        InvalidRequestError: the gzip is broken.
    """
    try:
        with _open(path) as file:
            while piece := file.read(_PIECE):
                yield piece
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InvalidRequestError("the gzip is broken or truncated: compress it again.") from error


@define
class _Scan:
    """One reading of all bytes.

    Attributes:
        head: the first bytes.
        is_whole: whether these are all bytes.
    """

    _given: str | None
    head: bytes = b""
    is_whole: bool = True
    _encoding: str | None = None
    _census: Census = field(factory=Census)
    _decoder: codecs.IncrementalDecoder | None = None
    _rest: bytes = b""
    _has_text: bool = False
    _line: int = 1
    _length: int = 0

    def take(self, piece: bytes) -> None:
        """Look at the next piece."""
        if not self.head:
            self._begin(piece)
        self.is_whole = self.is_whole and len(self.head) + len(piece) <= _HEAD
        self.head += piece[: _HEAD - len(self.head)]
        if self._decoder is not None:
            self._decode(self._decoder, piece)
        else:
            self._count(piece)

    def ended(self) -> str:
        """Return the encoding, now that all is read.

        Raises:
            InvalidRequestError: the file is empty, or not text.
        """
        if self._decoder is not None:
            self._decode(self._decoder, b"", final=True)
        self._census.count(self._rest)
        self._has_text = self._has_text or bool(self._rest.removeprefix(codecs.BOM_UTF8).strip())
        encoding = self._encoding or self._census.encoding()
        if not self._has_text:
            raise InvalidRequestError("this is empty: a header and rows are needed.")
        return encoding

    def notes(self, given: str | None, found: str) -> tuple[Note, ...]:
        """Return a note if an encoding was assumed."""
        if given is not None or found != SINGLE_BYTE:
            return ()
        message = (
            f"this is not UTF-8 (line {self._census.line}), so it is read as Windows-1252; if its values look wrong,"
            " say what it is with --encoding (in Python: encoding=…)."
        )
        return (Note(code="ENCODING_ASSUMED", message=message, line=self._census.line, example=self._census.example),)

    def _begin(self, piece: bytes) -> None:
        check_bytes(piece)
        self._encoding = by_mark(piece) if self._given is None else named(self._given, piece)
        if self._encoding is None or not self._encoding.startswith(("utf-16", "utf-32")):
            _check_for_nul(piece[:_HEAD])
        if self._encoding is not None and not self._encoding.startswith("utf-8"):
            errors = ERRORS if self._encoding in _ANY_BYTES else "strict"
            self._decoder = codecs.getincrementaldecoder(self._encoding)(errors)

    def _count(self, piece: bytes) -> None:
        self._measure(piece, b"\n", b"\r")
        piece = self._rest + piece
        end = piece.rfind(b"\n") + 1 or (len(piece) if len(piece) > _MOST_WITHOUT_END else 0)
        whole, self._rest = piece[:end], piece[end:]
        self._census.count(whole)
        self._has_text = self._has_text or bool(whole.removeprefix(codecs.BOM_UTF8).strip())

    def _decode(self, decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> None:
        try:
            text = decoder.decode(piece, final)
        except UnicodeDecodeError as error:
            line = self._line + error.object.count(b"\n", 0, error.start)
            raise InvalidRequestError(
                f"this is not {self._given} text throughout: line {line} holds the byte"
                f" 0x{error.object[error.start]:02X}. Give its encoding, or none."
            ) from None
        self._measure(text, "\n", "\r")
        self._has_text = self._has_text or not (text.isspace() or not text)

    def _measure(self, piece: AnyStr, end: AnyStr, lone: AnyStr) -> None:
        """Count lines, and refuse one that would fill the memory, before anyone reads it."""
        has_returns = _has_returns(self.head, b"\r", b"\n")
        last = max(piece.rfind(end), piece.rfind(lone) if has_returns else -1)
        self._length = len(piece) - last - 1 + (self._length if last < 0 else 0)
        self._line += piece.count(end)
        if self._length > _LONGEST_LINE:
            raise InvalidRequestError(
                f"line {self._line} is longer than {_LONGEST_LINE >> 20} MB: put each row, or each value of a list, on"
                " a line of its own."
            )


def _check_for_nul(head: bytes) -> None:
    """Refuse UTF-16 and UTF-32 without a byte-order mark: most bytes are NUL, in the header if nowhere else.

    A few in a text cost their rows.
    """
    first = head.split(b"\n", 1)[0]
    if head.count(0) * 10 > len(head) or first.count(0) * 3 > len(first):
        name = "UTF-32" if first.count(0) * 3 > 2 * len(first) else "UTF-16"
        end = "be" if head[:1] == b"\0" else "le"
        guess = f"{name.lower()}-{end}"
        raise InvalidRequestError(
            f"this holds NUL bytes throughout, so it is binary, or {name} without a byte-order mark: save it as"
            f" UTF-8, or give --encoding {guess} (in Python: encoding={guess!r})."
        )
