"""From an analysis to a report: which rows, which columns, which footers.

Everything here is values; how they print is the renderers' business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from archcalc.catalogue import FIGURES, definition, figures
from archcalc.errors import unknown
from archcalc.figures.conventions import Convention
from archcalc.figures.facts import Figures
from archcalc.graph.paths import depth, depths
from archcalc.layers.base import Shape, times
from archcalc.network.analysis import Analysis
from archcalc.network.rows import Level, Row
from archcalc.network.uncounted import listed, uncounted
from archcalc.records import replace
from archcalc.reports.cells import (
    Cell,
    Cells,
    Column,
    ColumnKind,
    Headline,
    Line,
    Note,
    NoteKind,
    RowKind,
    Table,
    column,
    share_column,
    telling,
)
from archcalc.reports.report import Later, Report

if TYPE_CHECKING:
    from archcalc.checks.claims.expectations import Judged
    from archcalc.network.network import Network
    from archcalc.reports.diagram import Diagram

OF_STEP = ("backward_macs", "training_macs", "training_flops")
GIVES_WAY = {"training_macs": 1, "activation_bytes": 3, "flops": 2, "activations": 1}
"""The columns that are left out where room is scarce, the highest first."""
SHARED = ("params", "weights", "macs", "activations", "saved")
"""The figures of which a column can give each row's share."""
COLUMNS: dict[str, Column] = {
    "layer": Column("layer", "layer", "name"),
    "what": Column("what", "what", "text"),
    **{
        key: column(key, gives_way=GIVES_WAY.get(key, 0))
        for key in (
            *("shape", "params", "trainable", "frozen", "active_params", "weights"),
            *("biases", "norms", "buffers", "macs", *OF_STEP, "flops", "operations"),
            *("reported_params", "activations", "activation_bytes"),
            *("receptive_field", "depth", "start", "jump", "faked"),
            *("peak", "saved", "keeps", "disk", "moved", "intensity"),
        )
    },
    "receptive_field": column("receptive_field", kind="shape"),
    **{f"{key}_share": share_column(key) for key in SHARED},
}
DEFAULT_COLUMNS = (
    *("layer", "what", "shape", "params"),
    *("macs", "flops", "activations", "activation_bytes"),
)
TRAINING_COLUMNS = ("layer", "what", "shape", "params", "macs", *OF_STEP)
"""The columns of a step of training."""
MAIN = 5
"""So many of the usual columns come first and are there for every network."""
CUT = ", …"
KEPT_APART = "activations: the output of each operation except views, and the input."
"""What activations are where nothing runs in place."""
OF_TOTAL = "of …: the share of the network's total, without side heads."
MOST_NAMED = 4


def chosen_columns(asked: str | None, training: bool = False) -> tuple[str, ...]:
    """Return column keys from `a,b`, or from `+a,-b` against the default.

    The default is another one for a step of `training`.

    Raises `UsageError` AC509 for a column that is none.
    """
    usual = TRAINING_COLUMNS if training else DEFAULT_COLUMNS
    if not asked:
        return usual
    parts = [part.strip() for part in asked.split(",") if part.strip()]
    for part in parts:
        if (name := part.lstrip("+-")) not in COLUMNS:
            headed = [key for key, one in COLUMNS.items() if one.title == name]
            listed = "the column with this heading" if headed else ""
            raise unknown("AC509", "column", part, headed or COLUMNS, listed)
    relative = any(part[0] in "+-" for part in parts)
    if not relative:
        return tuple(dict.fromkeys(["layer", *parts]))
    dropped = {part[1:] for part in parts if part[0] == "-"} - {"layer"}
    added = [part.lstrip("+") for part in parts if part[0] != "-"]
    return tuple(dict.fromkeys(c for c in (*usual, *added) if c not in dropped))


def tabulate(
    analysis: Analysis,
    level: Level = "layers",
    columns: Sequence[str] = DEFAULT_COLUMNS,
    fold: bool = False,
) -> Table:
    """Return a network's table: rows at a level, subtotals of groups, totals.

    With `fold`, equal blocks that follow each other share a row.
    """
    return table_of_rows(analysis, outlined(analysis, level, fold), columns)


def table_of_rows(
    analysis: Analysis, rows: Sequence[Row], columns: Sequence[str] = DEFAULT_COLUMNS
) -> Table:
    """Return a table of these rows of a network, in their order, and its totals."""
    values = _Values(analysis, columns)
    lines = [values.line(row) for row in rows]
    shown = tuple(titled(COLUMNS[c], analysis.convention) for c in columns)
    if "what" in columns:
        words = replace(COLUMNS["what"], least=_least_words(analysis, rows))
        shown = tuple(words if one.key == words.key else one for one in shown)
    return Table("", shown, (*lines, *values.totals()))


