"""What `onnx` says of a model: sizes it infers, and the work that follows from them.

`compared` puts the sizes of our walk beside them, tensor by tensor.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import onnx

from archcalc.limits import DEFAULT, counting
from archcalc.readers.model import Model
from archcalc.readers.onnx.rules import RULES
from archcalc.readers.onnx.trace import Trace
from archcalc.readers.onnx.values import Value
from archcalc.wire.messages import Reader
from archcalc.wire.reading import Wire

LISTED = 5
"""Differences that are told of one file."""


class Compared(NamedTuple):
    """How many tensors have equal sizes, those that do not, and those of one side.

    `alone` are tensors whose sizes `onnx` knows and our walk does not, `ours` the
    other way round.
    """

    equal: int
    differ: list[str]
    alone: int
    ours: int


class Named(Trace):
    """A walk that keeps what the names of the outermost graph stand for."""

    env: dict[str, Value]

    def walk(self, nodes: Any, tensors: Any, env: Any, depth: int) -> None:
        """Walk as the trace does."""
        self.env = env if depth == 0 else self.env
        super().walk(nodes, tensors, env, depth)


def walked(data: bytes) -> dict[str, Value]:
    """Return what our walk knows of each tensor of a file's outermost graph."""
    wire = Wire(data, "net.onnx")
    file = Reader(wire).file()
    assert file.graph is not None
    trace = Named(file, wire, Model("net"), RULES)
    with counting(DEFAULT):
        trace.whole(file.graph)
    return trace.env


def dims(value: Any) -> list[int | None] | None:
    """Return the sizes of a value that `onnx` knows, None for names."""
    if not value.type.tensor_type.HasField("shape"):
        return None
    sizes = value.type.tensor_type.shape.dim
    return [
        d.dim_value if d.HasField("dim_value") and d.dim_value >= 0 else None
        for d in sizes
    ]


def compared(data: bytes, inferred: Any) -> Compared:
    """Compare sizes of every tensor; `inferred` is the model with what `onnx` infers."""
    env = walked(data)
    equal = alone = ours = 0
    differ = []
    for value in (*inferred.graph.value_info, *inferred.graph.output):
        known, theirs = env.get(value.name), dims(value)
        shape = None if known is None else known.shape
        if theirs is None or shape is None:
            alone += theirs is not None and None not in theirs and value.name in env
            ours += theirs is None and shape is not None
            continue
        pairs = list(zip(theirs, shape, strict=False))
        both = [(a, b) for a, b in pairs if a is not None and isinstance(b, int)]
        if len(theirs) != len(shape) or any(a != b for a, b in both):
            differ.append(f"{value.name}: {theirs} and {[str(n) for n in shape]}")
        elif len(both) == len(pairs):
            equal += 1
    return Compared(equal, differ[:LISTED], alone, ours)


def work(inferred: Any) -> int | None:
    """Return the multiply-accumulates of a model whose sizes are inferred.

    Convolutions and matrix products, from the standard's definition of each; None where
    a size is not known.
    """
    graph = inferred.graph
    shapes = {t.name: list(t.dims) for t in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        found = dims(value)
        if found is not None:
            shapes[value.name] = found
    total = 0
    for node in graph.node:
        if node.op_type in ("Conv", "ConvTranspose", "MatMul", "Gemm"):
            sizes = [shapes.get(name) for name in (*node.input[:2], node.output[0])]
            if any(s is None or None in s for s in sizes):
                return None
            x, w, y = sizes
            if node.op_type == "Conv":
                total += prod(y) * prod(w[1:])
            elif node.op_type == "ConvTranspose":
                total += prod(x) * prod(w[1:])
            else:
                turned = any(a.name == "transA" and a.i for a in node.attribute)
                total += prod(y) * (x[0] if turned else x[-1])
    return total


def inferred(made: Any) -> Any | None:
    """Return a model with the sizes that `onnx` infers, None where it refuses it."""
    try:
        return onnx.shape_inference.infer_shapes(made, strict_mode=True, data_prop=True)
    except (onnx.shape_inference.InferenceError, RuntimeError):
        return None
