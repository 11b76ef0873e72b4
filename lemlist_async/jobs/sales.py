"""Imports of leads, companies and values to unsubscribe, with a journal as contacts have it."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Any, TypeAlias, Unpack, get_args

from lemlist_async.client import Lemlist
from lemlist_async.errors import InvalidRequestError
from lemlist_async.jobs.checks import check_columns
from lemlist_async.jobs.importing import ImportJob
from lemlist_async.jobs.intake import InDoubt
from lemlist_async.jobs.kinds import CompanyKind, LeadKind, UnsubscribeKind
from lemlist_async.jobs.options import ImportOptions, ImportSettings
from lemlist_async.models.companies import CompanyInput
from lemlist_async.models.contacts import ContactInput
from lemlist_async.models.leads import LeadInput
from lemlist_async.resources.ids import checked_id
from lemlist_async.rows.row import Row

_Lead: TypeAlias = Row | LeadInput | ContactInput | Mapping[str, Any]
LeadRows: TypeAlias = Iterable[_Lead] | AsyncIterable[_Lead]
_Company: TypeAlias = Row | CompanyInput | Mapping[str, Any]
CompanyRows: TypeAlias = Iterable[_Company] | AsyncIterable[_Company]
_Value: TypeAlias = Row | str | Mapping[str, str]
ValueRows: TypeAlias = Iterable[_Value] | AsyncIterable[_Value]


def import_leads(
    lemlist: Lemlist,
    campaign_id: str,
    rows: LeadRows,
    *,
    deduplicate: bool = False,
    in_doubt: InDoubt = "report",
    **options: Unpack[ImportOptions],
) -> ImportJob:
    """Add people to a campaign; await it for an `ImportReport`.

    In a running campaign without review, lemlist begins to send at once. A person who is in the campaign already is
    counted, and is not an error; lemlist does not change that lead, even if the row has changed, which is a warning.

    With a journal the job can be killed at any moment and run again: it sends nothing again that is known to be done,
    and the next run sends only rows that are new or have changed. A lead that was removed from the campaign, or was
    left out because it was in another one, is not added again, unless `full` is set.

    An addition is safe to repeat only with `deduplicate` and an email, see `leads.add`. Then a row that a killed run
    may have sent is sent again. Otherwise such a row is in doubt: it is reported, and not sent again, until `in_doubt`
    says what to do with it. There are at most as many as requests were in flight or about to be.

    Args:
        lemlist: the client.
        campaign_id: `cam_…`.
        rows: `LeadInput`s, or what `import_contacts` takes: fields that leads do not have become its variables.
        deduplicate: do not add a person who is in another campaign of the team; recommended for many.
        in_doubt: what to do with rows that an earlier run may have sent and that are not safe to repeat: `report` them,
            `resend` them, or `accept` that they are in the campaign, if you have checked that.
        options: see `ImportOptions`.

    Raises:
        InvalidRequestError: an argument is malformed; at once.
        JobRefusedError: the file was read in another encoding than last time; before anything is sent.
        JournalError: the journal is damaged, in use, or of another job, file, campaign or team; before anything is
            sent.
        BatchError: as for `import_contacts`; also if rows are in doubt. `.report` says how far it got.
    """
    if in_doubt not in get_args(InDoubt):
        raise InvalidRequestError(f"in_doubt must be one of {', '.join(map(repr, get_args(InDoubt)))}.")
    kind = LeadKind(lemlist, checked_id(campaign_id, "cam"), deduplicate)
    return ImportJob(lemlist, rows, ImportSettings.of(kind, rows, options, in_doubt=in_doubt))


def import_companies(
    lemlist: Lemlist,
    rows: CompanyRows,
    *,
    drop_unregistered: bool = False,
    **options: Unpack[ImportOptions],
) -> ImportJob:
    """Upsert companies; await it for an `ImportReport`.

    Safe to repeat: lemlist finds a company by its domain or LinkedIn URL. With a journal, what is known to be done is
    not sent again, what a killed run may have sent is, and the next run sends only the rows that have changed.

    Args:
        lemlist: the client.
        rows: a `CompanyFile`, `CompanyInput`s, mappings, a frame or a cursor; read lazily, from the beginning on every
            run. The keys of mappings are matched as a file's headers are.
        drop_unregistered: accept a `CompanyFile` whose columns include custom fields that lemlist does not know, and
            would drop silently.
        options: see `ImportOptions`.

    Raises:
        InvalidRequestError: an argument is malformed; at once.
        JobRefusedError: a column is not a registered field; at once.
        JournalError: the journal is damaged, in use, or of another job, file or team; before anything is sent.
        BatchError: as for `import_contacts`. `.report` says how far it got.
    """
    check_columns(rows, drop_unregistered=drop_unregistered)
    return ImportJob(lemlist, rows, ImportSettings.of(CompanyKind(lemlist), rows, options))


def import_unsubscribes(
    lemlist: Lemlist,
    values: ValueRows,
    **options: Unpack[ImportOptions],
) -> ImportJob:
    """Unsubscribe values, 10,000 a request; await it for an `ImportReport`.

    Safe to repeat: a value that is unsubscribed already stays so. With a journal, what is known to be done is not sent
    again, what a killed run may have sent is, and the next run sends only new values. If lemlist refuses a request, its
    halves are sent, so that only wrong values are rejected; see `unsubscribes.add_many`. A value that was removed from
    the list in lemlist meanwhile is not added again, unless `full` is set.

    Args:
        lemlist: the client.
        values: a `UnsubscribeFile`, or emails, domains with an `@` in front (`@acme.com`), LinkedIn URLs and phone
            numbers, also as mappings with one value; any iterable or async iterable, read lazily, from the beginning
            on every run.
        options: see `ImportOptions`.

    Raises:
        InvalidRequestError: an argument is malformed; at once.
        JournalError: the journal is damaged, in use, or of another job, file or team; before anything is sent.
        BatchError: as for `import_contacts`. `.report` says how far it got.
    """
    return ImportJob(lemlist, values, ImportSettings.of(UnsubscribeKind(lemlist), values, options))
