"""`lemlist-async`: the jobs of this package from a shell."""

import os
import signal
import sys
from importlib.util import find_spec
from types import FrameType
from typing import NoReturn

_NEEDED = ("click", "rich")
_CANCELLED = b"lemlist-async: Cancelled.\n"
_STOPPED = 4  # Exit.STOPPED, without importing anything


def main() -> None:
    """Run the command line; the console script's entry point. It ends the process."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end_at_once)
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        sys.exit(_refuse(missing))
    from lemlist_async.cli.root import root

    if hasattr(sys.stdout, "reconfigure"):  # a list's name may hold what the terminal's encoding does not
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        root(prog_name="lemlist-async")
    finally:  # its message was printed already
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end_at_once(_number: int, _frame: FrameType | None) -> NoReturn:  # pragma: no cover - no process measures its end
    """End the process during its start, before anything was done: an exception here could surface anywhere."""
    os.write(2, _CANCELLED)
    os._exit(_STOPPED)


def _refuse(missing: list[str]) -> int:
    from lemlist_async.extras import pip_line

    what = " and ".join(missing)
    sys.stderr.write(f"lemlist-async: the command needs {what}. Install it with: {pip_line('cli')}\n")
    return 2
