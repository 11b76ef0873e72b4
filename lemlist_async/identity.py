"""Keys of identifiers: two spellings of one email address or one LinkedIn profile have the same key. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from lemlist_async.spelling import trimmed


def identity_key(name: str, value: str) -> str:
    """Return the key of an identifier's value; the same key means the same person or company.

    Emails, domains and URLs are compared without case and without invisible characters at their ends, LinkedIn URLs
    by the profile or page that they lead to. IDs are compared as they are.

    Args:
        name: our name of the identifier: `email`, `linkedin_url`, `linkedin_url_sales_nav`, `domain`, `contact_id` …
        value: what it holds.
    """
    return key_of(name)(value)


def key_of(name: str) -> Callable[[str], str]:
    """Return what makes the keys of an identifier's values, by our name of the identifier."""
    if name.endswith("_id"):
        return trimmed
    if name.startswith("linkedin_url"):
        return linkedin_key
    return domain_key if name == "domain" else email_key


def email_key(value: str) -> str:
    """Return an email address in lower case, without invisible characters around it."""
    return trimmed(value).lower()


def domain_key(value: str) -> str:
    """Return a domain, however it is written: `https://www.Acme.com/about` is `acme.com`."""
    host = re.split(r"[/?#:]", trimmed(value).lower().rpartition("://")[2], maxsplit=1)[0]
    return host.removeprefix("www.").rstrip(".")


def linkedin_key(value: str) -> str:
    """Return the profile or page that a LinkedIn URL leads to: `linkedin.com/in/ana-silva`.

    Scheme, `www`, the hosts of countries and of mobile devices, user, port, query, fragment, percent-encoding, case,
    slashes, and what follows the profile in the path do not count. LinkedIn's own keys of people (`ACoAA…`) keep their
    case. Sales Navigator's URLs have keys of their own (`linkedin.com/sales/ACwAA…`), whatever name follows the
    person's key. Any other value is only trimmed and compared without case.
    """
    value = trimmed(value)
    match = _LINKEDIN.fullmatch(value)
    if match is None:
        return value.lower()
    pieces = [piece for piece in _decoded(match["path"] or "").split("/") if trimmed(piece)]
    while pieces and pieces[0].lower() in _WRAPPERS:
        del pieces[0]
    return "/".join(["linkedin.com", *_page(pieces, match["query"] or "")])


_LINKEDIN = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?/*(?:[^/?#@\s]*@)?(?:[a-z0-9-]+\.)*linkedin\.com\.?(?::\d*)?"
    r"(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?:#.*)?",
    re.IGNORECASE | re.DOTALL,
)
_WRAPPERS = {"comm", "m", "mwlite", "touch"}  # the beginnings of the paths of mobile pages and of links in emails
_KINDS: Mapping[str, str] = {"in": "in", "company": "company", "school": "school", "showcase": "showcase"}
_PERSON_KEY = re.compile(r"AC[a-zA-Z0-9]AA[\w-]{20,}")


def _decoded(path: str) -> str:
    """Undo percent-encoding, as often as it was applied."""
    while (plain := unquote(path)) != path:
        path = plain
    return path


def _page(pieces: list[str], query: str) -> list[str]:
    kind = pieces[0].lower() if pieces else ""
    if kind in _KINDS and len(pieces) > 1:
        return [kind, _folded(pieces[1])]
    if kind == "sales" and len(pieces) > 2:
        of_company = ["company"] if pieces[1].lower() == "company" else []
        return ["sales", *of_company, trimmed(pieces[2].split(",")[0])]
    identifying = [query] if kind == "profile" else []  # /profile/view?id=1: the query says who it is
    return [*map(_folded, pieces), *identifying]


def _folded(piece: str) -> str:
    piece = trimmed(piece)
    return piece if _PERSON_KEY.fullmatch(piece) else unicodedata.normalize("NFC", piece).lower()
