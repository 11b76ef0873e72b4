"""The exit codes."""

from __future__ import annotations

from enum import IntEnum

PROGRAM = "lemlist-async"


class Exit(IntEnum):
    """The exit codes."""

    DONE = 0
    FAILED = 1
    REFUSED = 2
    REJECTED = 3
    STOPPED = 4


MEANINGS = {
    Exit.DONE: "done",
    Exit.FAILED: "failed unexpectedly, such as lemlist being unreachable",
    Exit.REFUSED: "refused: usage, input, key, list or journal; nothing was changed",
    Exit.REJECTED: "done, except for rows or IDs that were refused or are unknown to lemlist",
    Exit.STOPPED: "stopped before the end; the same command continues",
}
