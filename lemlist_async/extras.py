"""What needs an extra is imported on first use; if it is missing, the error says how to install it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lemlist_async.errors import InvalidRequestError


class MissingExtraError(InvalidRequestError, ModuleNotFoundError):
    """A module of an extra is not installed; the message is the line that installs it."""


def pip_line(extra: str) -> str:
    """Return the line that installs an extra, as sh, PowerShell and cmd take it."""
    return f'pip install "lemlist-async[{extra}]"'


@contextmanager
def needed(what: str, extra: str, instead: str = "") -> Iterator[None]:
    """Import modules of an extra in a block.

    Args:
        what: what they are needed for, as the message begins.
        extra: its name.
        instead: what else the user can do, as the message ends.

    Raises:
        MissingExtraError: one of them is missing, or too old.
    """
    try:
        yield
    except MissingExtraError:
        raise
    except ImportError as error:
        module = (error.name or extra).partition(".")[0]
        raise MissingExtraError(f"{what} needs {module}: {pip_line(extra)}{instead}.") from None
