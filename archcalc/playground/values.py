"""Values of reports for the page: a text to show, and a number to work with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.render import numbers
from archcalc.render.json import plain
from archcalc.reports.cells import Cell, Column, Line

EXACT = 2**53
"""JavaScript's numbers are exact below this; beyond, a whole number is its digits."""


def value(given: Cell, kind: Any = "count") -> dict[str, Any]:
    """Return a value of a kind."""
    return {"text": numbers.text(given, kind), "value": number(given)}


def number(given: Any) -> Any:
    """Return a value as JavaScript can have it."""
    found = plain(given)
    large = isinstance(found, int) and abs(found) >= EXACT
    if isinstance(found, list):
        return [number(one) for one in given]
    return str(found) if large else found


def column(one: Column) -> dict[str, Any]:
    """Return a column: its key, title, unit, the kind of its values, its side."""
    return {
        "key": one.key,
        "title": one.title,
        "unit": one.unit,
        "kind": one.kind,
        "align": one.align,
        "note": one.note,
    }


def cells(line: Line, columns: Sequence[Column]) -> dict[str, Any]:
    """Return the cells of a line by the key of their column, without empty ones.

    A long figure has a short text too.
    """
    return {
        one.key: _cell(cell, line, one)
        for one, cell in zip(columns, line.cells, strict=True)
        if cell is not None
    }


def _cell(cell: Cell, line: Line, one: Column) -> dict[str, Any]:
    told = {"text": numbers.cell(cell, line, one), "value": number(cell)}
    short = numbers.cell(cell, line, one, brief=True)
    return told if short == told["text"] else {**told, "short": short}
