"""Finding the encoding of bytes: UTF-8 unless they show otherwise; another one is assumed only if it is likely."""

from __future__ import annotations

import codecs
import re
from typing import Final

from attrs import define

from lemlist_async.errors import InvalidRequestError

ERRORS: Final = "lemlist_async.rows"
"""The error handler that keeps an undecodable byte as U+DC00 plus the byte, whatever the encoding."""
SINGLE_BYTE: Final = "cp1252"
_OF_NO_FILES = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape"})
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_ALONE = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")
_VALID = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
"""A character of several bytes in UTF-8."""
_HIGH = bytes(range(0x80, 0x100))
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_WORD = re.compile(rb"[A-Za-z0-9\x80-\xff]*[\x80-\xff][A-Za-z0-9\x80-\xff]*")
_SEPARATORS = '[^,;\\t|"\\r\\n]'
_MOST_WORDS = 5_000
_MOST_UNLIKELY = 0.1

_SYMBOLS = "€‚ƒ„…†‡ˆ‰‹•–—˜™›¡¢£¤¥¦§¨©«¬¯±²³´¶·¸¹»¼½¾¿×÷"
_UNLIKELY = re.compile(
    rf"[^\W\d_][{_SYMBOLS}](?=[^\W\d_])"  # a symbol inside a word
    rf"|(?:^|[{_SYMBOLS}])[€‚ƒ…†‡ˆ‰•˜™¢£¤¥¦¨¬¯±²³´¶·¸¹¼½¾×÷](?=[^\W\d_])"  # or where a word begins
    rf"|[^\W\d_]{{2,}}[‚ƒ†‡ˆ‰¤¥¦¨¬¯±³¶¸¹¼½¾]$"  # or where it ends, units such as m² apart
    r"|[^\x00-\x7f]{3,}"  # three letters in a row that are not of the English alphabet
    r"|[a-zß-öø-ÿ][À-ÖØ-ÞŠŽŸŒ]"  # a capital after a small letter
    r"|[^\W\d_]þ(?!ór)|[^\W\d_][ìù][a-zß-ÿ]|õ(?!e)|[ªºŸ][a-z]"  # letters that no language has there
    r"|^Ð|^È(?!ve|ze)[a-z]|ø[áíýìù]"
    r"|è[aeiou]|[^\W\d_]æ$|[^\W\d_]ý[bcdfgklmnprstvzçþð]"  # č, ć and ı of Central Europe and Turkey
)


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    """Replace a byte that cannot be decoded by a character of its own."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(ERRORS, _keep_bytes)


def by_mark(head: bytes) -> str | None:
    """Return the encoding that a byte-order mark names, which is certain."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else None


def named(encoding: str, head: bytes) -> str:
    """Return Python's name of an encoding that the caller gave, with the order of bytes that the file has.

    Raises:
        InvalidRequestError: there is none of that name, it is not one of texts, or the file begins as another one.
    """
    name = _codec(encoding)
    mark = by_mark(head)
    if mark is not None:
        _check_mark(mark.removesuffix("-sig"), name)
        return mark
    return _ordered(name, head) if name in {"utf-16", "utf-32"} else name


def _codec(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        b"a".decode(encoding)
    except UnicodeError:  # an encoding of more than one byte a character
        if not name.startswith("utf-"):
            raise _unknown(encoding) from None
    except (LookupError, ValueError):
        raise _unknown(encoding) from None
    if name in _OF_NO_FILES:
        raise _unknown(encoding)
    return name


def _check_mark(marked: str, name: str) -> None:
    if not name.startswith(marked):
        raise InvalidRequestError(
            f"this begins with the byte-order mark of {marked.upper()}, so it is not {name}: give no encoding."
        )


def _ordered(name: str, head: bytes) -> str:
    """Return UTF-16 or UTF-32 with the order of bytes that the first one shows, as there is no byte-order mark."""
    if 0 not in head:
        raise InvalidRequestError(f"this is not {name.upper()}, which would hold NUL bytes: give no encoding.")
    return f"{name}-be" if head[0] == 0 else f"{name}-le"


def _unknown(encoding: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"{encoding[:40]!r} is not an encoding of texts that Python knows, such as utf-8 or cp1252; without one it is"
        " detected."
    )


@define
class Census:
    """What is known about the encoding of a file without a byte-order mark.

    Attributes:
        valid: characters of several bytes, as only UTF-8 has them.
        bad: bytes that are not UTF-8.
        line: the line of the first of them.
        example: the cell around it, as Windows-1252.
    """

    valid: int = 0
    bad: int = 0
    line: int | None = None
    example: str | None = None
    _alone: int = 0
    _undefined: bool = False
    _words: int = 0
    _unlikely: int = 0
    _lines: int = 0

    def count(self, piece: bytes) -> None:
        """Look at a piece of the file, which ends with a line."""
        try:
            text = piece.decode()
        except UnicodeDecodeError as error:
            self._count_bad(piece, error.start)
        else:
            self.valid += 0 if text.isascii() else len(_NOT_ASCII.findall(text))
        self._lines += piece.count(b"\n")

    def _count_bad(self, piece: bytes, first: int) -> None:
        if self.line is None:
            self.line = self._lines + piece.count(b"\n", 0, first) + 1
            self.example = _around(piece, first)
        valid = _VALID.findall(piece)
        self.valid += len(valid)
        self.bad += len(piece) - len(piece.translate(None, _HIGH)) - sum(map(len, valid))
        self._alone += len(_ALONE.findall(piece))
        self._undefined = self._undefined or _UNDEFINED.search(piece) is not None
        words = _WORD.findall(piece)[: _MOST_WORDS - self._words]
        self._words += len(words)
        self._unlikely += sum(_UNLIKELY.search(one.decode(SINGLE_BYTE, "replace")) is not None for one in words)

    def encoding(self) -> str:
        """Return the encoding: UTF-8, though some bytes may be bad, or Windows-1252.

        Raises:
            InvalidRequestError: it is probably neither.
        """
        if not self.bad or self._is_utf_8_all_the_same():
            return "utf-8"
        if self.valid or self._undefined or self._unlikely > _MOST_UNLIKELY * self._words:
            raise InvalidRequestError(
                f"this is neither UTF-8 nor Windows-1252 text, in all likelihood (line {self.line}): save it as"
                " UTF-8, or say what it is with --encoding: cp1250 (Central Europe), cp1251 (Cyrillic), cp1254"
                " (Turkish), mac_roman, shift_jis, gb18030, big5, or cp1252 nevertheless (in Python: encoding=…)."
            )
        return SINGLE_BYTE

    def _is_utf_8_all_the_same(self) -> bool:
        """Return whether there are a few bad bytes among characters that only UTF-8 has.

        In encodings of East Asia some pairs of bytes look like such characters by chance, but few, and the bad bytes
        are adjacent.
        """
        here_and_there = 2 * self._alone >= self.bad and self.bad < 10 * self.valid
        return self.valid > 0 and (self.bad <= self.valid or here_and_there)


def _around(piece: bytes, position: int) -> str:
    """Return the cell with a byte, or some 40 characters of it."""
    start, end = max(0, position - 20), position + 20
    before = re.search(f"{_SEPARATORS}*$", piece[start:position].decode(SINGLE_BYTE, "replace"))
    after = re.match(f"{_SEPARATORS}*", piece[position:end].decode(SINGLE_BYTE, "replace"))
    return "".join(match[0] for match in (before, after) if match)
