"""Encodings, gzip, and files that are no text."""

import bz2
import codecs
import gzip
import lzma
import os
import tracemalloc
from pathlib import Path

import pytest
from row_facts import emails

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows import text
from lemlist_async.rows.file import ContactFile


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("email,Ville\nj@x.com,Orléans €\n".encode(), "utf-8"),
        ("email,Ville\nj@x.com,Orléans €\n".encode("utf-8-sig"), "utf-8-sig"),
        ("email,Ville\nj@x.com,Orléans €\n".encode("cp1252"), "cp1252"),
        ("email,Ville\nj@x.com,Orléans €\n".encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + "email,Ville\nj@x.com,Orléans €\n".encode("utf-16-be"), "utf-16"),
    ],
    ids=["utf-8", "bom", "windows-1252", "utf-16", "utf-16-be"],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_the_encoding_is_found(write, content, encoding, pack):
    file = ContactFile(write(pack(content)))

    assert file.encoding == encoding
    assert next(iter(file)).values == {"email": "j@x.com", "Ville": "Orléans €"}


def test_the_encoding_can_be_given(write):
    path = write("email,City\nj@x.com,Łódź\n", encoding="cp1250")

    file = ContactFile(path, encoding="windows-1250")

    assert next(iter(file)).values["City"] == "Łódź"


def test_a_bom_is_no_part_of_the_first_header_when_utf_8_is_given(write):
    file = ContactFile(write("email\nj@x.com\n", encoding="utf-8-sig"), encoding="UTF8")

    assert (file.encoding, file.headers) == ("utf-8-sig", ("email",))


def test_gzip_is_told_by_its_bytes_and_not_by_its_name(write):
    assert emails(ContactFile(write(gzip.compress(b"email\nj@x.com\n"), "contacts.csv"))) == ["j@x.com"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "this is empty"),
        ("a.csv", codecs.BOM_UTF8 + b" \n\n", "this is empty"),
        ("a.csv.gz", b"", "this is empty"),
        ("a.csv.gz", b"email\nj@x.com\n", "this is not a gzip file"),
        ("a.csv.gz", gzip.compress(b"email\n" + bytes(range(99)), mtime=0)[:-40], "the gzip is broken or truncated"),
        ("a.csv.gz", gzip.compress(b"email\nj@x.com", mtime=0)[:-8] + b"\0" * 8, "the gzip is broken or truncated"),
        ("a.csv.gz", b"\x1f\x8b\x08" + b"\xff" * 40, "the gzip is broken or truncated"),
        ("a.csv", "email\nj@x.com\n".encode("utf-16-le"), "this holds NUL bytes"),
        ("a.csv", b"email\n\x81\xff\n", "neither UTF-8 nor Windows-1252"),
        ("a.csv", b"PK\x03\x04\x14\0", "this is a workbook or an archive"),
        ("a.csv", b",,,\n\n", "no header can be read"),
        ("a.csv", b'"email,Plan\n', "no header can be read"),
        ("a.csv", b"Name,Plan\nJane,pro\n", "no column identifies a contact. Found: 'Name', 'Plan'"),
        ("a.csv", b"jane@acme.com,Jane\n", "the header may be missing"),
        ("a.csv", b"email,Email\n", "both mean email"),
        ("a.csv", b"email,email\n", "two columns are called 'email'"),
        ("a.jsonl", b'[{"email": "j@x.com"}]\n', "there is no JSON object on a line of its own"),
        ("a.jsonl", b'{"plan": "pro"}\n', "no column identifies a contact. Found: 'plan'"),
    ],
)
def test_a_file_that_cannot_be_read_says_so_before_the_first_row(write, name, content, message):
    path = write(content, name)

    with pytest.raises(InvalidRequestError, match=message) as caught:
        ContactFile(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert "@" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoding": "ascii"}, "this is not ascii text throughout"),
        ({"encoding": "utf-9"}, "'utf-9' is not an encoding of texts that Python knows, .* without one it is detected"),
        ({"encoding": "undefined"}, "'undefined' is not an encoding of texts that Python knows"),
        ({"encoding": "a\0b"}, r"'a\\x00b' is not an encoding of texts"),
        ({"encoding": ""}, "'' is not an encoding of texts"),
        ({"encoding": "utf-16"}, "this is not UTF-16, which would hold NUL bytes: give no encoding"),
        ({"encoding": "utf-32"}, "this is not UTF-32, which would hold NUL bytes: give no encoding"),
        ({"delimiter": ";;"}, "the separator must be one character"),
        ({"delimiter": '"'}, "the separator must be one character"),
        ({"delimiter": ""}, "the separator must be one character"),
        ({"renames": {"Work": "email"}}, "no column 'Work' to rename"),
        ({"renames": {"Ville": "emial"}}, "'emial' is not a field"),
    ],
)
def test_an_option_that_does_not_fit_is_refused(write, options, message):
    with pytest.raises(InvalidRequestError, match=message):
        ContactFile(write("email,Ville\nj@x.com,Orléans\n"), **options)


