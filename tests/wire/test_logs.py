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
