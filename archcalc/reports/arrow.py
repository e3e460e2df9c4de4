"""Reports as Arrow data, for polars, pandas, DuckDB and whoever reads Arrow streams.

One record batch of the plain rows, as `Report.rows` has them: names and texts as
strings, counts and bytes as int64, shares and ratios as float64, a shape as a list. A
column that holds anything else (a size that stayed a name, a word among figures, a
number beyond 64 bits) is strings, whole numbers written in full.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from importlib import import_module
from itertools import accumulate
from typing import Any

from archcalc.errors import MissingExtra
from archcalc.reports.cells import Cell, Column
from archcalc.sizes.polynomials import Poly

LARGEST = 2**63
"""Whole numbers of 64 bits with a sign are below this."""


def stream(columns: Sequence[Column], records: Sequence[Mapping[str, Cell]]) -> object:
    """Return records of these columns as a PyCapsule with an Arrow stream.

    Raises `MissingExtra` AC538 without nanoarrow.
    """
    na = _nanoarrow()
    words = na.string()
    types = {"kind": words, "path": words}
    arrays = [na.c_array([str(r[key]) for r in records], words) for key in types]
    for column in columns:
        kind, make = _built(na, column, [record[column.key] for record in records])
        types[column.key] = kind
        arrays.append(make())
    batch = na.c_array_from_buffers(
        na.struct(types), len(records), [None], children=arrays
    )
    capsule: object = na.c_array_stream(batch).__arrow_c_stream__()
    return capsule


def _nanoarrow() -> Any:
    try:
        return import_module("nanoarrow")
    except ImportError:
        message = "Arrow streams need nanoarrow, which is not installed"
        help = "pip install 'archcalc[arrow]'"
        raise MissingExtra.of("AC538", message, help=help) from None


def _built(
    na: Any, column: Column, values: Sequence[Cell]
) -> tuple[Any, Callable[[], Any]]:
    """Return a column's type, and what makes its array."""
    present = [value for value in values if value is not None]
    plain: Sequence[object]
    if column.kind == "shape" and all(map(_is_shape, present)):
        kind = na.list_(na.int64())
        return kind, lambda: _lists(na, kind, values)
    if all(isinstance(value, bool) for value in present) and present:
        kind, plain = na.bool_(), values
    elif all(map(_is_int64, present)) and column.align == "right":
        kind, plain = na.int64(), values
    elif all(isinstance(v, Fraction) or _is_int64(v) for v in present) and present:
        kind, plain = na.float64(), [_float(value) for value in values]
    else:
        kind, plain = na.string(), [_text(value) for value in values]
    return kind, lambda: na.c_array(plain, kind)


def _is_shape(value: Cell) -> bool:
    return isinstance(value, tuple) and all(map(_is_int64, value))


def _is_int64(value: Cell) -> bool:
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return -LARGEST <= value < LARGEST


def _float(value: Cell) -> float | None:
    return float(value) if isinstance(value, int | Fraction) else None


def _text(value: Cell) -> str | None:
    if value is None:
        return None
    if isinstance(value, tuple):
        return "x".join(str(_text(size)) for size in value)
    return value.python() if isinstance(value, Poly) else str(value)


def _lists(na: Any, kind: Any, values: Sequence[Cell]) -> Any:
    """Return shapes as an Arrow list array: one bit for each that is there, offsets."""
    shapes = [value if isinstance(value, tuple) else () for value in values]
    bits = sum(1 << i for i, value in enumerate(values) if value is not None)
    there = na.c_buffer(bits.to_bytes(len(values) // 8 + 1, "little"))
    ends = [0, *accumulate(map(len, shapes))]
    offsets = na.c_buffer(struct.pack(f"<{len(ends)}i", *ends))
    sizes = na.c_array([size for shape in shapes for size in shape], na.int64())
    buffers = [there, offsets]
    return na.c_array_from_buffers(kind, len(values), buffers, children=[sizes])
