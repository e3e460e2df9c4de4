"""Roofline: whether arithmetic or memory bounds each layer on a device.

A layer must at least read its inputs and weights and write its output once. Its
arithmetic intensity is operations a byte moved; below the device's ridge, peak
operations divided by bandwidth, memory bounds it (Williams, Waterman, Patterson 2009,
Roofline). That bounds what the layer can reach and says nothing of its latency.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Literal

from archcalc.errors import UsageError
from archcalc.figures.counted import Counted
from archcalc.figures.formats import DTYPE_NAMES, dtype_bits, in_bytes
from archcalc.figures.memory.at_rest import size_of
from archcalc.figures.memory.devices import Device
from archcalc.figures.memory.storages import number
from archcalc.layers.base import numel
from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim

Bound = Literal["compute", "memory"]


class Load(NamedTuple):
    """What some nodes ask of a device: operations, and bytes moved at least."""

    flops: int
    moved: int

    @property
    def intensity(self) -> Fraction | None:
        """Operations a byte, None where nothing moves."""
        return Fraction(self.flops, self.moved) if self.moved else None


class Roof(NamedTuple):
    """A device's limits in one number format: operations and bytes a second."""

    device: Device
    dtype: str
    peak: int

    @property
    def ridge(self) -> Fraction:
        """The intensity at which arithmetic begins to bound."""
        return Fraction(self.peak, self.device.bandwidth)

    def bound(self, load: Load) -> Bound | None:
        """Return what bounds a load, None where there is none."""
        if load.intensity is None:
            return None
        return "memory" if load.intensity < self.ridge else "compute"

    def reachable(self, load: Load) -> Fraction | None:
        """Return the share of the peak that the bandwidth allows at most."""
        if load.intensity is None:
            return None
        return min(Fraction(1), load.intensity / self.ridge)


def roof(device: Device, dtype: str) -> Roof:
    """Return a device's limits; raise `UsageError` AC544 without a unit for a dtype."""
    dtype = DTYPE_NAMES.get(dtype, dtype)
    peak = device.peak(dtype)
    if peak is None:
        raise UsageError.of(
            "AC544",
            f"{device.title} has no peak for {dtype}",
            help=f"--dtype {', '.join(device.peaks)}",
        )
    return Roof(device, dtype, peak)


def load(analysis: Counted, nodes: Iterable[int]) -> Load:
    """Return what some nodes ask for; raises `UsageError` AC541 for symbols."""
    flops = moved = 0
    for index in nodes:
        node = analysis.graph.nodes[index]
        flops += number(analysis.facts[index].flops, node) * analysis.setting.batch
        moved += number(_moved(analysis, index), node)
    return Load(flops, moved)


def _moved(analysis: Counted, index: int) -> Dim:
    """Return the bytes of inputs and weights read and of the output written."""
    graph, setting = analysis.graph, analysis.setting
    node = graph.nodes[index]
    if node.layer.storage == "view" or node.layer.role in ("drop", "input"):
        return 0
    shapes = graph.input_shapes(node)
    values = numel(node.shape)
    for i in dict.fromkeys(node.inputs):
        values = values + numel(graph.nodes[i].shape)
    total = in_bytes(values * setting.batch, dtype_bits(setting.dtype))
    tensors = {**node.layer.weights(*shapes), **node.layer.buffers(*shapes)}
    for name, shape in tensors.items():
        if shape:
            total = total + size_of(name, shape, setting.dtype)
    return total
