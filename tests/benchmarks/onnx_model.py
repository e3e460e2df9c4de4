"""A network of convolutions as an ONNX model, without values, for its shape inference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from onnx import ModelProto, TensorProto, helper

from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import Shape

FLOAT = TensorProto.FLOAT


def model_of(graph: Graph) -> ModelProto:
    """Return a classifier of one input: convolutions, norms, ReLUs, sums, one `fc`.

    Weights are inputs, so that they have shapes alone. The batch is 1.
    """
    nodes, weights = [], []
    for node in graph.nodes[1:]:
        shapes = _weights(graph, node)
        weights += [_tensor(f"{node.name}.{k}", shape) for k, shape in shapes.items()]
        nodes += list(
            _operators(node, [graph.nodes[i].name for i in node.inputs], shapes)
        )
    first, last = graph.nodes[0], graph.nodes[graph.output]
    entering = [_tensor(first.name, (1, *first.shape)), *weights]
    leaving = [helper.make_tensor_value_info(last.name, FLOAT, None)]
    made = helper.make_graph(nodes, "network", entering, leaving)
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(made, opset_imports=opsets)


def _tensor(name: str, shape: Shape) -> Any:
    return helper.make_tensor_value_info(name, FLOAT, shape)


def _weights(graph: Graph, node: Node) -> dict[str, Shape]:
    """Return the shapes of weights as ONNX wants them: four of a batch norm."""
    shapes = graph.input_shapes(node)
    found = dict(node.layer.weights(*shapes))
    if node.layer.key == "bn":
        found |= {"mean": found["weight"], "var": found["weight"]}
    return found


def _operators(
    node: Node, entering: list[str], shapes: dict[str, Shape]
) -> Iterator[Any]:
    """Yield the operators of one node."""
    layer: Any = node.layer
    given = [*entering, *(f"{node.name}.{name}" for name in shapes)]
    made: dict[str, Any] = {}
    if layer.key in ("conv", "maxpool"):
        sliding = layer.sliding(_entering(node))
        pads = [p for p, _ in sliding.pads] + [p for _, p in sliding.pads]
        made = {"strides": list(sliding.stride), "pads": pads}
        made["kernel_shape"] = list(sliding.kernel)
    if layer.key == "fc":
        yield helper.make_node("Flatten", given[:1], [f"{node.name}.flat"])
        given[0], made = f"{node.name}.flat", {"transB": 1}
    yield helper.make_node(OPERATORS[layer.key], given, [node.name], **made)


def _entering(node: Node) -> Shape:
    """Return any shape of the right rank: explicit padding does not ask for the size."""
    return (node.shape[0], *(1000 for _ in node.shape[1:]))


OPERATORS = {
    "conv": "Conv",
    "bn": "BatchNormalization",
    "relu": "Relu",
    "maxpool": "MaxPool",
    "add": "Add",
    "gap": "GlobalAveragePool",
    "fc": "Gemm",
    "softmax": "Softmax",
}
