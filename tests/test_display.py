"""Reports and records in consoles and notebooks: short, escaped, and masked unless asked."""

import io
import subprocess
import sys

import pytest
from attrs import fields
from rich.console import Console
from support import client_of, person

from lemlist_async import BatchReport, Company, Contact, InvalidRequestError, Lead, WarningCount
from lemlist_async.batch.outcomes import Ambiguous, Failed, Rejected, Unsent
from lemlist_async.display import lines_of, masked, show_personal_data
from lemlist_async.jobs import ImportReport, SyncPlan, SyncReport
from lemlist_async.jobs.checks import ListChoice
from lemlist_async.resources.lists import AddReport

JANE = Contact(
    id="ctc_AbCd12345",
    email="jane@acme.com",
    emails=("jane@acme.com", "j.doe@home.example"),
    full_name="Jane Doe",
    linkedin_url="https://linkedin.com/in/jane-doe",
    fields={"firstName": "Jane", "score": 12345, "phone": None},
    team_id="tea_AbCd12345",
)
NOTHING = {
    "submitted": 0,
    "duplicates": 0,
    "rejected": (),
    "done": 0,
    "failures": (),
    "doubts": (),
    "left": (),
    "chunks": 0,
    "requests": 0,
    "warnings": (),
    "elapsed": 0.0,
}


@pytest.fixture
def batch():
    error = InvalidRequestError("The value is wrong.")
    return BatchReport(
        **NOTHING
        | {
            "submitted": 1_500,
            "done": 1_496,
            "failures": (Failed(items=(person(),), positions=(0,), error=error),),
            "doubts": (Ambiguous(items=(person(1),), positions=(1,)),),
            "left": (Unsent(items=(person(2),), positions=(2,)),),
            "rejected": (Rejected(position=3, value="jane@acme.com", reason="no ID"),),
            "warnings": (WarningCount(code="X", message="was left out", count=2, positions=(4,)),),
            "elapsed": 1.25,
            "stopped_by": error,
        }
    )


@pytest.fixture
def addition():
    more = {"added_count": 2, "added_count_max": 5, "already_in_list": 0, "already_in_list_max": 0, "unaccounted": 0}
    return AddReport(**NOTHING | {"submitted": 5, "done": 5} | more)


def in_console(value):
    console = Console(file=io.StringIO(), width=120, force_terminal=True, color_system=None)
    console.print(value)
    return console.file.getvalue()


def pairs(value):
    return {line.label: line.value for line in lines_of(value) if line.label}


class TestReports:
    def test_a_repr_is_short_and_says_what_is_not_zero(self, batch, addition):
        assert repr(addition) == "AddReport(submitted=5, done=5, added_count=2..5)"
        assert repr(batch) == (
            "BatchReport(submitted=1500, rejected=1, done=1496, failed=1, ambiguous=1, unsent=1, warnings=1, "
            "elapsed=1.25 s, stopped_by=InvalidRequestError)"
        )

    def test_a_table_has_a_line_for_each_count_that_is_not_zero(self, addition):
        assert pairs(addition) == {"submitted": "5", "done": "5", "added count": "2 to 5"}

    def test_the_first_reasons_stand_below_their_counts(self, batch):
        words = [line.value for line in lines_of(batch) if not line.label]

        assert words == ["no ID", "The value is wrong.", "was left out"]

    def test_a_report_in_a_report_names_its_lines(self, addition):
        plan = SyncPlan(members=5, kept=5, adds=("ctc_1",), upserts=(person(),), removals=())
        report = SyncReport(
            plan=plan,
            upserted=None,
            added=addition,
            removed=None,
            is_complete=False,
            elapsed=2,
            list=ListChoice(id="x"),
        )

        assert repr(report) == (
            "SyncReport(plan=SyncPlan(members=5, kept=5, adds=1, upserts=1), added=AddReport(submitted=5, done=5, "
            "added_count=2..5), is_complete=no, elapsed=2, list=ListChoice(id='x', name=None, created=False))"
        )
        assert pairs(report) == {
            "plan: members": "5",
            "plan: kept": "5",
            "plan: adds": "1",
            "plan: upserts": "1",
            "added: submitted": "5",
            "added: done": "5",
            "added: added count": "2 to 5",
            "is complete": "no",
            "elapsed": "2",
            "list: id": "x",
            "list: created": "no",
        }

    def test_an_import_has_a_table_too(self):
        counts = {one.name: 0 for one in fields(ImportReport) if one.type == "int"}
        report = ImportReport(**counts | {"rows": 7}, warnings=(), is_complete=True, elapsed=0.5)

        assert repr(report) == "ImportReport(rows=7, is_complete=yes, elapsed=0.50 s)"
        assert "<td" in report._repr_html_()
        assert "rows" in in_console(report)

    async def test_a_report_of_a_real_run_holds_no_personal_data(self, sandbox):
        async with client_of(sandbox) as lemlist:
            report = await lemlist.contacts.upsert_many([person(first_name="Jane")])

        for shown in (repr(report), report._repr_html_(), in_console(report)):
            assert "created" in shown
            assert "person0" not in shown
            assert "Jane" not in shown


