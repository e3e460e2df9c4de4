"""Which constants of a file are weights, and how many numbers they hold."""

from __future__ import annotations

from math import prod

from archcalc.readers.model import Op
from archcalc.readers.onnx.sizes import Ins
from archcalc.readers.onnx.values import Full, Value, count, same
from archcalc.sizes.dims import Dim
from archcalc.wire.messages import Graph, Node


def is_weight(value: Value) -> bool:
    """Say whether a constant is something learned: real numbers, more than one.

    A single number is learned where the file does not hold its value.
    """
    return learned(value) and (count(value.sizes) != 1 or value.data is None)


def learned(value: Value) -> bool:
    """Say whether a constant has real numbers, and sizes that are numbers."""
    if value.op is not None or not value.floating or not value.shape:
        return False
    return all(isinstance(size, int) for size in value.shape)


def total(value: Value) -> Dim:
    """Return how many learned numbers a constant is made of."""
    return sum(size for _, size in value.origin) or count(value.sizes)


def source(constant: Value, sizes: Full, path: tuple[str, ...]) -> Op:
    """Return the step of a learned tensor that stands alone, with its sizes.

    It is a `lookup` where it is made of fewer numbers, some of them at several places.
    """
    args, numbers = {"sizes": sizes}, total(constant)
    if same(numbers, count(sizes)):
        return Op("parameter", args, (), sizes, path)
    return Op("lookup", {**args, "learned": numbers}, (), sizes, path)


HOLDING = {
    *("Conv", "ConvTranspose", "Gemm", "MatMul", "LSTM", "GRU", "RNN", "PRelu"),
    *("BatchNormalization", "InstanceNormalization", "LayerNormalization"),
    *("GroupNormalization", "RMSNormalization"),
}
"""Operators whose constants are weights, however few."""
NOT_LEARNED = {"BatchNormalization": 3}
"""The first input that is not learned: there the statistics begin."""


def weights_of(node: Node, ins: Ins) -> Dim:
    """Return how many real numbers an operator reads that the file holds."""
    found: Dim = 0
    test = learned if node.op in HOLDING else is_weight
    for value in ins[: NOT_LEARNED.get(node.op)]:
        if value is not None and test(value):
            found = found + total(value)
    for graph in node.attributes.values():
        if isinstance(graph, Graph):
            found = found + graph_weights(graph)
    return found


def graph_weights(graph: Graph) -> int:
    """Return how many real numbers the tensors of a graph hold."""
    tensors = graph.tensors.values()
    return sum(prod(one.dims) for one in tensors if one.floating and one.dims)
