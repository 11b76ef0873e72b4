"""The package's face: every name is there, nothing heavy is loaded for it, and types and run time agree."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import lemlist_async
from lemlist_async import errors
from lemlist_async.batch.report import BatchReport


def names_for_type_checkers():
    tree = ast.parse(Path(lemlist_async.__file__).read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    return {name.asname or name.name for line in block.body for name in line.names}


@pytest.mark.parametrize("name", lemlist_async.__all__)
def test_every_exported_name_is_there(name):
    value = getattr(lemlist_async, name)

    assert value is not None


def test_what_type_checkers_see_is_what_there_is():
    seen = names_for_type_checkers()

    assert seen | {"__version__"} == set(lemlist_async.__all__)


def test_the_names_are_sorted_and_said_once():
    names = lemlist_async.__all__

    assert names == sorted(set(names))


def test_every_error_is_exported():
    ours = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, BaseException)}

    assert ours <= set(lemlist_async.__all__)


def test_every_kind_of_report_is_exported():
    _ = [getattr(lemlist_async, name) for name in lemlist_async.__all__]  # loads every noun

    ours = {one.__name__ for one in BatchReport.__subclasses__()}

    assert ours
    assert ours <= set(lemlist_async.__all__)


def test_a_name_is_the_same_object_as_in_the_room_that_makes_it():
    window = import_module("lemlist_async.limits.window").Window

    assert lemlist_async.Window is window


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'lemlist_async' has no attribute 'Lemlists'"):
        _ = lemlist_async.Lemlists


def test_completion_in_a_shell_offers_the_public_names():
    offered = dir(lemlist_async)

    assert offered == sorted(lemlist_async.__all__)


def test_a_star_import_brings_the_public_names():
    names = {}

    exec("from lemlist_async import *", names)  # noqa: S102 - the statement under test

    assert set(lemlist_async.__all__) <= set(names)


def test_importing_the_package_does_not_load_the_http_client():
    """`lemlist-async --help` must not wait for aiohttp."""
    code = "import sys, lemlist_async; print('aiohttp' in sys.modules, 'attrs' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(lemlist_async.__file__).parent.parent,
    )

    assert done.stdout.split() == ["False", "False"]
