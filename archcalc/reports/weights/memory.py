"""The report of `archcalc memory` for a file of weights: their bytes, and no more."""

from __future__ import annotations

from archcalc.catalogue import FIGURES
from archcalc.readers.weights.record import Weights
from archcalc.reports.cells import Column, Line, Table
from archcalc.reports.memory.summary import BYTES, WHERE
from archcalc.reports.report import Report
from archcalc.reports.weights.table import (
    dtype_table,
    dtypes_named,
    weights_headline,
    weights_notes,
    weights_settings,
)

NOT_KNOWN = "not known"
NEED_GRAPH = "needs the graph"


def weights_memory(weights: Weights) -> Report:
    """Return the bytes of the weights; all else is said to be not known."""
    lines = []
    for key in ("activations", "peak", "training"):
        title = FIGURES[key].in_memory or FIGURES[key].label
        lines.append(Line((title, NOT_KNOWN, NOT_KNOWN, NEED_GRAPH), path=title))
    title = FIGURES["disk"].in_memory or FIGURES["disk"].label
    cells = (title, weights.bytes, weights.bytes, dtypes_named(weights.tensors))
    lines.append(Line(cells, path=title))
    four = Table("", (Column("memory", "memory", "name"), *BYTES, WHERE), tuple(lines))
    return Report(
        "memory",
        weights.name,
        weights.name,
        (four, dtype_table(weights)),
        tuple(weights_notes(weights)),
        weights_settings(weights),
        headlines=(weights_headline(weights),),
    )
