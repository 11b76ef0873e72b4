"""Refused rows, in a file of their own."""

import codecs
import csv
from datetime import date
from pathlib import Path

import pytest

from lemlist_async.models.fields import Field
from lemlist_async.rows.file import ContactFile
from lemlist_async.rows.rejected import RejectedFile, rejected_path
from lemlist_async.rows.row import Row


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("contacts.csv", "contacts.rejected.csv"),
        ("contacts.csv.gz", "contacts.csv.gz.rejected.csv"),
        ("contacts.tsv", "contacts.tsv.rejected.csv"),
        ("contacts.JSONL", "contacts.JSONL.rejected.csv"),
        ("contacts.2026", "contacts.2026.rejected.csv"),
        ("contacts", "contacts.rejected.csv"),
        ("contacts.rejected.csv", "contacts.rejected.rejected.csv"),
    ],
)
def test_refused_rows_go_beside_their_file_and_never_into_it(name, expected):
    assert rejected_path(Path("exports") / name) == Path("exports") / expected


def refuse(path, file):
    """Write the refused rows of a file."""
    with RejectedFile(path, file.headers, delimiter=file.delimiter) as rejected:
        for row in file:
            if row.contact is None:
                rejected.write(row, row.reason)
    return rejected


def test_refused_rows_can_be_mended_and_run_again(write):
    path = write("email;Ville\njane;Orléans\nb@x.com;Paris\n", encoding="cp1252")
    target = rejected_path(path)

    rejected = refuse(target, ContactFile(path))

    assert rejected.count == 1
    assert target.read_bytes() == codecs.BOM_UTF8 + (
        "reason;email;Ville\r\nemail is not an email address;jane;Orléans\r\n".encode()
    )
    target.write_text(target.read_text("utf-8-sig").replace("jane", "jane@x.com"), encoding="utf-8-sig")
    mended = ContactFile(target)
    assert (mended.headers, mended.columns.ignored) == (("email", "Ville"), ("reason",))
    assert [(row.number, row.contact.email, row.values["Ville"]) for row in mended] == [(2, "jane@x.com", "Orléans")]
    assert "reason" not in next(iter(mended)).values


def test_broken_rows_are_kept_in_whole(write):
    path = write('email,Plan\nb@x.com,x,y\na@x.com,"pro\n')

    refuse(rejected_path(path), ContactFile(path))

    with rejected_path(path).open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["reason", "email", "Plan"],
            ["3 cells under 2 headers", "b@x.com", "x", "y"],
            ["a quote is opened and never closed", "", "", 'a@x.com,"pro'],
        ]


def test_a_column_of_the_users_own_that_is_called_reason_is_kept(write):
    path = write("reason,email\nleft,jane\n")
    fields = [Field(name="reason")]

    refuse(rejected_path(path), ContactFile(path, fields=fields))
    (again,) = ContactFile(rejected_path(path), fields=fields)

    assert next(iter(ContactFile(path, fields=fields))).values == {"reason": "left", "email": "jane"}
    assert again.values == {"reason": "left", "email": "jane"}


def test_a_renamed_rejected_file_is_known_by_its_first_column(write):
    path = write("reason,email\nbecause,a@x.com\n", "mended.csv")

    assert ContactFile(path).columns.ignored == ("reason",)
    assert ContactFile(path, renames={"reason": "custom.why"}).columns.targets["reason"] == "custom.why"
    assert ContactFile(path, fields=[Field(name="why", label="Reason")]).columns.targets["reason"] == "custom.why"


def test_a_key_reason_in_json_lines_is_a_custom_field(write):
    path = write('{"reason": "x", "email": "a@x.com"}\n', "a.jsonl")

    assert ContactFile(path).columns.targets["reason"] == "custom.reason"


def test_values_of_every_type_are_written_so_that_they_can_be_read_again(tmp_path):
    values = {
        "email": None,
        "additionalEmails": ["a@x.com", "b@x.com"],
        "active": True,
        "mrr": 12.5,
        "signedUp": date(2026, 11, 21),
        "odd": {"é": [1]},
        "half": "\ud800",
    }

    with RejectedFile(tmp_path / "rejected.csv") as rejected:
        rejected.write(Row(number=1, contact=None, values=values), "why")

    with (tmp_path / "rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row == {
        "reason": "why",
        "email": "",
        "additionalEmails": "a@x.com;b@x.com",
        "active": "true",
        "mrr": "12.5",
        "signedUp": "2026-11-21",
        "odd": '{"é": [1]}',
        "half": "\\ud800",
    }


def test_columns_that_turn_up_later_are_added_on_the_right(tmp_path):
    with RejectedFile(tmp_path / "rejected.csv", ["email"]) as rejected:
        rejected.write(Row(number=1, contact=None, values={"email": "a"}, extra=("x",)), "one")
        rejected.write(Row(number=2, contact=None, values={"plan": "pro"}), "two")

    assert (tmp_path / "rejected.csv").read_text("utf-8-sig").splitlines() == [
        "reason,email,plan",
        "one,a,,x",
        "two,,pro",
    ]


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "rejected.csv"
    path.write_text("older")

    with RejectedFile(path, ["email"]) as rejected:
        rejected.write(Row(number=1, contact=None), "why")
        assert path.read_text() == "older"
        assert list(tmp_path.iterdir()) == [path]

    assert path.read_text("utf-8-sig") == "reason,email\nwhy,\n"
    assert list(tmp_path.iterdir()) == [path]


def test_an_input_that_came_out_clean_removes_the_older_file(tmp_path):
    path = tmp_path / "rejected.csv"
    path.write_text("older")

    for _ in range(2):
        with RejectedFile(path, ["email"]) as rejected:
            pass

    assert rejected.count == 0
    assert not path.exists()


@pytest.mark.parametrize(("rejects", "left"), [(0, "older"), (1, "\ufeffreason,email\nwhy,\n")])
def test_a_run_that_ended_early_keeps_its_rejects_and_removes_nothing(tmp_path, rejects, left):
    path = tmp_path / "rejected.csv"
    path.write_text("older")

    def interrupted():
        with RejectedFile(path, ["email"]) as rejected:
            for number in range(rejects):
                rejected.write(Row(number=number, contact=None), "why")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text("utf-8") == left
