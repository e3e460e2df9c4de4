"""Cells of the columns of memory, shares and receptive fields, row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

from archcalc.figures.memory.roofline import load
from archcalc.graph.receptive import Fields
from archcalc.layers.base import Shape
from archcalc.network.analysis import Analysis
from archcalc.network.named_figures import GRAPH_METRICS
from archcalc.network.rows import Row
from archcalc.reports.cells import Cells
from archcalc.sizes.dims import Dim

NEEDS_NUMBERS = "needs numbers"
NEEDS_HEADS = "a side head does not fit"
MOST_NAMED = 4
"""A row of more operations does not list what each keeps."""


def per_axis(values: Sequence[Any] | None) -> Any:
    """Return one number where all axes have the same, `all` for every position."""
    if values is None:
        return "all"
    return values[0] if len(set(values)) == 1 else tuple(values)


def cells(key: str, analysis: Analysis) -> Cells:
    """Return what gives the cell of a row in a column."""
    if key in RULES:
        return RULES[key](analysis)
    figure = key.removesuffix("_share")
    whole = getattr(analysis.total, figure)
    return lambda row: ratio(getattr(row.figures, figure), whole)


def ratio(part: Dim, whole: Dim) -> Fraction | None:
    """Return a share, None where the whole is nothing or not a number."""
    if isinstance(part, int) and isinstance(whole, int) and whole:
        return Fraction(part, whole)
    return None


def _of_fields(pick: Callable[[Fields, Shape], Any]) -> Callable[[Analysis], Cells]:
    """Return a column of the receptive field of the node that leaves a row."""

    def rule(analysis: Analysis) -> Cells:
        fields = analysis.receptive
        shape = analysis.graph.nodes[analysis.graph.inputs[0]].shape

        def cell(row: Row) -> Any:
            found = fields[row.output]
            return per_axis(pick(found, shape[1:]) if found else None)

        return cell

    return rule


def _intensity(analysis: Analysis) -> Cells:
    return lambda row: load(analysis, row.nodes).intensity


def _moved(analysis: Analysis) -> Cells:
    return lambda row: load(analysis, row.nodes).moved


def _keeps(analysis: Analysis) -> Cells:
    kept = analysis.memory.kept

    def cell(row: Row) -> str | None:
        if row.kind == "head" or len(row.nodes) > MOST_NAMED:
            return None
        words = [kept[i].words for i in row.nodes if i in kept]
        return "; ".join(filter(None, words)) or "nothing"

    return cell


def _saved_share(analysis: Analysis) -> Cells:
    memory = analysis.memory
    return lambda row: ratio(memory.saved(row.nodes), memory.saved_for_backward)


def _of_step(key: str, analysis: Analysis) -> Cells:
    return partial(GRAPH_METRICS[key], analysis)


RULES: dict[str, Callable[[Analysis], Cells]] = {
    "receptive_field": _of_fields(lambda fields, _: [f.size for f in fields or ()]),
    "start": _of_fields(lambda fields, _: [f.start for f in fields or ()]),
    "jump": _of_fields(lambda fields, _: [f.step for f in fields or ()]),
    "faked": _of_fields(
        lambda fields, sizes: [
            f.faked(n) if isinstance(n, int) else NEEDS_NUMBERS
            for f, n in zip(fields or (), sizes, strict=True)
        ]
    ),
    "peak": lambda analysis: lambda row: analysis.memory.live(row.nodes),
    "saved": lambda analysis: lambda row: analysis.memory.saved(row.nodes),
    "disk": lambda analysis: lambda row: analysis.memory.disk(row.nodes),
    "keeps": _keeps,
    "moved": _moved,
    "intensity": _intensity,
    "saved_share": _saved_share,
    **{
        key: partial(_of_step, key)
        for key in ("backward_macs", "training_macs", "training_flops")
    },
}
