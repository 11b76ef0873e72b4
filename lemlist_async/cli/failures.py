"""The messages and exit codes of errors."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from attrs import frozen

from lemlist_async.cli.exits import PROGRAM, Exit
from lemlist_async.errors import (
    AuthenticationError,
    BatchError,
    ConflictError,
    DeadlineExceededError,
    InvalidRequestError,
    JobRefusedError,
    JournalError,
    LemlistError,
    NotFoundError,
    PaymentRequiredError,
    PermissionDeniedError,
    TransportError,
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

_NO_KEY = f"""\
Create one in lemlist under Settings > Integrations, and set it for this shell:
  export LEMLIST_API_KEY=…          in sh, bash, zsh
  $env:LEMLIST_API_KEY = "…"        in PowerShell
or store it: {PROGRAM} auth add NAME
No account? Add --sandbox to try any command on a lemlist on this computer."""
# Arguments that messages name, and that are options here; quoted ones are names in JSON.
_PYTHON_NAMES = re.compile(
    r"(?<![-\w\"])(leave_out_rejected|max_removals|max_rejected|drop_unregistered|in_doubt)(=True)?\b"
)
# What messages add for those who call the package.
_FOR_PYTHON = re.compile(r" \(in Python: (?:renames=\{.*?\}|\w+=[^\s()]*)\)")
_NO_CONNECTION = (
    "Check the connection to this host. Behind a company's proxy, set HTTPS_PROXY, and SSL_CERT_FILE if it inspects"
    " TLS."
)
_WRONG_KEY = (
    f"`{PROGRAM} auth list` shows where the key came from: LEMLIST_API_KEY, a file, a profile. Create keys in lemlist"
    " under Settings > Integrations."
)


@frozen
class Failure:
    """The message of an error.

    Attributes:
        error: the kind of error, such as `AuthenticationError`.
        message: what went wrong.
        hint: what to do about it; may be empty.
        code: the exit code.
    """

    error: str
    message: str
    hint: str
    code: Exit

    @property
    def facts(self) -> dict[str, Any]:
        """For `--json`."""
        return {"error": self.error, "message": self.message, "hint": self.hint, "exit_code": int(self.code)}

    @property
    def words(self) -> str:
        """For people."""
        separator = "\n" if "\n" in self.hint else " "
        return f"{self.message}{separator}{self.hint}".strip()


def failure_of(error: BaseException, code: Exit) -> Failure:
    """Return the message of an error that ends a command with this code."""
    cause = error.__cause__ if isinstance(error, BatchError) and error.__cause__ is not None else error
    name = "Cancelled" if isinstance(cause, asyncio.CancelledError) else type(cause).__name__
    return Failure(name, _message(cause), _hint(cause), code)


def code_of(error: BaseException, *, begun: bool = False) -> Exit:
    """Return the exit code of an error.

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


def without_python(text: str) -> str:
    """Return a message without what it adds for those who call the package from Python."""
    return _FOR_PYTHON.sub("", text)


def _message(error: BaseException) -> str:
    """Return one or two lines about what went wrong, without Python."""
    if isinstance(error, asyncio.CancelledError):
        return "Cancelled."
    if isinstance(error, LemlistError):
        text = " ".join(str(error).replace(error.hint, "").split()) if error.hint else str(error)
        return _PYTHON_NAMES.sub(lambda found: f"--{found[1].replace('_', '-')}", without_python(text))
    name = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
    return f"{name}{getattr(error, 'strerror', None) or error}"


def _hint(error: BaseException) -> str:
    """Return what to do about it in a shell."""
    if isinstance(error, AuthenticationError):
        return _NO_KEY if error.status is None else _WRONG_KEY
    if isinstance(error, TransportError) and not (error.ambiguous or isinstance(error, DeadlineExceededError)):
        return _NO_CONNECTION if error.requests else ""  # without a request, the limiter was out of reach
    return error.hint if isinstance(error, LemlistError) else ""


def _is_refusal(error: BaseException | None) -> bool:
    """Return whether it was refused; of conflicts, only a name that several lists have."""
    return isinstance(error, _REFUSALS) or (isinstance(error, ConflictError) and error.method is None)
