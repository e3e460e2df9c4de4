"""Rows of a sweep as lines of a file: CSV, or the rows of a JSON report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from archcalc.render.csv import guarded, raw, written
from archcalc.render.json import dump, plain
from archcalc.reports.sweep import path_of
from archcalc.sweeps.combinations import Combinations
from archcalc.sweeps.values import SweepRow

INDENT = " " * 8


def csv_text(found: Combinations, rows: Sequence[SweepRow]) -> str:
    """Return rows as lines of CSV."""
    del found
    return written([v if type(v) is int else raw(v) for v in row] for row in rows)


def json_text(found: Combinations, rows: Sequence[SweepRow]) -> str:
    """Return rows as lines of a JSON report, each with a comma at its end."""
    return "".join(json_lines(found, rows))


def csv_heading(found: Combinations) -> str:
    """Return the line of the columns."""
    return written([map(guarded, found.columns)])


def json_lines(found: Combinations, rows: Iterable[SweepRow]) -> Iterator[str]:
    """Yield rows as a JSON report has them, their numbers as numbers."""
    keys = [dump(name) for name in found.columns]
    cells = ", ".join(f"{key.replace('%', '%%')}: %s" for key in keys)
    line = f'{INDENT}{{"kind": "row", "depth": 0, "path": %s, "cells": {{{cells}}}}},\n'
    for row in rows:
        texts = [str(v) if type(v) is int else dump(plain(v)) for v in row]
        yield line % (dump(path_of(found, row)), *texts)
