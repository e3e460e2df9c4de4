"""The steps of a network, written as operators of ONNX.

They are made of the same records of layers that the reference build runs: modules have
words in `FAMILIES`, code runs on tensors that write operators. So a layer needs nothing
here, unless it calls something that has no word yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.errors import UsageError
from archcalc.layers.base import Function
from archcalc.layers.records.calls import code_of, kind_of
from archcalc.network.torch_network import check_numbers
from archcalc.wire.writing import FLOAT, INT64
from archcalc.writers.onnx import moves, norms, pointwise, windows
from archcalc.writers.onnx.functions import namespaces
from archcalc.writers.onnx.page import BATCH, NoWord
from archcalc.writers.onnx.recurrent import GATES
from archcalc.writers.onnx.sheet import Page
from archcalc.writers.onnx.tensors import Tensor
from archcalc.writers.onnx.weights import Held, Weights
from archcalc.writers.onnx.words import written

if TYPE_CHECKING:
    from archcalc.graph.graph import Graph, Node

FAMILIES = (windows, norms, pointwise, moves)
"""The modules that have the words of torch's modules; importing them fills `WORDS`."""


def written_steps(graph: Graph) -> Steps:
    """Return all steps of a network but its side heads.

    Raises `UsageError` AC521 for a size that is a symbol, AC523 for a step for which
    the operators of the standard have no word.
    """
    check_numbers(graph, "a file without weights")
    steps = Steps(graph, Page())
    for node in graph.nodes:
        if not node.aux:
            steps.add(node)
    return steps


class Steps:
    """Writes the steps of a network, one after the other."""

    def __init__(self, graph: Graph, sheet: Page) -> None:
        self.graph, self.sheet = graph, sheet
        self.values: dict[int, Tensor] = {}
        self.weights: dict[int, dict[str, Tensor]] = {}
        self.names = namespaces(sheet)
        self.ids = graph.ids

    def add(self, node: Node) -> None:
        """Write a step, or declare an input."""
        sheet = self.sheet
        full = (BATCH, *node.shape)
        if node.index in self.graph.inputs:
            type = INT64 if node.index in self.ids else FLOAT
            made = Tensor(sheet, sheet.free(node.name), full, type)
            sheet.entering = sheet.entering or made
            self.values[node.index] = made
            return
        since = len(sheet.nodes)
        sheet.begin(node.name)
        try:
            made = self.value(node, full)
            if made.shape[0] == 1:
                made = made.expand(*full)
        except NoWord as missing:
            raise UsageError.of(
                "AC523",
                f"{node.name} cannot be written: {node.layer.key} needs "
                f"{missing}, for which this format has no word",
                help="`archcalc export --to torch` writes every layer",
            ) from None
        assert made.shape == full, (node.name, made.shape, full)
        self.values[node.index] = sheet.leave(made, node.name, since)

    def value(self, node: Node, full: tuple[Any, ...]) -> Tensor:
        """Return what leaves a step."""
        layer, shapes = node.layer, self.graph.input_shapes(node)
        xs = [self.values[index] for index in node.inputs]
        if layer.uncounted:
            raise NoWord("an operator of which only the sizes are known")
        if layer.role == "drop":
            return xs[0]
        record = layer.torch(*shapes)
        weights = self.held(node)
        if isinstance(record, Function):
            found: dict[str, Any] = {
                name: lambda name=name: weights.tensor(name) for name in record.params
            }
            for name in record.buffers:
                filled = record.filled.get(name, "")
                found[name] = lambda name=name, filled=filled: weights.buffer(
                    name, filled, self.names
                )
            run = code_of(record.body, self.names)
            made: Tensor = run(xs[0] if xs else None, xs, Held(found))
            return made
        x = xs[0]
        if record.before is not None:
            x = code_of(f"return {record.before}", self.names)(x, xs, None)
        shape = full if record.after is None else x.shape
        made = written(record, weights, x, shape)
        if record.after is not None and kind_of(record.target) not in GATES:
            made = code_of(f"return {record.after}", self.names)(made, [made], None)
        return made

    def held(self, node: Node) -> Weights:
        """Return the weights of a step, which may be those of another."""
        owner = self.graph.owner(node)
        shapes = self.graph.input_shapes(node)
        own = node.layer.weights(*shapes)
        lent = owner.layer.weights(*self.graph.input_shapes(owner))
        names = dict(zip(own, own if own.keys() == lent.keys() else lent, strict=True))
        made = self.weights.setdefault(owner.index, {})
        buffers = node.layer.buffers(*shapes)
        return Weights(self.sheet, owner.name, own, buffers, names, made)
