"""What a file is that its name does not say: pages, documents, messages and archives, by their first characters."""

from __future__ import annotations

import re
from pathlib import Path

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.encodings import by_mark
from lemlist_async.spelling import INVISIBLE

_HEAD = 4_096  # characters
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_BYTES = (
    (_ZIP, "a workbook or an archive: name a workbook .xlsx or .ods, and unpack an archive"),
    (_OLE, "an old workbook, or one with a password: name it .xls, or save it without a password"),
    (b"PAR1", "Parquet: name it .parquet"),
    (b"%PDF", "a PDF: export the table as CSV"),
    (b"SQLite format 3", "a database of SQLite: export the table as CSV"),
    (b"\x1f\x8b", "compressed with gzip once more than its name says: unpack it"),
    (b"BZh91AY", "compressed with bzip2: unpack it, or pack it with gzip"),
    (b"\xfd7zXZ\0", "compressed with xz: unpack it, or pack it with gzip"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard: unpack it, or pack it with gzip"),
)
_SAVE = "open it in a spreadsheet program and save it as .xlsx or .csv"
_MAIL = "an email: save the table that it brings as a file of its own"
_JSON = 'JSON: name it .jsonl if each line is one object; an array becomes that with: jq -c ".[]"'
_TEXTS = (
    (r"<\?xml.*urn:schemas-microsoft-com:office:spreadsheet", f"an XML spreadsheet: {_SAVE}"),
    (r"(<\?xml[^>]*>\s*)?<(!doctype html|(html|head|meta|body|table|style|div)\b)", f"HTML: {_SAVE}"),
    (r"<\?xml", "XML: export the table as CSV"),
    (r"\{\\rtf", "RTF: copy the table into a spreadsheet program and save it as .xlsx or .csv"),
    (r"BEGIN:V(CARD|CALENDAR)", "a vCard or a calendar: export the contacts as CSV"),
    (r"From \S+@\S+ [^\n]*\d\d:\d\d", _MAIL),
    (
        r"(from|to|subject|date|received|return-path|delivered-to|reply-to|message-id|mime-version|content-type"
        r"|dkim-signature|x-[\w-]+): .*^(from|subject|received|message-id|mime-version): ",
        _MAIL,
    ),
    (r"(\[\s*)?\{\s*[\"}]", _JSON),
    (r".*\x1b[$(](?-i:[@-J])", "in an encoding with escapes, such as ISO-2022-JP: name it with --encoding"),
)
_KINDS = tuple((re.compile(start, re.IGNORECASE | re.MULTILINE | re.DOTALL), what) for start, what in _TEXTS)
_ARRAY = re.compile(r'\[\s*["{\[]')
_OF_SUFFIX = {".xls": _OLE}


def check_bytes(head: bytes) -> None:
    """Check that a text does not begin as another kind of file does.

    Raises:
        InvalidRequestError: it does; the message says which, and what to do.
    """
    for magic, what in _BYTES:
        if head.startswith(magic):
            raise _refusal(what)


def check_text(head: str, *, is_json: bool) -> None:
    """Check that a text is a table or a list, or JSON if its name says so.

    Raises:
        InvalidRequestError: it is something else.
    """
    head = head[:_HEAD].lstrip(INVISIBLE)
    for start, what in _KINDS:
        if start.match(head) and not (is_json and what is _JSON):
            raise _refusal(what)


def check_no_array(head: str) -> None:
    """Check that a text is not a JSON array, which is not a table.

    Raises:
        InvalidRequestError: it is.
    """
    if _ARRAY.match(head[:_HEAD].lstrip(INVISIBLE)):
        raise _refusal(_JSON)


def check_workbook(path: Path) -> None:
    """Check what it is that cannot be read as a workbook.

    Raises:
        InvalidRequestError: it is something else.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_OF_SUFFIX.get(path.suffix.lower(), _ZIP)):
        return
    check_bytes(head)
    mark = by_mark(head)
    check_text(head.decode(mark or "utf-8", "replace"), is_json=False)
    if mark is not None or (head.strip() and 0 not in head):
        raise _refusal("a text and no workbook: name it .csv or .tsv")


def _refusal(what: str) -> InvalidRequestError:
    return InvalidRequestError(f"this is {what}.")
