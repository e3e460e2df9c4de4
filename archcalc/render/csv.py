r"""One table as CSV (RFC 4180, `\n` line ends): raw values, no separators in numbers.

`kind` and `path` come first: the `row`s of a column add up to its `total`, where heads
and subtotals repeat. Bytes say so in their heading, a percent is a share of one, a
shape is `64x112x112`, a size that stayed a name is the Python that computes it. A text
that a spreadsheet would run as a formula begins with `'`. Where figures are lower
bounds, a last column `at_least` has the keys of those of each row.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from fractions import Fraction
from io import StringIO

from archcalc.errors import UsageError, clean
from archcalc.render.numbers import factor
from archcalc.reports.cells import Cell, Column
from archcalc.reports.report import Report
from archcalc.sizes.polynomials import Poly

FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def render(report: Report, *, table: int = 0) -> str:
    """Return table number `table` of the report, the first one by default.

    Notes and settings are left to the other formats. Raises `UsageError` AC532 where
    there is no such table.
    """
    if not 0 <= table < len(report.tables):
        has = f"the report has {len(report.tables)} tables, counted from 0"
        raise UsageError.of("AC532", f"there is no table {table}", help=has)
    chosen = report.tables[table]
    head = ["kind", "path", *map(heading, chosen.columns)]
    rows = [[row.kind, guarded(row.path), *map(raw, row.cells)] for row in chosen.rows]
    if any(row.least for row in chosen.rows):
        head.append("at_least")
        for row, cells in zip(chosen.rows, rows, strict=True):
            found = [c.key for c in chosen.columns if c.key in row.least]
            cells.append(" ".join(found))
    return written([head, *rows]).removesuffix("\n")


def written(rows: Iterable[Iterable[str | int]]) -> str:
    """Return rows of texts and whole numbers as lines of CSV."""
    sink = StringIO()
    csv.writer(sink, lineterminator="\n").writerows(rows)
    return sink.getvalue()


def heading(column: Column) -> str:
    """Return a column's key, with its unit where a number alone would mislead."""
    if column.kind == "bytes" and "bytes" not in column.key:
        return guarded(f"{column.key}_bytes")
    return guarded(column.key)


def raw(value: Cell) -> str:
    """Return a value in full; a broken number as the nearest decimal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Fraction):
        return str(number(value))
    if isinstance(value, Poly):
        return guarded(value.python())
    if isinstance(value, tuple):
        return guarded("x".join(factor(raw(size)) for size in value))
    return guarded(value)


def number(value: Fraction) -> int | float:
    """Return a whole or very large fraction as an integer, another as a float."""
    if value.denominator == 1 or abs(value) >= 2**53:
        return int(value)
    return float(value)


def guarded(text: str) -> str:
    """Return a text that no spreadsheet runs, with control characters written out."""
    safe = clean(text)
    starts = text.startswith(FORMULA_STARTS) or safe.lstrip().startswith(FORMULA_STARTS)
    return f"'{safe}" if starts else safe
