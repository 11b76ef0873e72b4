"""Hints from the first values of a column."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.entity import Entity
from lemlist_async.rows.names import CUSTOM, Vocabulary, fold, spelled
from lemlist_async.rows.notes import Note
from lemlist_async.spelling import is_id, trimmed

Samples: TypeAlias = Mapping[str, Sequence[str]]
"""Header -> its first values that are not empty."""
_KINDS = (
    ("email", re.compile(r"[^@\s,;|]+@[^@\s,;|]+\.[^@\s,;|]+")),
    (
        "linkedinUrlSalesNav",
        re.compile(r"(?:https?://)?(?:[\w-]+\.)*linkedin\.com/sales/(?:lead|people)/\S+", re.IGNORECASE),
    ),
    ("linkedinUrl", re.compile(r"(?:https?://)?(?:[\w-]+\.)*linkedin\.com/(?:in|pub)/\S+", re.IGNORECASE)),
    ("contactId", re.compile(r"ctc_[a-zA-Z0-9]+")),
)
_ADDRESS = r"(?:[^@<>]*<)?(?:mailto:)?[\w.%+'-]+@[\w-]+(?:\.[\w-]+)+>?"
_HELD = (
    ("email", re.compile(rf"^{_ADDRESS}(\s*[,;|]\s*{_ADDRESS})*$", re.IGNORECASE), "emails"),
    ("linkedinUrlSalesNav", re.compile(r"linkedin\.com/sales/(lead|people)/", re.IGNORECASE), "Sales Navigator URLs"),
    ("linkedinUrl", re.compile(r"linkedin\.com/(in|pub)/", re.IGNORECASE), "LinkedIn URLs"),
    ("contactId", re.compile(r"^ctc_\w+$"), "contact IDs"),
    ("companyId", re.compile(r"^cpn_\w+$"), "company IDs"),
    ("id", re.compile(r"^[a-z]{3}_[A-Za-z0-9]+$"), "other IDs of lemlist's"),
    ("domain", re.compile(r"^@?(https?://)?([\w-]+\.)+[a-z]{2,}(/\S*)?$", re.IGNORECASE), "domains"),
    ("phone", re.compile(r"^\+?[\d\s().-]{7,}$"), "phone numbers"),
)
"""Field, values and their name: more tolerant than those above, since they only serve messages."""
_OURS = {"linkedinUrl": "linkedin_url", "linkedinUrlSalesNav": "linkedin_url_sales_nav"}


def identifying(values: Iterable[str]) -> str | None:
    """Return the identifier that all these values look like, as lemlist spells it; None if they do not."""
    given = [trimmed(value) for value in values]
    return next((name for name, kind in _KINDS if given and all(map(kind.fullmatch, given))), None)


def mostly(values: Iterable[str]) -> tuple[str, str] | None:
    """Return the field that most of these values look like, as lemlist spells it, and what they are called."""
    given = [trimmed(value) for value in values]
    for name, kind, words in _HELD:
        if given and 2 * sum(kind.search(one) is not None for one in given) >= len(given):
            return name, words
    return None


def target_by_values(header: str, entity: Entity, samples: Samples) -> str | None:
    """Return what a column called `URL` or `Link` is if all its values are profiles; None if they are not."""
    if fold(header) not in map(fold, entity.by_values):
        return None
    return _OURS.get(identifying(samples.get(header, ())) or "")


def check_ids(targets: Mapping[str, str], entity: Entity, samples: Samples) -> None:
    """Refuse a column of IDs of another system, which an `id` often is, by its first values.

    Raises:
        InvalidRequestError: it holds values, but none of lemlist's IDs of this entity.
    """
    for header in (header for header, target in targets.items() if target == entity.id_field):
        values = samples.get(header, ())
        if values and not any(is_id(trimmed(value), entity.id_prefix) for value in values):
            raise InvalidRequestError(
                f"the column {header!r} holds no lemlist {entity.name} IDs ({entity.id_prefix}_…): ignore it, or rename"
                " it to custom.KEY."
            )


def hints_of(
    targets: Mapping[str, str], settled: Collection[str], samples: Samples, vocabulary: Vocabulary
) -> Iterator[Note]:
    """Yield hints on unknown columns: a name that resembles a known one, values of a known kind."""
    taken = {spelled(target) for target in targets.values()}
    for header, target in targets.items():
        is_known = not target.startswith(CUSTOM) or target[len(CUSTOM) :] in vocabulary.types
        if is_known or header in settled:
            continue
        found = identifying(samples.get(header, ()))
        if found is not None and vocabulary.known(found) is None:
            found = None
        if found == "email" and found in taken:
            found = "additionalEmails"
        if found and found not in taken:
            yield _hint(
                "LOOKS_LIKE", header, found, f"{header!r} holds what looks like {found} and is a custom field here."
            )
        elif vocabulary.known(header) is None and (similar := vocabulary.similar(header)) and similar not in taken:
            yield _hint(
                "DID_YOU_MEAN", header, similar, f"{header!r} is not a field of lemlist's. Did you mean {similar}?"
            )


def _hint(code: str, header: str, field: str, message: str) -> Note:
    return Note(code=code, column=header, message=f'{message} --map "{header}={field}" says so.')
