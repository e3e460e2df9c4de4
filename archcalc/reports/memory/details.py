"""Training in parts, timelines, and the roofline: the detailed reports of memory."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from archcalc.figures.memory.devices import Device
from archcalc.figures.memory.ledger import Held, Timeline
from archcalc.figures.memory.roofline import Load, Roof, load, roof
from archcalc.figures.memory.saved import Kept, kept_for_backward
from archcalc.figures.memory.training import UPDATING
from archcalc.figures.memory.workspace import named
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Level, Row
from archcalc.reports.cells import (
    Cell,
    Column,
    Line,
    Note,
    RowKind,
    Table,
    column,
    share_column,
)
from archcalc.reports.memory.cells import cells, ratio
from archcalc.reports.memory.notes import (
    INFERENCE,
    PHASES,
    ROOFLINE,
    at,
    checkpoint_note,
    inference_notes,
    kernel_note,
    training_definition,
)
from archcalc.reports.memory.summary import BYTES, report
from archcalc.reports.report import Report

MOST_ALIVE = 12
NAME = Column("what", "what", "name")


def training_report(
    network: Network, analysis: Analysis, level: Level = "stages"
) -> Report:
    """Return what training needs: its parts, at its peak too, and what rows keep.

    Raises `UsageError` AC541 where a size is a symbol.
    """
    tables = [_parts(analysis), _kept(analysis, level)]
    notes = [training_definition(analysis), *checkpoint_note(analysis)]
    notes += [*kernel_note(analysis), Note(SAVED, "definition")]
    return report(network, analysis, tables, notes)


SAVED = (
    "saved: what the forward pass keeps for the backward pass, without parameters. A "
    "tensor that several layers keep counts once, at the first of them. Side heads run "
    "in training and count."
)


def timeline_report(network: Network, analysis: Analysis, training: bool) -> Report:
    """Return what lives while each operation runs, step by step, and at the peak.

    Raises `UsageError` AC541 where a size is a symbol.
    """
    memory = analysis.memory
    timeline = memory.training.timeline if training else memory.inference
    tables = [_steps(analysis, timeline), _alive(analysis, timeline)]
    if training:
        notes = [training_definition(analysis), *checkpoint_note(analysis)]
    else:
        notes = [Note(INFERENCE, "definition"), *inference_notes(analysis)]
    notes += kernel_note(analysis)
    return report(network, analysis, tables, notes)


def roofline_report(
    network: Network, analysis: Analysis, device: Device, level: Level = "layers"
) -> Report:
    """Return for each row what bounds it on a device.

    Raises `UsageError` AC544 where the device has no unit for the dtype, AC541 where a
    size is a symbol.
    """
    limits = roof(device, analysis.setting.dtype)
    lines = [_loaded(analysis, row, limits) for row in analysis.outline(level)]
    main = [n.index for n in analysis.graph.nodes if not n.aux]
    total = _cells("total", load(analysis, main), limits)
    lines.append(Line(total, "total", path="total"))
    peak, ridge = limits.peak, limits.ridge
    about = (
        f"{device.title}: {peak / 10**12:g} T operations per second in {limits.dtype}, "
        f"{device.bandwidth / 10**9:g} GB per second; below {float(ridge):.1f} "
        f"operations per byte, memory is the limit. Roofline: {ROOFLINE}."
    )
    notes = [Note(about, "definition", device.cite)]
    return report(network, analysis, [Table("", ROOFLINE_COLUMNS, tuple(lines))], notes)


ROOFLINE_COLUMNS = (
    Column("layer", "layer", "name"),
    column("flops"),
    column("moved"),
    column("intensity"),
    Column("bound", "bound by", "text"),
    Column("reachable", "of peak at most", "percent"),
)


def _loaded(analysis: Analysis, row: Row, limits: Roof) -> Line:
    loaded = load(analysis, row.nodes)
    return Line.of(row, _cells(row.short or row.name, loaded, limits))


def _cells(name: str, one: Load, limits: Roof) -> tuple[Cell, ...]:
    reach = limits.reachable(one)
    return name, one.flops, one.moved, one.intensity, limits.bound(one), reach


def orders_report(network: Network, analysis: Analysis) -> Report:
    """Return what the order of each module's branches changes in inference.

    Raises `UsageError` AC541 where a size is a symbol.
    """
    orders = analysis.memory.orders
    columns = (
        Column("module", "module", "name"),
        Column("written_bytes", "as written", "bytes", unit="B"),
        Column("best_bytes", "best", "bytes", unit="B"),
        Column("worst_bytes", "worst", "bytes", unit="B"),
        Column("order", "best order", "text"),
    )
    lines = [
        Line((c.name, c.written, c.best, c.worst, ", ".join(c.order)), path=c.name)
        for c in (orders.changes if orders else ())
    ]
    notes = [Note(ORDERS, "definition"), *inference_notes(analysis)]
    return report(network, analysis, [Table("", columns, tuple(lines))], notes)


ORDERS = (
    "order of branches: the most memory that the branches of a module take at one "
    "time, with their input, but without their join and tensors that only pass by. For "
    "up to four branches every order is tried, for more the one in which the need "
    "falls (Liu 1987). A runtime's planner may need more for the order with the fewest "
    "live bytes: see `--planners`."
)


# -- training in parts -----------------------------------------------------------------


def _parts(analysis: Analysis) -> Table:
    """Return what one step holds over all of it, and at its peak."""
    training = analysis.memory.training
    timeline = training.timeline
    alive = Counter[str]()
    for block in timeline.alive(timeline.peak_at):
        alive[_part(block)] += block.bytes
    optimizer = f"state of {analysis.setting.optimizer}"
    whole = {
        "parameters": training.parameters,
        "buffers": training.buffers,
        optimizer: training.optimizer_state,
        "gradients of weights": training.gradients,
        SAVED_PART: training.saved,
    }
    alive[optimizer] = alive.pop("optimizer state", 0)
    lines = [
        Line((name, whole.get(name), alive[name], alive[name]), path=name)
        for name in (*whole, *(name for name in alive if name not in whole))
    ]
    peak = ("peak", None, training.peak, training.peak)
    lines.append(Line(peak, "total", path="peak"))
    title = f"one step, at its peak: {at(analysis, timeline)}"
    columns = (
        NAME,
        Column("whole_bytes", "in all", "bytes", unit="B"),
        Column("bytes", "at the peak", "bytes", unit="B"),
        BYTES[1],
    )
    return Table(title, columns, tuple(lines))


SAVED_PART = "saved for backward"
NAMED_PARTS = {
    "gradient of weights": "gradients of weights",
    "gradient": "gradients of activations",
    "workspace": "workspace",
    "product at full size": "workspace",
    "padding of its gradient": "workspace",
    UPDATING: UPDATING,
}


def _part(block: Held) -> str:
    """Return the part of a step that a block belongs to."""
    if block.node < 0:
        return block.what
    return NAMED_PARTS.get(block.what, SAVED_PART)


def _kept(analysis: Analysis, level: Level) -> Table:
    """Return what each row keeps for backward, with a bar of its share."""
    memory, words = analysis.memory, cells("keeps", analysis)
    total = memory.saved_for_backward
    lines = []
    for row in analysis.outline(level):
        size = memory.saved(row.nodes)
        kind: RowKind = "row" if row.kind == "row" else "subtotal"
        share = ratio(size, total)
        one = (row.short or row.name, size, share, share, words(row))
        lines.append(Line(one, kind, row.depth, row.name))
    whole = Fraction(1) if total else None
    lines.append(Line(("total", total, whole, whole, None), "total", path="total"))
    columns = (
        Column("layer", "layer", "name"),
        column("saved"),
        share_column("saved"),
        Column("saved_bar", "share", "bar"),
        column("keeps"),
    )
    return Table("kept for backward", columns, tuple(lines))


# -- timelines -------------------------------------------------------------------------


def _steps(analysis: Analysis, timeline: Timeline) -> Table:
    """Return every step: what lives while it runs, what it takes, what lives after."""
    nodes, peak = analysis.graph.nodes, timeline.peak
    lines = []
    for number, moment in enumerate(timeline.moments):
        name = nodes[moment.node].name
        mark = "peak" if number == timeline.peak_at else None
        cells: tuple[Cell, ...] = (name, moment.phase, moment.live)
        bar = ratio(moment.live, peak)
        cells = (*cells, bar, moment.taken, moment.after, mark)
        lines.append(Line(cells, path=name))
    columns = (
        Column("operation", "operation", "name"),
        Column("phase", "phase", "text"),
        Column("live_bytes", "live", "bytes", unit="B"),
        Column("live_bar", "of peak", "bar"),
        Column("taken_bytes", "takes", "bytes", unit="B"),
        Column("after_bytes", "after", "bytes", unit="B", gives_way=1),
        Column("mark", "", "text"),
    )
    return Table("", columns, tuple(lines))


def _alive(analysis: Analysis, timeline: Timeline) -> Table:
    """Return what lives at the peak and why, small blocks of a kind together."""
    held = timeline.alive(timeline.peak_at)
    lines = [_block(analysis, timeline, one) for one in held[:MOST_ALIVE]]
    rest = held[MOST_ALIVE:]
    if rest:
        size = sum(one.bytes for one in rest)
        lines.append(Line((f"{len(rest)} smaller blocks", size, None), path="rest"))
    lines.append(Line(("total", timeline.peak, None), "total", path="total"))
    columns = (NAME, BYTES[0], Column("why", "why", "text"))
    where = at(analysis, timeline)
    return Table(f"alive at the peak, {where}", columns, tuple(lines))


def _block(analysis: Analysis, timeline: Timeline, one: Held) -> Line:
    nodes = analysis.graph.nodes
    name = one.what if one.node < 0 else f"{one.what} of {nodes[one.node].name}"
    return Line((name, one.bytes, _why(analysis, timeline, one)), path=name)


def _why(analysis: Analysis, timeline: Timeline, one: Held) -> str:
    """Return why a block lives: until which step it is needed."""
    if one.last >= len(timeline.moments):
        return "to the end"
    if one.what == "workspace":
        return f"made here: {_passing(analysis, timeline, one)}"
    if one.last == timeline.peak_at:
        return "made or read here"
    moment = timeline.moments[one.last]
    name = analysis.graph.nodes[moment.node].name
    return f"needed until {PHASES[moment.phase]} {name}"


def _passing(analysis: Analysis, timeline: Timeline, one: Held) -> str:
    """Return what a node's workspace is: what it makes and does not keep."""
    memory, node = analysis.memory, analysis.graph.nodes[one.node]
    if timeline is memory.inference:
        return named(memory.storages, node)
    storages = memory.training_storages
    again = timeline.moments[one.first].phase == "again"
    found = kept_for_backward(storages) if again else memory.kept
    extras = found.get(one.node, Kept()).extras
    return named(storages, node, [what for what, _ in extras])
