"""Figures of memory by name, for the whole network or one of its rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from archcalc.figures.memory.at_rest import on_disk, stored_dtype
from archcalc.sizes.dims import Dim

if TYPE_CHECKING:
    from archcalc.network.analysis import Analysis
    from archcalc.network.rows import Row

Figure = Callable[["Analysis", "Row | None"], Dim]


def peak(analysis: Analysis, row: Row | None = None) -> int:
    """Return the peak of inference, or the most that lives while a row runs."""
    memory = analysis.memory
    if row is None:
        return memory.peak_inference
    live = memory.live_per_node
    return max((live[i] for i in row.nodes if i in live), default=0)


def saved(analysis: Analysis, row: Row | None = None) -> int:
    """Return the bytes kept for backward; a storage counts at its first keeper."""
    memory = analysis.memory
    return memory.saved_for_backward if row is None else memory.saved(row.nodes)


def disk(analysis: Analysis, row: Row | None = None) -> Dim:
    """Return the bytes of parameters and buffers, as they are stored."""
    if row is None:
        return analysis.memory.on_disk
    graph = analysis.graph
    nodes = [graph.nodes[i] for i in row.nodes]
    return on_disk(nodes, graph, stored_dtype(analysis))


def training(analysis: Analysis, row: Row | None = None) -> int:
    """Return the peak of training; raise `ValueError` for a row, which has none."""
    if row is not None:
        raise ValueError("training memory is of the whole network: leave `at` out")
    return analysis.memory.training.peak


FIGURES: dict[str, Figure] = {
    "peak": peak,
    "training": training,
    "saved": saved,
    "disk": disk,
}
"""What `expect` may assert of memory, and `compare` lists."""
