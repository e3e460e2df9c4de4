"""A network as an ONNX file without weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.errors import clean
from archcalc.version import __version__
from archcalc.wire import writing as wire
from archcalc.writers.onnx.sheet import IR, OPSET
from archcalc.writers.onnx.steps import written_steps
from archcalc.writers.onnx.tensors import Tensor

if TYPE_CHECKING:
    from archcalc.network.network import Network

TEXT = (
    "Written by archcalc from a description: there are no weights. Each weight is a "
    "constant whose sizes are stated and whose values are all 0."
)


def write(network: Network) -> bytes:
    """Return a network as the bytes of an ONNX file.

    Raises `UsageError` AC521 for a size that is a symbol, AC523 for a step for which
    the operators of the standard have no word.
    """
    graph = network.graph
    steps = written_steps(graph)
    sheet = steps.sheet
    outputs = [steps.values[index] for index in graph.outputs]
    names = [value.name for value in outputs]
    nodes = sheet.reached(names)
    made = wire.graph(
        clean(network.name),
        [
            wire.node(op.op, op.inputs, op.outputs, op.name, op.attributes)
            for op in nodes
        ],
        sheet.tensors.values(),
        [declared(steps.values[index]) for index in graph.inputs],
        [declared(value) for value in outputs],
        [known for name, known in sheet.known.items() if name not in names],
    )
    title = f"{clean(network.title)}. {TEXT}"
    return wire.model(
        made, ir=IR, opset=OPSET, producer="archcalc", version=__version__, text=title
    )


def declared(value: Tensor) -> bytes:
    """Return a value with its type, as inputs and outputs have it."""
    return wire.value(value.name, value.type, value.named)
