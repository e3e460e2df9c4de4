"""Rows of a sweep as a Parquet file, by pyarrow where the extra `parquet` is installed.

A column of whole numbers is `int64`, and `decimal128(38, 0)` from the first value on
that does not fit there: no figure is rounded. A param with decimals is `float64`, one
with words text. What a file holds stays readable: it is written beside the old one and
takes its place when it is closed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

from archcalc.errors import MissingExtra, UsageError
from archcalc.render.csv import number, raw
from archcalc.sweeps.chunks import Chunk
from archcalc.sweeps.combinations import Combinations
from archcalc.sweeps.values import SweepRow

GROUP = 65_536
"""Rows that are written at once."""
LARGEST = 10**38
"""What `decimal128(38, 0)` does not hold any more."""


def arrow() -> tuple[Any, Any]:
    """Return pyarrow and its Parquet; raise `MissingExtra` AC584 without them."""
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise MissingExtra.of(
            "AC584",
            "Parquet needs pyarrow",
            help="pip install 'archcalc[parquet]', or write .csv",
        ) from None


class ParquetFile:
    """A Parquet file of rows, in row groups of GROUP rows; `count` of them in all."""

    form = None

    def __init__(self, found: Combinations, path: Path) -> None:
        self.pa, self.pq = arrow()
        self.found = found
        self.path = path
        self.count = 0
        self.waiting: list[SweepRow] = []
        self.part = path.with_name(f"{path.name}.part")
        self.schema = self._schema()
        self.writer: Any = None

    def _schema(self) -> Any:
        pa = self.pa
        fields = [
            (name, self._type(values)) for name, values in self.found.axes.items()
        ]
        fields += [
            (name, pa.float64() if name == "top1" else pa.int64())
            for name in self.found.figures
        ]
        return pa.schema(fields)

    def _type(self, values: Sequence[Any]) -> Any:
        kinds = set(map(type, values))
        if kinds == {bool}:
            return self.pa.bool_()
        if kinds == {int}:
            return self.pa.int64()
        return self.pa.float64() if kinds <= {int, Fraction} else self.pa.string()

    def begin(self, resume: bool) -> tuple[int, int]:
        """Open the file; return the unit, and the place there, to go on from."""
        if not (resume and self.path.exists()):
            self.writer = self.pq.ParquetWriter(self.part, self.schema)
            return 0, 0
        old = self._old()
        kept = old.schema_arrow.remove_metadata()
        if not self._alike(kept):
            raise self._other("other columns")
        self.schema = kept
        last = self._last(old)
        at = (0, 0) if last is None else self._behind(last)
        self.writer = self.pq.ParquetWriter(self.part, self.schema)
        self._copy(old)
        return at

    def _alike(self, kept: Any) -> bool:
        """Say whether a file has our columns, of our types or widened."""
        wide = self.pa.decimal128(38, 0)
        widened = [
            mine.with_type(wide) if other.type == wide else mine
            for mine, other in zip(self.schema, kept, strict=False)
        ]
        return bool(kept.equals(self.pa.schema(widened)))

    def _old(self) -> Any:
        try:
            return self.pq.ParquetFile(self.path)
        except (OSError, self.pa.ArrowInvalid):
            raise self._other("no Parquet") from None

    def _other(self, what: str) -> UsageError:
        message = f"{self.path} holds {what}"
        return UsageError.of("AC582", message, help="another file for -o")

    def _last(self, old: Any) -> SweepRow | None:
        """Return the last row of a file."""
        if not old.metadata.num_rows:
            return None
        group = old.read_row_group(old.num_row_groups - 1)
        return tuple(column[-1].as_py() for column in group.columns)

    def _behind(self, last: SweepRow) -> tuple[int, int]:
        """Return where the sweep goes on; the last row must be what it gives there."""
        texts = [self._is_text(place) for place in range(len(last))]
        of = dict(zip(self.found.columns, texts, strict=True))
        values = last[: len(self.found.names)]
        unit, place = self.found.place(values, lambda name, v: stored(v, of[name]))
        row = self.found.row_at(unit, place)
        if row is None or tuple(map(stored, row, texts)) != last:
            raise self._other("a last row that this sweep does not give")
        return unit, place + 1

    def _copy(self, old: Any) -> None:
        """Copy rows that were written, a group at a time."""
        for group in range(old.num_row_groups):
            table = old.read_row_group(group).cast(self.schema)
            self.writer.write_table(table)
            self.count += table.num_rows

    def add(self, chunk: Chunk) -> None:
        """Take the rows of a chunk; write a group when there are enough."""
        self.waiting += chunk.rows
        self.count += chunk.size
        while len(self.waiting) >= GROUP:
            rows, self.waiting = self.waiting[:GROUP], self.waiting[GROUP:]
            self._write(rows)

    def _write(self, rows: Sequence[SweepRow]) -> None:
        """Write a row group."""
        columns = zip(*rows, strict=True)
        arrays = []
        for place, values in enumerate(columns):
            try:
                arrays.append(self._array(place, values))
            except OverflowError:
                self._widen(place, values)
                arrays.append(self._array(place, values))
        self.writer.write_table(self.pa.Table.from_arrays(arrays, schema=self.schema))

    def _array(self, place: int, values: Sequence[Any]) -> Any:
        text = self._is_text(place)
        kind = self.schema.field(place).type
        return self.pa.array([stored(v, text) for v in values], kind)

    def _is_text(self, place: int) -> bool:
        return bool(self.schema.field(place).type == self.pa.string())

    def _widen(self, place: int, values: Sequence[int]) -> None:
        """Write the file anew with a column of larger whole numbers."""
        field = self.schema.field(place)
        if max(map(abs, values)) >= LARGEST:
            message = f"{field.name} has more than 38 digits, which Parquet cannot hold"
            raise UsageError.of("AC584", message, help="-o sweep.csv")
        self.schema = self.schema.set(place, field.with_type(self.pa.decimal128(38, 0)))
        self.writer.close()
        written = self.count
        smaller = self.part.with_name(f"{self.part.name}.old")
        os.replace(self.part, smaller)
        self.writer = self.pq.ParquetWriter(self.part, self.schema)
        self._copy(self.pq.ParquetFile(smaller))
        self.count = written
        smaller.unlink()

    def close(self, _stopped: int | None = None) -> None:
        """Write what waits and put the file in its place."""
        if self.waiting:
            self._write(self.waiting)
        self.writer.close()
        os.replace(self.part, self.path)


def stored(value: Any, text: bool) -> Any:
    """Return a value as a column of numbers, or of text, holds it."""
    if text:
        return raw(value)
    return number(value) if isinstance(value, Fraction) else value
