"""The columns of `archcalc table --bars`: how much of each total every row holds."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from archcalc.records import replace
from archcalc.reports.cells import Cell, Column, ColumnKind, Line, Note
from archcalc.reports.report import Report

KINDS: frozenset[ColumnKind] = frozenset({"count", "operations", "bytes"})
NOTE = Note(
    "bars: the share of each row in the total; a full bar is all of it. On a terminal, "
    "shares from 10% are yellow and from 25% red.",
    "definition",
)


def with_bars(report: Report) -> Report:
    """Return a report of `archcalc table` with a bar behind each figure that adds up.

    A figure whose rows do not add up to its total, such as a peak, has none.
    """
    table, *others = report.tables
    wholes = next((row.cells for row in table.rows if row.kind == "total"), ())
    barred = [
        i
        for i, (column, whole) in enumerate(zip(table.columns, wholes, strict=False))
        if column.kind in KINDS and _adds_up(table.rows, i, whole)
    ]
    columns: list[Column] = []
    for i, column in enumerate(table.columns):
        columns.append(column)
        if i in barred:
            columns.append(Column(f"{column.key}_bar", "share", "bar"))
    rows = tuple(_with(row, wholes, barred) for row in table.rows)
    shown = replace(table, columns=tuple(columns), rows=rows)
    return replace(report, tables=(shown, *others), notes=(*report.notes, NOTE))


def _adds_up(rows: Sequence[Line], at: int, whole: Cell) -> bool:
    parts = [row.cells[at] for row in rows if row.kind == "row"]
    numbers = [part for part in parts if isinstance(part, int)]
    return (
        isinstance(whole, int) and len(numbers) == len(parts) and sum(numbers) == whole
    )


def _with(row: Line, wholes: Sequence[Cell], barred: Sequence[int]) -> Line:
    """Return a row with its bars; totals and side heads have none."""
    cells: list[Cell] = []
    for i, cell in enumerate(row.cells):
        cells.append(cell)
        if i in barred:
            outside = row.kind in ("total", "aside")
            cells.append(None if outside else _share(cell, wholes[i]))
    return replace(row, cells=tuple(cells))


def _share(cell: Cell, whole: Cell) -> Cell:
    if isinstance(cell, int) and isinstance(whole, int) and whole:
        return Fraction(cell, whole)
    return None
