"""The slides of a lecture about one network, as values.

At a glance, the picture, the table, three layers worked out, memory, other networks
beside it, and how it is all counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

from archcalc.catalogue import FIGURES, definition
from archcalc.graph.paths import depth
from archcalc.network.analysis import Analysis
from archcalc.network.named_figures import measure
from archcalc.network.network import Network
from archcalc.network.rows import Level, Row
from archcalc.records import dataclass, replace
from archcalc.reports.cells import Cell, Column, ColumnKind, Line, Table, column
from archcalc.reports.explanation import KINDS, Explainer, Section
from archcalc.reports.memory.summary import memory_report, where_known
from archcalc.reports.shortening import cut
from archcalc.reports.table import settings, tabulate
from archcalc.sizes.dims import Dim

MOST_ROWS = 16
"""Rows of a table that stand on one slide in a size that can be read."""
MOST_SLIDES = 12
"""Slides that one table takes at most."""
WORKED = 3
"""Layers whose figures are worked out on slides."""
OTHERS = ("alexnet", "vgg16", "googlenet", "resnet50")
"""The networks that the lectures compare."""
LAYERS = ("layer", "what", "shape", "params", "macs", "activations")
COUNTED = ("macs", "activations", "depth")
SIDE_FIGURES = {*KINDS.values(), "FLOPs", "bytes"} - {KINDS["mac"]}
"""Figures that a slide has no room for."""
TOTALS = ("params", "macs", "activations")
IN_BYTES = ("disk", "peak", "training")
VERBS = {
    "params": ("holds", "hold"),
    "weights": ("holds", "hold"),
    "macs": ("does", "do"),
    "activations": ("makes", "make"),
}
ENOUGH = Fraction(1, 10)
"""Where no layer has so much of a figure, stages are named instead."""
MOST_NAMED = 3
MOST_COMPARED = 4


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide: points, and a table, a layer worked out, or the network's picture."""

    title: str
    points: tuple[str, ...] = ()
    table: Table | None = None
    worked: Section | None = None
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Deck:
    """The slides of one network; `source` is where it was published."""

    title: str
    source: str
    analysis: Analysis
    slides: tuple[Slide, ...]


def deck(
    network: Network,
    analysis: Analysis,
    others: Sequence[Analysis] = (),
    level: Level | None = None,
    most: int = MOST_ROWS,
) -> Deck:
    """Return the slides of a network, with others for comparison.

    The table has the finest level that fits one slide, or the `level` that is given.
    """
    slides = (
        _glance(network, analysis),
        Slide("Structure", picture=True),
        *_tables(analysis, level, most),
        *_worked(analysis),
        _memory(network, analysis),
        *([_comparison([analysis, *others], most)] if others else []),
        _counting(analysis),
    )
    paper = network.spec.about.paper
    parts = [paper.authors, paper.title, paper.venue] if paper is not None else []
    year = [str(paper.year)] if paper is not None and paper.year is not None else []
    source = ". ".join(filter(None, [*(p and p.rstrip(".") for p in parts), *year]))
    return Deck(network.title, source, analysis, slides)


def _glance(network: Network, analysis: Analysis) -> Slide:
    """Return the totals, and which layers have most of them."""
    graph, total = analysis.graph, analysis.total
    rows: list[tuple[str, Cell, ColumnKind]] = [
        ("input", graph.nodes[i].shape, "shape") for i in graph.inputs
    ]
    rows += [("output", shape, "shape") for shape in analysis.outputs]
    rows.append(("depth, in layers with weights", depth(graph), "count"))
    for key in TOTALS:
        rows.append((FIGURES[key].total, getattr(total, key), FIGURES[key].kind))
    for key in IN_BYTES:
        value = where_known(partial(measure, analysis, key))
        rows.append((FIGURES[key].in_memory, value, "bytes"))
    columns = (Column("figure", "", "name"), Column("value", network.name, "value"))
    lines = tuple(Line((w, value), path=w, kinds=kind) for w, value, kind in rows)
    return Slide(
        "At a glance", tuple(_shares(analysis, *TOTALS)), Table("", columns, lines)
    )


def _shares(analysis: Analysis, *keys: str) -> Iterator[str]:
    """Yield for each figure a sentence that says which layers have most of it."""
    for key in keys:
        total = getattr(analysis.total, key)
        rows = [row for row in analysis.rows if not row.aux]
        if not isinstance(total, int) or not total or not rows:
            continue
        if max(_size(key, row) for row in rows) < total * ENOUGH:
            rows = [row for row in analysis.stages if not row.aux]
        most = max(_size(key, row) for row in rows)
        names = [row.name for row in rows if _size(key, row) == most]
        share = round(Fraction(100 * most * len(names), total))
        who = _listed(names) if len(names) <= MOST_NAMED else f"{len(names)} layers"
        verb = VERBS[key][len(names) > 1]
        yield f"{who} {verb} {share}% of the {FIGURES[key].total}."


