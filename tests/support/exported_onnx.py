"""What `onnx` says of an exported file, and the same file with weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper, shape_inference

from archcalc import Network

Array = NDArray[Any]
BLIND = {"GroupNormalization"}
"""Operators of which onnx infers neither type nor sizes (onnx 1.23.2)."""
GATES = {4: (0, 3, 1, 2), 3: (1, 0, 2), 1: (0,)}
"""The gates of ONNX in the order of torch's, by how many a cell has."""


def sizes(value: Any) -> list[int | str]:
    """Return the sizes of a value as a file states them."""
    return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]


def stated(model: onnx.ModelProto) -> dict[str, list[int | str]]:
    """Return the sizes that a file states of every step."""
    return {v.name: sizes(v) for v in (*model.graph.value_info, *model.graph.output)}


def inferred(model: onnx.ModelProto) -> dict[str, list[int | str]]:
    """Return the sizes that onnx infers of a file that states none but its inputs'.

    What it is blind for is left as it is stated.
    """
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    blind = {
        o for node in bare.graph.node if node.op_type in BLIND for o in node.output
    }
    kept = [v for v in bare.graph.value_info if v.name in blind]
    del bare.graph.value_info[:]
    bare.graph.value_info.extend(kept)
    for output in bare.graph.output:
        if output.name not in blind:
            output.type.tensor_type.ClearField("shape")
    return stated(shape_inference.infer_shapes(bare, data_prop=True))


def with_weights(model: onnx.ModelProto, network: Network, reference: Any) -> Any:
    """Return a file with the weights of the reference build in place of zeros."""
    found = dict(named(network, reference))
    kept = []
    for node in model.graph.node:
        name = node.output[0]
        if name not in found:
            assert node.op_type != "Constant", f"{name} is no weight of the reference"
            kept.append(node)
            continue
        given = [a for a in node.attribute if a.name == "sparse_value"]
        value = found[name]
        if given:
            value = laid(value, tuple(given[0].sparse_tensor.dims))
        model.graph.initializer.append(numpy_helper.from_array(value, name))
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return model


def laid(value: Array, dims: tuple[int, ...]) -> Array:
    """Return a weight as the file has it: a matrix may stand turned."""
    if value.ndim == 2 and value.shape[::-1] == dims != value.shape:
        return np.ascontiguousarray(value.T)
    return value.reshape(dims)


def named(network: Network, reference: Any) -> Iterator[tuple[str, Array]]:
    """Yield the weights and buffers of the reference by their names in a file.

    A square matrix of a linear layer stands turned, where a product takes it.
    """
    graph = network.graph
    for node in graph.nodes:
        part = reference.part(node)
        if part is None or node.share is not None:
            continue
        both = [*part.named_parameters(), *part.named_buffers()]
        held = {name: value.detach().numpy() for name, value in both}
        if any(name.startswith("weight_ih") for name in held):
            yield from cells(node.name, held)
            continue
        turned = type(part).__name__.endswith("Linear") and len(node.shape) > 1
        for name, value in held.items():
            square = value.ndim == 2 and value.shape[0] == value.shape[1]
            flip = turned and square and name == "weight"
            yield f"{node.name}.{name}", value.T.copy() if flip else value


def cells(step: str, held: dict[str, Array]) -> Iterator[tuple[str, Array]]:
    """Yield the weights of a recurrent layer as ONNX has them: directions together."""
    levels = {name.split("_l")[1].split("_")[0] for name in held}
    rows = held["weight_hh_l0"].shape
    gates = GATES[rows[0] // rows[1]]
    for level in levels:
        ways = [f"l{level}", f"l{level}_reverse"]
        ways = [way for way in ways if f"weight_ih_{way}" in held]
        for what in ("weight_ih", "weight_hh"):
            parts = [ordered(held[f"{what}_{way}"], gates) for way in ways]
            yield f"{step}.{what}_l{level}", np.stack(parts)
        if f"bias_ih_l{level}" in held:
            both = [
                np.concatenate(
                    [ordered(held[f"bias_{n}_{way}"], gates) for n in ("ih", "hh")]
                )
                for way in ways
            ]
            yield f"{step}.bias_l{level}", np.stack(both)


def ordered(value: Array, gates: tuple[int, ...]) -> Array:
    """Return the rows of gates in another order."""
    return np.concatenate([np.split(value, len(gates))[gate] for gate in gates])
