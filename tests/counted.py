"""What a test did, counted: kills, cancellations, replies; `docs/figures.py` adds the counts of a run up."""

from collections import Counter

COUNTS: Counter[str] = Counter()


def count(what: str, number: int = 1) -> None:
    """Count what the test that is running did; its result tells, under this name."""
    COUNTS[what] += number
