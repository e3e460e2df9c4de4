"""A module of the user beside the network that was read from it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archcalc.layers import CATALOGUE
from archcalc.layers.base import Shape
from archcalc.readers.patterns import simplified
from archcalc.readers.pytorch.export import read_module
from archcalc.readers.spec import signature

if TYPE_CHECKING:
    from torch import nn

    from archcalc.network.network import Network


def paths_of(network: Network, module: nn.Module) -> list[str]:
    """Return for each node of a network the path of the module that it stands in.

    `network` was read from the module. Its nodes are the operators of the module in
    another order: of those that count alike, the first is taken for the first. What has
    no counterpart stands in the module as a whole, whose path is empty.
    """
    shapes = network.input_shapes

    def given(names: Sequence[str]) -> Mapping[str, Shape]:
        if shapes.keys() <= {*names}:
            return shapes
        return dict(zip(names, shapes.values(), strict=False))

    model = simplified(read_module(module, given, network.limits, network.name))
    waiting: dict[tuple[Any, ...], deque[str]] = defaultdict(deque)
    for op in model.ops:
        if op.kind != "input":
            layer = CATALOGUE[op.kind](**op.args)
            entering = [model.ops[source].shape for source in op.inputs]
            waiting[signature(layer, op.shape, entering)].append(".".join(op.path))
    graph, found = network.graph, []
    for node in graph.nodes:
        alike = waiting[signature(node.layer, node.shape, graph.input_shapes(node))]
        found.append(alike.popleft() if alike else "")
    return found
