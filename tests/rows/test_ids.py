"""Lists of IDs and addresses, however they were written down, and standard input as a file."""

import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lemlist_async.errors import InvalidRequestError
from lemlist_async.rows.file import ContactFile
from lemlist_async.rows.ids import IdReader
from lemlist_async.rows.sample import sample_path
from lemlist_async.rows.spool import Spool

BOTH = ["ctc_1", "ctc_2"]


def ids_in(pieces):
    """Read the IDs and addresses in bytes, piece by piece."""
    reader = IdReader()
    found = [one for piece in pieces for one in reader.take(piece)]
    return found + reader.end()


@pytest.mark.parametrize(
    "text",
    [
        "ctc_1 ctc_2",
        "ctc_1\r\nctc_2\r\n",
        "ctc_1,ctc_2",
        '"ctc_1";"ctc_2"',
        "'ctc_1', 'ctc_2'",
        '["ctc_1", "ctc_2"]',
        '{"_id": "ctc_1"}\n{"_id": "ctc_2"}\n',
        "id\nctc_1\nctc_2",
        "Contact ID\nctc_1\nctc_2",
        "ctc_1\u200b\n\u00a0ctc_2\ufeff",
        "contactId,\nctc_1,\nctc_2,\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [7, 10_000])
def test_ids_are_found(text, encoding, size):
    content = text.encode(encoding)

    found = list(ids_in(content[start : start + size] for start in range(0, len(content), size)))

    assert found == BOTH


def test_addresses_are_found_among_ids():
    found = list(ids_in([b"email\na@x.com\n<b@x.com>\nmailto:c@x.com ctc_1"]))

    assert found == ["a@x.com", "b@x.com", "c@x.com", "ctc_1"]


@pytest.mark.parametrize("size", [1, 10_000])
def test_what_is_inside_an_address_or_a_link_does_not_split_it(size):
    """Half of an address would be someone else's."""
    text = "email:\n'o'brien@x.com'\n‘o’hara@x.com’\nja\u200bne@x.com\nhttps://x.com/ctc_1\nid: ctc_2, id:"
    content = text.encode()

    found = list(ids_in(content[start : start + size] for start in range(0, len(content), size)))

    assert found == ["o'brien@x.com", "o’hara@x.com", "ja\u200bne@x.com", "https://x.com/ctc_1", "ctc_2"]


def test_what_is_neither_is_given_as_it_is():
    assert list(ids_in([b"ctc_1 jane"])) == ["ctc_1", "jane"]


def test_nothing_gives_nothing():
    assert list(ids_in([])) == list(ids_in([b"\xef\xbb\xbf \n"])) == []


def test_a_table_is_refused():
    with pytest.raises(InvalidRequestError, match="a table with other columns than IDs"):
        list(ids_in([b"id,email,First name\nctc_1,a@x.com,Jane\n"]))


def test_standard_input_is_read_like_a_file(tmp_path):
    code = (
        "import sys; from lemlist_async.rows.file import ContactFile; file = ContactFile('-');"
        "print(file.path, [row.contact.email for row in file], [row.number for row in file])"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    for content in (b"email\nj@x.com\n", b'\xef\xbb\xbf{"email": "j@x.com"}\n'):
        done = subprocess.run(
            [sys.executable, "-c", code], input=content, capture_output=True, env=environment, check=True
        )

        assert done.stdout.decode().startswith("- ['j@x.com'] [")
        assert list(tmp_path.iterdir()) == []


def test_what_is_kept_meanwhile_is_for_its_owner_alone_and_goes():
    spool = Spool(io.BytesIO(b"email\nj@x.com\n"))

    assert spool.path.read_bytes() == b"email\nj@x.com\n"
    assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600
    spool.close()
    assert not spool.path.exists()


def test_the_sample_ships_with_the_package():
    file = ContactFile(sample_path())
    rows = list(file)

    assert len(rows) > 400
    assert 0 < sum(row.contact is None for row in rows) < 20
    examples = Path(__file__).parents[2] / "examples" / "contacts.csv"
    assert sample_path().read_bytes() == examples.read_bytes()


def test_what_has_no_end_is_refused_before_it_fills_the_memory():
    reader = IdReader()

    with pytest.raises(InvalidRequestError, match="this holds no IDs: more than a million characters"):
        for _ in range(32):
            reader.take(b"a" * 65_536)


@pytest.mark.parametrize(
    ("piece", "message"),
    [
        (b"PK\x03\x04...", "this is a workbook or an archive"),
        (b"\x1f\x8b...", "this is compressed with gzip"),
        ("<html><body>ctc_a1</body></html>".encode("utf-16"), "this is HTML"),
    ],
)
def test_what_is_no_list_is_refused_with_its_kind(piece, message):
    with pytest.raises(InvalidRequestError, match=message):
        IdReader().take(piece)