class TestRecords:
    def test_personal_data_is_masked(self):
        assert pairs(JANE) == {
            "id": "ctc_AbCd12345",
            "email": "j***@acme.com",
            "emails": "j***@acme.com, j***@home.example",
            "full name": "J***",
            "linkedin url": "https://linkedin.com/***",
            "fields: firstName": "J***",
            "fields: score": "***",
            "team id": "tea_AbCd12345",
        }

    def test_it_is_shown_if_asked_until_it_is_masked_again(self):
        with show_personal_data():
            shown = pairs(JANE)
            show_personal_data(show=False)
            again = pairs(JANE)
        show_personal_data(show=False)

        assert shown["email"] == "jane@acme.com"
        assert shown["emails"] == "jane@acme.com, j.doe@home.example"
        assert shown["fields: score"] == "12345"
        assert again["email"] == "j***@acme.com"

    def test_a_plain_repr_holds_none_even_then(self):
        with show_personal_data():
            assert "jane" not in repr(JANE).lower()

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            ("j@acme.com", "j***@acme.com"),
            ("http://user:pass@acme.com", "http://acme.com/***"),
            ("Jane", "J***"),
            ("", "***"),
            ("@acme.com", "***@acme.com"),
        ],
    )
    def test_little_is_seen_of_what_is_masked(self, value, shown):
        assert masked(value) == shown

    @pytest.mark.parametrize(
        "record", [JANE, Company(id="cmp_1", name="Acme"), Lead(id="lea_1", email="jane@acme.com")]
    )
    def test_every_record_has_both_forms(self, record):
        for shown in (record._repr_html_(), in_console(record)):
            assert record.id in shown
            assert "jane" not in shown.lower()


class TestHostileValues:
    def test_markup_is_escaped(self):
        company = Company(id="<b>", name="<script>alert(1)</script>", fields={"<i>": "[red]x[/red]"})

        with show_personal_data():
            html, console = company._repr_html_(), in_console(company)

        assert "<script>" not in html
        assert "<b>" not in html
        assert "<i>" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert "[red]x[/red]" in console

    def test_nothing_steers_a_terminal(self):
        assert "\x1b" not in in_console(Company(id="cmp_1", name="\x1b[31mred\n")).replace("\x1b[3m", "").replace(
            "\x1b[0m", ""
        )

    def test_a_long_value_is_shortened(self):
        assert len(pairs(Company(id="cmp_1", name="x" * 100_000))["name"]) == 201


def test_rich_is_imported_only_if_it_is_used():
    code = "import sys; from lemlist_async import Contact; Contact(id='x')._repr_html_(); print('rich' in sys.modules)"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout == "False\n"
