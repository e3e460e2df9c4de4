"""ONNX models made by `onnx.helper`, and the node tests of the standard as models.

The bytes go to our reader; `onnx` itself is the oracle of what they mean.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import prod
from typing import Any

import onnx
from onnx import TensorProto, helper

from archcalc.limits import DEFAULT
from archcalc.readers.model import Model
from archcalc.readers.onnx.file import read_onnx
from archcalc.readers.patterns import simplified

Sizes = Sequence[int | str | None]
OPSET = 20


def weight(name: str, sizes: Sequence[int]) -> Any:
    """Return a tensor of zeros that stands in the file."""
    raw = bytes(4 * prod(sizes))
    return helper.make_tensor(name, TensorProto.FLOAT, sizes, raw, raw=True)


def whole(name: str, values: Sequence[int]) -> Any:
    """Return a row of whole numbers, as shapes and axes are given."""
    return helper.make_tensor(name, TensorProto.INT64, [len(values)], values)


def model(
    nodes: Sequence[Any],
    inputs: Mapping[str, Sizes],
    outputs: Mapping[str, Sizes | None],
    tensors: Sequence[Any] = (),
    opset: int = OPSET,
    functions: Sequence[Any] = (),
    domains: Sequence[str] = (),
    known: Sequence[Any] = (),
) -> Any:
    """Return a model of these operators."""
    make = helper.make_tensor_value_info
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [make(name, TensorProto.FLOAT, sizes) for name, sizes in inputs.items()],
        [make(name, TensorProto.FLOAT, sizes) for name, sizes in outputs.items()],
        list(tensors),
        value_info=list(known),
    )
    opsets = [helper.make_opsetid("", opset)]
    opsets += [helper.make_opsetid(domain, 1) for domain in domains]
    return helper.make_model(
        graph, opset_imports=opsets, functions=list(functions), ir_version=10
    )


def read(made: Any) -> Model:
    """Return what our reader makes of a model."""
    return simplified(read_onnx(made.SerializeToString(), "net.onnx", DEFAULT))


def single(
    op: str,
    x: Sizes,
    *tensors: Any,
    opset: int = OPSET,
    outputs: int = 1,
    **attributes: Any,
) -> Any:
    """Return a model of one operator, whose first input is `x`; the rest is given."""
    names = ["x", *(t.name if t is not None else "" for t in tensors)]
    made = [f"y{number}" for number in range(outputs)]
    node = helper.make_node(op, names, made, **attributes)
    kept = [t for t in tensors if t is not None]
    return model([node], {"x": x}, dict.fromkeys(made), kept, opset)


def inferred(made: Any) -> tuple[tuple[int, ...], ...]:
    """Return the sizes of every output, as `onnx` infers them."""
    found = onnx.shape_inference.infer_shapes(made, strict_mode=True, data_prop=True)
    return tuple(sizes_of(output) for output in found.graph.output)


def sizes_of(value: Any) -> tuple[int, ...]:
    """Return the sizes of a value with numbers alone."""
    return tuple(d.dim_value for d in value.type.tensor_type.shape.dim)


@cache
def node_cases() -> tuple[Any, ...]:
    """Return the node tests of the standard."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        return tuple(collect_testcases(None))


def frozen(case: Any, live: int = 1) -> Any | None:
    """Return a node test whose inputs behind the first are constants of the file."""
    from onnx import numpy_helper

    made = onnx.ModelProto()
    made.CopyFrom(case.model)
    graph = made.graph
    values = case.data_sets[0][0] if case.data_sets else ()
    for given, value in list(zip(graph.input, values, strict=False))[live:]:
        if not hasattr(value, "dtype"):
            return None
        graph.initializer.append(numpy_helper.from_array(value, given.name))
    del graph.input[live:]
    return made


def cases_of(*operators: str) -> Iterator[Any]:
    """Yield the node tests that are one operator of these."""
    for case in node_cases():
        nodes = case.model.graph.node
        if len(nodes) == 1 and nodes[0].op_type in operators:
            yield case
