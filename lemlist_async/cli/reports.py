"""The facts of each report, declared once for the table and for `--json`; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import asdict, define, evolve, field

from lemlist_async.cli.facts import (
    Facts,
    Summary,
    TableLine,
    bounds,
    count,
    duration,
    fact_lines,
    facts_json,
    number,
    part,
    value,
    words,
)
from lemlist_async.cli.tallies import Counted, RowTally, note_facts, note_words

if TYPE_CHECKING:
    from lemlist_async.batch.report import BatchReport, WarningCount
    from lemlist_async.jobs import ContactFile, ImportReport, Row, SyncPlan, SyncReport
    from lemlist_async.jobs.checks import ListChoice
    from lemlist_async.models.lists import ContactList
    from lemlist_async.resources.lists import AddReport, RemoveReport
    from lemlist_async.rows.notes import Note

_EXAMPLES = 5


def _rejections(report: BatchReport[Any]) -> list[dict[str, Any]]:
    return [{"position": one.position, "reason": one.reason} for one in report.rejected]


def _errors(report: BatchReport[Any]) -> list[dict[str, Any]]:
    return [{"count": len(one.items), "error": str(one.error)} for one in report.failures]


def _warnings(report: Any) -> list[dict[str, Any]]:
    return [asdict(one) for one in report.warnings]


def _list_words(choice: ListChoice) -> str:
    name = f"{choice.name} ({choice.id})" if choice.name else str(choice.id)
    return f"{name}, created by this run" if choice.created else name


def _failed_ids(report: BatchReport[str]) -> list[str]:
    return [one for failure in report.failures for one in failure.items]


def _runs(report: SyncReport) -> list[BatchReport[Any]]:
    return [run for run in (report.upserted, report.added, report.removed) if run is not None]


COSTS = (
    count("requests", "requests", always=True, tone="quiet"),
    words("elapsed", "time", lambda report: duration(report.elapsed)),
)
RUN = (
    value("done"),
    count("duplicates", "given twice", tone="quiet"),
    count("rejected", "refused", of=_rejections, tone="bad"),
    count("failed", "failed", tone="bad"),
    value("errors", _errors),
    value("warnings", _warnings),
)
_IDS = (
    value("failed_ids", _failed_ids),
    count("ambiguous_ids", "answer lost, may be done", of=lambda report: list(report.ambiguous), tone="doubtful"),
    count("unsent_ids", "not sent", of=lambda report: list(report.unsent), tone="bad"),
)
_ADDITION = (
    count("submitted", "IDs", always=True),
    bounds("added_count", "added", always=True, tone="good"),
    count("already_in_list", "already in the list", tone="quiet"),
    count("unaccounted", "unknown to lemlist", tone="bad"),
    value("is_exact"),
    *RUN,
    *_IDS,
    *COSTS,
)
_REMOVAL = (
    count("submitted", "IDs", always=True),
    bounds("removed_count", "removed", always=True, tone="good"),
    count("not_in_list", "not in the list", tone="quiet"),
    value("is_exact"),
    *RUN,
    *_IDS,
    *COSTS,
)
_UPSERTS = (
    value("submitted"),
    count("created_count", "contacts created", always=True, tone="good"),
    count("updated_count", "contacts updated", tone="good"),
    count("unknown_count", "contacts created or updated", tone="doubtful"),
    *RUN,
    value("ambiguous", lambda report: len(report.ambiguous)),
    value("unsent", lambda report: len(report.unsent)),
    *COSTS,
)
_PLAN = (
    count("members", "members before", always=True),
    count("kept", "to keep", always=True),
    count("to_add", "to add", of=lambda plan: len(plan.adds) + len(plan.upserts), always=True),
    value("adds", lambda plan: len(plan.adds)),
    count("upserts", "of these to look up or create", of=lambda plan: len(plan.upserts)),
    count("removals", "to remove", of=lambda plan: len(plan.removals), always=True),
    count("hidden", "of these possibly to keep", tone="doubtful"),
    count(
        "held_back", "kept, since a rejected row may mean them", of=lambda plan: len(plan.held_back), tone="doubtful"
    ),
    count("left_out", "rejected rows", tone="bad"),
    value("rejected_rows", lambda plan: [asdict(row) for row in plan.rejected_rows]),
    value("allowed"),
    value("is_refused"),
)
_PLAN_COSTS = (
    count("requests", "requests", always=True, tone="quiet"),
    words("least_seconds", "time, at least", lambda plan: duration(plan.least_seconds)),
)
_DRY_RUN = (
    *_PLAN,
    *_PLAN_COSTS,
    value("add_ids", lambda plan: list(plan.adds)),
    value("remove_ids", lambda plan: list(plan.removals)),
)
_EARLIER = (
    bounds("upserted", "contacts upserted by earlier runs"),
    bounds("added", "added by earlier runs"),
    bounds("removed", "removed by earlier runs"),
)
_SYNC = (
    part(
        "plan",
        (*_PLAN, *_PLAN_COSTS),
        only=("members", "kept", "to_add", "upserts", "removals", "hidden", "held_back", "left_out"),
    ),
    part("upserted", _UPSERTS, only=("created_count", "updated_count", "unknown_count", "failed")),
    part("added", _ADDITION, only=("added_count", "unaccounted")),
    part("removed", _REMOVAL, only=("removed_count",)),
    value("is_complete"),
    part("earlier", _EARLIER),
    count("requests", "requests", always=True, tone="quiet"),
    words("elapsed", "time", lambda report: duration(report.elapsed)),
)
_IMPORT = (
    count("rows", "rows read", always=True),
    count("created", "created", always=True, tone="good"),
    count("updated", "updated", tone="good"),
    count("unchanged", "unchanged", tone="quiet"),
    count("unknown", "created or updated", tone="doubtful"),
    count("rejected", "rejected", tone="bad"),
    count("unfinished", "not finished", tone="bad"),
)
_IMPORT_LIST = (
    words("list", "list", lambda report: _list_words(report.list), lambda report: report.list.id),
    value("list_name", lambda report: report.list.name),
    value("list_created", lambda report: report.list.created),
    bounds("added_count", "added to the list", tone="good"),
    count("already_in_list", "already in the list", tone="quiet"),
    count("unaccounted", "unknown to lemlist", tone="bad"),
    count("unlisted", "not yet in the list", tone="bad"),
)
_IMPORT_END = (
    value("warnings", _warnings),
    value("is_complete"),
    value("is_exact"),
)
CONTACT_IMPORT = (*_IMPORT, *_IMPORT_LIST, count("companies_created", "companies made", tone="good"), *_IMPORT_END)
COMPANY_IMPORT = (
    *_IMPORT,
    value("created_count", lambda report: report.created),
    value("updated_count", lambda report: report.updated),
    value("unknown_count", lambda report: report.unknown),
    value("rejected_rows", lambda report: report.rejected),
    *_IMPORT_END,
)
LEAD_IMPORT = (
    count("rows", "rows read", always=True),
    count("created", "added", always=True, tone="good"),
    count("already_in_campaign", "already in the campaign", tone="quiet"),
    count("already_elsewhere", "already in another campaign", tone="quiet"),
    value("updated"),
    count("unchanged", "unchanged", tone="quiet"),
    count("unknown", "added, or there before", tone="doubtful"),
    count("rejected", "rejected", tone="bad"),
    count("unfinished", "not finished", tone="bad"),
    count("in_doubt", "of these perhaps added", tone="doubtful"),
    value("in_doubt_rows", lambda report: list(report.in_doubt_rows)),
    value("added_count", lambda report: report.created),
    value("unknown_count", lambda report: report.unknown),
    value("rejected_rows", lambda report: report.rejected),
    *_IMPORT_END,
)
UNSUBSCRIBE_IMPORT = (
    count("rows", "values read", always=True),
    count("unsubscribed", "unsubscribed", always=True, tone="good"),
    value("created"),
    value("updated"),
    count("unchanged", "unchanged", tone="quiet"),
    value("unknown"),
    count("rejected", "rejected", tone="bad"),
    count("unfinished", "not finished", tone="bad"),
    value("submitted", lambda report: report.rows),
    value("done", lambda report: report.unsubscribed),
    value("ok", lambda report: report.is_complete and not report.rejected),
    *_IMPORT_END,
)
_FILE = (
    count("rows", "rows", always=True),
    count("fit", "can be sent", always=True, tone="good"),
    count("refused", "not fit", tone="bad"),
    value("fields_checked"),
)
_COLUMNS = (
    value("columns", lambda columns: dict(columns.targets)),
    value("ignored", lambda columns: list(columns.ignored)),
    value("unregistered", lambda columns: list(columns.unregistered)),
)


@define
class FileFindings:
    """The findings about a file.

    Attributes:
        fields_checked: whether custom fields were compared with lemlist's registry.
        rows: of the file.
        refused: rows that make no contact.
        tally: those rows by their reasons, and what was left out of others.
    """

    fields_checked: bool
    rows: int = 0
    refused: int = 0
    tally: RowTally = field(factory=RowTally)

    @property
    def fit(self) -> int:
        """Rows that can be sent."""
        return self.rows - self.refused

    def count(self, row: Row) -> None:
        """Count a row."""
        self.rows += 1
        self.tally.note(row)
        if row.contact is None:
            self.refused += 1
            self.tally.reject(row, row.reason or "")


def import_summary(
    report: ImportReport,
    facts: Facts,
    places: Mapping[str, str | None],
    source: dict[str, Any],
    tally: RowTally,
) -> Summary:
    """Summarize an import.

    Args:
        report: of the import.
        facts: what it says about this kind of import.
        places: names the file, the journal, the file of rejected rows, and where the rows went.
        source: how the file was read; see `source_json`.
        tally: refused rows by their reasons.
    """
    lines = fact_lines(report, [one for one in facts if report.list.id or one not in _IMPORT_LIST])
    if places["rejected_file"]:
        lines.append(TableLine("refused rows", f"in {places['rejected_file']}"))
    return Summary(
        json=facts_json(report, (*facts, *COSTS)) | source | tally.json | dict(places),
        lines=lines + fact_lines(report, COSTS),
        notes=[*tally.words, *_doubt_notes(report), *_warning_notes(report.warnings)],
    )


def _doubt_notes(report: ImportReport) -> list[str]:
    if not report.in_doubt:
        return []
    lines = Counted(report.in_doubt, list(report.in_doubt_rows)).places()
    return [
        f"{number(report.in_doubt)} in doubt ({lines}): the answer was lost, or a run was killed. Look whether they"
        " were added, then say --in-doubt accept if they were, or --in-doubt resend."
    ]


def source_json(encoding: str | None, notes: Iterable[Note]) -> dict[str, Any]:
    """Tell how a file was read, for `--json`."""
    return {"encoding": encoding, "notes": [note_facts(note) for note in notes]}


def file_summary(findings: FileFindings, file: ContactFile) -> Summary:
    """Summarize the findings about a file: the meaning of its columns, and the rows that cannot be sent."""
    columns = file.columns
    lines = [TableLine(f"column {header}", target) for header, target in columns.targets.items()]
    lines += [TableLine(f"column {header}", "(left out)", "quiet") for header in columns.ignored]
    lines += [TableLine("encoding", file.encoding)] if file.encoding else []
    notes = [note_words(note) for note in file.notes] + findings.tally.words
    json = (
        facts_json(findings, _FILE)
        | facts_json(columns, _COLUMNS)
        | source_json(file.encoding, file.notes)
        | findings.tally.json
        | {"left_out": findings.tally.left_out_json}
    )
    return Summary(json=json, lines=lines + fact_lines(findings, _FILE), notes=notes)


def addition_summary(report: AddReport, found: ContactList) -> Summary:
    """Summarize an addition to a list."""
    return _list_summary(report, found, _ADDITION, run_notes(report))


def removal_summary(report: RemoveReport, found: ContactList) -> Summary:
    """Summarize a removal from a list."""
    return _list_summary(report, found, _REMOVAL, run_notes(report))


def plan_summary(plan: SyncPlan, found: ContactList) -> Summary:
    """Summarize what a sync would do."""
    summary = _list_summary(plan, found, _DRY_RUN, _rejected_notes(plan))
    return evolve(summary, json={**summary.json, "dry_run": True})


def sync_summary(report: SyncReport, found: ContactList) -> Summary:
    """Summarize what a sync did."""
    rejected = _rejected_notes(report.plan) if report.plan is not None else []
    return _list_summary(report, found, _SYNC, rejected + [note for run in _runs(report) for note in run_notes(run)])


def _rejected_notes(plan: SyncPlan) -> list[str]:
    notes = [f"line {row.number} is rejected: {row.reason}" for row in plan.rejected_rows[:_EXAMPLES]]
    more = plan.left_out - len(notes)
    return [*notes, f"… and {number(more)} more"] if more > 0 else notes


def _list_summary(report: Any, found: ContactList, facts: tuple[Any, ...], notes: list[str]) -> Summary:
    return Summary(
        json={"list": found.id, "list_name": found.name} | facts_json(report, facts),
        lines=[TableLine("list", f"{found.name} ({found.id})"), *fact_lines(report, facts)],
        notes=notes,
    )


def run_notes(report: BatchReport[Any]) -> list[str]:
    """Return notes on the first malformed items and on lemlist's warnings."""
    notes = [f"item {one.position + 1}: {one.reason}" for one in report.rejected[:_EXAMPLES]]
    if more := len(report.rejected) - len(notes):
        notes.append(f"… and {number(more)} more refused")
    return notes + _warning_notes(report.warnings, places=False)


def _warning_notes(warnings: Iterable[WarningCount], *, places: bool = True) -> list[str]:
    return [f"{one.code}: {number(one.count)}{_places(one) if places else ''}. {one.message}" for one in warnings]


def _places(warning: WarningCount) -> str:
    rows = ", ".join(str(row) for row in sorted(warning.positions)[:_EXAMPLES])
    more = ", …" if warning.count > _EXAMPLES else ""
    return f" {'row' if warning.count == 1 else 'rows'} ({rows}{more})"
