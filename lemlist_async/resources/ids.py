"""IDs as lemlist writes them: three letters that tell the kind, an underscore, letters and digits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from string import ascii_letters, digits
from typing import Any

from lemlist_async.errors import InvalidRequestError

_LIKE_AN_ID = re.compile(r"[a-z]{3}[_-][\w-]{0,40}", re.ASCII)
_ALPHABET = (ascii_letters + digits).encode()
_KINDS = {
    "cam": "campaign",
    "clt": "list",
    "cpn": "company",
    "ctc": "contact",
    "enr": "enrichment",
    "hoo": "webhook",
    "lea": "lead",
}


def checked_id(value: Any, prefix: str) -> str:
    """Return an ID of this kind.

    Raises:
        InvalidRequestError: it is something else, such as the ID of another kind of thing.
    """
    if _is_id(value, prefix):
        return str(value)
    raise InvalidRequestError(_wrong(value, prefix))


def checked_id_or_email(value: Any, prefix: str) -> str:
    """Return an ID of this kind, or an email address; surrounding blanks are dropped.

    Raises:
        InvalidRequestError: it is neither.
    """
    text = value.strip() if isinstance(value, str) else value
    if is_email(text) or _is_id(text, prefix):
        return str(text)
    raise InvalidRequestError(f"Pass a {_KINDS[prefix]}'s ID ({prefix}_…) or email address.")


def is_email(value: Any) -> bool:
    """Tell an email address from an ID; whether it can receive anything is lemlist's to say."""
    return isinstance(value, str) and "@" in value and not any(map(str.isspace, value))


def malformed(ids: Sequence[Any], prefix: str) -> Iterable[tuple[int, str]]:
    """Return the index and the reason of each item that is no ID of this kind."""
    if _are_ids(ids, prefix):
        return ()
    return [(index, _wrong(one, prefix)) for index, one in enumerate(ids) if not _is_id(one, prefix)]


def _is_id(value: Any, prefix: str) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(rf"{prefix}_[a-zA-Z0-9]+", value))


def _are_ids(ids: Sequence[Any], prefix: str) -> bool:
    """Check many at once, their form by a match and their alphabet by a translation.

    That takes 45 us for 1,000 IDs; one match for both takes 75, a match for each ID 300.
    """
    try:
        text = "\n".join(ids) + "\n"
    except TypeError:
        return False
    marks = text.encode(errors="replace").translate(None, _ALPHABET)
    return marks == b"_\n" * len(ids) and bool(_form(prefix).fullmatch(text))


@cache
def _form(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{prefix}_.++\n)*+")


def _wrong(value: Any, prefix: str) -> str:
    return (
        f"{_shown(value)} is not a {_KINDS[prefix]} ID: it begins with {prefix}_ and goes on with letters and digits."
    )


def _shown(value: Any) -> str:
    """Show what is like an ID; people put emails, names and keys there, which no error may hold."""
    if not isinstance(value, str):
        return f"A {type(value).__name__}{' (pass its .id)' if hasattr(value, 'id') else ''}"
    if "@" in value:
        return "What looks like an email address"
    return repr(value) if _LIKE_AN_ID.fullmatch(value) else f"A text of {len(value)} characters"
