"""A page about an import: outcomes of rows, speed, and refusals. No script, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

from attrs import frozen

from lemlist_async.cli.facts import duration, number
from lemlist_async.spelling import counted

if TYPE_CHECKING:
    from lemlist_async.cli.pace import Pace
    from lemlist_async.cli.tallies import RowTally
    from lemlist_async.jobs import ImportReport

# Outcomes of rows: the report's attribute, the word, and the colour in light and dark.
_OUTCOMES = (
    ("created", "created", "#1a7f37"),
    ("updated", "updated", "#0969da"),
    ("unchanged", "unchanged", "#8c959f"),
    ("already_in_campaign", "already in the campaign", "#6e7781"),
    ("already_elsewhere", "already in another campaign", "#afb8c1"),
    ("unsubscribed", "unsubscribed", "#2da44e"),
    ("unknown", "created or updated", "#9a6700"),
    ("rejected", "rejected", "#cf222e"),
    ("unfinished", "not finished", "#bc4c00"),
)
_STYLE = """
:root { color-scheme: light dark; --line: #d0d7de; --ink: #1f2328; --paper: #fff; --soft: #59636e; --bar: #0969da;
  --limit: #cf222e }
@media (prefers-color-scheme: dark) {
  :root { --line: #3d444d; --ink: #f0f6fc; --paper: #0d1117; --soft: #9198a1; --bar: #4493f8; --limit: #f85149 }
}
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper) }
h1 { font-size: 1.5rem; overflow-wrap: anywhere } h2 { font-size: 1.1rem; margin-top: 2rem }
figure { margin: 0 } svg { width: 100%; height: auto; display: block } figcaption, .soft { color: var(--soft) }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
th { white-space: nowrap } td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .5em }
"""


@frozen(kw_only=True)
class ImportPage:
    """The content of the page.

    Attributes:
        report: the import's report.
        tally: refused rows by their reasons.
        pace: requests over time.
        places: the file, the list, the journal, the file of refused rows.
        limit: requests that the key may make in two seconds.
        at: when the import ended.
        awaits_decision: whether nothing but rows in doubt is left, so that another run changes nothing.
    """

    report: ImportReport
    tally: RowTally
    pace: Pace
    places: Mapping[str, str | None]
    limit: int
    at: datetime
    awaits_decision: bool = False

    def html(self) -> str:
        """Return the whole page."""
        title = f"Import of {self.places['file']}"
        parts = (
            f"<h1>{escape(title)}</h1>",
            f"<p>{self._sentence()}</p>",
            "<h2>Rows</h2>",
            _outcomes(self.report),
            "<h2>Requests</h2>",
            _requests(self.pace, self.report.requests, self.limit),
            *self._rejections(),
            *self._warnings(),
            *self._files(),
        )
        return (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
            + "\n".join(parts)
            + "\n</main>\n</body>\n</html>\n"
        )

    def _sentence(self) -> str:
        if self.awaits_decision:
            ended = "not complete: look whether the rows in doubt were added, then say --in-doubt"
        else:
            ended = "complete" if self.report.is_complete else "not complete: run the same command again"
        when = self.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        return f"{when}, {duration(self.report.elapsed)}, {ended}."

    def _rejections(self) -> Iterable[str]:
        refused = [(one["reason"], one["count"], one["lines"]) for one in self.tally.json["rejections"]]
        if refused:
            yield "<h2>Rejected rows</h2>"
            yield _table(("Reason", "Rows", "Lines"), refused)

    def _warnings(self) -> Iterable[str]:
        if self.report.warnings:
            yield "<h2>Warnings</h2>"
            rows = [(f"{one.code}: {one.message}", one.count, list(one.positions)) for one in self.report.warnings]
            yield _table(("Warning", "Rows", "Lines"), rows)
        yield from (f"<p>{escape(words)}</p>" for words in self.tally.words_to_correct)

    def _files(self) -> Iterable[str]:
        yield "<h2>Files</h2>"
        names = {"list": "List", "campaign": "Campaign", "journal": "Journal", "rejected_file": "Rejected rows"}
        rows = [(names[key], value) for key, value in self.places.items() if key in names and value]
        cells = "".join(f"<tr><th scope='row'>{name}</th><td>{escape(value)}</td></tr>" for name, value in rows)
        yield f"<table>{cells}</table>" if rows else "<p class='soft'>None.</p>"


def _outcomes(report: ImportReport) -> str:
    """Return the bar of outcomes and its legend."""
    counts = [(word, colour, getattr(report, name)) for name, word, colour in _OUTCOMES if getattr(report, name)]
    total = sum(count for _, _, count in counts) or 1
    left, bars = 0.0, []
    for word, colour, count in counts:
        width = 1000 * count / total
        bars.append(
            f'<rect x="{left:.2f}" y="0" width="{width:.2f}" height="48" fill="{colour}">'
            f"<title>{word}: {number(count)}</title></rect>"
        )
        left += width
    words = ", ".join(f"{number(count)} {word}" for word, _, count in counts) or "no rows"
    rows = "".join(
        f"<tr><th scope='row'><span class='key' style='background:{colour}'></span>{word}</th>"
        f"<td class='number'>{number(count)}</td><td class='number'>{100 * count / total:.1f} %</td></tr>"
        for word, colour, count in counts
    )
    svg = f'<svg viewBox="0 0 1000 48" role="img" aria-label="{words}" preserveAspectRatio="none">{"".join(bars)}</svg>'
    read = counted(report.rows, "row", "rows")
    return f"<figure>{svg}<figcaption>{read} read</figcaption></figure><table>{rows}</table>"


def _requests(pace: Pace, total: int, limit: int) -> str:
    """Return requests over time, with the limit as a line."""
    allowed = limit * pace.span / 2
    highest = max([allowed, *pace.counts])
    width = 1000 / max(1, len(pace.counts))
    bars = "".join(
        f'<rect x="{position * width:.2f}" y="{200 - 180 * count / highest:.2f}" width="{max(0.5, width - 1):.2f}"'
        f' height="{180 * count / highest:.2f}" fill="var(--bar)"/>'
        for position, count in enumerate(pace.counts)
    )
    line = 200 - 180 * allowed / highest
    most = max(pace.counts, default=0)
    label = f"Requests in each {pace.span:g} seconds: {most} at most, where {allowed:g} are allowed"
    return (
        f'<figure><svg viewBox="0 0 1000 204" role="img" aria-label="{label}">{bars}'
        f'<line x1="0" x2="1000" y1="{line:.2f}" y2="{line:.2f}" stroke="var(--limit)" stroke-dasharray="8 6"/>'
        f'<line x1="0" x2="1000" y1="200.5" y2="200.5" stroke="var(--line)"/></svg>'
        f"<figcaption>{counted(total, 'request', 'requests')}, retries included. {label} (the dashed line)."
        "</figcaption></figure>"
    )


def _table(header: Sequence[str], rows: Iterable[tuple[str, int, Sequence[int]]]) -> str:
    head = "".join(f"<th scope='col'>{name}</th>" for name in header)
    body = "".join(
        f"<tr><td>{escape(words)}</td><td class='number'>{number(count)}</td>"
        f"<td>{', '.join(map(str, lines))}{', …' if count > len(lines) else ''}</td></tr>"
        for words, count, lines in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
