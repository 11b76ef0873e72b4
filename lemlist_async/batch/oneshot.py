"""Work that starts when it is awaited, once."""

from __future__ import annotations

import time
import warnings
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

T_co = TypeVar("T_co", covariant=True)


class OneShot(Coroutine[Any, Any, T_co]):
    """An awaitable that fits `asyncio.create_task`, `TaskGroup.create_task`, `gather` and `wait_for`.

    Nothing happens before it is awaited. It can be used once; one that is never used warns, as a coroutine does.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._coroutine: Coroutine[Any, Any, T_co] | None = None
        self._began: float | None = None
        self._ended: float | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since it began, until it ended."""
        if self._began is None:
            return 0.0
        return (self._ended or self._clock()) - self._began

    def __await__(self) -> Generator[Any, Any, T_co]:
        self._begin()
        return self._main().__await__()

    def send(self, value: Any) -> Any:
        """Resume, as a coroutine does; for event loops."""
        return self._as_coroutine().send(value)

    def throw(self, *error: Any) -> Any:
        """Raise an exception inside, as a coroutine does; for event loops."""
        return self._as_coroutine().throw(*error)

    def close(self) -> None:
        """Close it, as a coroutine does; for event loops."""
        self._began = self._began or self._clock()
        if self._coroutine is not None:
            self._coroutine.close()

    def __del__(self) -> None:
        if getattr(self, "_began", 0.0) is None:
            what = f"A {type(self).__name__} was never awaited: nothing was sent."
            warnings.warn(what, RuntimeWarning, stacklevel=2, source=self)

    @abstractmethod
    async def _main(self) -> T_co:
        """Do the work."""

    def _begin(self) -> None:
        if self._began is not None:
            raise RuntimeError(f"A {type(self).__name__} can be used once; make a new one.")
        self._began = self._clock()

    def _end(self) -> None:
        self._ended = self._clock()

    def _as_coroutine(self) -> Coroutine[Any, Any, T_co]:
        if self._coroutine is None:
            self._begin()
            self._coroutine = self._main()
        return self._coroutine
