"""The course's own layout of a network, with its arithmetic spelled out.

    CONV3-64: [224x224x64]  memory: 224*224*64=3.2M  params: (3*3*3)*64 = 1,728

As on the slides of CS231n's lecture 9: height first, weights without biases, memory in
values, one line a layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archcalc.checks.claims.expectations import Judged
from archcalc.errors import unknown
from archcalc.graph.graph import Node
from archcalc.layers.base import Shape
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Row
from archcalc.reports.cells import Column, Line, Note, Table, column
from archcalc.reports.report import Report
from archcalc.reports.table import erratum_notes, settings
from archcalc.sizes.dims import Dim, product
from archcalc.sizes.units import scaled

VIEWS = ("lecture",)
COLUMNS = (
    Column("layer", "layer", "name"),
    Column("volume", "volume", "text"),
    Column("memory", "memory", "formula"),
    Column("values", "values", "count"),
    column("params", kind="formula"),
    column("weights"),
)
NAMES = {
    "conv": "CONV",
    "dwconv": "DWCONV",
    "deconv": "DECONV",
    "maxpool": "POOL",
    "avgpool": "AVGPOOL",
    "gap": "GLOBAL AVGPOOL",
    "fc": "FC",
    "linear": "FC",
    "lrn": "NORM",
    "input": "INPUT",
}


def lecture_report(
    network: Network, analysis: Analysis, view: str, judged: Sequence[Judged] = ()
) -> Report:
    """Return the lecture's table; raise `UsageError` AC513 for another view."""
    if view not in VIEWS:
        raise unknown("AC513", "view", view, VIEWS)
    rows = [_line(analysis, row) for row in analysis.rows if not row.aux]
    total = analysis.total
    cells = ("TOTAL", "", "", total.activations, "", total.weights)
    notes = (
        Note(
            "params are weights, not counting biases and normalization.", "definition"
        ),
        Note(
            "memory counts values; each is run in place where it can be.", "definition"
        ),
        *erratum_notes(judged),
    )
    table = Table("", COLUMNS, (*rows, Line(cells, kind="total", path="TOTAL")))
    return Report(
        "lecture", network.title, network.name, (table,), notes, settings(analysis)
    )


def lecture_lines(report: Report, bytes_a_value: int) -> Iterator[str]:
    """Yield the slide's lines, then its two totals."""
    *rows, total = report.tables[0].rows
    for row in rows:
        layer, volume, memory, values, params, weights = row.cells
        kept = f"{memory}={_short(values)}" if "*" in str(memory) else f"{values}"
        spelled = f"{params} = {_grouped(weights)}" if params else f"{weights}"
        yield f"{layer}: {volume}  memory: {kept}  params: {spelled}"
    values, weights = total.cells[3], total.cells[5]
    size = values * bytes_a_value  # type: ignore[operator]  # a count, never text
    yield (
        f"TOTAL memory: {_short(values)} * {bytes_a_value} bytes = {_short(size)}B"
        " / image (for a forward pass)"
    )
    yield f"TOTAL params: {_short(weights)} parameters ({_grouped(weights)} weights)"


def _line(analysis: Analysis, row: Row) -> Line:
    node = analysis.graph.nodes[row.nodes[0]]
    volume = (*row.shape[1:], row.shape[0]) if len(row.shape) > 1 else row.shape
    full = (1, 1, *volume) if len(volume) == 1 else volume
    cells = (
        _name(node),
        f"[{'x'.join(map(str, full))}]",
        "*".join(map(str, volume)),
        row.activations,
        _spelled(analysis, node, row.weights),
        row.weights,
    )
    return Line(cells, path=row.name)


def _name(node: Node) -> str:
    """Return the slide's name: CONV3-64, POOL2, FC."""
    layer = node.layer
    name = NAMES.get(layer.key, layer.key.upper())
    kernel = getattr(layer, "kernel", None)
    if kernel is not None and name in ("CONV", "DWCONV", "DECONV", "POOL", "AVGPOOL"):
        sizes = "x".join(map(str, kernel)) if isinstance(kernel, tuple) else str(kernel)
        name += sizes
    return f"{name}-{node.shape[0]}" if "CONV" in name else name


def _spelled(analysis: Analysis, node: Node, weights: Dim) -> str:
    """Return the product behind a row's weights; empty where it has none."""
    if weights == 0:
        return ""
    inputs = analysis.graph.input_shapes(node)
    shapes = [s for n, s in node.layer.weights(*inputs).items() if "bias" not in n]
    if len(shapes) != 1 or product(shapes[0]) != weights:
        return " + ".join("*".join(map(str, s)) for s in shapes)
    return _product(node, shapes[0], inputs[0])


def _product(node: Node, weight: Shape, entering: Shape) -> str:
    out, inner, *kernel = (
        (*weight, 1)[: len(weight)] if len(weight) > 1 else (*weight, 1)
    )
    if kernel:
        return f"({'*'.join(map(str, (*kernel, inner)))})*{out}"
    if node.layer.flattens and len(entering) > 1:
        return "*".join(map(str, (*entering[1:], entering[0], out)))
    return f"{inner}*{out}"


def _short(value: Any) -> str:
    """Return a count as the slides print it: 3.2M, 150.5K, 4096."""
    if not isinstance(value, int) or value < 10_000:
        return str(value)
    prefix, size = scaled(value)
    whole, tenth = divmod((value * 10 + size // 2) // size, 10)
    return f"{whole}.{tenth}{prefix.upper()}" if tenth else f"{whole}{prefix.upper()}"


def _grouped(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
