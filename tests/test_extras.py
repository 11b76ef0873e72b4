"""What needs an extra says how to install it, whatever is imported without it."""

import pickle
import subprocess
import sys

import pytest

from lemlist_async import InvalidRequestError
from lemlist_async.extras import MissingExtraError, needed

# Import each module of the package, save those of the command, whose entry point says what it needs.
_WITHOUT_EXTRAS = """
import importlib, pkgutil, sys

missing = "click croniter fsspec opentelemetry procrastinate psycopg pyarrow python_calamine redis rich xlsxwriter"
sys.modules.update(dict.fromkeys(missing.split()))
import lemlist_async
for found in pkgutil.walk_packages(lemlist_async.__path__, "lemlist_async.", onerror=lambda name: None):
    if not found.name.startswith(("lemlist_async.cli", "lemlist_async.__main__", "lemlist_async.sandbox")):
        try:
            importlib.import_module(found.name)
        except ImportError as error:
            print(f"{found.name}: {error}")
"""


def test_a_module_without_its_extra_says_what_to_install():
    done = subprocess.run([sys.executable, "-c", _WITHOUT_EXTRAS], check=True, capture_output=True, text=True)

    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert said["lemlist_async.worker.engine"] == (
        'The engine of jobs needs procrastinate: pip install "lemlist-async[worker]".'
    )
    assert said["lemlist_async.jobs.journal.postgres"] == (
        'A journal in PostgreSQL needs psycopg: pip install "lemlist-async[postgres]".'
    )
    assert [name for name, words in said.items() if 'pip install "lemlist-async[' not in words] == []


def test_what_is_missing_is_an_error_of_imports_and_of_this_package():
    with pytest.raises(ImportError) as caught, needed("A window in Redis", "redis"):
        import no_such_module.within  # noqa: F401

    error = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - its own
    assert isinstance(error, InvalidRequestError)
    assert isinstance(error, MissingExtraError)
    assert str(error) == 'A window in Redis needs no_such_module: pip install "lemlist-async[redis]".'


def test_what_is_too_old_to_hold_a_name_is_named_too():
    with pytest.raises(MissingExtraError, match="needs collections: "), needed("A workbook", "xlsx", ", or write CSV"):
        from collections import NoSuchName  # noqa: F401


def test_the_innermost_extra_is_named():
    with (
        pytest.raises(MissingExtraError, match=r"lemlist-async\[postgres\]"),
        needed("A worker", "worker"),
        needed("A journal", "postgres"),
    ):
        import no_such_module  # noqa: F401
