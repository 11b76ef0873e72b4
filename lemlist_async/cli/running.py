"""How every command runs: with a client or the sandbox, under signals, to an exit code."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, Self, TypeVar

from lemlist_async.cli.exits import Exit, code_of, words_of
from lemlist_async.cli.options import How
from lemlist_async.cli.output import forget_stdout, say
from lemlist_async.errors import LemlistError

if TYPE_CHECKING:
    from lemlist_async.cli.progress import Bar
    from lemlist_async.client import Lemlist
    from lemlist_async.sandbox import State

T = TypeVar("T")
R_co = TypeVar("R_co", covariant=True)

_LOOK_EVERY = 0.25  # seconds


@dataclass(frozen=True, kw_only=True)
class Seen:
    """How far a job has come.

    Attributes:
        phase: what it is doing.
        done: items.
        total: items, where that is known.
        counts: more to show, such as requests.
    """

    phase: str
    done: int
    total: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


class Job(Protocol[R_co]):
    """What can be followed: a run of the client, or a job."""

    @property
    def report(self) -> R_co:
        """The totals of this moment."""
        ...

    def stop(self) -> None:
        """Finish what is on its way and leave the rest."""
        ...


Look = Callable[[], Seen]
Work = Callable[["Shell", "Lemlist"], Awaitable[Exit]]
Furnish = Callable[["State"], None]


@dataclass
class Shell:
    """What a command works in.

    Attributes:
        how: the common options.
    """

    how: How
    _interrupts: Interrupts

    async def carry_out(self, job: Job[T], look: Look, *, begun: Callable[[], bool]) -> tuple[T, Exit]:
        """Await a job under its progress bar; the first Ctrl-C stops it, the second one cancels it.

        Returns:
            Its report, and the exit code: `DONE`, or `STOPPED` where it did not come to its end.

        Raises:
            LemlistError: nothing was changed yet; so there is nothing to report.
        """
        try:
            return await self.follow(job, look, job.stop), Exit.DONE
        except (LemlistError, OSError, asyncio.CancelledError) as error:
            code = code_of(error, begun=begun())
            if code is not Exit.STOPPED:
                raise
            say(f"lemlist: {words_of(error)}")
            return job.report, code

    async def follow(self, awaitable: Any, look: Look, stop: Callable[[], None] | None = None) -> Any:
        """Await something under a progress bar.

        Args:
            awaitable: a coroutine.
            look: tells how far it has come.
            stop: what the first Ctrl-C does; None to cancel at once.
        """
        task = asyncio.create_task(awaitable)
        self._interrupts.stop = stop
        try:
            with self._bar() as bar:
                while not task.done():
                    await asyncio.wait({task}, timeout=_LOOK_EVERY)
                    if bar is not None:
                        bar.look(look())
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
        finally:
            self._interrupts.stop = None
        return task.result()

    @property
    def has_bar(self) -> bool:
        """Whether somebody watches."""
        return sys.stderr.isatty() if self.how.progress is None else self.how.progress

    def _bar(self) -> AbstractContextManager[Bar | None]:
        if not self.has_bar:
            return nullcontext()
        from lemlist_async.cli.progress import Bar

        return Bar()


def run(how: How, work: Work, furnish: Furnish | None = None) -> NoReturn:
    """Do a command's work with a client, say what went wrong, and end the process with the exit code.

    Args:
        how: the common options.
        work: what to do.
        furnish: puts things into the sandbox first.
    """

    async def with_client(shell: Shell) -> Exit:
        from lemlist_async.client import Lemlist

        with _account(how, furnish) as (key, url):
            async with Lemlist(key, base_url=url) as lemlist:
                return await work(shell, lemlist)

    run_offline(how, with_client)


def run_offline(how: How, work: Callable[[Shell], Awaitable[Exit]]) -> NoReturn:
    """Do work that needs no lemlist, say what went wrong, and end the process with the exit code."""
    try:
        code = asyncio.run(_interruptible(how, work))
    except BrokenPipeError:  # `lemlist … | head`: the reader has had enough
        forget_stdout()
        code = Exit.STOPPED
    except (LemlistError, OSError, asyncio.CancelledError) as error:
        say(f"lemlist: {words_of(error)}")
        code = code_of(error)
    sys.exit(code)


async def _interruptible(how: How, work: Callable[[Shell], Awaitable[Exit]]) -> Exit:
    with Interrupts() as interrupts:
        return await work(Shell(how, interrupts))


@contextmanager
def _account(how: How, furnish: Furnish | None) -> Iterator[tuple[str | None, str | None]]:
    """Give the key and the URL for the client. The key comes from the environment: an option stays in the history."""
    if not how.sandbox:
        yield None, how.base_url
        return
    from lemlist_async.sandbox import sandbox_thread

    with sandbox_thread() as sandbox:
        say("A throw-away lemlist on this computer: nothing leaves it, and it is gone when the command ends.")
        if furnish is not None:
            furnish(sandbox.state)
        yield sandbox.api_key, sandbox.url


class Interrupts:
    """What Ctrl-C and SIGTERM do: the first one stops in good order where that is possible, else all is cancelled.

    Attributes:
        stop: stops what is under way in good order.
    """

    def __init__(self) -> None:
        self.stop: Callable[[], None] | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as in a shell's background jobs
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, _number: int, _frame: Any) -> None:
        self._loop.call_soon_threadsafe(self._act)

    def _act(self) -> None:
        stop, self.stop = self.stop, None
        if stop is None:
            assert self._task is not None  # noqa: S101 - for the type checker: it runs in one
            self._task.cancel()
        else:
            say("Stopping: what is on its way is finished first. Ctrl-C again cancels at once.")
            stop()
