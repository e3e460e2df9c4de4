"""`archcalc check --watch`: a table and a difference at each save."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.commands.output import colored, columns, write
from archcalc.errors import ArchcalcError, UsageError

if TYPE_CHECKING:
    from archcalc.limits import Limits
    from archcalc.network.network import Network
    from archcalc.reports.report import Report

    Shown = Report | str
    """What is shown at a save: reports, and findings as text."""

CLEAR = "\x1b[H\x1b[2J"


def watch_file(paths: Sequence[str], interval: int, limits: Limits) -> None:
    """Check a spec at each save: its table, findings, and what the save changed.

    Raises `UsageError` AC501 unless it is one file.
    """
    from archcalc.language.library import find, is_path

    if len(paths) != 1:
        raise UsageError.of("AC501", "--watch needs one file")
    path, variant = find(paths[0])
    if not is_path(paths[0]) or not os.path.isfile(path):
        raise UsageError.of("AC501", f"there is no file {paths[0]!r} to watch")
    follow(Watched(path, variant, limits), _show, max(interval, 10) / 1000)


class Watched:
    """One file; remembers the last network that could be read."""

    def __init__(self, path: str, variant: str | None, limits: Limits) -> None:
        self.path = path
        self.variant = variant
        self.limits = limits
        self.last: Network | None = None
        self.seen: bytes | None = None

    def look(self) -> list[Shown] | None:
        """Return what is to be shown, None where the file is as it was."""
        try:
            data = Path(self.path).read_bytes()
        except OSError:  # editors replace a file: it may be gone for a moment
            return None
        if data == self.seen:
            return None
        self.seen = data
        return list(self._shown(data))

    def _shown(self, data: bytes) -> Iterator[Shown]:
        from archcalc.checks.checking import Selection, check_source
        from archcalc.network.network import network as network_of
        from archcalc.reports.diff import PEAKS, Difference, Side, diff_report
        from archcalc.reports.table import table_report
        from archcalc.source.parser import parse

        try:
            source = parse(data, self.path, self.limits)
            network = network_of(source, self.variant, limits=self.limits)
            analysis = network.analyze()
            yield table_report(network, analysis, fold=True)
        except ArchcalcError as error:
            yield "\n\n".join(problem.show() for problem in error.problems)
            return
        outcome = check_source(source, self.path, self.limits, Selection())
        yield "\n\n".join([*(f.show() for f in outcome.findings), outcome.summary()])
        if self.last is not None:
            before, now = [
                Side(one, one.analyze(), name=name)
                for one, name in ((self.last, "before"), (network, "now"))
            ]
            yield diff_report(Difference(before, now, peaks=PEAKS))
        self.last = network


def follow(
    watched: Watched,
    show: Callable[[list[Shown]], None],
    interval: float = 0.5,
    times: int | None = None,
) -> None:
    """Look at a file again and again; `times` bounds how often, for tests."""
    count = 0
    while times is None or count < times:
        shown = watched.look()
        if shown is not None:
            show(shown)
        count += 1
        if times is None or count < times:
            time.sleep(interval)


def _show(shown: list[Shown]) -> None:
    """Print what a save has brought, on a page of its own on a terminal."""
    from archcalc.render import render
    from archcalc.render.paint import colored_problems, painter

    width, color = columns(), colored()
    pages = [
        colored_problems(one, painter(color))
        if isinstance(one, str)
        else render(one, "terminal", width=width, color=color)
        for one in shown
    ]
    write((CLEAR if color else "") + "\n\n".join(pages) + "\n")
