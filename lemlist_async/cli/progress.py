"""A progress bar on stderr, with speed and remaining time."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from lemlist_async.cli.snapshot import Snapshot


class Bar(Progress):
    """A bar for each phase, and a line with the counts below; a context manager."""

    def __init__(self) -> None:
        self._counts: Mapping[str, int] = {}
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            _Count(),
            _Speed(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr, highlight=False),
            refresh_per_second=4,
        )

    def show(self, snapshot: Snapshot) -> None:
        """Show the progress of the job."""
        if not self.tasks or self.tasks[-1].description != snapshot.phase:
            self._finish_phase()
            self.add_task(snapshot.phase, total=None)
        self._counts = snapshot.counts
        self.update(self.tasks[-1].id, completed=snapshot.done, total=snapshot.total)

    def get_renderables(self) -> Iterable[RenderableType]:
        """Yield what is drawn."""
        yield self.make_tasks_table(self.tasks)
        if self._counts:
            yield Text(", ".join(f"{count:,} {label}" for label, count in self._counts.items()), style="dim")

    def _finish_phase(self) -> None:
        for task in self.tasks[-1:]:
            self.update(task.id, total=task.completed)


class _Count(ProgressColumn):
    def render(self, task: Task) -> Text:
        total = "" if task.total is None else f" / {int(task.total):,}"
        return Text(f"{int(task.completed):,}{total}")


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.1f}/s")
