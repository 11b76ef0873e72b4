"""What is written comes back, without an option, as it was."""

import csv
import gzip
import io
import json
import os
import stat
import threading
from datetime import UTC, date, datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lemlist_async.errors import InvalidRequestError
from lemlist_async.models.fields import Field
from lemlist_async.rows.atomic import replacing
from lemlist_async.rows.file import ContactFile
from lemlist_async.rows.rejected import RejectedFile
from lemlist_async.rows.row import Row
from lemlist_async.rows.spreadsheets import is_lost
from lemlist_async.rows.writers import output_kind, writing
from lemlist_async.spelling import trimmed

NAMES = ["out.csv", "out.tsv", "out.csv.gz", "out.jsonl", "out.jsonl.gz", "out.xlsx", "out.parquet"]
FIELDS = [Field(name="mrr", type="number"), Field(name="active", type="boolean"), Field(name="since", type="date")]
RECORD = {
    "id": "ctc_1",
    "email": "j@x.com",
    "firstName": "=cmd|' /C calc'!A0",
    "phone": "+33 6 12",
    "jobTitle": 'Sales, "EMEA"\nand more',
    "note": "'007",
    "mrr": 12.5,
    "active": True,
    "since": date(2026, 11, 21),
    "createdAt": datetime(2026, 1, 1, tzinfo=UTC),
    "unsubscribed": False,
    "isActiveInCampaigns": None,
}


def written(path, *records, excel=False):
    with writing(path, list(records[0]), excel=excel) as writer:
        for record in records:
            writer.write(record)
    return path


@pytest.mark.parametrize(("name", "excel"), [*((name, False) for name in NAMES), ("out.csv", True)])
def test_an_export_comes_back_as_it_was(tmp_path, name, excel):
    path = written(tmp_path / name, RECORD, excel=excel)

    file = ContactFile(path, fields=[*FIELDS, Field(name="note")])
    (row,) = file

    contact = row.contact
    assert (contact.contact_id, contact.first_name, contact.phone) == ("ctc_1", RECORD["firstName"], "+33 6 12")
    assert contact.job_title == RECORD["jobTitle"]
    assert dict(contact.custom) == {"note": "'007", "mrr": 12.5, "active": True, "since": date(2026, 11, 21)}
    assert [note.code for note in file.notes] == ["READ_ONLY_COLUMNS"]


@settings(deadline=None, max_examples=60)
@given(
    text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.text("='+-@\"0x\t,; \n", max_size=6)
)
@pytest.mark.parametrize("name", NAMES)
def test_any_text_comes_back_as_it_was(tmp_path_factory, name, text):
    assume(not is_lost(text.strip()))  # a value that was lost before it came here stays lost
    path = written(tmp_path_factory.mktemp("any") / name, {"email": "j@x.com", "note": text, "end": "x"})

    (row,) = ContactFile(path, fields=[Field(name="note"), Field(name="end")])

    assert row.contact.custom.get("note", "").replace("\r", "\n") == (text if trimmed(text) else "")


def test_an_excel_csv_begins_with_a_mark_and_computes_nothing(tmp_path):
    path = written(tmp_path / "out.csv", {"email": "j@x.com", "a": "=1+1", "b": "+33", "c": "@x", "d": "x"}, excel=True)

    assert path.read_bytes() == b"\xef\xbb\xbfemail,a,b,c,d\r\nj@x.com,'=1+1,'+33,'@x,x\r\n"


def test_many_records_are_written(tmp_path):
    for name in NAMES:
        path = written(tmp_path / name, *({"email": f"p{number}@x.com", "n": number} for number in range(2_500)))

        assert sum(1 for row in ContactFile(path) if row.contact) == 2_500


def test_json_lines_keep_keys_that_are_no_columns(tmp_path):
    with writing(tmp_path / "out.jsonl", ["email"]) as writer:
        writer.write({"email": "j@x.com", "more": [1], "at": date(2026, 1, 1)})

    assert json.loads((tmp_path / "out.jsonl").read_text()) == {"email": "j@x.com", "more": [1], "at": "2026-01-01"}


def test_an_open_file_becomes_csv():
    file = io.BytesIO()

    with writing(file, ["email"]) as writer:
        writer.write({"email": "j@x.com"})

    assert file.getvalue() == b"email\nj@x.com\n"


