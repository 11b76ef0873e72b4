"""Running a command: with a client or the sandbox, signals, and an exit code."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, TypeVar

from attrs import frozen

from lemlist_async.cli.accounts import find_account
from lemlist_async.cli.exits import Exit
from lemlist_async.cli.failures import code_of
from lemlist_async.cli.interrupts import Interrupts
from lemlist_async.cli.options import CommonOptions
from lemlist_async.cli.output import Output, flush_stdout, forget_stdout
from lemlist_async.cli.sandboxed import sandbox_of
from lemlist_async.cli.snapshot import Job, TakeSnapshot
from lemlist_async.errors import InvalidRequestError, LemlistError

if TYPE_CHECKING:
    from lemlist_async.cli.facts import Summary
    from lemlist_async.cli.progress import Bar
    from lemlist_async.client import Lemlist
    from lemlist_async.sandbox import State
    from lemlist_async.wire.limiter import Limiter

T = TypeVar("T")

_REFRESH = 0.25  # seconds between two looks at a job
_SANDBOX_NOTE = "A throw-away sandbox on this computer: nothing is sent to lemlist, and it ends with the command."
_KEPT_NOTE = "A sandbox on this computer: nothing is sent to lemlist, and its state is kept in"

Work: TypeAlias = "Callable[[Invocation, Lemlist], Awaitable[Exit]]"
OfflineWork: TypeAlias = "Callable[[Invocation], Awaitable[Exit]]"
Prepare: TypeAlias = "Callable[[State], None]"


@frozen
class Invocation:
    """One command that runs.

    Attributes:
        options: the common options.
    """

    options: CommonOptions
    _interrupts: Interrupts

    @property
    def output(self) -> Output:
        """Its output."""
        return self.options.output

    @property
    def was_stopped(self) -> bool:
        """Whether Ctrl-C ended the work before its end; what was begun is finished."""
        return self._interrupts.has_stopped

    def report(self, summary: Summary) -> None:
        """Print the report of work that is done; Ctrl-C does not interrupt it."""
        self._interrupts.is_over = True
        self.output.summary(summary)

    async def run_job(self, job: Job[T], snapshot: TakeSnapshot, *, begun: Callable[[], bool]) -> tuple[T, Exit]:
        """Await a job under its progress bar; the first Ctrl-C stops it, the second one cancels it.

        Returns:
            Its report, and the exit code: `DONE`, or `STOPPED` if it ended early.

        Raises:
            LemlistError: nothing was changed yet; so there is nothing to report.
        """
        try:
            return await self.watch(job, snapshot, job.stop), Exit.DONE
        except (LemlistError, OSError, asyncio.CancelledError) as error:
            code = code_of(error, begun=begun())
            if code is not Exit.STOPPED:
                raise
            self.output.failure(error, code)
            return job.report, code

    async def watch(self, awaitable: Any, snapshot: TakeSnapshot, stop: Callable[[], None] | None = None) -> Any:
        """Await something under a progress bar.

        Args:
            awaitable: a coroutine.
            snapshot: returns the progress.
            stop: what the first Ctrl-C does; None to cancel at once.
        """
        task = asyncio.create_task(awaitable)
        self._interrupts.stop = stop
        try:
            await self._draw(task, snapshot)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
        finally:
            self._interrupts.stop = None
        return task.result()

    async def _draw(self, task: asyncio.Task[Any], snapshot: TakeSnapshot) -> None:
        with self._bar() as bar:
            while not task.done():
                await asyncio.wait({task}, timeout=_REFRESH)
                if bar is not None:
                    bar.show(snapshot())

    @property
    def has_bar(self) -> bool:
        """Whether progress is shown."""
        if self.options.progress is None:
            return sys.stderr is not None and sys.stderr.isatty()
        return self.options.progress

    def _bar(self) -> AbstractContextManager[Bar | None]:
        if not self.has_bar:
            return nullcontext()
        from lemlist_async.cli.progress import Bar

        return Bar()


def run(options: CommonOptions, work: Work, prepare: Prepare | None = None) -> NoReturn:
    """Do a command's work with a client, print what went wrong, and end the process with the exit code.

    Args:
        options: the common options.
        work: what to do.
        prepare: fills the sandbox first.
    """

    async def with_client(invocation: Invocation) -> Exit:
        from lemlist_async.client import Lemlist

        with _account(options, prepare) as (key, url):
            async with _limiter(options, key, url) as limiter, Lemlist(key, base_url=url, limiter=limiter) as lemlist:
                return await work(invocation, lemlist)

    run_offline(options, with_client)


def run_offline(options: CommonOptions, work: OfflineWork) -> NoReturn:
    """Do work that needs no lemlist, print what went wrong, and end the process with the exit code."""
    if sys.stdout is None:  # as after `>&-`: better reported before anything is changed
        options.output.failure(InvalidRequestError("There is no stdout to print to."), Exit.REFUSED)
        sys.exit(Exit.REFUSED)
    try:
        code = asyncio.run(_interruptible(options, work))
    except BrokenPipeError:  # `lemlist-async … | head`: the reader has left
        forget_stdout()
        code = Exit.STOPPED
    except (LemlistError, OSError, asyncio.CancelledError) as error:
        code = code_of(error)
        options.output.failure(error, code)
        flush_stdout()
    sys.exit(code)


async def _interruptible(options: CommonOptions, work: OfflineWork) -> Exit:
    with Interrupts(options.output) as interrupts, _logging(options.verbose):
        return await work(Invocation(options, interrupts))


@contextmanager
def _account(options: CommonOptions, prepare: Prepare | None) -> Iterator[tuple[str, str | None]]:
    """Yield the key and the URL for the client."""
    if not options.sandbox:
        account = find_account(options)
        yield account.api_key, options.base_url or os.environ.get("LEMLIST_BASE_URL") or account.base_url
        return
    with sandbox_of(options.sandbox_file, prepare) as sandbox:
        options.output.note(_SANDBOX_NOTE if options.sandbox_file is None else f"{_KEPT_NOTE} {options.sandbox_file}.")
        yield sandbox.api_key, sandbox.url


@asynccontextmanager
async def _limiter(options: CommonOptions, key: str, url: str | None) -> AsyncIterator[Limiter | None]:
    """Yield the window in Redis that `--limiter` names; None for the client's own."""
    if options.limiter is None or options.sandbox:
        yield None
        return
    from lemlist_async.limits.redis import RedisWindows
    from lemlist_async.wire.call import DEFAULT_BASE_URL

    async with RedisWindows(options.limiter) as windows:
        yield windows.of(key, url or DEFAULT_BASE_URL)


@contextmanager
def _logging(verbose: bool) -> Iterator[None]:
    """Print what the package logs: one line for each request, with templates and timings, never with data."""
    if not verbose:
        yield
        return
    from lemlist_async.wire.logs import LOGGER, Handler

    handler = Handler("%(asctime)s %(message)s", "%H:%M:%S")
    logger = logging.getLogger(LOGGER)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
