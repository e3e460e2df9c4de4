"""Networks side by side: totals with ratios, then stages, branches and rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import takewhile
from typing import Any, Protocol

from archcalc.catalogue import FIGURES, Figure, figures
from archcalc.figures.conventions import Convention
from archcalc.figures.facts import Figures
from archcalc.graph.paths import depth
from archcalc.layers.base import Shape
from archcalc.network.analysis import Analysis
from archcalc.network.named_figures import measure
from archcalc.network.rows import Level
from archcalc.records import replace
from archcalc.reports.alignment import outputs_in_turn
from archcalc.reports.cells import Column, ColumnKind, Line, Table, telling
from archcalc.reports.closed_forms import closed_form_tables
from archcalc.reports.correspondence import corresponding, items
from archcalc.reports.diagram import diagram
from archcalc.reports.memory.notes import definitions
from archcalc.reports.memory.summary import where_known
from archcalc.reports.report import Later, Report
from archcalc.reports.stages import stage_tables
from archcalc.reports.table import (
    assumption_notes,
    definition_notes,
    headline,
    settings,
)
from archcalc.sizes.dims import Dim, Poly, ratio

TOTALS = figures(
    *("params", "trainable", "frozen", "active_params"),
    *("weights", "biases", "norms"),
    *("macs", "flops", "activations", "activation_bytes"),
)
IN_MEMORY = figures("peak", "saved", "training", "disk")
ALIGNED = figures("shape", "macs", "weights")
GIVES_WAY = {"weights": 1, "shape": 2}
"""What is left out where room is scarce, the highest first."""
ABSENT = (None, None)
MOST_BRANCHES = 16
FEW_ROWS = 12
"""Networks of so few rows show them all unasked."""


class Named(Protocol):
    """What stands at the head of a column."""

    @property
    def name(self) -> str:
        """What it is called."""


def compare_report(
    analyses: Sequence[Analysis], memory: bool = False, level: Level | None = None
) -> Report:
    """Return the report of `archcalc compare`; the first network is the reference.

    With `memory`, a table of bytes comes first after the totals; with a `level`, the
    rows that correspond come last.
    """
    columns: tuple[str, ...] = ("macs", "flops", "activations", "depth")
    convention = analyses[0].convention
    columns = (*columns, *(one.key for one in _counted(convention)))
    notes = [n for a in analyses for n in assumption_notes(a)]
    common = {k: v for k, v in settings(analyses[0]).items() if k != "input"}
    names = [a.name for a in analyses]
    return Report(
        "compare",
        f"{', '.join(names[:-1])} and {names[-1]} side by side",
        ", ".join(names),
        tuple(_tables(analyses, memory, level)),
        (
            *notes,
            *definition_notes(analyses[0], columns),
            *(definitions(analyses[0], "lecture") if memory else ()),
        ),
        common,
        Later(partial(map, diagram, analyses)),
        headlines=tuple(map(headline, analyses)),
    )


def _tables(
    analyses: Sequence[Analysis], memory: bool, level: Level | None
) -> Iterator[Table]:
    yield _totals(analyses)
    if memory:
        yield _bytes(analyses)
    yield from closed_form_tables(analyses)
    stages = list(stage_tables(analyses))
    yield from stages
    branches = [a.branches for a in analyses]
    if not stages and all(branches) and all(len(b) <= MOST_BRANCHES for b in branches):
        shared = _shared_groups([b.path for found in branches for b in found])
        rows = [{b.path[shared:]: (b.shape, b.figures) for b in f} for f in branches]
        yield _aligned("branches", analyses, rows)
    few = all(len(a.rows) <= FEW_ROWS for a in analyses)
    if level or few:
        yield row_table(analyses, level or "layers")


def _shared_groups(paths: Sequence[str]) -> int:
    """Return the length of the groups' names that all paths begin with."""
    parents = [path.split(".")[:-1] for path in paths]
    columns = zip(*parents, strict=False)
    shared = takewhile(lambda names: len(set(names)) == 1, columns)
    return sum(len(names[0]) + 1 for names in shared)


def _bytes(analyses: Sequence[Analysis]) -> Table:
    """Return the figures of memory, one a line; what needs numbers says so."""
    lines = [
        figure_line("activations", [a.memory.activations for a in analyses], "bytes")
    ]
    for one in IN_MEMORY:
        values = [where_known(partial(measure, a, one.key)) for a in analyses]
        lines.append(figure_line(one.in_memory, values, one.kind))
    return Table("memory", tuple(figure_columns(analyses)), tuple(lines))


