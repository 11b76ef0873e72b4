"""A runtime directory for each test: no window is left over from another one."""

import pytest

from lemlist_async.limits import file, host


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    """Give the folder in which this test's windows lie, once there are any."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    file._clear.cache_clear()
    host._say_once.cache_clear()
    return tmp_path / "lemlist_async"