def test_a_missing_file_a_directory_and_a_pipe_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    for path, message in [
        (tmp_path / "none.csv", "there is no such file"),
        (tmp_path, "this is a directory"),
        (tmp_path / "pipe", "this is not a regular file"),
    ]:
        with pytest.raises(InvalidRequestError, match=message):
            ContactFile(path)


def test_a_file_that_may_not_be_read_is_refused(write, monkeypatch):
    path = write("email\n")

    def denied(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)

    with pytest.raises(InvalidRequestError, match="cannot be read: Permission denied") as caught:
        ContactFile(path)
    assert isinstance(caught.value.__cause__, PermissionError)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("name", ["Ana", "\u4e00\u4e01\u4e02" * 30])
def test_an_encoding_whose_mark_is_missing_is_named(write, encoding, name):
    """Of text that is nearly all Chinese only the header has NULs."""
    path = write(f"email,firstName\nj@x.com,{name}\n" + f"k@x.com,{name}\n" * 30, encoding=encoding)

    with pytest.raises(InvalidRequestError, match=f"--encoding {encoding} "):
        ContactFile(path)
    assert ContactFile(path, encoding=encoding).headers == ("email", "firstName")


@pytest.mark.parametrize(
    ("content", "what"),
    [(bz2.compress(b"email"), "bzip2"), (lzma.compress(b"email"), "xz"), (b"\x28\xb5\x2f\xfd\x04", "Zstandard")],
    ids=["bzip2", "xz", "zstandard"],
)
def test_what_is_compressed_otherwise_is_said_to_be(write, content, what):
    with pytest.raises(InvalidRequestError, match=f"compressed with {what}: unpack it"):
        ContactFile(write(content))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("packed", [False, True])
def test_an_enormous_line_is_refused_before_it_is_read(write, monkeypatch, encoding, packed):
    monkeypatch.setattr(text, "_LONGEST_LINE", 1 << 20)
    content = f"email,Name\nj@x.com,Jane\n{'x' * 1_500_000}\n".encode(encoding)

    with pytest.raises(InvalidRequestError, match="line 3 is longer than 1 MB: put each row"):
        ContactFile(write(gzip.compress(content) if packed else content))


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_many_lines_are_no_enormous_one(write, monkeypatch, end):
    monkeypatch.setattr(text, "_LONGEST_LINE", 1 << 20)

    file = ContactFile(write(f"email{end}" + f"j@x.com{end}" * 300_000))

    assert sum(1 for _ in file) == 300_000


def test_a_bomb_takes_little_memory(write, monkeypatch):
    path = write(b"", "bomb.csv.gz")
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(300):
            file.write(b"x" * (1 << 20))
    tracemalloc.start()

    with pytest.raises(InvalidRequestError, match="line 1 is longer than 32 MB"):
        ContactFile(path)

    assert tracemalloc.get_traced_memory()[1] < 100 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("content", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF8 + b"\r\n"])
def test_a_byte_order_mark_alone_is_an_empty_file(write, content):
    with pytest.raises(InvalidRequestError, match="this is empty: a header and rows are needed"):
        ContactFile(write(content))


def test_what_is_packed_twice_is_refused(write):
    with pytest.raises(InvalidRequestError, match="compressed with gzip once more than its name says: unpack it"):
        ContactFile(write(gzip.compress(gzip.compress(b"email\na@x.com\n")), "a.csv.gz"))
