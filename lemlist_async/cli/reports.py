"""What reports say, in plain words and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lemlist_async.batch.report import BatchReport, WarningCount
    from lemlist_async.jobs import Columns, ImportReport, Row, SyncPlan, SyncReport
    from lemlist_async.resources.lists import AddReport, RemoveReport
    from lemlist_async.resources.records import UpsertReport

Lines = list[tuple[str, str]]

_EXAMPLES = 5
_ROWS_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Told:
    """A report, told.

    Attributes:
        facts: for `--json`.
        lines: labels and values for a table.
        notes: what stands below the table.
    """

    facts: Mapping[str, Any]
    lines: Lines = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class Check:
    """What was found in a file.

    Attributes:
        fields_checked: whether lemlist's registry of fields was there to compare with.
        rows: of the file.
        refused: rows that no contact can be made of.
        examples: the first of them, by number and reason.
    """

    fields_checked: bool
    rows: int = 0
    refused: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)

    def count(self, row: Row) -> None:
        """Take in a row."""
        self.rows += 1
        if row.contact is None:
            self.refused += 1
            if self.refused <= _ROWS_SHOWN:
                self.examples.append((row.number, row.reason or ""))


def number(count: int) -> str:
    """Write a count as people read it."""
    return f"{count:,}"


def between(least: int, most: int) -> str:
    """Write a count that may be a bound."""
    return number(least) if least == most else f"between {number(least)} and {number(most)}"


def duration(seconds: float) -> str:
    """Write a time: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 5 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left} min" if hours else f"{minutes} min {rest} s"


def told_import(report: ImportReport, where: dict[str, str | None]) -> Told:
    """Tell an import; `where` names the file, the list, the journal and the file of rejected rows."""
    from attrs import asdict

    lines: Lines = [
        ("rows", number(report.rows)),
        ("created", number(report.created)),
        ("updated", number(report.updated)),
        ("unchanged", number(report.unchanged)),
        *_if_any("created or updated", report.unknown),
        ("rejected", number(report.rejected)),
        *_if_any("not finished", report.unfinished),
    ]
    if where["list"]:
        lines += [
            ("added to the list", between(report.added_count, report.added_count_max)),
            ("already in the list", number(report.already_in_list)),
            *_if_any("unknown to lemlist", report.unaccounted),
        ]
    if where["rejected_file"]:
        lines.append(("rows to mend", f"in {where['rejected_file']}"))
    facts = asdict(report) | {"is_exact": report.is_exact} | where
    return Told(facts=facts, lines=lines + _costs(report.requests, report.elapsed), notes=_warnings(report.warnings))


def told_check(check: Check, columns: Columns) -> Told:
    """Tell what was found in a file: what its columns mean, and which rows cannot be sent."""
    lines = [(f"column {header}", target) for header, target in columns.targets.items()]
    lines += [(f"column {header}", "(left out)") for header in columns.ignored]
    lines += [("rows", number(check.rows)), ("fit to be sent", number(check.rows - check.refused))]
    notes = [f"row {row}: {reason}" for row, reason in check.examples]
    if more := check.refused - len(notes):
        notes.append(f"… and {number(more)} more rows")
    facts = {
        "rows": check.rows,
        "refused": check.refused,
        "examples": [{"row": row, "reason": reason} for row, reason in check.examples],
        "columns": dict(columns.targets),
        "ignored": list(columns.ignored),
        "unregistered": list(columns.unregistered),
        "fields_checked": check.fields_checked,
    }
    return Told(facts=facts, lines=lines + _if_any("not fit", check.refused), notes=notes)


def told_addition(report: AddReport, list_id: str) -> Told:
    """Tell an addition to a list."""
    lines = [
        ("IDs", number(report.submitted)),
        ("added", between(report.added_count, report.added_count_max)),
        ("already in the list", number(report.already_in_list)),
        *_if_any("unknown to lemlist", report.unaccounted),
        *_remains(report),
        *_costs(report.requests, report.elapsed),
    ]
    return Told(facts={"list": list_id} | _addition(report), lines=lines, notes=_run_notes(report))


def told_removal(report: RemoveReport, list_id: str) -> Told:
    """Tell a removal from a list."""
    lines = [
        ("IDs", number(report.submitted)),
        ("removed", between(report.removed_count, report.removed_count_max)),
        ("not in the list", number(report.not_in_list)),
        *_remains(report),
        *_costs(report.requests, report.elapsed),
    ]
    return Told(facts={"list": list_id} | _removal(report), lines=lines, notes=_run_notes(report))


def told_plan(plan: SyncPlan, list_id: str) -> Told:
    """Tell what a sync would do."""
    lines = [
        *_plan_lines(plan),
        ("requests", number(plan.requests)),
        ("time, at least", duration(plan.least_seconds)),
    ]
    ids = {"add_ids": list(plan.adds), "remove_ids": list(plan.removals)}
    return Told(facts={"list": list_id, "dry_run": True} | _plan(plan) | ids, lines=lines)


