"""Rows of a sweep as lines of a file: CSV, or the rows of a JSON report."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Any

from archcalc.render.csv import guarded, raw
from archcalc.render.json import dump, plain
from archcalc.sweep_report import path_of
from archcalc.sweeping import Row, Sweep

INDENT = " " * 8
FORMS = ("csv", "json")


def lines(found: Sweep, rows: Iterable[Row], form: str) -> str:
    """Return rows as lines, each with its line end; JSON's rows end in a comma."""
    if form == "csv":
        return csv_lines([v if type(v) is int else raw(v) for v in row] for row in rows)
    return "".join(f"{INDENT}{json_row(found, row)},\n" for row in rows)


def csv_lines(rows: Iterable[Iterable[Any]]) -> str:
    """Return rows of texts and whole numbers as CSV."""
    sink = StringIO()
    csv.writer(sink, lineterminator="\n").writerows(rows)
    return sink.getvalue()


def csv_heading(found: Sweep) -> str:
    """Return the line of the columns."""
    return csv_lines([map(guarded, found.columns)])


def json_row(found: Sweep, row: Row) -> str:
    """Return a row as a JSON report has it, its numbers as numbers."""
    cells = [
        f"{key}: {value if type(value) is int else dump(plain(value))}"
        for key, value in zip(map(dump, found.columns), row, strict=True)
    ]
    path = dump(path_of(found, row))
    about = f'"kind": "row", "depth": 0, "path": {path}'
    return f'{{{about}, "cells": {{{", ".join(cells)}}}}}'
