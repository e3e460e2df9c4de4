"""Files that a sweep is written to row by row: CSV, JSON, Parquet, Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from archcalc.sweeps.chunks import Chunk, Form
from archcalc.sweeps.combinations import Combinations
from archcalc.sweeps.run import RowFile
from archcalc.sweeps.values import SweepRow

FORMATS = ("csv", "json", "parquet", "arrow")


def row_file(found: Combinations, path: Path | None, format: str) -> RowFile:
    """Return the file for one of FORMATS; without a path, text goes to stdout."""
    if format in ("parquet", "arrow") and path is not None:
        from archcalc.render.rows.arrow import ColumnFile

        return ColumnFile(found, path, format)
    from archcalc.render.rows.text import CsvFile, JsonFile

    return CsvFile(found, path) if format == "csv" else JsonFile(found, path)


def as_chunk(found: Combinations, rows: Sequence[SweepRow], form: Form | None) -> Chunk:
    """Return rows that are known as one chunk."""
    text = form(found, rows) if form else ""
    return Chunk([] if form else list(rows), text, len(rows), 0, 0, [], 0, 0.0)
