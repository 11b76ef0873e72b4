"""LEMLIST_LOG shows templates and times on standard error, and never data."""

import logging

import pytest
from support import client_of, person

from lemlist_async.wire import logs


@pytest.fixture
def logger():
    """The package's logger, left as it was."""
    logger = logging.getLogger(logs.LOGGER)
    before = (logger.level, list(logger.handlers))
    yield logger
    logger.setLevel(before[0])
    logger.handlers[:] = before[1]


@pytest.mark.parametrize(("level", "number"), [("debug", logging.DEBUG), (" INFO ", logging.INFO)])
def test_a_level_is_shown_by_one_handler(logger, level, number):
    before = len(logger.handlers)

    logs.show(level)
    logs.show(level)

    assert logger.level == number
    assert len(logger.handlers) == before + 1


@pytest.mark.parametrize("level", [None, "", "off", "loud"])
def test_anything_else_leaves_the_log_to_the_program(logger, level):
    before = (logger.level, list(logger.handlers))

    logs.show(level)

    assert (logger.level, logger.handlers) == before


def test_a_level_that_does_not_exist_is_told_once_with_those_that_do(logger, caplog):
    logs._tell_it_is_ignored.cache_clear()

    logs.show("loud")
    logs.show("loud")

    assert caplog.messages == ["LEMLIST_LOG is ignored: it must be debug or info."]


@pytest.mark.parametrize("level", [None, "", " "])
def test_no_level_is_not_told(logger, caplog, level):
    logs._tell_it_is_ignored.cache_clear()

    logs.show(level)

    assert caplog.messages == []


def test_a_log_that_is_shown_is_not_shown_twice_and_keeps_its_level(logger):
    logger.addHandler(logs.Handler("%(message)s"))
    logger.setLevel(logging.DEBUG)
    before = list(logger.handlers)

    logs.show("info")

    assert (logger.level, logger.handlers) == (logging.DEBUG, before)


async def test_each_attempt_is_a_line_of_templates_and_times(logger, monkeypatch, sandbox, capsys):
    monkeypatch.setenv("LEMLIST_LOG", "debug")
    sandbox.faults.answer(500)

    async with client_of(sandbox) as lemlist:
        await lemlist.contacts.upsert(person(email="jane@acme.com", first_name="Zaphodina"))

    shown = capsys.readouterr().err
    assert "POST /contacts: 500 after " in shown
    assert "POST /contacts: 201 after " in shown
    assert "(attempt 2, waited " in shown
    assert "jane" not in shown
    assert "Zaphodina" not in shown
