"""How the outputs of a network lie in memory, as its layers say."""

from __future__ import annotations

from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import Layer, Shape, numbers
from archcalc.layers.records.strides import Ints, Laid
from archcalc.layers.reparametrized import Reparametrized


class Layouts:
    """The strides of the outputs of a graph; those that lie in a row are not stored.

    `backward` says that gradients are computed: of weights that are made of others too.
    """

    def __init__(self, graph: Graph, batch: int, backward: bool = False) -> None:
        self.graph = graph
        self.batch = batch
        self.backward = backward
        self.strides: dict[int, Ints] = {}

    def of(self, index: int) -> Laid:
        """Return how a node's output lies, the batch included."""
        sizes = self.sizes(self.graph.nodes[index].shape)
        strides = self.strides.get(index)
        return Laid.anew(sizes) if strides is None else Laid(sizes, strides)

    def sizes(self, shape: Shape) -> Ints:
        """Return a shape with the batch."""
        return (self.batch, *numbers(shape))

    def view(self, node: Node) -> bool:
        """Say whether a node's output is a view of its input; remember how it lies."""
        if type(node.layer).viewed is Layer.viewed:  # most layers: no strides to find
            return False
        inputs = map(self.of, node.inputs)
        found = node.layer.viewed(self.sizes(node.shape), *inputs)
        if found is not None:
            self._remember(node.index, found)
        return found is not None

    def overwrite(self, node: Node) -> None:
        """Give a node that writes into its input the strides of that."""
        if node.inputs[0] in self.strides:
            self.strides[node.index] = self.strides[node.inputs[0]]

    def write(self, node: Node) -> int:
        """Remember how a node writes; return the values of its block where larger."""
        layer = node.layer
        has_gaps = bool(node.inputs) and node.inputs[0] in self.strides
        if type(layer).written is Layer.written and not has_gaps:
            return 0  # most layers: values in a row of values in a row
        found = layer.written(self.sizes(node.shape), *map(self.of, node.inputs))
        if found is None:
            return 0
        self._remember(node.index, found)
        return found.block

    def learned(self, node: Node) -> bool:
        """Say whether torch takes the weight for one that needs a gradient.

        A parameter that is not frozen does, also in inference.
        """
        made = isinstance(node.layer, Reparametrized) and node.layer.makes_weight
        return not node.frozen and (self.backward or not made)

    def gathers(self, node: Node, index: int) -> bool:
        """Say whether a node keeps a copy of an input, made to lie in a row."""
        if index not in self.strides or not node.layer.gathers(self.of(index)):
            return False
        if not self.learned(node) and not node.layer.gathers_frozen:
            return False
        return index in node.inputs[: node.layer.may_gather(len(node.inputs))]

    def _remember(self, index: int, laid: Laid) -> None:
        if not laid.in_a_row():
            self.strides[index] = laid.strides
