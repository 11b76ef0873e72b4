"""A night on paper: `python docs/night.py --keys 10000 --rows 100000`. Plain arithmetic; every number can be changed.

It answers: how many cores, connections and commits a night of imports needs, when it ends, and what breaks first.
"""

from __future__ import annotations

import argparse
import heapq
import random
from collections.abc import Sequence

from attrs import Attribute, field, fields, frozen

SHARES = (0.0, 0.01, 0.1, 1.0)


@frozen(kw_only=True)
class Night:
    """The parameters; times in seconds, unless the name says otherwise."""

    keys: int = field(default=10_000, metadata={"help": "API keys, each with one import"})
    rows: int = field(default=100_000, metadata={"help": "rows of each import"})
    hours: float = field(default=8.0, metadata={"help": "over which the starts are spread"})
    rate: float = field(default=9.7, metadata={"help": "rows a second and key, at lemlist's limit"})
    sent_cpu: float = field(default=0.0011, metadata={"help": "CPU seconds of a row that is sent"})
    read_cpu: float = field(default=0.00005, metadata={"help": "CPU seconds of a row that is read and unchanged"})
    rows_a_commit: float = field(default=5.5, metadata={"help": "rows whose notes are written together"})
    keys_a_process: int = field(default=40, metadata={"help": "busy keys in one worker process"})
    commits_a_second: float = field(default=800.0, metadata={"help": "that one PostgreSQL takes, of a few rows each"})
    bytes_a_row: float = field(default=200.0, metadata={"help": "of the journal, with its index"})
    connections_a_process: int = field(default=10, metadata={"help": "to PostgreSQL"})
    most_connections: int = field(default=200, metadata={"help": "that PostgreSQL takes"})


@frozen(kw_only=True)
class Load:
    """What a night asks for at its busiest."""

    share: float
    read: float
    sent: float
    busy: int
    ends: float
    cores: float
    processes: int
    commits: float
    connections: int
    gigabytes: float

    def first_limit(self, night: Night) -> str:
        """Return which part of one PostgreSQL is used most, and how much of it."""
        used = {
            "commits": self.commits / night.commits_a_second,
            "connections": self.connections / night.most_connections,
        }
        name = max(used, key=lambda one: used[one])
        return f"{name} {used[name]:.0%}"


def load(night: Night, share: float, seed: int = 1) -> Load:
    """Return what a night costs in which this share of all rows has changed."""
    chance = random.Random(seed)
    sending = night.rows * share / night.rate
    reading = night.rows * night.read_cpu
    starts = sorted(chance.uniform(0.0, night.hours * 3600) for _ in range(night.keys))
    busy, ends = busiest(starts, sending + reading)
    sent = min(busy * night.rate, night.keys * night.rows * share / (night.hours * 3600)) if share else 0.0
    read = night.keys * night.rows / max(night.hours * 3600, ends)
    processes = max(1, -(-busy // night.keys_a_process))
    return Load(
        share=share,
        read=read,
        sent=sent,
        busy=busy,
        ends=ends / 3600,
        cores=read * night.read_cpu + sent * night.sent_cpu,
        processes=processes,
        commits=sent / night.rows_a_commit,
        connections=processes * night.connections_a_process,
        gigabytes=night.keys * night.rows * night.bytes_a_row / 1e9,
    )


def busiest(starts: Sequence[float], lasts: float) -> tuple[int, float]:
    """Return how many imports run at once at most, and when the last one ends, if nothing holds them up."""
    running: list[float] = []
    most = 0
    for start in starts:
        while running and running[0] <= start:
            heapq.heappop(running)
        heapq.heappush(running, start + lasts)
        most = max(most, len(running))
    return most, max(starts) + lasts


def table(night: Night, shares: Sequence[float] = SHARES) -> str:
    """Return the night as a table in Markdown."""
    lines = [
        "| changed | rows read/s | sent/s | keys busy at once | ends after | cores | processes | commits/s | connections "
        "| one PostgreSQL |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*lines, *(_line(night, load(night, share)) for share in shares)])


def _line(night: Night, one: Load) -> str:
    return (
        f"| {one.share:.0%} | {one.read:,.0f} | {one.sent:,.0f} | {one.busy:,} | {one.ends:.1f} h | {one.cores:.0f} "
        f"| {one.processes} | {one.commits:,.0f} | {one.connections:,} | {one.first_limit(night)} |"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    for one in fields(Night):
        _add(parser, one)
    return parser


def _add(parser: argparse.ArgumentParser, one: Attribute[float]) -> None:
    parser.add_argument(
        f"--{one.name.replace('_', '-')}", type=type(one.default), default=one.default, help=one.metadata["help"]
    )


if __name__ == "__main__":
    night = Night(**vars(_parser().parse_args()))
    print(table(night))
    print(f"\nThe journals hold {load(night, 0.0).gigabytes:,.0f} GB.")
