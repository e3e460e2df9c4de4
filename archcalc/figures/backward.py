"""The arithmetic of a backward pass: which gradients are needed, and what they cost.

A gradient goes from a loss back to every parameter that is trained, and no further: a
layer computes the gradient of an input only where something before it is trained.
"""

from __future__ import annotations

from archcalc.figures.counted import Counted
from archcalc.graph.graph import Graph, Node
from archcalc.layers.records.backward import WEIGHTS, Products
from archcalc.sizes.dims import Dim


def trains(graph: Graph, node: Node) -> bool:
    """Say whether a node has weights that training changes."""
    return not node.frozen and bool(node.layer.weights(*graph.input_shapes(node)))


def needs_gradient(graph: Graph) -> list[bool]:
    """Say for each node whether its output depends on a weight that is trained."""
    needed: list[bool] = []
    for node in graph.nodes:
        before = any(needed[i] for i in node.inputs)
        needed.append(before or trains(graph, node))
    return needed


def gradients_wanted(graph: Graph) -> tuple[frozenset[int], ...]:
    """Return for each node whose gradients backward computes there.

    Positions of its inputs, and `WEIGHTS`; nothing where no loss depends on the node.
    """
    needed, leads = needs_gradient(graph), _leads_to_loss(graph)
    found = []
    for node in graph.nodes:
        wanted = {i for i, index in enumerate(node.inputs) if needed[index]}
        wanted |= {WEIGHTS} if trains(graph, node) else set()
        found.append(frozenset(wanted if leads[node.index] else ()))
    return tuple(found)


def backward_macs(counted: Counted, by_torch: bool = False) -> tuple[Dim, ...]:
    """Return the multiply-accumulates of each node's backward pass, for the batch.

    With `by_torch` as torch's counter has them, which counts the gradient of grouped
    weights as if there were no groups.
    """
    graph, batch = counted.graph, counted.setting.batch
    known: dict[tuple[object, ...], Products] = {}
    found: list[Dim] = []
    for node, wanted in zip(graph.nodes, gradients_wanted(graph), strict=True):
        macs: Dim = 0
        if wanted:
            shapes = graph.input_shapes(node)
            key = id(node.layer), shapes
            products = known.get(key)
            if products is None:
                products = known[key] = node.layer.backward(node.shape, *shapes)
            for product in products:
                if wanted.intersection(product.of):
                    macs += product.macs * (product.times if by_torch else 1)
        found.append(macs * batch)
    return tuple(found)


def _leads_to_loss(graph: Graph) -> list[bool]:
    """Say for each node whether an output depends on it, a side head's included."""
    read = {i for node in graph.nodes for i in node.inputs}
    leads = [node.aux and node.index not in read for node in graph.nodes]
    for index in graph.outputs:
        leads[index] = True
    for node in reversed(graph.nodes):
        if leads[node.index]:
            for index in node.inputs:
                leads[index] = True
    return leads