def figure_columns(analyses: Sequence[Named]) -> Iterator[Column]:
    """Yield a column for the figure's name, one a network, one a ratio."""
    yield Column("figure", "figure", "name")
    for i, analysis in enumerate(analyses):
        yield Column(f"net{i}", analysis.name, "value")
    for i in range(1, len(analyses)):
        name = f"{analyses[0].name} ÷ {analyses[i].name}"
        short = None if len(analyses) > 2 else "ratio"
        yield Column(f"ratio{i}", name, "ratio", short=short, gives_way=1)


def _totals(analyses: Sequence[Analysis]) -> Table:
    """Return totals, one figure a line, with each network's ratio to the first."""
    columns = figure_columns(analyses)
    lines = [
        figure_line(
            "input", [a.graph.nodes[a.graph.inputs[0]].shape for a in analyses], "shape"
        )
    ]
    lines += [figure_line(*one, "shape") for one in outputs_in_turn(analyses)]
    if all(len(a.outputs) == 1 for a in analyses):
        lines += [
            figure_line("output channels", [a.output[0] for a in analyses], "count")
        ]
    shown = (*TOTALS, *_counted(analyses[0].convention))
    for one in telling(shown, [a.total for a in analyses]):
        values = [getattr(a.total, one.key) for a in analyses]
        least = [one.key in a.lower_bounds() for a in analyses]
        if any(value != 0 for value in values) or any(least):
            bounds = frozenset(f"net{i}" for i, bound in enumerate(least) if bound)
            line = figure_line(one.total, values, one.kind)
            lines.append(replace(line, least=bounds))
    lines.append(figure_line("depth", [depth(a.graph) for a in analyses], "count"))
    return Table("totals", tuple(columns), tuple(lines))


def _counted(convention: Convention) -> Iterator[Figure]:
    """Yield a convention's own totals, where it has any."""
    if convention.counts_operations:
        title = f"{convention.name} {convention.unit}s"
        yield FIGURES["operations"]._replace(called=title)
    if convention.counts_params:
        yield FIGURES["reported_params"]._replace(called=f"{convention.name} params")


def figure_line(title: str, values: Sequence[Any], kind: ColumnKind) -> Line:
    """Return a figure of each network, with the ratios to the first."""
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
    """Return branches side by side, aligned by name."""
    columns = (Column("name", title, "name"), *_aligned_columns(analyses))
    names = dict.fromkeys(name for found in rows for name in found)
    lines = []
    for name in names:
        found = [row.get(name, ABSENT) for row in rows]
        lines.append(Line((name, *_aligned_cells(found)), path=name))
    return Table(title, columns, tuple(lines))


def _aligned_columns(analyses: Sequence[Analysis]) -> Iterator[Column]:
    """Yield the columns of each figure, one a network."""
    for one in ALIGNED:
        for i, analysis in enumerate(analyses):
            title = f"{one.title} {analysis.name}"
            way = GIVES_WAY.get(one.key, 0)
            yield Column(f"{one.key}{i}", title, one.kind, gives_way=way)


def _aligned_cells(
    found: Sequence[tuple[Shape | None, Figures | None]],
) -> Iterator[Any]:
    yield from (shape for shape, _ in found)
    for one in ALIGNED[1:]:
        yield from (getattr(figures, one.key, None) for _, figures in found)


def row_table(analyses: Sequence[Analysis], level: Level) -> Table:
    """Return the rows of networks beside those that correspond.

    Where names differ, each network has a column of names.
    """
    outlines = [
        items(a, [row for row in a.outline(level) if row.kind == "row"])
        for a in analyses
    ]
    found = corresponding(outlines)
    alike = all(len({row.name for row in line if row}) == 1 for line in found)
    others = [] if alike else analyses[1:]
    columns = (
        Column("name", level if alike else analyses[0].name, "name"),
        *(Column(f"name{i}", a.name, "text") for i, a in enumerate(others, 1)),
        *_aligned_columns(analyses),
    )
    shared = _shared_groups(
        [r.name for line in found for r in line if r and r.nodes[0]]
    )
    lines = []
    for line in found:
        path = next(row.name for row in line if row)
        own = [row and row.name[shared if row.nodes[0] else 0 :] for row in line]
        cells = _aligned_cells([(r.shape, r.figures) if r else ABSENT for r in line])
        names = [next(filter(None, own))] if alike else [own[0] or "", *own[1:]]
        least = frozenset(
            f"{key}{i}"
            for i, (a, row) in enumerate(zip(analyses, line, strict=True))
            for key in (a.lower_bounds(row.nodes) if row else ())
        )
        lines.append(Line((*names, *cells), path=path, least=least))
    return Table(level, columns, tuple(lines))