def test_gzip_is_told_by_the_name(tmp_path):
    path = written(tmp_path / "out.csv.gz", {"email": "j@x.com"})

    assert gzip.decompress(path.read_bytes()) == b"email\nj@x.com\n"


@pytest.mark.parametrize("name", ["out.dat", "out.xls", "out", "out.xlsx.gz", "out.parquet.gz", "out.json"])
def test_an_unknown_suffix_is_refused_before_anything_is_written(tmp_path, name):
    with pytest.raises(InvalidRequestError, match="is not a name for an output"):
        written(tmp_path / name, {"email": "j@x.com"})

    assert list(tmp_path.iterdir()) == []


def test_the_form_for_excel_is_of_csv_alone():
    assert output_kind("a.tsv", excel=True) == "tsv"
    with pytest.raises(InvalidRequestError, match="is not a CSV"):
        output_kind("a.xlsx", excel=True)


@pytest.mark.parametrize(("name", "library"), [("a.xlsx", "xlsxwriter"), ("a.parquet", "pyarrow")])
def test_a_missing_extra_is_named(tmp_path, monkeypatch, name, library):
    monkeypatch.setitem(__import__("sys").modules, library, None)

    with pytest.raises(InvalidRequestError, match=rf'pip install "lemlist-async\[{name[2:]}\]"'):
        written(tmp_path / name, {"email": "j@x.com"})


def test_what_a_workbook_cannot_hold_is_refused(tmp_path):
    with pytest.raises(InvalidRequestError, match="row 2, note: a workbook holds 1,048,576 rows and 32,767 characters"):
        written(tmp_path / "a.xlsx", {"email": "j@x.com", "note": "x" * 40_000})


def test_a_number_beyond_a_workbooks_precision_is_text(tmp_path):
    (row,) = ContactFile(written(tmp_path / "a.xlsx", {"email": "j@x.com", "n": 12345678901234567}))

    assert row.contact.custom["n"] == "12345678901234567"


# Files that are there once they are whole.


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("older")

    def interrupted():
        with writing(path, ["email"]) as writer:
            writer.write({"email": "j@x.com"})
            assert path.read_text() == "older"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_two_that_write_to_one_path_do_not_meet(tmp_path):
    path = tmp_path / "out.csv"
    both = threading.Barrier(2)

    def write(name):
        with writing(path, ["email"]) as writer:
            both.wait()
            for number in range(1_000):
                writer.write({"email": f"{name}{number}@x.com"})
            both.wait()

    threads = [threading.Thread(target=write, args=[name]) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with path.open() as file:
        names = {row["email"][0] for row in csv.DictReader(file)}
    assert len(names) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_only_the_owner_reads_what_is_private(tmp_path):
    path = tmp_path / "rejected.csv"
    path.touch(0o644)

    with RejectedFile(path) as rejected:
        rejected.write(Row(number=1, contact=None), "why")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_older_files_rights_stay_and_a_link_is_followed(tmp_path):
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    target.touch(0o640)
    target.chmod(0o640)
    link.symlink_to(target)

    written(link, {"email": "j@x.com"})

    assert link.is_symlink()
    assert target.read_text() == "email\nj@x.com\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_pipe_is_written_to_as_it_is(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    read = []
    thread = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    thread.start()

    with replacing(tmp_path / "pipe") as file:
        file.write(b"x")
    thread.join()

    assert read == [b"x"]


def test_formulas_are_marked_in_a_rejected_file_on_demand(tmp_path):
    values = {"email": "jane", "Note": "=cmd", "Phone": "'+33", "Zip": '="007"'}
    for excel in (False, True):
        with RejectedFile(tmp_path / "a.rejected.csv", list(values), excel=excel) as rejected:
            rejected.write(Row(number=1, contact=None, values=values), "why")

        (row,) = ContactFile(tmp_path / "a.rejected.csv")
        assert row.values["Note"] == ("'=cmd" if excel else "=cmd")
        mended = {**row.values, "email": "j@x.com"}
        contact = ContactFile(tmp_path / "a.rejected.csv").columns.contact(mended)
        assert (contact.custom["note"], contact.phone, contact.custom["zip"]) == ("=cmd", "+33", "007")
