"""Ctrl-C and SIGTERM: the first one stops gracefully, the second one cancels."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from lemlist_async.cli.output import Output


class Interrupts:
    """Handles Ctrl-C and SIGTERM in a `with` block: the first one stops gracefully, if possible, or else cancels.

    Attributes:
        stop: stops the work gracefully; None if that is not possible.
        has_stopped: whether it was used.
        is_over: whether the work is done: the report is still printed, and must not be interrupted.
    """

    def __init__(self, output: Output) -> None:
        self.stop: Callable[[], None] | None = None
        self.has_stopped = False
        self.is_over = False
        self._output = output
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as in a shell's background jobs
                self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _receive(self, _number: int, _frame: Any) -> None:
        if not self.is_over:
            self._loop.call_soon_threadsafe(self._act)

    def _act(self) -> None:
        if self.is_over:
            return
        stop, self.stop = self.stop, None
        if stop is None:
            assert self._task is not None  # noqa: S101 - for the type checker: it runs in one
            self._task.cancel()
        else:
            self._output.note("Stopping: what is in flight is finished first. Ctrl-C again cancels at once.")
            self.has_stopped = True
            stop()
