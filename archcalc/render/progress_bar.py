"""A bar on a terminal's stderr that says how much is done, drawn by rich."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

DONE = "{task.completed:,} {task.description}"
OF_TOTAL = "{task.completed:,} of {task.total:,} {task.description}"


class ProgressBar:
    """A bar that is gone when it ends; without a total, the number alone.

    It draws when it is told to, in the thread that tells it: sweeps start processes.
    """

    def __init__(self, what: str, total: int | None) -> None:
        columns = (
            (TextColumn(DONE),)
            if total is None
            else (
                TextColumn(OF_TOTAL),
                BarColumn(bar_width=20),
                TextColumn("{task.percentage:.0f}%"),
                TimeRemainingColumn(),
            )
        )
        self.progress = Progress(
            *columns,
            console=Console(file=sys.stderr),
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.task = self.progress.add_task(what, total=total)
        self.progress.start()

    def show(self, done: int) -> None:
        """Draw the bar anew."""
        self.progress.update(self.task, completed=done, refresh=True)

    def end(self) -> None:
        """Take the bar away."""
        self.progress.stop()
