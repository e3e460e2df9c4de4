"""The order of axes between steps: code for channels last, read as for channels first.

Libraries move the channels of an image to the end, normalize and multiply there, and
move them back. A tensor whose axes were moved goes on as the one that it was made of,
with the order of its axes; a layer over its last axis is then the one over channels. So
both ways of writing are the same steps. Where a layer needs the axes as they are, the
move becomes a step of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import Layer, Shape
from archcalc.layers.reshape import Moved

Order = tuple[int, ...]
"""Which axis of the tensor as it was stands at each axis of it now."""


class Pending(NamedTuple):
    """A tensor whose axes were moved, with the node that moved them last."""

    node: Node
    order: Order

    def before(self, shape: Shape) -> Shape:
        """Return a shape with its axes as they were before they were moved."""
        return tuple(shape[self.order.index(axis)] for axis in range(len(shape)))

    @property
    def channels_last(self) -> bool:
        """Whether the first axis, that of the channels, stands last now."""
        return self.order[-1] == 0


def moved(graph: Graph, node: Node, pending: Mapping[int, Pending]) -> Pending | None:
    """Return a tensor that a layer only moves the axes of; None for any other layer."""
    if not isinstance(node.layer, Moved) or len(node.inputs) != 1:
        return None
    (x,) = graph.input_shapes(node)
    order = node.layer.order(x)
    if sorted(order) != [*range(len(x))] or node.shape != tuple(x[a] for a in order):
        return None
    before = pending.get(node.inputs[0])
    if before is not None:
        order = [before.order[axis] for axis in order]
    return Pending(node, tuple(order))


def as_stored(
    graph: Graph, node: Node, pending: Mapping[int, Pending]
) -> tuple[Layer, Pending] | None:
    """Return the layer that does the same before the axes of its inputs were moved.

    The output then has the order of the inputs. None where there is no such layer.
    """
    orders = {pending[at].order if at in pending else None for at in node.inputs}
    if len(orders) != 1 or None in orders:
        return None
    last, layer = pending[node.inputs[0]], node.layer
    shapes = graph.input_shapes(node)
    alike = all(shape == node.shape for shape in shapes)
    if alike and (layer.commutes or _each_value(layer)) and not layer.weights(*shapes):
        return layer, last
    first = layer.channels_first() if last.channels_last and len(shapes) == 1 else None
    return None if first is None else (first, last)


def _each_value(layer: Layer) -> bool:
    """Say whether a layer is a function of each value, wherever it stands."""
    return layer.storage == "elementwise" and type(layer).written is Layer.written
