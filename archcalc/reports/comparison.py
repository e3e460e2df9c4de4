"""Networks side by side: totals with ratios, then branches or rows aligned by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import chain, takewhile
from typing import Any

from archcalc.catalogue import FIGURES, Figure, figures
from archcalc.figures.conventions import Convention
from archcalc.figures.facts import Figures
from archcalc.graph.paths import depth
from archcalc.layers.base import Shape
from archcalc.network.analysis import Analysis
from archcalc.network.named_figures import measure
from archcalc.network.rows import Row
from archcalc.reports.alignment import outputs_in_turn
from archcalc.reports.cells import Column, ColumnKind, Line, Table
from archcalc.reports.closed_forms import closed_form_tables
from archcalc.reports.diagram import diagram
from archcalc.reports.memory.notes import definitions
from archcalc.reports.memory.summary import where_known
from archcalc.reports.report import Later, Report
from archcalc.reports.table import assumption_notes, definition_notes, settings
from archcalc.sizes.dims import Dim, Poly, ratio

TOTALS = figures(
    *("params", "weights", "biases", "norms"),
    *("macs", "flops", "activations", "activation_bytes"),
)
IN_MEMORY = figures("peak", "saved", "training", "disk")
ALIGNED = figures("shape", "macs", "weights")


def compare_report(analyses: Sequence[Analysis], memory: bool = False) -> Report:
    """Return the report of `archcalc compare`; the first network is the reference.

    With `memory`, a table of bytes comes first after the totals.
    """
    columns: tuple[str, ...] = ("macs", "flops", "activations", "depth")
    convention = analyses[0].convention
    columns = (*columns, *(one.key for one in _counted(convention)))
    notes = [n for a in analyses for n in assumption_notes(a)]
    common = {k: v for k, v in settings(analyses[0]).items() if k != "input"}
    return Report(
        "compare",
        " against ".join(a.name for a in analyses),
        ", ".join(a.name for a in analyses),
        tuple(_tables(analyses, memory)),
        (
            *notes,
            *definition_notes(analyses[0], columns),
            *(definitions(analyses[0], "lecture") if memory else ()),
        ),
        common,
        Later(partial(map, diagram, analyses)),
    )


def _tables(analyses: Sequence[Analysis], memory: bool) -> Iterator[Table]:
    yield _totals(analyses)
    if memory:
        yield _bytes(analyses)
    yield from closed_form_tables(analyses)
    branches = [a.branches for a in analyses]
    if all(branches) and all(len(b) <= 16 for b in branches):
        paths = [b.path for found in branches for b in found]
        shared = _shared_groups(paths)
        rows = [
            {".".join(b.path.split(".")[shared:]): (b.shape, b.figures) for b in found}
            for found in branches
        ]
        yield _aligned("branches", analyses, rows)
        return
    yield _aligned("rows", analyses, [_named(a.rows) for a in analyses])


def _shared_groups(paths: Sequence[str]) -> int:
    """Return how many leading names all paths have in common, their last apart."""
    parents = [path.split(".")[:-1] for path in paths]
    columns = zip(*parents, strict=False)
    return sum(1 for _ in takewhile(lambda names: len(set(names)) == 1, columns))


def _named(rows: Sequence[Row]) -> dict[str, tuple[Shape, Figures]]:
    return {row.name: (row.shape, row.figures) for row in rows}


def _bytes(analyses: Sequence[Analysis]) -> Table:
    """Return the figures of memory, one a line; what needs numbers says so."""
    lines = [_line("activations", [a.memory.activations for a in analyses], "bytes")]
    for one in IN_MEMORY:
        values = [where_known(partial(measure, a, one.key)) for a in analyses]
        lines.append(_line(one.in_memory, values, one.kind))
    return Table("memory", tuple(_figure_columns("memory", analyses)), tuple(lines))


def _figure_columns(title: str, analyses: Sequence[Analysis]) -> Iterator[Column]:
    """Yield a column for the figure's name, one a network, one a ratio."""
    yield Column("figure", title, "name")
    for i, analysis in enumerate(analyses):
        yield Column(f"net{i}", analysis.name, "value")
    for i in range(1, len(analyses)):
        name = "ratio" if len(analyses) == 2 else f"ratio {i + 1}"
        yield Column(f"ratio{i}", name, "ratio")


def _totals(analyses: Sequence[Analysis]) -> Table:
    """Return totals, one figure a line, with each network's ratio to the first."""
    columns = _figure_columns("total", analyses)
    lines = [
        _line(
            "input", [a.graph.nodes[a.graph.inputs[0]].shape for a in analyses], "shape"
        )
    ]
    lines += [_line(*one, "shape") for one in outputs_in_turn(analyses)]
    if all(len(a.outputs) == 1 for a in analyses):
        lines += [_line("output channels", [a.output[0] for a in analyses], "count")]
    for one in (*TOTALS, *_counted(analyses[0].convention)):
        values = [getattr(a.total, one.key) for a in analyses]
        if any(value != 0 for value in values):
            lines.append(_line(one.total, values, one.kind))
    lines.append(_line("depth", [depth(a.graph) for a in analyses], "count"))
    return Table("totals", tuple(columns), tuple(lines))


def _counted(convention: Convention) -> Iterator[Figure]:
    """Yield a convention's own totals, where it has any."""
    if convention.counts_operations:
        title = f"{convention.name} {convention.unit}s"
        yield FIGURES["operations"]._replace(called=title)
    if convention.counts_params:
        yield FIGURES["reported_params"]._replace(called=f"{convention.name} params")


def _line(title: str, values: Sequence[Any], kind: ColumnKind) -> Line:
    ratios = [
        None if kind == "shape" else _ratio(values[0], value) for value in values[1:]
    ]
    return Line((title, *values, *ratios), path=title, kinds=kind)


def _ratio(reference: Dim | str, value: Dim | str) -> Any:
    """Return how many times the first network's figure is of this one's.

    None for a word, and where this one has none.
    """
    if isinstance(reference, str) or isinstance(value, str):
        return None
    if isinstance(value, int) and not value:
        return None
    exact = ratio(reference, value)
    return None if exact is None or isinstance(exact, Poly) else Fraction(exact)


def _aligned(
    title: str,
    analyses: Sequence[Analysis],
    rows: Sequence[dict[str, tuple[Shape, Figures]]],
) -> Table:
    """Return rows or branches side by side, aligned by name."""
    columns = [Column("name", title, "name")]
    columns += [
        Column(f"{one.key}{i}", f"{one.title} {analysis.name}", one.kind)
        for one in ALIGNED
        for i, analysis in enumerate(analyses)
    ]
    names = dict.fromkeys(name for found in rows for name in found)
    absent = (None, None)
    lines = []
    for name in names:
        found = [row.get(name, absent) for row in rows]
        values = [[shape for shape, _ in found]]
        values += [[getattr(f, one.key, None) for _, f in found] for one in ALIGNED[1:]]
        lines.append(Line((name, *chain.from_iterable(values)), path=name))
    return Table(title, tuple(columns), tuple(lines))
