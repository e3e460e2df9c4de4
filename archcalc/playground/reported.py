"""Reports as the page shows them: tables of typed cells, notes, settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from archcalc.errors import clean
from archcalc.playground.values import cells, column, value
from archcalc.reports.cells import Column, Line, Note, Table
from archcalc.reports.report import Report

LONGEST = 4_000
"""Characters of a note."""


def reported(report: Report) -> dict[str, Any]:
    """Return a report as plain values."""
    return {
        "title": clean(report.title),
        "ok": report.ok,
        "tables": [tabled(table) for table in report.tables],
        "notes": noted(report.notes),
        "settings": {key: value(one)["text"] for key, one in report.settings.items()},
    }


def tabled(table: Table) -> dict[str, Any]:
    """Return one table: its title, what it says below, its columns, its rows."""
    return {
        "title": clean(table.title),
        "note": clean(table.note, LONGEST) if table.note else None,
        "columns": [column(one) for one in table.columns],
        "rows": [lined(line, table.columns) for line in table.rows],
    }


def lined(line: Line, columns: Sequence[Column]) -> dict[str, Any]:
    """Return one line: the path that it is about, how deep it stands, its cells."""
    return {
        "path": clean(line.path),
        "depth": line.depth,
        "kind": line.kind,
        "cells": cells(line, columns),
    }


def noted(notes: Iterable[Note]) -> list[dict[str, Any]]:
    """Return notes, each with its kind and where it is from."""
    return [
        {
            "text": clean(" ".join(note.text.split()), LONGEST),
            "kind": note.kind,
            "cite": clean(note.cite) if note.cite else None,
        }
        for note in notes
    ]
