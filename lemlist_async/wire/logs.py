"""The log that `LEMLIST_LOG` turns on: a line on standard error for each attempt, without any data."""

from __future__ import annotations

import logging

LOGGER = "lemlist_async"


def show(level: str | None) -> None:
    """Write the package's log to standard error at level `debug` or `info`; any other value changes nothing.

    Safe to call twice: there is one handler.
    """
    number = {"debug": logging.DEBUG, "info": logging.INFO}.get((level or "").strip().lower())
    if number is None:
        return
    logger = logging.getLogger(LOGGER)
    logger.setLevel(number)
    if not any(isinstance(one, _Handler) for one in logger.handlers):
        logger.addHandler(_Handler())


class _Handler(logging.StreamHandler):  # type: ignore[type-arg] # the class is generic to type checkers only
    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
