"""What runtimes reserve for activations, beside the peak of inference."""

from __future__ import annotations

from fractions import Fraction

from archcalc.errors import UsageError
from archcalc.figures.memory.planners import PLANNERS
from archcalc.figures.memory.planners.planner import Plan, Planner, plan
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.reports.cells import Column, Line, Note, Table
from archcalc.reports.memory.notes import INFERENCE
from archcalc.reports.memory.summary import report
from archcalc.reports.report import Report

ARENA = (
    "arena: the bytes that the runtime reserves for activations at the start, without "
    "weights and its own records. lost: what its placing adds to the most that lives "
    "at one time."
)
LIVE = (
    "live: the most memory that tensors take at one time by the runtime's own rules, "
    "each rounded up as the runtime rounds."
)
NOT_STATED = (
    "Not stated: ONNX Runtime, which changes the order of branches with its level of "
    "optimization; XNNPACK and other backends, which reserve inside themselves; "
    "optimized kernels that keep im2col in the arena."
)
BYTES = Column("bytes", "bytes", "bytes", unit="B")


def planners_report(network: Network, analysis: Analysis) -> Report:
    """Return what every planner reserves, beside the peak of inference.

    A planner that cannot state a figure says so in its row, and why in a note. Raises
    `UsageError` AC541 where a size is a symbol.
    """
    peak = analysis.memory.peak_inference
    lines = [Line(("peak of inference", peak, None, None, None), path="peak")]
    notes = [Note(INFERENCE, "definition"), Note(LIVE, "definition")]
    notes.append(Note(ARENA, "definition"))
    for planner in PLANNERS.values():
        try:
            planned = plan(analysis, planner)
        except UsageError as error:
            if error.problems[0].code != "AC556":
                raise
            cells = (planner.title, "not stated", "not stated", None, None)
            lines.append(Line(cells, path=planner.name))
            notes.append(Note(error.problems[0].message, "loose"))
        else:
            lines.append(Line(_row(planned, peak), path=planner.name))
        notes.append(_rules(planner))
    notes.append(Note(NOT_STATED, "note"))
    return report(network, analysis, [Table("", COLUMNS, tuple(lines))], notes)


COLUMNS = (
    Column("planner", "", "name"),
    Column("live_bytes", "live", "bytes", unit="B"),
    Column("arena_bytes", "arena", "bytes", unit="B"),
    Column("lost_bytes", "lost", "bytes", unit="B"),
    Column("of_peak", "of the peak", "ratio"),
)


def _row(planned: Plan, peak: int) -> tuple[str | int | Fraction, ...]:
    lost = planned.arena - planned.live
    share = Fraction(planned.arena, peak)
    return planned.planner.title, planned.live, planned.arena, lost, share


def planner_report(
    network: Network, analysis: Analysis, planner: Planner, tensors: bool = False
) -> Report:
    """Return what one planner reserves, and what makes the difference to the peak.

    With `tensors` every tensor with its place and its life. Raises `UsageError` AC556
    for what the planner's rules cannot state, AC541 where a size is a symbol.
    """
    planned = plan(analysis, planner)
    tables = [_three(analysis, planned), _difference(analysis, planned)]
    if tensors:
        tables.append(_tensors(analysis, planned))
    notes = [_rules(planner), Note(INFERENCE, "definition")]
    notes += [Note(LIVE, "definition"), Note(ARENA, "definition")]
    return report(network, analysis, tables, notes)


def _rules(planner: Planner) -> Note:
    text = f"{planner.title}: {'; '.join(planner.about)}."
    return Note(text, "definition", planner.source)


def _three(analysis: Analysis, planned: Plan) -> Table:
    """Return the peak, what lives by the planner's rules, and the arena."""
    figures = {
        "peak of inference": analysis.memory.peak_inference,
        "live": planned.live,
        "arena": planned.arena,
    }
    binary = Column("binary", "binary", "bytes", unit="B", binary=True)
    columns = (Column("figure", "figure", "name"), BYTES, binary)
    lines = [Line((name, size, size), path=name) for name, size in figures.items()]
    return Table(planned.planner.title, columns, tuple(lines))


def _difference(analysis: Analysis, planned: Plan) -> Table:
    """Return what lives at the peak, here and there, tensor by tensor."""
    timeline = analysis.memory.inference
    nodes = analysis.graph.nodes
    ours: dict[tuple[int, str], int] = {}
    for block in timeline.alive(timeline.peak_at):
        what = "output" if nodes[block.node].layer.role == "input" else block.what
        key = block.node, what
        ours[key] = ours.get(key, 0) + block.bytes
    theirs: dict[tuple[int, str], int] = {}
    for tensor in planned.fullest:
        what = "output" if tensor.what == "input" else tensor.what
        key = tensor.node, what
        theirs[key] = theirs.get(key, 0) + tensor.bytes
    lines = []
    for key in sorted({**ours, **theirs}):
        mine, other = ours.get(key, 0), theirs.get(key, 0)
        name = nodes[key[0]].name
        cells = (name, key[1], mine, other, other - mine)
        lines.append(Line(cells, path=name))
    mine, other = sum(ours.values()), sum(theirs.values())
    total = ("total", "", mine, other, other - mine)
    lines.append(Line(total, "total", path="total"))
    return Table("what lives where most does", DIFFERENCE, tuple(lines))


DIFFERENCE = (
    Column("layer", "layer", "name"),
    Column("what", "what", "text"),
    Column("peak_bytes", "at the peak", "bytes", unit="B"),
    Column("planner_bytes", "in the arena", "bytes", unit="B"),
    Column("difference", "difference", "change", unit="B"),
)


def _tensors(analysis: Analysis, planned: Plan) -> Table:
    """Return every tensor of a plan: its bytes, where it lies, from when to when."""
    nodes = analysis.graph.nodes
    lines = [
        Line(
            (nodes[t.node].name, t.what, t.bytes, start, t.first, t.last),
            path=nodes[t.node].name,
        )
        for t, start in zip(planned.tensors, planned.placed.offsets, strict=True)
    ]
    return Table("tensors in the order in which they are made", PLACES, tuple(lines))


PLACES = (
    Column("layer", "layer", "name"),
    Column("what", "what", "text"),
    BYTES,
    Column("offset", "begins at", "count", unit="B"),
    Column("first", "from step", "count"),
    Column("last", "to step", "count"),
)
