"""A graph as steps that can be compared, whatever its layers are called.

A step is what torch would run: two layers that are written in other words, such as a
`fc` and a `flatten` before a `linear`, are the same steps. What only gives a tensor
another shape or passes it on is left out, and so are side heads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from archcalc.checks.against.layout import Order, Pending, as_stored, moved
from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import Function, Layer, Shape, numel, per_axis
from archcalc.layers.records.calls import named
from archcalc.records import NamedTuple

FLATTENED = "torch.flatten(x, 1)"
MEAN = "mean of all positions"
MOVE = "axes in another order"
MOST_PARTS = 1_000_000
"""How many parts of concatenations are written out, in all."""
DEEPEST = 6
"""How many steps behind a step help to tell it from one like it."""

Value = int
"""A tensor: the number of the step that makes it; below 0 an input of the network."""


class Step(NamedTuple):
    """One step: what it runs, and what it reads.

    `kind` is torch's module or the code of an expression, `arguments` what it gets, and
    `weights` are the shapes of its weights. `owner` is the node whose weights it uses.
    """

    node: Node
    kind: str
    arguments: Mapping[str, Any]
    weights: tuple[Shape, ...]
    inputs: tuple[Value, ...]
    shape: Shape
    owner: int

    @property
    def call(self) -> tuple[Any, ...]:
        """What two steps have in common that are equal."""
        return self.kind, tuple(sorted(self.arguments.items())), self.weights

    @property
    def commutes(self) -> bool:
        """Whether the order of what it reads does not matter."""
        return self.node.layer.commutes


class Steps(NamedTuple):
    """A network as steps, in the order in which they run.

    `outputs` are the tensors that leave; `contexts` say for each step what is behind
    it: equal for steps that everything behind them is equal for, some steps deep.
    """

    graph: Graph
    steps: tuple[Step, ...]
    outputs: tuple[Value, ...]
    contexts: tuple[tuple[int, ...], ...]


def steps_of(graph: Graph) -> Steps:
    """Return a graph as steps."""
    return _Reading(graph).steps()


class _Reading:
    """Reads the nodes of a graph one by one.

    `values` are the tensors that nodes make, `pending` those whose axes are still to be
    moved, and `put` these with their axes moved, where a step needs them so.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.values: dict[int, Value] = {i: -1 - n for n, i in enumerate(graph.inputs)}
        self.pending: dict[int, Pending] = {}
        self.put: dict[tuple[Value, Order], Value] = {}
        self.found: list[Step] = []
        self.chains = _Chains(graph)

    def steps(self) -> Steps:
        """Return the steps, and what leaves."""
        for node in self.graph.nodes[len(self.graph.inputs) :]:
            if not node.aux:
                self.read(node)
        outputs = tuple([self.as_it_is(i) for i in self.graph.outputs])
        return Steps(self.graph, tuple(self.found), outputs, _contexts(self.found))

    def read(self, node: Node) -> None:
        """Take a node as a step, or as no step where it computes nothing."""
        at = node.index
        order = moved(self.graph, node, self.pending)
        if order is not None:
            self.values[at] = self.values[node.inputs[0]]
            if order.order != tuple(range(len(order.order))):
                self.pending[at] = order
            return
        if node.layer.role == "drop" and node.inputs[0] in self.pending:
            self.values[at] = self.values[node.inputs[0]]
            self.pending[at] = self.pending[node.inputs[0]]
            return
        known = as_stored(self.graph, node, self.pending) if self.pending else None
        if known is not None and at not in self.chains.axes:
            layer, before = known
            inputs = tuple([self.values[i] for i in node.inputs])
            shapes = tuple(map(before.before, self.graph.input_shapes(node)))
            owner = self.graph.owner(node).index
            shape = before.before(node.shape)
            self.values[at] = len(self.found)
            self.pending[at] = before
            self.found.append(_step(node, layer, shapes, shape, inputs, owner))
            return
        inputs = self.chains.inputs(node, {i: self.as_it_is(i) for i in node.inputs})
        if _passes(self.graph, node):
            self.values[at] = inputs[0]
        elif at not in self.chains.inner:
            self.values[at] = len(self.found)
            shapes, owner = self.graph.input_shapes(node), self.graph.owner(node).index
            self.found.append(
                _step(node, node.layer, shapes, node.shape, inputs, owner)
            )

    def as_it_is(self, index: int) -> Value:
        """Return the tensor of a node with its axes as they are there."""
        order = self.pending.get(index)
        if order is None:
            return self.values.get(index, 0)  # none for joins inside of others
        value = self.values[index]
        known = self.put.get((value, order.order))
        if known is None:
            known = self.put[value, order.order] = len(self.found)
            shape = self.graph.nodes[index].shape
            arguments = {"axes": order.order}
            step = Step(order.node, MOVE, arguments, (), (value,), shape, index)
            self.found.append(step)
        return known


