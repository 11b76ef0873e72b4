"""The log that `LEMLIST_LOG` turns on: a line on standard error for each attempt, without any data."""

from __future__ import annotations

import logging
from functools import cache

LOGGER = "lemlist_async"
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO}


def show(level: str | None) -> None:
    """Write the package's log to standard error at level `debug` or `info`; any other is ignored, and told once.

    Safe to call twice: there is one handler. If there is one already, such as that of `-v`, nothing changes.
    """
    name = (level or "").strip().lower()
    logger = logging.getLogger(LOGGER)
    if name in _LEVELS and not any(isinstance(one, Handler) for one in logger.handlers):
        logger.setLevel(_LEVELS[name])
        logger.addHandler(Handler("%(asctime)s %(name)s %(levelname)s %(message)s"))
    elif name and name not in _LEVELS:
        _tell_it_is_ignored()


class Handler(logging.StreamHandler):  # type: ignore[type-arg] # the class is generic to type checkers only
    """Writes the package's log to standard error; there is one of them at a time."""

    def __init__(self, line: str, times: str | None = None) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter(line, datefmt=times))


@cache
def _tell_it_is_ignored() -> None:
    logging.getLogger(LOGGER).warning("LEMLIST_LOG is ignored: it must be %s.", " or ".join(_LEVELS))
