"""The report of `archcalc table` for a file of weights: tensors, formats, totals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from archcalc.errors import unknown
from archcalc.readers.weights.dtypes import Dtype
from archcalc.readers.weights.record import Tensor, Weights
from archcalc.reports.cells import (
    Cell,
    Column,
    Headline,
    Line,
    Note,
    RowKind,
    Table,
    column,
)
from archcalc.reports.report import Report
from archcalc.reports.table import COLUMNS as OF_NETWORKS
from archcalc.reports.weights.outline import Part, outline

COLUMNS: dict[str, Column] = {
    "layer": Column("layer", "layer", "name"),
    "what": Column("what", "tensors", "text", gives_way=1, least=12),
    "dtype": Column("dtype", "dtype", "text"),
    "params": column("params"),
    "bytes": Column("bytes", "bytes", "bytes", unit="B"),
    "share": Column("share", "of bytes", "percent"),
}
USUAL = ("layer", "what", "dtype", "params", "bytes")
MOST_TIES = 8
MOST_DTYPES = 2
"""So many formats of a row are named."""
COUNTED = (
    "params: all values of the tensors. The file does not say which are parameters and "
    "which are buffers; tied tensors count once."
)
UNKNOWN = (
    "Sizes between layers, operations and activations need the graph, which is not in "
    "the file."
)


def weights_table(
    weights: Weights,
    level: str = "layers",
    columns: str | None = None,
    fold: bool = False,
) -> Report:
    """Return the tensors of a file by module, each with its formats and bytes.

    Raises `UsageError` AC591 for a column that needs the graph, AC509 for one that is
    none, AC504 for a level that is none.
    """
    chosen = chosen_columns(weights, columns)
    parts = outline(weights, level, fold)
    lines = [_line(part, weights, chosen) for part in parts]
    lines.append(_total(weights, chosen))
    shown = tuple(COLUMNS[key] for key in chosen)
    tables = [Table("", shown, tuple(lines))]
    if len(weights.by_dtype) > 1 or any(d.block > 1 for d in weights.by_dtype):
        tables.append(dtype_table(weights))
    return Report(
        "table",
        weights.name,
        weights.name,
        tuple(tables),
        tuple(weights_notes(weights)),
        weights_settings(weights),
        headlines=(weights_headline(weights),),
    )


def chosen_columns(weights: Weights, asked: str | None) -> tuple[str, ...]:
    """Return column keys from `a,b`, or from `+a,-b` against the usual ones."""
    parts = [part.strip() for part in (asked or "").split(",") if part.strip()]
    for part in parts:
        name = part.lstrip("+-")
        if name in COLUMNS:
            continue
        if name in OF_NETWORKS:
            raise weights.needs_graph(f"the column {name}")
        raise unknown("AC509", "column", name, COLUMNS)
    if not any(part[0] in "+-" for part in parts):
        return tuple(dict.fromkeys(["layer", *parts])) if parts else USUAL
    dropped = {part[1:] for part in parts if part[0] == "-"} - {"layer"}
    added = [part.lstrip("+") for part in parts if part[0] != "-"]
    return tuple(dict.fromkeys(c for c in (*USUAL, *added) if c not in dropped))


def _line(part: Part, weights: Weights, chosen: Sequence[str]) -> Line:
    cells = _cells(part.short, part.what, part.tensors, weights)
    kind: RowKind = "subtotal" if part.head else "row"
    return Line(tuple(cells[key] for key in chosen), kind, part.depth, part.path)


def _total(weights: Weights, chosen: Sequence[str]) -> Line:
    count = len(weights.tensors)
    what = f"{count:,} tensor{'s' * (count != 1)}"
    cells = _cells("total", what, weights.tensors, weights)
    return Line(tuple(cells[key] for key in chosen), "total", 0, "total")


def _cells(
    name: str, what: str, tensors: Sequence[Tensor], weights: Weights
) -> dict[str, Cell]:
    bytes = sum(tensor.bytes for tensor in tensors)
    return {
        "layer": name,
        "what": what,
        "dtype": dtypes_named(tensors),
        "params": sum(tensor.values for tensor in tensors),
        "bytes": bytes,
        "share": Fraction(bytes, weights.bytes) if weights.bytes else None,
    }


def dtypes_named(tensors: Iterable[Tensor]) -> str:
    """Return the formats of some tensors, the commonest first: `Q4_K, F32`."""
    held: dict[str, int] = {}
    for tensor in tensors:
        held[tensor.dtype.name] = held.get(tensor.dtype.name, 0) + tensor.values
    names = sorted(held, key=lambda name: -held[name])
    more = f" +{len(names) - MOST_DTYPES}" if len(names) > MOST_DTYPES else ""
    return ", ".join(names[:MOST_DTYPES]) + more


def dtype_table(weights: Weights) -> Table:
    """Return what there is of each number format."""
    columns = (
        Column("dtype", "dtype", "name"),
        Column("tensors", "tensors", "count"),
        column("params"),
        Column("bytes", "bytes", "bytes", unit="B"),
        Column("bits", "bits a value", "text"),
    )
    lines = []
    for dtype, tensors in weights.by_dtype.items():
        values = sum(tensor.values for tensor in tensors)
        bytes = sum(tensor.bytes for tensor in tensors)
        cells = (dtype.name, len(tensors), values, bytes, bits(dtype))
        lines.append(Line(cells, path=dtype.name))
    return Table("number formats", columns, tuple(lines))


def bits(dtype: Dtype) -> str:
    """Return the bits of a value, with the block where values share scales."""
    every = f"{dtype.size * 8 / dtype.block:.10g}"
    if dtype.block == 1:
        return every
    return f"{every} ({dtype.size} bytes for {dtype.block})"


def weights_settings(weights: Weights) -> dict[str, Cell]:
    """Return what stands under a report: the format, and what the file says."""
    return {"format": weights.format, **weights.says}


def weights_headline(weights: Weights) -> Headline:
    """Return the main figures of a file."""
    figures: tuple[tuple[Cell, str, str], ...] = (
        (weights.values, "parameters", "count"),
        (weights.bytes, "of weights", "bytes"),
    )
    return Headline(weights.name, figures)  # type: ignore[arg-type]  # kinds of columns


def weights_notes(weights: Weights) -> Iterator[Note]:
    """Yield what the file says of ties, and what it leaves open."""
    ties = list(weights.ties.items())
    for name, of in ties[:MOST_TIES]:
        yield Note(f"{name} is tied to {of}, and counts once.")
    if len(ties) > MOST_TIES:
        yield Note(f"{len(ties) - MOST_TIES} more names are tied to others.")
    packed = [d for d in weights.by_dtype if d.whole]
    if packed:
        names = ", ".join(d.name for d in packed)
        yield Note(
            f"Tensors of whole numbers ({names}) count by what they hold: they may be "
            "counters or masks, or several values packed in each number."
        )
    if weights.halves:
        count = len(weights.halves)
        values = sum(tensor.values for tensor in weights.halves)
        packed_weights = 2 * sum(tensor.bytes for tensor in weights.halves)
        yield Note(
            f"bitsandbytes packed two weights into each byte of {count:,} "
            f"tensor{'s' * (count != 1)}: {values:,} values stand for "
            f"{packed_weights:,} weights."
        )
    yield from map(Note, weights.notes)
    yield Note(COUNTED, "definition")
    yield Note(UNKNOWN, "definition")