def told_sync(report: SyncReport, list_id: str) -> Told:
    """Tell what a sync did."""
    parts = [part for part in (report.upserted, report.added, report.removed) if part is not None]
    lines = [] if report.plan is None else _plan_lines(report.plan)
    if report.upserted is not None:
        lines += _upsert_lines(report.upserted)
    if report.added is not None:
        lines += [("added", between(report.added.added_count, report.added.added_count_max))]
    if report.removed is not None:
        lines += [("removed", between(report.removed.removed_count, report.removed.removed_count_max))]
    requests = sum(part.requests for part in parts)
    facts = {
        "list": list_id,
        "plan": None if report.plan is None else _plan(report.plan),
        "upserted": None if report.upserted is None else _upserted(report.upserted),
        "added": None if report.added is None else _addition(report.added),
        "removed": None if report.removed is None else _removal(report.removed),
        "is_complete": report.is_complete,
        "requests": requests,
        "elapsed": report.elapsed,
    }
    notes = [note for part in parts for note in _run_notes(part)]
    return Told(facts=facts, lines=lines + _costs(requests, report.elapsed), notes=notes)


# Parts.


def _costs(requests: int, elapsed: float) -> Lines:
    return [("requests", number(requests)), ("time", duration(elapsed))]


def _if_any(label: str, count: int) -> Lines:
    return [(label, number(count))] if count else []


def _remains(report: BatchReport[Any]) -> Lines:
    """Tell what of a run is not done."""
    return [
        *_if_any("given twice", report.duplicates),
        *_if_any("malformed", len(report.rejected)),
        *_if_any("failed", report.failed),
        *_if_any("answer lost, may be done", len(report.ambiguous)),
        *_if_any("not sent", len(report.unsent)),
    ]


def _plan_lines(plan: SyncPlan) -> Lines:
    return [
        ("members before", number(plan.members)),
        ("to keep", number(plan.kept)),
        ("to add", number(len(plan.adds) + len(plan.upserts))),
        *_if_any("of these to look up or create", len(plan.upserts)),
        ("to remove", number(len(plan.removals))),
    ]


def _upsert_lines(report: UpsertReport) -> Lines:
    return [
        ("contacts created", number(report.created_count)),
        ("contacts updated", number(report.updated_count)),
        *_if_any("contacts created or updated", report.unknown_count),
        *_if_any("contacts failed", report.failed),
    ]


def _run_notes(report: BatchReport[Any]) -> list[str]:
    """Name the first malformed items, and lemlist's warnings."""
    notes = [f"item {one.position + 1}: {one.reason}" for one in report.rejected[:_EXAMPLES]]
    if more := len(report.rejected) - len(notes):
        notes.append(f"… and {number(more)} more malformed")
    return notes + _warnings(report.warnings, places=False)


def _warnings(warnings: Iterable[WarningCount], *, places: bool = True) -> list[str]:
    return [f"{one.code}: {number(one.count)}{_places(one) if places else ''}. {one.message}" for one in warnings]


def _places(warning: WarningCount) -> str:
    rows = ", ".join(str(row) for row in sorted(warning.positions)[:_EXAMPLES])
    more = ", …" if warning.count > _EXAMPLES else ""
    return f" {'row' if warning.count == 1 else 'rows'} ({rows}{more})"


# JSON.


def _run(report: BatchReport[Any]) -> dict[str, Any]:
    """Return what every run's report holds; of contacts only their IDs."""
    return {
        "submitted": report.submitted,
        "done": report.done,
        "duplicates": report.duplicates,
        "rejected": [{"position": one.position, "reason": one.reason} for one in report.rejected],
        "failed": report.failed,
        "errors": [{"count": len(one.items), "error": str(one.error)} for one in report.failures],
        "requests": report.requests,
        "warnings": [
            {"code": one.code, "message": one.message, "count": one.count, "positions": one.positions}
            for one in report.warnings
        ],
        "elapsed": report.elapsed,
    }


def _ids(report: BatchReport[str]) -> dict[str, Any]:
    return {
        "failed_ids": [one for failure in report.failures for one in failure.items],
        "ambiguous_ids": list(report.ambiguous),
        "unsent_ids": list(report.unsent),
    }


def _addition(report: AddReport) -> dict[str, Any]:
    counts = {
        "added_count": report.added_count,
        "added_count_max": report.added_count_max,
        "already_in_list": report.already_in_list,
        "unaccounted": report.unaccounted,
        "is_exact": report.is_exact,
    }
    return counts | _run(report) | _ids(report)


def _removal(report: RemoveReport) -> dict[str, Any]:
    counts = {
        "removed_count": report.removed_count,
        "removed_count_max": report.removed_count_max,
        "not_in_list": report.not_in_list,
        "is_exact": report.is_exact,
    }
    return counts | _run(report) | _ids(report)


def _upserted(report: UpsertReport) -> dict[str, Any]:
    counts = {
        "created_count": report.created_count,
        "updated_count": report.updated_count,
        "unknown_count": report.unknown_count,
    }
    unclear = {"ambiguous": len(report.ambiguous), "unsent": len(report.unsent)}
    return counts | _run(report) | unclear


def _plan(plan: SyncPlan) -> dict[str, Any]:
    return {
        "members": plan.members,
        "kept": plan.kept,
        "adds": len(plan.adds),
        "upserts": len(plan.upserts),
        "removals": len(plan.removals),
        "allowed": plan.allowed,
        "is_refused": plan.is_refused,
        "requests": plan.requests,
        "least_seconds": plan.least_seconds,
    }
