r"""A report as JSON, in the schema `archcalc/report/1`.

    {"schema": "archcalc/report/1", "kind": "table", "title": …, "subject": …,
     "settings": {"convention": "macs", "batch": 1, …},
     "tables": [{"title": …, "note": …,
                 "columns": [{"key", "title", "kind", "unit", "note"}, …],
                 "rows": [{"kind", "depth", "path", "cells": {KEY: VALUE, …}}, …]}],
     "notes": [{"kind", "text", "cite"}, …]}

Values: a whole number is exact, however large (beyond 2⁵³ read it as a big integer); a
share or ratio is the nearest decimal; a shape is a list; a size that stayed a name is
`{"symbolic": "27*C**2"}`, Python that computes it; a figure that is not there is null.
`bytes` columns are bytes, `percent` columns shares of one. A row with cells of several
kinds has the kind of its `value` columns in `kinds`; one with lower bounds (operators
that no rule counts) the keys of these cells in `at_least`.
The text is ASCII: a control or bidirectional character in a name leaves as `\u202e`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from archcalc.render.csv import number
from archcalc.reports.cells import Cell, Column, Line, Table
from archcalc.reports.report import SCHEMA, Report
from archcalc.sizes.polynomials import Poly

DELETE = "\x7f"


def render(report: Report) -> str:
    """Return the report as JSON, a row a line."""
    members = [
        f'"schema": {dump(SCHEMA)}',
        f'"kind": {dump(report.kind)}',
        f'"title": {dump(report.title)}',
        f'"subject": {dump(report.subject)}',
        f'"settings": {dump({k: plain(v) for k, v in report.settings.items()})}',
        f'"tables": {_listed(map(_table, report.tables), "  ")}',
        f'"notes": {_listed((dump(_note(n)) for n in report.notes), "  ")}',
    ]
    return "{\n" + ",\n".join(f"  {member}" for member in members) + "\n}"


def dump(value: Any, indent: int | None = None) -> str:
    """Return JSON, in one line or indented.

    DEL, which JSON allows raw, is written out as well.
    """
    text = json.dumps(value, indent=indent, allow_nan=False)
    return text.replace(DELETE, "\\u007f")


def _listed(items: Iterable[str], indent: str) -> str:
    lines = ",\n".join(f"{indent}  {item}" for item in items)
    return f"[\n{lines}\n{indent}]" if lines else "[]"


def _table(table: Table) -> str:
    keys = [column.key for column in table.columns]
    columns = _listed((dump(_column(c)) for c in table.columns), "      ")
    rows = _listed((dump(_row(keys, row)) for row in table.rows), "      ")
    return (
        f'{{"title": {dump(table.title)}, "note": {dump(table.note)},\n'
        f'      "columns": {columns},\n      "rows": {rows}}}'
    )


def _column(column: Column) -> dict[str, str | None]:
    names = ("key", "title", "kind", "unit", "note")
    return {name: getattr(column, name) for name in names}


def _row(keys: Sequence[str], row: Line) -> dict[str, Any]:
    kinds: dict[str, Any] = {"kinds": row.kinds} if row.kinds else {}
    if row.least:
        kinds["at_least"] = [key for key in keys if key in row.least]
    cells = dict(zip(keys, map(plain, row.cells), strict=True))
    about = {"kind": row.kind, "depth": row.depth, "path": row.path, **kinds}
    return {**about, "cells": cells}


def _note(note: Any) -> dict[str, str | None]:
    return {"kind": note.kind, "text": note.text, "cite": note.cite}


def plain(value: Cell) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, Poly):
        return {"symbolic": value.python()}
    if isinstance(value, Fraction):
        return number(value)
    return [plain(size) for size in value] if isinstance(value, tuple) else value