def outlined(analysis: Analysis, level: Level, fold: bool) -> Sequence[Row]:
    """Return a network's rows at a level, with `fold` equal blocks as one."""
    if not fold:
        return tuple(analysis.outline(level))
    from archcalc.reports.folding import folded

    return folded(analysis, level)


def _least_words(analysis: Analysis, rows: Sequence[Row]) -> int:
    """Return the room that words need to say strides and padding.

    What a row says of the norm and the activation that fold into it may be cut.
    """
    nodes, entering = analysis.graph.nodes, analysis.graph.input_shapes
    firsts = {
        row.label: nodes[row.nodes[0]].layer.label(*entering(nodes[row.nodes[0]]))
        for row in rows
        if row.kind == "row" and row.nodes
    }
    ends = [
        len(first) + (len(CUT) if label.startswith(f"{first}, ") else 0)
        for label, first in firsts.items()
        if label.startswith(first)
    ]
    return max(ends, default=0)


def titled(column: Column, convention: Convention) -> Column:
    """Return a column under its convention's name, if it is one that it counts."""
    if column.key == "operations" and convention.unit:
        title = f"{convention.name} {convention.unit}s"
        return replace(column, title=title, unit=convention.unit)
    if column.key == "reported_params":
        return replace(column, title=f"{convention.name} params")
    return column


def with_convention(columns: Sequence[str], convention: Convention) -> tuple[str, ...]:
    """Return columns with a convention's own: operations, and params in their place."""
    chosen = list(columns)
    if convention.counts_params:
        chosen = ["reported_params" if key == "params" else key for key in chosen]
    if convention.counts_operations and "operations" not in chosen:
        place = chosen.index("macs") + 1 if "macs" in chosen else len(chosen)
        chosen.insert(place, "operations")
    return tuple(dict.fromkeys(chosen))


def with_kinds(columns: Sequence[str], analysis: Analysis) -> tuple[str, ...]:
    """Return the usual columns with kinds of parameters, where there are several."""
    if not {*DEFAULT_COLUMNS[:MAIN]} <= {*columns}:
        return tuple(columns)
    kinds = telling(figures("trainable", "active_params"), [analysis.total])
    more = [one.key for one in kinds if one.key not in columns]
    place = columns.index("params") + 1
    return (*columns[:place], *more, *columns[place:])


def _what(row: Row) -> str:
    return "side head, training only" if row.label == "aux" else row.label


NAMED: dict[str, Cells] = {
    "layer": lambda row: row.short or row.name,
    "what": _what,
    "shape": attrgetter("shape"),
}
"""Columns that say what a row is; the others count."""


class _Values:
    """Picks the value of each column for a row; figures of all nodes once."""

    def __init__(self, analysis: Analysis, columns: Sequence[str]) -> None:
        self.analysis = analysis
        self.columns = columns
        self.chosen = frozenset(columns)
        self.per_node: dict[str, Sequence[Any]] = {
            key: rule(analysis) for key, rule in PER_NODE.items() if key in columns
        }
        self.own = dict(_own_cells(columns, analysis))
        self.counts = list(takewhile(is_counted, reversed(columns)))[::-1]
        named = columns[: len(columns) - len(self.counts)]
        self.picks = [self.pick(key) for key in named]
        self.counted: dict[int, tuple[Any, ...]] = {}

    def line(self, row: Row) -> Line:
        """Return one row, or the head of a group with its subtotals."""
        figures = row.figures  # rows of equal layers share theirs
        counted = self.counted.get(id(figures))
        if counted is None:
            counted = tuple([getattr(figures, key) for key in self.counts])
            self.counted[id(figures)] = counted
        cells = tuple([pick(row) for pick in self.picks]) + counted
        return Line.of(row, cells, self.least(row.nodes))

    def least(self, nodes: Iterable[int] | None) -> frozenset[str]:
        """Return the columns that are lower bounds for some nodes, or for the total."""
        return self.analysis.lower_bounds(nodes) & self.chosen

    def pick(self, key: str) -> Cells:
        """Return what gives a row's value in one column."""
        if key in self.per_node:
            values = self.per_node[key]
            return lambda row: values[row.output]
        return self.own.get(key) or NAMED.get(key) or attrgetter(f"figures.{key}")

    def totals(self) -> Iterator[Line]:
        """Yield the total of inference, what side heads add, and several outputs."""
        analysis, nodes = self.analysis, self.analysis.graph.nodes
        yield self.total("total", analysis.total, [n.index for n in nodes if not n.aux])
        heads = [n.index for n in nodes if n.aux]
        if heads and not analysis.graph.unfit:
            yield self.total("side heads", analysis.aux, heads)
        graph = analysis.graph
        if "shape" in self.columns and len(graph.outputs) > 1:
            names = graph.called(graph.outputs)
            for name, shape in zip(names, analysis.outputs, strict=True):
                yield self.leaving(name, shape)

    def leaving(self, name: str, shape: Shape) -> Line:
        """Return the line of one output of several: its shape alone."""
        known: dict[str, Any] = {"layer": f"output {name}", "shape": shape}
        cells = tuple(known.get(key) for key in self.columns)
        return Line(cells, kind="aside", path=f"output {name}")

    def total(self, name: str, figures: Any, nodes: Sequence[int]) -> Line:
        output = max(self.analysis.graph.outputs)
        whole = Row(name, "", (), figures, tuple(nodes), output, "head")
        main = name == "total"
        known: dict[str, Any] = {"layer": name, "what": None}
        one = main and len(self.analysis.outputs) == 1
        known["shape"] = self.analysis.output if one else None
        if "depth" in self.columns:
            known["depth"] = depth(self.analysis.graph) if main else None
        known |= dict.fromkeys(key for key, one in FIGURES.items() if one.of_node)
        own = {k: rule(whole) for k, rule in self.own.items() if k not in known}
        known |= own
        values = tuple(
            known[key] if key in known else getattr(figures, key)
            for key in self.columns
        )
        kind: RowKind = "total" if main else "aside"
        return Line(values, kind, path=name, least=self.least(nodes))


