"""A report in less room: fewer rows, and no notes. For a slide or a paper."""

from __future__ import annotations

from itertools import takewhile
from typing import TypeVar

from archcalc.errors import UsageError
from archcalc.records import replace
from archcalc.reports.cells import Line, Table
from archcalc.reports.report import Report

OfReport = TypeVar("OfReport", bound=Report)
FEWEST = 3
"""A row, the one that says how many more there are, and a total."""


def without_notes(report: OfReport) -> OfReport:
    """Return a report without what stands below its tables."""
    tables = tuple(
        replace(
            table,
            note=None,
            columns=tuple(replace(column, note=None) for column in table.columns),
        )
        for table in report.tables
    )
    return replace(report, tables=tables, notes=(), settings={}, headlines=())


def at_most(report: Report, rows: int) -> Report:
    """Return a report whose tables have at most so many rows, totals included."""
    return replace(report, tables=tuple(cut(table, rows) for table in report.tables))


def cut(table: Table, most: int) -> Table:
    """Return a table with at most so many rows, totals included.

    The first rows and the totals stay; one row says how many more there are. Raises
    `UsageError` AC508 for a number that leaves no row.
    """
    if most < FEWEST:
        raise UsageError.of(
            "AC508",
            f"--max-rows {most} leaves no row of a table",
            help=f"--max-rows {FEWEST} or more",
        )
    if len(table.rows) <= most:
        return table
    totals = list(takewhile(_is_total, reversed(table.rows)))[::-1][: most - 2]
    kept = table.rows[: most - 1 - len(totals)]
    more = len(table.rows) - len(kept) - len(totals)
    cells = (f"… {more} more rows", *[None] * (len(table.columns) - 1))
    return replace(table, rows=(*kept, Line(cells, "aside", path="…"), *totals))


def _is_total(row: Line) -> bool:
    return row.kind in ("total", "aside")
