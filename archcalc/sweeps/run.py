"""Runs a sweep to its end or to a stop, such that what is done is kept."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any, Protocol

from archcalc.sweeps.choice import Choice, Chosen
from archcalc.sweeps.chunks import Chunk, Form, chunks
from archcalc.sweeps.combinations import Combinations
from archcalc.sweeps.partial import save, saved
from archcalc.sweeps.values import SweepRow

Told = Callable[[int], None]


class RowFile(Protocol):
    """A file of rows: `begin`, `add` chunks, `close`.

    `form` writes the rows of its chunks, None for those it takes as they are; `count`
    says how many rows it has.
    """

    count: int

    @property
    def form(self) -> Form | None:
        """What writes rows as lines."""

    @property
    def columnar(self) -> bool:
        """Whether it takes columns."""

    def begin(self, resume: bool) -> tuple[int, int]:
        """Open the file; return the unit, and the place there, to go on from."""

    def add(self, chunk: Chunk) -> None:
        """Write the rows of a chunk."""

    def close(self, stopped: int | None = None, /) -> None:
        """End the file; `stopped`: after how many combinations, if not after all."""


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until a step is done whole."""
    if current_thread() is not main_thread():
        yield
        return
    held = []
    before = signal.signal(signal.SIGINT, lambda *_: held.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if held:
        raise KeyboardInterrupt


def stream(
    found: Combinations, choice: Choice, file: RowFile, resume: bool, told: Told
) -> None:
    """Write rows as they are found; what is written stays when it is interrupted.

    `told` hears how many combinations are done.
    """
    first, skip = file.begin(resume)
    done = found.combinations(first) + skip
    stopped: int | None = done
    try:
        for chunk in _wanted(found, choice, file, first, skip):
            with uninterrupted():
                file.add(chunk)
                done += chunk.combinations
                stopped = done
            told(done)
        stopped = None
    except BrokenPipeError:
        return
    finally:
        with uninterrupted(), suppress(BrokenPipeError):
            file.close(stopped)


def _wanted(
    found: Combinations, choice: Choice, file: RowFile, first: int, skip: int
) -> Iterator[Any]:
    """Yield chunks until there are as many rows as were asked for."""
    top = choice.top
    if top is not None and file.count >= top:
        return
    columns = file.columnar and top is None
    for chunk in chunks(found, choice, file.form, first, skip, columns):
        over = file.count + chunk.size - top if top is not None else 0
        if over > 0:
            kept = chunk.size - over
            text = "".join(chunk.text.splitlines(keepends=True)[:kept])
            chunk = chunk._replace(rows=chunk.rows[:kept], text=text, size=kept)
        yield chunk
        if over >= 0 and top is not None:
            return


class Gathering:
    """Chooses among the rows of a sweep; its `rows` are known at the end.

    Where it stops, `partial` holds what was found, and a sweep that resumes begins with
    it. `done` counts combinations.
    """

    def __init__(
        self, found: Combinations, choice: Choice, partial: Path | None, resume: bool
    ) -> None:
        self.found = found
        self.choice = choice
        self.partial = partial
        self.chosen = Chosen(choice, found.columns)
        self.unit = 0
        if resume and partial is not None and partial.exists():
            self.unit, rows = saved(partial, found, choice)
            self.chosen.add(rows)

    @property
    def done(self) -> int:
        """How many combinations were looked at."""
        return self.found.combinations(self.unit)

    def run(self, told: Told) -> None:
        """Look at all that is left; `told` hears how many combinations are done."""
        try:
            for chunk in chunks(self.found, self.choice, first=self.unit):
                with uninterrupted():
                    self.chosen.add(chunk.rows)
                    self.unit += chunk.units
                told(self.done)
                if self.chosen.full:
                    break
        except BaseException:
            with uninterrupted():
                self.save()
            raise

    def save(self) -> None:
        """Write what was found, to go on with."""
        if self.partial is not None and self.unit:
            kept = self.chosen.kept()
            save(self.partial, self.found, self.choice, self.unit, kept)

    def rows(self) -> list[SweepRow]:
        """Return the rows that were chosen."""
        return self.chosen.rows()

    def remove_partial(self) -> None:
        """Remove what was kept for a stop."""
        if self.partial is not None:
            self.partial.unlink(missing_ok=True)
