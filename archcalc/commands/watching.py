"""Watching a file: what it says and what changed, each time that it is saved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from archcalc.checks.checking import Choice, check_source
from archcalc.errors import ArchcalcError
from archcalc.limits import Limits
from archcalc.network.network import Network
from archcalc.network.network import network as network_of
from archcalc.reports.diff import Difference, Side, diff_report
from archcalc.reports.report import Report
from archcalc.reports.table import table_report
from archcalc.source.parser import parse

Shown = Report | str
"""What is shown at a save: reports, and findings as text."""


class Watch:
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
        try:
            source = parse(data, self.path, self.limits)
            network = network_of(source, self.variant, limits=self.limits)
            analysis = network.analyze()
            yield table_report(network, analysis)
        except ArchcalcError as error:
            yield "\n\n".join(problem.show() for problem in error.problems)
            return
        outcome = check_source(source, self.path, self.limits, Choice())
        yield "\n\n".join([*(f.show() for f in outcome.findings), outcome.summary()])
        if self.last is not None:
            sides = [
                Side(one, one.analyze(), name=name)
                for one, name in ((self.last, "before"), (network, "now"))
            ]
            yield diff_report(Difference(*sides))
        self.last = network


def watch(
    looks: Watch,
    show: Callable[[list[Shown]], None],
    interval: float = 0.5,
    times: int | None = None,
) -> None:
    """Look at a file again and again; `times` bounds how often, for tests."""
    count = 0
    while times is None or count < times:
        shown = looks.look()
        if shown is not None:
            show(shown)
        count += 1
        if times is None or count < times:
            time.sleep(interval)
