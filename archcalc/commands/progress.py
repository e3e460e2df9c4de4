"""Progress on a terminal, for what takes more than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from archcalc.render.progress_bar import ProgressBar

Item = TypeVar("Item")
SILENT_SECONDS = 1.0
STEP_SECONDS = 0.1


class Progress:
    """A bar on a terminal's stderr that says how much is done, after a second.

    Nothing on a pipe, and nothing where stdout writes on the same terminal.
    """

    def __init__(self, what: str, total: int | None = None, busy: bool = False) -> None:
        self.what = what
        self.total = total
        self.on = sys.stderr.isatty() and not (busy and sys.stdout.isatty())
        self.begin = self.shown = time.monotonic()
        self.bar: ProgressBar | None = None

    def __call__(self, done: int) -> None:
        """Say how much is done, ten times a second at most."""
        if not self.on:
            return
        now = time.monotonic()
        if now - self.begin <= SILENT_SECONDS or now - self.shown <= STEP_SECONDS:
            return
        self.shown = now
        if self.bar is None:
            from archcalc.render.progress_bar import ProgressBar

            self.bar = ProgressBar(self.what, self.total)
        self.bar.show(done)

    def end(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.end()
            self.bar = None


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Say on a terminal's stderr, after a second, what takes so long."""
    stream = sys.stderr
    if not stream.isatty():
        yield
        return
    from threading import Timer

    said = False

    def say() -> None:
        nonlocal said
        said = True
        stream.write(f"{what} …")
        stream.flush()

    timer = Timer(SILENT_SECONDS, say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if said:
            stream.write("\r\x1b[K")
            stream.flush()


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
