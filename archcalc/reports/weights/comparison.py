"""Files of weights beside each other and beside networks: parameters and bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from archcalc.catalogue import FIGURES
from archcalc.graph.paths import depth
from archcalc.network.analysis import Analysis
from archcalc.network.named_figures import measure
from archcalc.readers.weights.record import Weights
from archcalc.reports.cells import ColumnKind, Line, Note, Table
from archcalc.reports.comparison import figure_columns, figure_line
from archcalc.reports.memory.summary import where_known
from archcalc.reports.report import Report
from archcalc.reports.table import assumption_notes, headline
from archcalc.reports.weights.memory import NOT_KNOWN
from archcalc.reports.weights.table import (
    UNKNOWN,
    dtypes_named,
    weights_headline,
    weights_notes,
)

Given = Weights | Analysis
OF_TOTAL = ("macs", "flops", "activations", "activation_bytes")
OF_MEMORY = ("peak", "training")


def compare_weights(given: Sequence[Given], memory: bool = False) -> Report:
    """Return files of weights and networks side by side.

    What needs a graph is said to be not known of a file of weights. With `memory`, a
    table has the bytes that networks need.
    """
    names = [one.name for one in given]
    tables = [Table("totals", tuple(figure_columns(given)), tuple(_totals(given)))]
    if memory:
        lines = [_of_graph(key, given, partial(_measured, key)) for key in OF_MEMORY]
        tables.append(Table("memory", tuple(figure_columns(given)), tuple(lines)))
    return Report(
        "compare",
        f"{', '.join(names[:-1])} and {names[-1]} side by side",
        ", ".join(names),
        tuple(tables),
        tuple(_notes(given)),
        headlines=tuple(
            weights_headline(one) if isinstance(one, Weights) else headline(one)
            for one in given
        ),
    )


def _totals(given: Sequence[Given]) -> Iterator[Line]:
    values = [
        one.values if isinstance(one, Weights) else one.total.params for one in given
    ]
    yield figure_line(FIGURES["params"].total, values, "count")
    bytes = [
        one.bytes if isinstance(one, Weights) else one.memory.on_disk for one in given
    ]
    yield figure_line("weights on disk", bytes, "bytes")
    yield _words("number format", [_format(one) for one in given])
    counts = [
        len(one.tensors) if isinstance(one, Weights) else _tensors(one) for one in given
    ]
    yield figure_line("tensors", counts, "count")
    for key in OF_TOTAL:
        yield _of_graph(key, given, partial(_of_total, key))
    yield _of_graph("depth", given, lambda one: depth(one.graph))


def _of_graph(
    key: str, given: Sequence[Given], figure: Callable[[Analysis], Any]
) -> Line:
    """Return the line of a figure that a file of weights does not have."""
    one = FIGURES[key]
    kind: ColumnKind = one.kind if one.kind != "text" else "count"
    values = [NOT_KNOWN if isinstance(g, Weights) else figure(g) for g in given]
    return figure_line(one.total, values, kind)


def _of_total(key: str, analysis: Analysis) -> Any:
    return getattr(analysis.total, key)


def _measured(key: str, analysis: Analysis) -> Any:
    return where_known(partial(measure, analysis, key))


def _words(title: str, words: Sequence[str]) -> Line:
    cells = (title, *words, *(None for _ in words[1:]))
    return Line(cells, path=title, kinds="text")


def _format(one: Given) -> str:
    if isinstance(one, Weights):
        return dtypes_named(one.tensors)
    return one.setting.stored or one.setting.dtype


def _tensors(analysis: Analysis) -> int:
    """Return how many tensors are learned, shared ones once."""
    return sum(
        len(node.layer.weights(*analysis.graph.input_shapes(node)))
        for node in analysis.graph.nodes
        if not node.aux and node.share is None
    )


def _notes(given: Sequence[Given]) -> Iterator[Note]:
    for one in given:
        if isinstance(one, Analysis):
            yield from assumption_notes(one)
    known: dict[tuple[str, str], Note] = {}
    for one in given:
        if isinstance(one, Weights):
            known |= {(n.text, n.kind): n for n in weights_notes(one)}
    yield from (note for note in known.values() if note.text != UNKNOWN)
    yield Note(UNKNOWN, "definition")
