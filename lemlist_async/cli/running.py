"""How every command runs: with a client or the sandbox, under signals, to an exit code."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, TypeVar

from attrs import frozen

from lemlist_async.cli.exits import Exit
from lemlist_async.cli.failures import code_of
from lemlist_async.cli.interrupts import Interrupts
from lemlist_async.cli.options import CommonOptions
from lemlist_async.cli.output import Output, forget_stdout
from lemlist_async.cli.snapshot import Job, TakeSnapshot
from lemlist_async.errors import LemlistError

if TYPE_CHECKING:
    from lemlist_async.cli.progress import Bar
    from lemlist_async.client import Lemlist
    from lemlist_async.sandbox import State

T = TypeVar("T")

_REFRESH = 0.25  # seconds between two looks at a job

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
        """Where it prints."""
        return self.options.output

    async def run_job(self, job: Job[T], snapshot: TakeSnapshot, *, begun: Callable[[], bool]) -> tuple[T, Exit]:
        """Await a job under its progress bar; the first Ctrl-C stops it, the second one cancels it.

        Returns:
            Its report, and the exit code: `DONE`, or `STOPPED` if it did not come to its end.

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
            snapshot: tells how far it has come.
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
    """Do a command's work with a client, say what went wrong, and end the process with the exit code.

    Args:
        options: the common options.
        work: what to do.
        prepare: puts things into the sandbox first.
    """

    async def with_client(invocation: Invocation) -> Exit:
        from lemlist_async.client import Lemlist

        with _account(options, prepare) as (key, url):
            async with Lemlist(key, base_url=url) as lemlist:
                return await work(invocation, lemlist)

    run_offline(options, with_client)


def run_offline(options: CommonOptions, work: OfflineWork) -> NoReturn:
    """Do work that needs no lemlist, say what went wrong, and end the process with the exit code."""
    try:
        code = asyncio.run(_interruptible(options, work))
    except BrokenPipeError:  # `lemlist-async … | head`: the reader has left
        forget_stdout()
        code = Exit.STOPPED
    except (LemlistError, OSError, asyncio.CancelledError) as error:
        code = code_of(error)
        options.output.failure(error, code)
    sys.exit(code)


async def _interruptible(options: CommonOptions, work: OfflineWork) -> Exit:
    with Interrupts(options.output) as interrupts:
        return await work(Invocation(options, interrupts))


@contextmanager
def _account(options: CommonOptions, prepare: Prepare | None) -> Iterator[tuple[str | None, str | None]]:
    """Yield the key and the URL for the client. The key comes from the environment: an option stays in the history."""
    if not options.sandbox:
        yield None, options.base_url
        return
    from lemlist_async.sandbox import sandbox_thread

    with sandbox_thread() as sandbox:
        options.output.note(
            "A throw-away lemlist on this computer: nothing leaves it, and it is gone when the command ends."
        )
        if prepare is not None:
            prepare(sandbox.state)
        yield sandbox.api_key, sandbox.url
