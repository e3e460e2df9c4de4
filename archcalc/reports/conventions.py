"""One network under every convention: what each counts, and where it differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from archcalc.figures.conventions import (
    CONVENTIONS,
    Convention,
    Spelling,
    View,
    spelled,
)
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.reports.cells import (
    Cell,
    Column,
    ColumnKind,
    Headline,
    Line,
    Note,
    Table,
    column,
)
from archcalc.reports.report import Report
from archcalc.reports.table import assumption_notes, convention_note, settings
from archcalc.sizes.dims import Dim
from archcalc.sizes.units import scaled

Scale = tuple[str, int]
MOST_KINDS = 5
FACTORS = {"MAC": 1, "FLOP": 2}
"""What a multiply-accumulate is in each unit."""


def conventions_report(network: Network, batch: int = 1) -> Report:
    """Return the report of `archcalc conventions NET`."""
    found = [network.analyze(batch=batch, convention=name) for name in CONVENTIONS]
    usual = found[0]
    scale = _scale(usual.total.macs)
    rows = tuple(_line(analysis, scale) for analysis in found)
    common = {k: v for k, v in settings(usual).items() if k in ("input", "batch")}
    return Report(
        "conventions",
        f"{network.title}, counted in {len(found)} ways",
        network.name,
        (Table("", _columns(scale), rows),),
        (
            *assumption_notes(usual),
            *map(_difference, found),
            *_spelled(found),
            *_softmax(found),
        ),
        common,
        headlines=(_range(found),) if scale else (),
    )


def _range(analyses: Sequence[Analysis]) -> Headline:
    """Return the smallest and the largest count in each unit."""
    found = [(a.convention.unit, a.total.operations) for a in analyses]
    figures: list[tuple[Cell, str, ColumnKind]] = []
    for unit in FACTORS:
        counts = [n for its, n in found if its == unit and isinstance(n, int)]
        figures.append((min(counts), f"{unit}s at least", "operations"))
        figures.append((max(counts), f"{unit}s at most", "operations"))
    return Headline(analyses[0].name, tuple(figures))


def list_report() -> Report:
    """Return the report of `archcalc conventions`: what each counts, in full."""
    columns = (
        Column("convention", "convention", "name"),
        Column("unit", "unit", "text"),
        Column("source", "read and run", "text"),
    )
    rows = tuple(
        Line((way.name, way.unit, way.source or "archcalc"), path=way.name)
        for way in CONVENTIONS.values()
    )
    notes = tuple(map(convention_note, CONVENTIONS.values()))
    return Report("conventions", "Conventions", "", (Table("", columns, rows),), notes)


def _columns(scale: Scale | None) -> tuple[Column, ...]:
    scaled = (Column("scaled", f"in {scale[0]}", "count"),) if scale else ()
    return (
        Column("convention", "convention", "name"),
        column("operations"),
        *scaled,
        Column("unit", "unit", "text"),
        Column("beyond", "beyond MACs", "operations", note=BEYOND),
        column("params"),
    )


BEYOND = (
    "operations that are not MACs: each MAC is taken off once if the unit is MAC, "
    "twice if it is FLOP"
)


def _scale(value: Dim) -> Scale | None:
    """Return the letter and size that leave a figure readable, None for a symbol."""
    if not isinstance(value, int):
        return None
    return scaled(max(value, 1000))


def _line(analysis: Analysis, scale: Scale | None) -> Line:
    way, total = analysis.convention, analysis.total
    counts: list[Cell] = [None, None, None]
    brief: Cell = None
    if way.unit:
        operations = total.operations
        counts = [operations, way.unit, operations - total.macs * FACTORS[way.unit]]
        if scale and isinstance(operations, int):
            brief = Fraction(operations, scale[1])
    if scale:
        counts.insert(1, brief)
    return Line((way.name, *counts, total.reported_params), path=way.name)


def _difference(analysis: Analysis) -> Note:
    """Return what a convention counts, and which kinds of layer make it differ here."""
    way = analysis.convention
    kinds = _beyond_by_kind(analysis, way) if way.unit else {}
    said = [f"{kind} {value:+,}" for kind, value in _largest(kinds)]
    params = analysis.total.reported_params - analysis.total.params
    if isinstance(params, int) and params:
        said.append(f"parameters {params:+,}")
    here = f" Here {', '.join(said)}." if said else ""
    return Note(f"{way.name}: {way.brief}.{here}", "definition")


def _spelled(analyses: Sequence[Analysis]) -> Iterator[Note]:
    """Yield what tools count of the same layers where torch code is written otherwise.

    The figures of the table are those of our torch build, which pads by numbers.
    """
    said: dict[str, list[str]] = {}
    for analysis in analyses:
        for spelling in analysis.convention.spellings:
            total = analysis.total.operations + _more(analysis, spelling)
            if isinstance(total, int) and total != analysis.total.operations:
                name = analysis.convention.name
                said.setdefault(spelling.written, []).append(f"{name} {total:,}")
    for written, counts in said.items():
        yield Note(f"If it is written with {written}: {', '.join(counts)}.")


def _more(analysis: Analysis, spelling: Spelling) -> Dim:
    """Return what a network counts more where every layer that fits is written so."""
    graph, batch = analysis.graph, analysis.setting.batch
    more: Dim = 0
    for node, fact in zip(graph.nodes, analysis.facts, strict=True):
        layer, shapes = node.layer, graph.input_shapes(node)
        if node.aux or layer.key not in spelling.operations:
            continue
        work = layer.work(node.shape, *shapes)
        count = spelled(spelling, View(layer, shapes, node.shape, work, batch))
        if count is not None:
            more = more + count - fact.operations
    return more


def _softmax(analyses: Sequence[Analysis]) -> Iterator[Note]:
    """Yield what is counted without the softmax that a library leaves to the loss."""
    graph = analyses[0].graph
    last = [i for i in graph.outputs if graph.nodes[i].layer.left_to_loss]
    if not last:
        return
    said = []
    for analysis in analyses:
        softmax = sum(analysis.facts[i].operations for i in last)
        without = analysis.total.operations - softmax
        if isinstance(without, int) and without != analysis.total.operations:
            said.append(f"{analysis.convention.name} {without:,}")
    if said:
        why = "Libraries leave the last softmax to the loss. Without it:"
        yield Note(f"{why} {', '.join(said)}.")


def _beyond_by_kind(analysis: Analysis, way: Convention) -> dict[str, Dim]:
    """Return operations beyond the MACs by kind of layer, for the batch."""
    each = FACTORS[way.unit or "MAC"] * analysis.setting.batch
    found: dict[str, Dim] = {}
    for node, fact in zip(analysis.graph.nodes, analysis.facts, strict=True):
        if not node.aux:
            beyond = fact.operations - fact.macs * each
            found[node.layer.key] = found.get(node.layer.key, 0) + beyond
    return found


def _largest(kinds: dict[str, Dim]) -> Iterator[tuple[str, int]]:
    """Yield the kinds that matter most, and the rest as one; none for symbols."""
    known = [(k, n) for k, n in kinds.items() if isinstance(n, int) and n]
    known.sort(key=lambda item: -abs(item[1]))
    yield from known[:MOST_KINDS]
    if rest := sum(n for _, n in known[MOST_KINDS:]):
        yield "others", rest
