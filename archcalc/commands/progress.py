"""Progress on a terminal, for what takes more than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
SILENT_SECONDS = 1.0
STEP_SECONDS = 0.1


class Progress:
    """A line on a terminal's stderr that says how much is done, after a second.

    Nothing on a pipe, and nothing where stdout writes on the same terminal.
    """

    def __init__(self, what: str, total: int | None = None, busy: bool = False) -> None:
        self.what = what
        self.total = total
        self.on = sys.stderr.isatty() and not (busy and sys.stdout.isatty())
        self.begin = self.shown = time.monotonic()
        self.written = 0

    def __call__(self, done: int) -> None:
        """Say how much is done, ten times a second at most."""
        if not self.on:
            return
        now = time.monotonic()
        if now - self.begin <= SILENT_SECONDS or now - self.shown <= STEP_SECONDS:
            return
        self.shown = now
        line = f"{done:,} {self.what}"
        if self.total is not None:
            share = done * 100 // max(self.total, 1)
            line = f"{done:,} of {self.total:,} {self.what} ({share}%)"
        self.written = max(self.written, len(line))
        sys.stderr.write(f"\r{line:{self.written}}")
        sys.stderr.flush()

    def end(self) -> None:
        """Clear the line."""
        if self.written:
            sys.stderr.write(f"\r{' ' * self.written}\r")
            sys.stderr.flush()
            self.written = 0


def tracked(
    items: Iterable[Item], what: str, total: int | None = None
) -> Iterator[Item]:
    """Yield items; after a second, say on a terminal's stderr how many there were."""
    progress = Progress(what, total)
    try:
        for count, item in enumerate(items, 1):
            yield item
            progress(count)
    finally:
        progress.end()
