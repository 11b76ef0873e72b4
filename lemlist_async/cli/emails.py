"""Emails instead of contact IDs, looked up 100 a request."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import TYPE_CHECKING, Any

from lemlist_async.cli.facts import Facts, Summary, count, json_of, lines_of

if TYPE_CHECKING:
    from lemlist_async.client import Lemlist

_FACTS: Facts = (
    count("asked_for", "emails", of=lambda report: report.submitted, always=True),
    count("duplicates", "given twice", tone="quiet"),
    count("malformed", "no emails", of=lambda report: len(report.rejected), tone="bad"),
    count("unknown", "emails unknown to lemlist", of=lambda report: len(report.missing), tone="bad"),
    count("requests", "requests to look them up", always=True, tone="quiet"),
)


class EmailLookUp:
    """The IDs of contacts by their emails, as they are found; iterate it once."""

    def __init__(self, lemlist: Lemlist, emails: Iterable[str] | AsyncIterable[str]) -> None:
        self._run = lemlist.contacts.get_many(emails, malformed="skip")

    async def __aiter__(self) -> AsyncIterator[str]:
        async with self._run as outcomes:
            async for outcome in outcomes:
                if (error := getattr(outcome, "error", None)) is not None:
                    raise error
                for contact in outcome.result.values():  # type: ignore[union-attr] # it has no error: it is done
                    yield contact.id

    @property
    def is_complete(self) -> bool:
        """Whether lemlist knows every one of them."""
        return not (self._run.report.missing or self._run.report.rejected)

    def add_to(self, summary: Summary) -> Summary:
        """Return the report of a list change, with what became of the emails. None of them is shown."""
        report: Any = self._run.report
        return Summary(
            json={**summary.json, "emails": json_of(report, _FACTS)},
            lines=[*lines_of(report, _FACTS), *summary.lines],
            notes=summary.notes,
        )