class _Chains:
    """Concatenations of concatenations, taken as one of all parts.

    `inner` are those that only others of the same axis read: they are no steps.
    """

    def __init__(self, graph: Graph) -> None:
        self.axes: dict[int, Any] = {}
        self.parts: dict[int, tuple[Value, ...]] = {}
        self.left = MOST_PARTS
        readers: dict[int, list[int]] = {}
        for node in graph.nodes:
            axis = node.layer.joins()
            if axis is not None and not node.aux:
                self.axes[node.index] = axis
            for index in node.inputs:
                readers.setdefault(index, []).append(node.index)
        self.inner = {
            index
            for index, axis in self.axes.items()
            if index not in graph.outputs
            and all(self.axes.get(r) == axis for r in readers.get(index, ()))
        }

    def inputs(self, node: Node, values: Mapping[int, Value]) -> tuple[Value, ...]:
        """Return what a node reads; a concatenation reads the parts of others."""
        axis = self.axes.get(node.index)
        if axis is None:
            return tuple([values[i] for i in node.inputs])
        found: list[Value] = []
        for index in node.inputs:
            parts = self.parts.get(index, ())
            same = self.axes.get(index) == axis
            if same and (index in self.inner or len(parts) < self.left):
                self.left -= len(parts)
                found += parts
            else:
                found.append(values[index])
        self.parts[node.index] = tuple(found)
        return tuple(found)


def _passes(graph: Graph, node: Node) -> bool:
    """Say whether a layer computes nothing in inference: it drops, or gives a shape."""
    if len(node.inputs) != 1:
        return False
    if node.layer.role == "drop":
        return True
    (entering,) = graph.input_shapes(node)
    resized = node.layer.role == "pool" and node.layer.new_size is not None
    if resized and entering == node.shape:
        return True  # the mean or the largest of one value
    return node.layer.storage == "view" and numel(entering) == numel(node.shape)


def _step(
    node: Node,
    layer: Layer,
    shapes: tuple[Shape, ...],
    shape: Shape,
    inputs: tuple[Value, ...],
    owner: int,
) -> Step:
    """Return a node as a step: a layer with the shapes that enter and leave it.

    What it drops in training is left out, as layers that drop are.
    """
    if getattr(layer, "dropout", 0):
        layer = layer.replace(dropout=0)
    record = layer.torch(*shapes)
    weights = tuple(layer.weights(*shapes).values())
    if isinstance(record, Function):
        kind, arguments = record.body, dict[str, Any]()
    else:
        kind, arguments = record.target, named(record)
        around = {"before": record.before, "after": record.after}
        arguments |= {k: v for k, v in around.items() if v not in (None, FLATTENED)}
    if arguments.get("ceil_mode") is True and _fits(arguments, shapes[0], shape):
        arguments["ceil_mode"] = False
    if _is_mean(kind, arguments, shapes):
        kind, arguments = MEAN, {}
    elif kind == "nn.Upsample" or layer.new_size is not None:
        # a factor and a size are two ways to say the same
        arguments = {
            k: v
            for k, v in arguments.items()
            if isinstance(v, str) or k == "align_corners"
        }
        arguments["size"] = shape[1:]
    return Step(node, kind, arguments, weights, inputs, shape, owner)


def _fits(arguments: Mapping[str, Any], entering: Shape, leaving: Shape) -> bool:
    """Say whether the windows of a pool are as many if they are rounded down."""
    rank = len(entering) - 1
    kernel = per_axis(arguments.get("kernel_size", 1), rank, "kernel_size")
    names = (("stride", kernel), ("padding", 0), ("dilation", 1))
    given = [per_axis(arguments.get(n, usual), rank, n) for n, usual in names]
    found = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(entering[1:], kernel, *given, strict=True)
    ]
    return found == [*leaving[1:]]


def _is_mean(
    kind: str, arguments: Mapping[str, Any], shapes: tuple[Shape, ...]
) -> bool:
    """Say whether a layer is the mean of all positions, in one of two spellings."""
    if len(shapes) != 1 or len(shapes[0]) < 2:
        return False
    axes = ", ".join(str(axis) for axis in range(2, len(shapes[0]) + 1))
    spelled = re.fullmatch(r"return x\.mean\(\((.*?),?\)(, keepdim=True)?\)", kind)
    if spelled is not None:
        return spelled[1] == axes
    if "AdaptiveAvgPool" in kind:
        return arguments.get("output_size") == 1
    rank = len(shapes[0]) - 1
    if not kind.startswith("nn.AvgPool") or arguments.get("padding"):
        return False
    kernel = per_axis(arguments["kernel_size"], rank, "kernel_size")
    return kernel == shapes[0][1:]


def _contexts(steps: list[Step]) -> tuple[tuple[int, ...], ...]:
    """Return for each step numbers for what is behind it, one to six steps deep."""
    readers: list[list[int]] = [[] for _ in steps]
    for number, step in enumerate(steps):
        for value in step.inputs:
            if value >= 0:
                readers[value].append(number)
    level = [hash(step.call) for step in steps]
    found: list[list[int]] = [[] for _ in steps]
    for _ in range(DEEPEST):
        level = [
            hash((steps[n].call, *sorted(level[r] for r in readers[n])))
            for n in range(len(steps))
        ]
        for number, value in enumerate(level):
            found[number].append(value)
    return tuple([tuple(each) for each in found])
