"""The sample file of people who do not exist, which README's first steps read."""

from __future__ import annotations

from pathlib import Path


def sample_path() -> Path:
    """Return the path of the sample: a CSV of some 500 invented people, a few of whom are refused."""
    return Path(__file__).with_name("sample.csv")