def _listed(names: Sequence[str]) -> str:
    """Return names in a sentence: `a`, `a and b`, `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _tables(analysis: Analysis, level: Level | None, most: int) -> Iterator[Slide]:
    """Yield the table, on several slides where it is long."""
    if level is None:
        table = _finest(analysis, most)
    else:
        table = tabulate(analysis, level, LAYERS, fold=True)
    table = cut(table, MOST_SLIDES * most)
    starts = range(0, len(table.rows), most)
    for number, start in enumerate(starts, 1):
        of = f" ({number} of {len(starts)})" if len(starts) > 1 else ""
        part = replace(table, rows=table.rows[start : start + most])
        yield Slide(f"Layer by layer{of}", table=part)


def _finest(analysis: Analysis, most: int) -> Table:
    """Return the table at the finest level that fits one slide, else that of stages."""
    levels: tuple[Level, ...] = ("layers", "blocks", "stages")
    for level in levels:
        table = tabulate(analysis, level, LAYERS, fold=True)
        if len(table.rows) <= most:
            break
    return table


# -- layers worked out -----------------------------------------------------------------


def _worked(analysis: Analysis) -> Iterator[Slide]:
    explainer = Explainer(analysis)
    for row in _instructive(analysis):
        node = analysis.graph.nodes[row.nodes[0]]
        section = explainer.node(node)
        lines = tuple(x for x in section.lines if x.figure not in SIDE_FIGURES)
        remarks = (*section.remarks, *_folded(analysis, row))
        kept = replace(section, lines=lines, remarks=remarks)
        yield Slide(f"Worked example: {row.name}", worked=kept)


def _folded(analysis: Analysis, row: Row) -> Iterator[str]:
    """Yield what the layers that fold into a row add to it."""
    rest = (analysis.figures([i]) for i in row.nodes[1:])
    if any(one.params != 0 for one in rest):
        names = _listed([analysis.graph.nodes[i].layer.key for i in row.nodes[1:]])
        yield f"with its {names}, the row has {_count(row.params)} parameters"


def _count(value: Dim) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _instructive(analysis: Analysis) -> list[Row]:
    """Return the first layer with weights, and those with most MACs and parameters.

    Where these are fewer than three, other layers with weights follow, each of another
    kind.
    """
    rows = [row for row in analysis.rows if not row.aux and row.weights != 0]
    if not rows:
        rows = [
            r
            for r in analysis.rows
            if not r.aux and not Explainer(analysis).is_input(r)
        ]
    if not rows:
        return []
    chosen = [
        rows[0],
        *(max(rows, key=partial(_size, key)) for key in ("macs", "params")),
    ]
    kinds: dict[str, Row] = {}
    for row in sorted(rows, key=partial(_size, "macs"), reverse=True):
        kinds.setdefault(row.label, row)
    wanted = {row.name: row for row in (*chosen, *kinds.values())}
    kept = {*list(wanted)[:WORKED]}
    return [row for row in rows if row.name in kept]


def _size(key: str, row: Row) -> int:
    value = getattr(row, key)
    return value if isinstance(value, int) else 0


# -- bytes, other networks, words ------------------------------------------------------


PEAKS = (
    "Peak inference: the most bytes of activations in use at one moment. Training: the "
    "same with parameters, gradients and what the backward pass needs."
)


def _memory(network: Network, analysis: Analysis) -> Slide:
    """Return the four figures of memory, and what they are."""
    (table, *_) = memory_report(network, analysis).tables
    first, *others = table.rows
    rows = (replace(first, cells=(*first.cells[:3], None)), *others)
    setting = analysis.setting
    points = (
        *_shares(analysis, "activations", "weights"),
        PEAKS,
        f"Batch {setting.batch}, {setting.dtype}, optimizer {setting.optimizer}.",
    )
    return Slide("Memory", points, replace(table, rows=rows))


def _comparison(analyses: Sequence[Analysis], most: int) -> Slide:
    """Return one row a network."""
    columns = (
        Column("network", "network", "name"),
        Column("input", "input", "shape"),
        *(column(key) for key in (*TOTALS, "depth")),
        column("disk", title="on disk"),
    )
    lines = tuple(
        Line(
            (
                a.name,
                a.graph.nodes[a.graph.inputs[0]].shape,
                *(getattr(a.total, key) for key in TOTALS),
                depth(a.graph),
                where_known(partial(measure, a, "disk")),
            ),
            path=a.name,
        )
        for a in analyses
    )
    table = cut(Table("", columns, lines), most)
    return Slide("Compared with other networks", tuple(_ratios(analyses)), table)


def _ratios(analyses: Sequence[Analysis]) -> Iterator[str]:
    """Yield how many times the figures of the first network the others have."""
    first, *others = analyses
    for other in others[:MOST_COMPARED]:
        params, macs = (
            _times(getattr(other.total, key), getattr(first.total, key))
            for key in ("params", "macs")
        )
        if params and macs:
            yield (
                f"{other.name} has {params} times the parameters and {macs} times the "
                f"MACs of {first.name}."
            )


def _times(value: Dim, reference: Dim) -> str | None:
    """Return a ratio in two digits; None where one is a symbol or 0."""
    if not (isinstance(value, int) and isinstance(reference, int)):
        return None
    if not value or not reference:
        return None
    ratio = Fraction(value, reference)
    return f"{round(ratio):,}" if ratio >= 10 else f"{float(ratio):.2g}"


def _counting(analysis: Analysis) -> Slide:
    """Return how the figures are counted and what they depend on."""
    given: dict[str, Any] = settings(analysis)
    depends = f"Input {given['input']}, batch {given['batch']}, {given['dtype']}."
    said = (definition(key) for key in COUNTED)
    points = (depends, *(text[:1].upper() + text[1:] for text in said))
    return Slide("How this is counted", points)
