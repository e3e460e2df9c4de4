"""The rows of a sweep as a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from archcalc.catalogue import FIGURES
from archcalc.reports.cells import Cell, Column, Line, Note, Table
from archcalc.reports.report import Report
from archcalc.sweeps.combinations import Combinations
from archcalc.sweeps.values import SweepRow


def sweep_report(
    found: Combinations,
    rows: Sequence[SweepRow],
    stopped: int | None = None,
    count: int | None = None,
    top: int | None = None,
) -> Report:
    """Return a table of rows of a sweep.

    `stopped` is the number of combinations after which it was interrupted, `count` that
    of the rows where they are written elsewhere, `top` that of the rows asked for.
    """
    columns = (*map(_axis, found.names), *map(_figure, found.figures))
    lines = tuple(
        Line(tuple(map(_cell, row)), path=path_of(found, row)) for row in rows
    )
    count = len(rows) if count is None else count
    of = f"{count:,} of {found.size:,} combinations"
    if found.drawn is not None:
        of = f"{count:,} of {found.drawn:,} combinations drawn at random"
        of = f"{of} from {found.size:,}"
    notes = [Note(f"{of} of {', '.join(found.names)}.")]
    if stopped is not None:
        notes.append(Note(f"Interrupted after {stopped} combinations."))
    if top is not None and len(rows) == top:
        one = "row is" if top == 1 else f"{top} rows are"
        notes.append(Note(f"Only the first {one} shown (--top {top})."))
    if found.where:
        notes.append(Note(f"Where {found.where}."))
    net = found.network
    settings: dict[str, Cell] = {"convention": "macs", "batch": found.batch}
    title = f"{net.title}: {', '.join(found.names)}"
    return Report(
        "sweep", title, net.name, (Table("", columns, lines),), tuple(notes), settings
    )


def _axis(name: str) -> Column:
    return Column(name, name, "text")


def _figure(name: str) -> Column:
    return Column(name, name, FIGURES[name].kind)


def _cell(value: Any) -> Cell:
    return shown(value) if isinstance(value, Fraction) else value


def shown(value: Any) -> str:
    """Return a value of an axis as one would write it."""
    return f"{float(value):.6g}" if isinstance(value, Fraction) else str(value)


def path_of(found: Combinations, row: Iterable[Any]) -> str:
    """Return the values of a row with their names: `width=0.5 size=224`."""
    pairs = zip(found.names, row, strict=False)
    return " ".join([f"{n}={v if type(v) is int else shown(v)}" for n, v in pairs])
