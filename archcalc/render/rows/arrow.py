"""Rows of a sweep as a Parquet or Arrow file, by pyarrow (the extra `parquet`).

A column of whole numbers is `int64`, and `decimal128(38, 0)` from the first value on
that does not fit there: no figure is rounded. A param with decimals is `float64`, one
with words text. Where numpy is installed, columns come as arrays. What a file holds
stays readable: it is written beside the old one and takes its place when it is closed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from archcalc.errors import MissingExtra, UsageError
from archcalc.render.csv import number, raw
from archcalc.sweeps.chunks import Chunk
from archcalc.sweeps.combinations import Combinations
from archcalc.sweeps.totals import Columns
from archcalc.sweeps.values import SweepRow

GROUP = 65_536
"""Rows that are written at once."""
LARGEST = 10**38
"""What `decimal128(38, 0)` does not hold any more."""


class Container(Protocol):
    """A format of files that hold groups of rows."""

    def writer(self, path: Path, schema: Any, plain: Sequence[str], /) -> Any:
        """Return what writes tables; `plain` are columns that hardly repeat a value."""

    def groups(self, path: Path) -> tuple[Any, int, Callable[[int], Any]]:
        """Return the schema of a file, its groups, and what reads one as a table."""


class Parquet:
    """Parquet: the values of axes in dictionaries, whole numbers as differences."""

    def __init__(self, _pa: Any) -> None:
        self.pq = import_module("pyarrow.parquet")

    def writer(self, path: Path, schema: Any, plain: Sequence[str], /) -> Any:
        repeated = [name for name in schema.names if name not in plain]
        whole = [n for n in plain if str(schema.field(n).type) == "int64"]
        encoding = dict.fromkeys(whole, "DELTA_BINARY_PACKED")
        return self.pq.ParquetWriter(
            path, schema, use_dictionary=repeated, column_encoding=encoding or None
        )

    def groups(self, path: Path) -> tuple[Any, int, Callable[[int], Any]]:
        file = self.pq.ParquetFile(path)
        return file.schema_arrow, file.num_row_groups, file.read_row_group


class Arrow:
    """Arrow's own file format (Feather 2), which is read without being unpacked."""

    def __init__(self, pa: Any) -> None:
        self.pa = pa

    def writer(self, path: Path, schema: Any, _plain: Sequence[str], /) -> Any:
        return self.pa.ipc.new_file(str(path), schema)

    def groups(self, path: Path) -> tuple[Any, int, Callable[[int], Any]]:
        file = self.pa.ipc.open_file(self.pa.memory_map(str(path)))

        def read(number: int) -> Any:
            return self.pa.Table.from_batches([file.get_batch(number)])

        return file.schema, file.num_record_batches, read


CONTAINERS: dict[str, Callable[[Any], Container]] = {"parquet": Parquet, "arrow": Arrow}


def pyarrow(format: str) -> Any:
    """Return pyarrow; raise `MissingExtra` AC584 without it."""
    try:
        return import_module("pyarrow")
    except ImportError:
        raise MissingExtra.of(
            "AC584",
            f"{format.capitalize()} needs pyarrow",
            help="pip install 'archcalc[parquet]', or write .csv",
        ) from None


