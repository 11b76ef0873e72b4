"""Files on a disk that is full."""

import errno
import os
import tempfile
from pathlib import Path

import pytest

from lemlist_async.rows import atomic
from lemlist_async.rows import rejected as rejected_rows
from lemlist_async.rows.atomic import replacing
from lemlist_async.rows.rejected import RejectedFile
from lemlist_async.rows.row import Row
from lemlist_async.rows.writers import writing

NAMES = ["out.csv", "out.csv.gz", "out.jsonl", "out.xlsx", "out.parquet"]


class Full:
    """A file with room for so many bytes."""

    def __init__(self, file, room):
        self._file, self._room = file, room

    def write(self, data):
        self._room -= len(data)
        if self._room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._file.write(data)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()

    def __getattr__(self, name):
        return getattr(self._file, name)


@pytest.fixture
def disk(monkeypatch):
    """Let every file that replaces another one fail after so many bytes."""
    opened = os.fdopen

    def disk(room):
        monkeypatch.setattr(atomic.os, "fdopen", lambda *how: Full(opened(*how), room))

    return disk


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("room", [0, 40])
def test_a_full_disk_costs_no_older_file_and_leaves_no_other(disk, tmp_path, monkeypatch, name, room):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    Path(name).write_bytes(b"older")
    disk(max(room, 10) if name.endswith(".gz") else room)  # a real file keeps the ten bytes of gzip's header for later

    with pytest.raises(OSError, match="No space left on device") as caught, writing(name, ["email", "x"]) as writer:
        for number in range(2_000):
            writer.write({"email": f"p{number}@x.com", "x": f"{number * 7_919_317 % 1_000_003}"})

    assert caught.value.filename == name
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {name: b"older"}


@pytest.mark.parametrize("name", NAMES)
def test_an_error_between_leaves_no_file(tmp_path, monkeypatch, name):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with pytest.raises(LookupError), writing(tmp_path / name, ["email"]) as writer:
        writer.write({"email": "a@x.com"})
        raise LookupError

    assert list(tmp_path.iterdir()) == []


def test_a_workbook_whose_temporary_files_find_no_room_is_refused_like_others(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    with pytest.raises(FileNotFoundError), writing(tmp_path / "out.xlsx", ["email"]) as writer:
        writer.write({"email": "a@x.com"})
        for one in folder.iterdir():
            one.rename(tmp_path / "gone")

    assert sorted(one.name for one in tmp_path.iterdir()) == ["gone", "temporary"]


def test_a_folder_that_may_not_be_written_to_is_told_with_the_name_that_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(FileNotFoundError) as caught, replacing(Path("none/out.csv")):
        pass

    assert caught.value.filename == "none/out.csv"


def test_an_error_of_another_file_keeps_its_name(tmp_path):
    with pytest.raises(OSError) as caught, replacing(tmp_path / "out.csv"):  # noqa: PT011
        raise OSError(errno.EACCES, "denied", "other.csv")

    assert caught.value.filename == "other.csv"


class _FullBody:
    """A temporary file without room."""

    def write(self, _text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_rejected_row_that_cannot_be_kept_is_told_and_the_older_file_stays(tmp_path, monkeypatch):
    path = tmp_path / "a.rejected.csv"
    path.write_text("older")
    monkeypatch.setattr(rejected_rows.tempfile, "TemporaryFile", lambda *_, **__: _FullBody())

    with pytest.raises(OSError, match="No space left on device") as caught, RejectedFile(path) as rejected:
        rejected.write(Row(contact=None, number=2, values={"email": "x"}), "why")

    assert (caught.value.filename, rejected.count, rejected.is_written) == (str(path), 0, False)
    assert [one.read_text() for one in tmp_path.iterdir()] == ["older"]


def test_rejected_rows_that_find_no_room_at_the_end_leave_the_older_file(disk, tmp_path):
    path = tmp_path / "a.rejected.csv"
    path.write_text("older")
    disk(20)

    with pytest.raises(OSError, match="No space left on device") as caught, RejectedFile(path) as rejected:
        rejected.write(Row(contact=None, number=2, values={"email": "x"}), "why")

    assert (caught.value.filename, rejected.is_written) == (str(path), False)
    assert [one.read_text() for one in tmp_path.iterdir()] == ["older"]
