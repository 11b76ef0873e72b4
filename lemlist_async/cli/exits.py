"""How a command ends: the exit codes, and which of them an error stands for."""

from __future__ import annotations

import asyncio
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from lemlist_async.errors import (
    AuthenticationError,
    BatchError,
    ConflictError,
    InvalidRequestError,
    JobRefusedError,
    JournalError,
    LemlistError,
    NotFoundError,
    PaymentRequiredError,
    PermissionDeniedError,
)

if TYPE_CHECKING:
    from lemlist_async.batch.report import BatchReport

_REFUSALS = (
    AuthenticationError,
    InvalidRequestError,
    JobRefusedError,
    JournalError,
    NotFoundError,
    PaymentRequiredError,
    PermissionDeniedError,
)


class Exit(IntEnum):
    """The exit codes of `lemlist`."""

    DONE = 0
    FAILED = 1
    REFUSED = 2
    REJECTED = 3
    STOPPED = 4


MEANINGS = {
    Exit.DONE: "done",
    Exit.FAILED: "failed unexpectedly, such as lemlist being out of reach",
    Exit.REFUSED: "refused: usage, input, key, list or journal; nothing was changed",
    Exit.REJECTED: "done, except for rows or IDs that were refused or are unknown to lemlist",
    Exit.STOPPED: "stopped before the end; the same command goes on",
}


def code_of(error: BaseException, *, begun: bool = False) -> Exit:
    """Return the exit code that an error stands for.

    Args:
        error: what ended the command.
        begun: whether something may have been changed by then.
    """
    if isinstance(error, asyncio.CancelledError):
        return Exit.STOPPED
    if begun or isinstance(error, BatchError):
        return Exit.STOPPED
    return Exit.REFUSED if _is_refusal(error) else Exit.FAILED


def code_of_run(report: BatchReport[Any]) -> Exit:
    """Return the exit code of a list change."""
    nothing_was_fit = len(report.rejected) == report.submitted > 0
    if not (report.done or report.doubts) and (_is_refusal(first_error(report)) or nothing_was_fit):
        return Exit.REFUSED
    if report.failures or report.doubts or report.left:
        return Exit.STOPPED
    return Exit.REJECTED if report.rejected or getattr(report, "unaccounted", None) else Exit.DONE


def first_error(report: BatchReport[Any]) -> LemlistError | None:
    """Return the first error of a list change."""
    errors = [*(one.error for one in report.failures), *(one.error for one in report.doubts)]
    return next((error for error in errors if error is not None), None)


def words_of(error: BaseException) -> str:
    """Say in one or two lines what went wrong, without Python."""
    if isinstance(error, asyncio.CancelledError):
        return "Cancelled."
    if isinstance(error, BatchError) and error.__cause__ is not None:
        return str(error.__cause__)
    if isinstance(error, OSError) and not isinstance(error, LemlistError):
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{error.strerror or error}"
    return str(error)


def _is_refusal(error: BaseException | None) -> bool:
    """Tell whether it was refused; of conflicts, only a name that several lists have."""
    return isinstance(error, _REFUSALS) or (isinstance(error, ConflictError) and error.method is None)