class ColumnFile:
    """A file of rows in groups of GROUP rows; `count` of them in all."""

    form = None
    columnar = True

    def __init__(self, found: Combinations, path: Path, format: str) -> None:
        self.pa = pyarrow(format)
        self.container = CONTAINERS[format](self.pa)
        self.found = found
        self.path = path
        self.what = format.capitalize()
        self.count = 0
        self.waiting: list[Any] = []
        self.inner: tuple[Any, list[Any]] | None = None
        self.part = path.with_name(f"{path.name}.part")
        self.schema = self._schema()
        self.writer: Any = None

    @property
    def wide(self) -> list[str]:
        """The columns with larger whole numbers than 64 bits."""
        kind = self.pa.decimal128(38, 0)
        return [field.name for field in self.schema if field.type == kind]

    def copy(self, path: Path, wide: Sequence[str]) -> None:
        """Be a whole file with the rows of another, these columns widened."""
        for name in wide:
            self._widen_type(self.schema.get_field_index(name))
        self._open()
        _, groups, read = self.container.groups(path)
        self._copy(groups, read)
        self.close()

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
            self._open()
            return 0, 0
        try:
            schema, groups, read = self.container.groups(self.path)
        except (OSError, self.pa.ArrowInvalid):
            raise self._other(f"no {self.what}") from None
        kept = schema.remove_metadata()
        if not self._alike(kept):
            raise self._other("other columns")
        self.schema = kept
        last = self._last(groups, read)
        at = (0, 0) if last is None else self._behind(last)
        self._open()
        self._copy(groups, read)
        return at

    def _open(self) -> None:
        figures = self.found.figures
        self.writer = self.container.writer(self.part, self.schema, figures)

    def _alike(self, kept: Any) -> bool:
        """Say whether a file has our columns, of our types or widened."""
        wide = self.pa.decimal128(38, 0)
        widened = [
            mine.with_type(wide) if other.type == wide else mine
            for mine, other in zip(self.schema, kept, strict=False)
        ]
        return bool(kept.equals(self.pa.schema(widened)))

    def _other(self, what: str) -> UsageError:
        message = f"{self.path} holds {what}"
        return UsageError.of("AC582", message, help="another file for -o")

    def _last(self, groups: int, read: Callable[[int], Any]) -> SweepRow | None:
        """Return the last row of a file."""
        if not groups:
            return None
        return tuple(column[-1].as_py() for column in read(groups - 1).columns)

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

    def _copy(self, groups: int, read: Callable[[int], Any]) -> None:
        """Copy rows that were written, a group at a time."""
        for group in range(groups):
            table = read(group).cast(self.schema)
            self._write(table)
            self.count += table.num_rows

    def add(self, chunk: Chunk) -> None:
        """Take the rows of a chunk; write a group when there are enough."""
        parts: Sequence[Columns | Sequence[SweepRow]] = chunk.columns
        if chunk.rows:
            parts = [chunk.rows]
        for part in parts:
            if not isinstance(part, Columns) or part.begin < part.end:
                table = self._table(part)  # what waits may be widened meanwhile
                self.waiting.append(table)
        self.count += chunk.size
        while sum(table.num_rows for table in self.waiting) >= GROUP:
            table = self.pa.concat_tables(self.waiting)
            self._write(table.slice(0, GROUP))
            self.waiting = [table.slice(GROUP)] if table.num_rows > GROUP else []

    def _table(self, part: Columns | Sequence[SweepRow]) -> Any:
        """Return rows as a table of our columns."""
        if isinstance(part, Columns):
            columns = self._columns(part)
        else:
            columns = enumerate(zip(*part, strict=True))
        arrays = []
        for place, values in columns:
            try:
                arrays.append(self._array(place, values))
            except OverflowError:
                self._widen(place, values)
                arrays.append(self._array(place, values))
        return self.pa.Table.from_arrays(arrays, schema=self.schema)

    def _columns(self, part: Columns) -> Iterator[tuple[int, Any]]:
        """Yield the columns of a part, the values of axes in arrays of ours."""
        size, outer, names = part.end - part.begin, len(part.before), self.found.names
        for place, value in enumerate(part.before):
            yield place, self.pa.repeat(self._array(place, [value])[0], size)
        if self.inner is None or self.inner[0] is not part.inner:
            self.inner = part.inner, list(map(self._taken, names[outer:], part.inner))
        for place, taken in enumerate(self.inner[1], outer):
            yield place, taken.slice(part.begin, size)
        for place, figures in enumerate(part.figures, len(self.found.names)):
            yield place, figures[part.begin : part.end]

    def _taken(self, name: str, which: Any) -> Any:
        """Return the values of an axis at these places."""
        place, values = self.found.names.index(name), self.found.axes[name]
        return self._array(place, values).take(self.pa.array(which))

    def _array(self, place: int, values: Any) -> Any:
        """Return values, whatever holds them, as an array of the type of a column."""
        kind = self.schema.field(place).type
        if isinstance(values, self.pa.Array):
            return values
        if isinstance(values, list | tuple):
            text = self._is_text(place)
            return self.pa.array([stored(v, text) for v in values], kind)
        return self.pa.array(values).cast(kind)

    def _is_text(self, place: int) -> bool:
        return bool(self.schema.field(place).type == self.pa.string())

    def _widen(self, place: int, values: Sequence[int]) -> None:
        """Write the file anew with a column of larger whole numbers."""
        field = self.schema.field(place)
        if max(map(abs, values)) >= LARGEST:
            message = (
                f"{field.name} has more than 38 digits, which {self.what} cannot hold"
            )
            raise UsageError.of("AC584", message, help="-o sweep.csv")
        self._widen_type(place)
        self.writer.close()
        written = self.count
        smaller = self.part.with_name(f"{self.part.name}.old")
        os.replace(self.part, smaller)
        self._open()
        _, groups, read = self.container.groups(smaller)
        self._copy(groups, read)
        self.waiting = [table.cast(self.schema) for table in self.waiting]
        self.count = written
        smaller.unlink()

    def _widen_type(self, place: int) -> None:
        field = self.schema.field(place)
        self.schema = self.schema.set(place, field.with_type(self.pa.decimal128(38, 0)))

    def close(self, _stopped: int | None = None) -> None:
        """Write what waits and put the file in its place, if all could be written."""
        if self.writer is None:
            return
        if self.waiting:
            self._write(self.pa.concat_tables(self.waiting))
        try:
            self.writer.close()
        except OSError:
            self._drop()
            raise
        os.replace(self.part, self.path)

    def _write(self, table: Any) -> None:
        """Write a table; without room for it, what was written is of no use."""
        try:
            self.writer.write_table(table)
        except OSError:
            self._drop()
            raise

    def _drop(self) -> None:
        """Remove the file beside, which has no end; the old file stays."""
        writer, self.writer = self.writer, None
        with suppress(OSError):
            writer.close()
        self.part.unlink(missing_ok=True)


def stored(value: Any, text: bool) -> Any:
    """Return a value as a column of numbers, or of text, holds it."""
    if text:
        return raw(value)
    return number(value) if isinstance(value, Fraction) else value
