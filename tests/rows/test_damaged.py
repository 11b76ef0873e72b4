"""Files that are damaged: the error says so, whatever the library below it raises."""

import zipfile

import pyarrow as pa
import pytest
from pyarrow import parquet

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.file import ContactFile
from lemlist_async.rows.table import reading
from lemlist_async.rows.writers import writing

PEOPLE = [f"p{number}@x.com" for number in range(3_000)]


@pytest.fixture
def workbook(tmp_path):
    """A workbook of people."""
    path = tmp_path / "people.xlsx"
    with writing(path, ["email"]) as writer:
        for email in PEOPLE:
            writer.write({"email": email})
    return path


def replace_in_archive(path, name, change):
    """Change one file of an archive."""
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for one, content in parts.items():
            archive.writestr(one, change(content) if one == name else content)


@pytest.mark.parametrize(
    "change",
    [
        lambda sheet: sheet[: len(sheet) // 2],
        lambda sheet: sheet.replace(b'r="A2"', b'r="+2"', 1),
    ],
    ids=["cut", "a cell without a place"],
)
def test_a_sheet_that_is_damaged_inside_its_workbook_is_refused(workbook, change):
    replace_in_archive(workbook, "xl/worksheets/sheet1.xml", change)

    with pytest.raises(InvalidRequestError, match=r"people\.xlsx: this workbook is damaged: save it again"):
        list(ContactFile(workbook))


def test_a_workbook_whose_compression_is_damaged_is_refused(workbook):
    with zipfile.ZipFile(workbook) as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset
    content = bytearray(workbook.read_bytes())
    content[start + 80 : start + 120] = b"\xff" * 40
    workbook.write_bytes(content)

    with pytest.raises(InvalidRequestError, match="this workbook is damaged"):
        list(ContactFile(workbook))


def test_a_damaged_page_of_parquet_is_told_after_the_rows_before_it(tmp_path):
    path = tmp_path / "people.parquet"
    parquet.write_table(pa.table({"email": PEOPLE}), path, row_group_size=1_000, compression="snappy")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = b"\xff" * 400
    path.write_bytes(content)
    file, seen = ContactFile(path), []

    with pytest.raises(InvalidRequestError, match=r"people\.parquet: this Parquet is damaged"):
        for row in file:
            seen.append(row.contact.email)

    assert seen == PEOPLE[:1_000]


def test_a_file_that_goes_while_it_is_read_is_named(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("email\na@x.com\n")
    file = ContactFile(path)
    path.unlink()

    with pytest.raises(InvalidRequestError, match=r"people\.csv cannot be read: No such file or directory"):
        list(file)


def test_a_panic_of_a_library_is_an_error_and_an_interrupt_stays_one():
    panic = type("PanicException", (BaseException,), {})

    with pytest.raises(InvalidRequestError, match="damaged"), reading("it is damaged"):
        raise panic
    with pytest.raises(KeyboardInterrupt), reading("it is damaged"):
        raise KeyboardInterrupt
    with pytest.raises(MemoryError), reading("it is damaged"):
        raise MemoryError
