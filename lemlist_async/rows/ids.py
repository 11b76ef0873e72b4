"""Lists of contact IDs and email addresses, in any notation; read piece by piece. Pure."""

from __future__ import annotations

import codecs
import re

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.encodings import by_mark
from lemlist_async.rows.foreign import check_bytes, check_text
from lemlist_async.rows.names import fold
from lemlist_async.spelling import INVISIBLE, is_id, trimmed

_BETWEEN = re.compile(r"""(?:[\s\0,;|\[\]{}<>()"“”„«»]|:(?=[^/]))+""")
_AROUND = f"{INVISIBLE}:'`‘’"
"""What is not part of a word at its ends; inside it may be: `o'brien@acme.com`."""
_LONGEST_HEADER = 4_096  # characters that are read before the input is taken for IDs
_LONGEST_WORD = 1 << 20  # characters
_NAMES = {fold(name) for name in ("id", "_id", "ids", "contactId", "contact IDs", "contacts", "email", "emails")} | {
    *("emailaddress", "mail", "mailto", "lemlistid", "reason", "sep="),
}


class IdReader:
    """Finds the IDs and addresses in bytes, read piece by piece.

    They are separated by whitespace, commas, semicolons, bars or line ends, with or without quotes; a JSON array and
    JSON Lines with an `id` or an `email` are read as well, and so is a column under its name. UTF-8 and UTF-16 are
    recognized by the first bytes. What is neither an ID nor an address is returned as it is: the run will refuse it
    with its position.

    Raises:
        InvalidRequestError: from `take`: this is a table with other columns, which `ContactFile` reads, or no list of
            words, such as a workbook or a page.
    """

    def __init__(self) -> None:
        self._decoder: codecs.IncrementalDecoder | None = None
        self._rest = ""
        self._began = False

    def take(self, piece: bytes) -> list[str]:
        """Return the IDs that are complete so far."""
        if self._decoder is None:
            check_bytes(piece)
            check_text(piece.decode(_encoding(piece), "replace"), is_json=True)
            self._decoder = codecs.getincrementaldecoder(_encoding(piece))("replace")
        self._rest += self._decoder.decode(piece)
        if not self._began and "\n" not in self._rest.lstrip(INVISIBLE) and len(self._rest) < _LONGEST_HEADER:
            return []
        end = max((match.end() for match in _BETWEEN.finditer(self._rest)), default=0)
        whole, self._rest = self._rest[:end], self._rest[end:]
        if len(self._rest) > _LONGEST_WORD:
            raise InvalidRequestError(
                "this holds no IDs: more than a million characters without whitespace or a comma."
            )
        return self._found(whole)

    def end(self) -> list[str]:
        """Return the rest, at the end of the input."""
        return self._found(self._rest)

    def _found(self, text: str) -> list[str]:
        if not self._began:
            self._began = True
            text = _without_header(text.lstrip(INVISIBLE))
        words = (word.strip(_AROUND) for word in _BETWEEN.split(text))
        return [word for word in words if word and fold(word) not in _NAMES]


def _encoding(head: bytes) -> str:
    mark = by_mark(head)
    if mark is not None:
        return mark
    if head[1:2] == b"\0":
        return "utf-16-le"
    return "utf-16-be" if head[:1] == b"\0" else "utf-8"


def _without_header(text: str) -> str:
    """Return a text without its header, if it has one.

    Raises:
        InvalidRequestError: the header names more than IDs and addresses.
    """
    line, _, rest = text.partition("\n")
    names = [name for one in re.split(r"[,;\t|]", line) if (name := trimmed(one).strip("\"'"))]
    known = [fold(name) in _NAMES for name in names]
    if all(known):
        return rest
    if any(known) and not any(is_id(name, "ctc") or "@" in name for name in names) and line[0] not in "[{":
        raise InvalidRequestError(
            "this is a table with other columns than IDs: give one column of contact IDs (ctc_…) or email addresses, or"
            " import the file."
        )
    return text