def is_counted(key: str) -> bool:
    """Say whether a column is one of the sums of a row."""
    return hasattr(Figures, key)


def _own_cells(
    columns: Sequence[str], analysis: Analysis
) -> Iterator[tuple[str, Cells]]:
    """Yield the columns with cells of their own: of memory, shares and fields."""
    for key in columns:
        if not (is_counted(key) or key in NAMED or key in PER_NODE):
            from archcalc.reports.memory.cells import cells

            yield key, cells(key, analysis)


PER_NODE: dict[str, Callable[[Analysis], Sequence[Any]]] = {
    "depth": lambda analysis: depths(analysis.graph),
}


def table_report(
    network: Network,
    analysis: Analysis,
    level: Level = "layers",
    columns: Sequence[str] = DEFAULT_COLUMNS,
    judged: Sequence[Judged] = (),
    fold: bool = False,
) -> Report:
    """Return the report of `archcalc table`; with `fold` equal blocks share a row."""
    named = (network.title, network.name)
    return _titled(*named, analysis, level, columns, judged, fold)


def _titled(
    title: str,
    name: str,
    analysis: Analysis,
    level: Level,
    columns: Sequence[str],
    judged: Sequence[Judged],
    fold: bool,
) -> Report:
    columns = with_kinds(columns, analysis)
    columns = with_convention(columns, analysis.convention)
    notes = [*assumption_notes(analysis), *definition_notes(analysis, columns)]
    if "receptive_field" in columns:
        notes += misalignment_notes(analysis)
    return Report(
        "table",
        title,
        name,
        (tabulate(analysis, level, columns, fold),),
        (*notes, *erratum_notes(judged)),
        settings(analysis),
        Later(partial(_drawn, title, analysis)),
        headlines=(headline(analysis),),
    )


def headline(analysis: Analysis) -> Headline:
    """Return a network's main figures: parameters, operations, memory."""
    total, convention = analysis.total, analysis.convention
    figures: list[tuple[Cell, str, ColumnKind]] = [
        (total.params, "parameters", "count"),
        (total.macs, "MACs", "operations"),
    ]
    if total.frozen != 0:
        figures.insert(1, (total.trainable, "of them trained", "count"))
    if total.idle != 0:
        figures.insert(1, (total.active_params, "active", "count"))
    if convention.counts_operations:
        unit = f"{convention.name} {convention.unit}s"
        figures.append((total.operations, unit, "operations"))
    figures.append((total.activation_bytes, "of activations", "bytes"))
    bounds = bool(analysis.lower_bounds())
    least = {name for _, name, kind in figures if bounds and kind == "operations"}
    return Headline(analysis.name, tuple(figures), frozenset(least))


def insisted(report: Report, asked: str | None) -> Report:
    """Return a report of `archcalc table` whose columns stay that were asked for."""
    if not asked:
        return report
    parts = [part.strip() for part in asked.split(",")]
    relative = any(part[:1] in ("+", "-") for part in parts)
    stay = {part.lstrip("+") for part in parts if not part.startswith("-")}
    table, *others = report.tables
    columns = tuple(
        replace(one, gives_way=0) if not relative or one.key in stay else one
        for one in table.columns
    )
    return replace(report, tables=(replace(table, columns=columns), *others))


