"""Reports as the page shows them: tables of typed cells, notes, settings."""

from __future__ import annotations

from typing import Any

from archcalc.errors import clean
from archcalc.playground.values import cells, column, value
from archcalc.reports.cells import Table
from archcalc.reports.report import Report


def reported(report: Report) -> dict[str, Any]:
    """Return a report as plain values."""
    return {
        "title": clean(report.title),
        "ok": report.ok,
        "tables": [tabled(table) for table in report.tables],
        "notes": [
            {
                "text": clean(" ".join(note.text.split()), 4000),
                "kind": note.kind,
                "cite": clean(note.cite) if note.cite else None,
            }
            for note in report.notes
        ],
        "settings": {key: value(one)["text"] for key, one in report.settings.items()},
    }


def tabled(table: Table) -> dict[str, Any]:
    """Return one table: its title, what it says below, its columns, its rows."""
    return {
        "title": clean(table.title),
        "note": clean(table.note, 4000) if table.note else None,
        "columns": [column(one) for one in table.columns],
        "rows": [
            {
                "path": clean(line.path),
                "depth": line.depth,
                "kind": line.kind,
                "cells": cells(line, table.columns),
            }
            for line in table.rows
        ],
    }