def table_of(
    network: Network | None,
    analysis: Analysis,
    level: Level = "layers",
    columns: str | None = None,
    fold: bool = False,
) -> Report:
    """Return a table with a network's title and errata; None: of the analysis alone.

    `columns` are those of the command line.
    """
    chosen = chosen_columns(columns)
    if network is None:
        name = analysis.name
        report = _titled(name, name, analysis, level, chosen, (), fold)
        return insisted(report, columns)
    from archcalc.checks.claims.expectations import judge_known

    judged = list(judge_known(network, analysis))
    report = table_report(network, analysis, level, chosen, judged, fold)
    return insisted(report, columns)


def _drawn(title: str, analysis: Analysis) -> Iterator[Diagram]:
    """Yield the network's diagram, which few formats draw."""
    from archcalc.reports.diagram import diagram

    yield diagram(analysis, title)


def settings(analysis: Analysis) -> dict[str, Any]:
    """Return what the figures depend on: convention, input, batch, dtype."""
    graph = analysis.graph
    shapes = [times(graph.nodes[i].shape) for i in graph.inputs]
    return {
        "convention": analysis.convention.name,
        "input": ", ".join(shapes),
        "batch": analysis.setting.batch,
        "dtype": analysis.setting.dtype,
        "inplace": analysis.setting.inplace,
    }


def definition_notes(analysis: Analysis, columns: Sequence[str]) -> Iterator[Note]:
    """Yield how each column is counted."""
    for key in dict.fromkeys(
        c.replace("activation_bytes", "activations") for c in columns
    ):
        apart = key == "activations" and not analysis.setting.inplace
        text = KEPT_APART if apart else definition(key)
        if text:
            yield Note(text, "definition")
    if any(key.endswith("_share") for key in columns):
        yield Note(OF_TOTAL, "definition")
    if {"operations", "reported_params"} & {*columns}:
        yield convention_note(analysis.convention)


def convention_note(convention: Convention) -> Note:
    """Return what a convention counts, with the version that was read and run."""
    text = f"{convention.name}: {convention.about}"
    return Note(text, "definition", convention.source or None)


def assumption_notes(analysis: Analysis) -> Iterator[Note]:
    """Yield what symbols were assumed to satisfy, and what is left out of figures."""
    for text in analysis.graph.assumptions:
        yield Note(text, "assumption")
    unfit = analysis.graph.unfit
    for head in unfit[:1]:
        (problem,) = head.error.problems
        more = f" (and {len(unfit) - 1} more)" if len(unfit) > 1 else ""
        left_out = f"the side head {head.name!r}{more} is left out, as in inference"
        yield Note(f"{left_out}: {problem.message}")
    if analysis.lower_bounds():
        names = listed(uncounted(analysis.graph))
        yield Note(f"≥ means at least: no rule counts {names}")


def misalignment_notes(analysis: Analysis) -> Iterator[Note]:
    """Yield where branches that meet do not see the same place."""
    from archcalc.graph.receptive import misaligned

    found = list(misaligned(analysis.graph))
    if found:
        node, fields = found[0]
        seen = ", ".join(f"{f.size} every {f.step} around {f.centre}" for f in fields)
        names = ", ".join(node.name for node, _ in found[:MOST_NAMED])
        more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        yield Note(
            f"the receptive fields that meet in {names}{more} are not aligned: the "
            f"first output of {node.name} sees {seen}."
        )


def erratum_notes(judged: Sequence[Judged]) -> Iterator[Note]:
    """Yield the published figures that are known to be wrong, beside the true ones."""
    wrong = [one for one in judged if one.status in ("erratum", "loose")]
    for _, group in groupby(wrong, key=lambda one: id(one.entry)):
        first, *others = group
        entry = first.entry
        at = f" of {entry.at}" if entry.at else ""
        said = entry.said or first.claim.text
        if others:
            every = "; ".join(f"{o.what}{at} {_figure(o)}" for o in (first, *others))
            text = f"published: {said}; computed: {every}."
        else:
            text = f"published {first.what}{at}: {said}; computed: {_figure(first)}."
        why = _sentence(entry.why or entry.note or "")
        kind: NoteKind = "erratum" if first.status == "erratum" else "loose"
        yield Note(f"{text} {why}".strip(), kind, entry.cite)


def _figure(one: Judged) -> str:
    computed = one.computed
    if one.metric == "activation_bytes" and isinstance(computed, int):
        decimal, binary = computed / 10**6, computed / 2**20
        return f"{computed:,} ({decimal:.2f} MB = {binary:.2f} MiB)"
    return one.figure


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith(".") else f"{text}."
