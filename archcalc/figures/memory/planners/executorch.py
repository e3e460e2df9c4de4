"""ExecuTorch without a backend: portable kernels, memory planned ahead of time.

Every operation of the lowered graph writes a tensor of its own; nothing runs in place
and nothing is fused. A max pool makes its indices, a linear layer a transposed copy of
its weight, a batch norm two empty tensors. A view takes no memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.figures.memory.planners.placing import in_buckets
from archcalc.figures.memory.planners.planner import (
    Aside,
    Lowering,
    Planner,
    cannot_state,
    rule_for,
    rules,
)
from archcalc.graph.graph import Node
from archcalc.layers.base import Module, numel
from archcalc.layers.window import Sliding

INDEX_BITS = 64


def _own(lowering: Lowering, node: Node) -> None:
    lowering.step(node, lowering.size(node))


def _view(lowering: Lowering, node: Node) -> None:
    """A view shares its input's memory; one that leaves the network is a copy."""
    if lowering.graph.nodes[node.inputs[0]].shape == node.shape:
        _nothing(lowering, node)
    elif node.index in lowering.graph.outputs:
        _own(lowering, node)
    else:
        lowering.reuse(node, lowering.values[node.inputs[0]])


def _nothing(lowering: Lowering, node: Node) -> None:
    lowering.pass_on(node)


def _dropout(lowering: Lowering, node: Node) -> None:
    """Dropout of single values becomes a copy, that of channels nothing."""
    if _argument(node, "channels"):
        _nothing(lowering, node)
    else:
        _own(lowering, node)


def _window(lowering: Lowering, node: Node, aside: Sequence[Aside] = ()) -> None:
    """A convolution or pool: padding that differs at the ends is a copy before it."""
    (x,) = lowering.graph.input_shapes(node)
    record = _module(lowering, node)
    reads = lowering.read_by(node)
    if record.before is not None:
        sliding = Sliding(node.layer, x[1:])
        padded = lowering.size(node, (x[0], *sliding.padded()))
        reads = [lowering.step(node, padded, reads, what="padded input")]
    lowering.step(node, lowering.size(node), reads, aside)


def _pool(lowering: Lowering, node: Node, indices: bool = False) -> None:
    """A pool; over one axis it reads a copy with two and writes one back."""
    (x,) = lowering.graph.input_shapes(node)
    wide = lowering.size(node, bits=INDEX_BITS)
    aside = [Aside("indices", wide)] if indices else []
    if len(x) == 2:
        reads = lowering.read_by(node)
        whole, size = lowering.size(node, x), lowering.size(node)
        copy = lowering.step(node, whole, reads, what="input as an image")
        pooled = lowering.step(node, size, [copy], aside, what="output as an image")
        lowering.step(node, size, [pooled])
    elif hasattr(node.layer, "kernel"):
        _window(lowering, node, aside)
    else:
        lowering.step(node, lowering.size(node), aside=aside)


def _max_pool(lowering: Lowering, node: Node) -> None:
    _pool(lowering, node, indices=True)


def _linear(lowering: Lowering, node: Node) -> None:
    """The weight is transposed into a copy, which the product then reads."""
    _module(lowering, node)
    reads = lowering.read_by(node)
    size = lowering.weight(node)
    copied = lowering.step(node, size, [], what="transposed weight")
    lowering.step(node, lowering.size(node), [*reads, copied])
    if len(node.shape) > 1:
        _unflattened(lowering, node)


def _unflattened(lowering: Lowering, node: Node) -> None:
    """The rows of a product over tokens get their axes back: a view, or a copy."""
    if node.index in lowering.graph.outputs:
        lowering.step(node, lowering.size(node), [lowering.values[node.index]])
    else:
        lowering.now += 1
        lowering.read(lowering.values[node.index])


def _norm(lowering: Lowering, node: Node) -> None:
    """A layer norm gives back the mean and the deviation of each row."""
    record = _module(lowering, node)
    given = record.args[0]
    row = (given,) if isinstance(given, int) else given
    rows = numel(node.shape) // numel(row)
    statistics = lowering.size(node, (rows,))
    aside = [Aside("means", statistics), Aside("deviations", statistics)]
    lowering.step(node, lowering.size(node), aside=aside)


def _pairs(lowering: Lowering, node: Node) -> None:
    """A sum or product of several is made of two at a time."""
    shapes = lowering.graph.input_shapes(node)
    if len({len(shape) for shape in shapes}) > 1:
        raise cannot_state(EXECUTORCH.name, node, "its inputs have unequal axes")
    first, *others = lowering.read_by(node)
    for other in others:
        first = lowering.step(node, lowering.size(node), [first, other])


def _silu(lowering: Lowering, node: Node) -> None:
    """The product of the input with its sigmoid."""
    reads = lowering.read_by(node)
    factor = lowering.step(node, lowering.size(node), what="its sigmoid")
    lowering.step(node, lowering.size(node), [*reads, factor])


def _hard_sigmoid(lowering: Lowering, node: Node, times_x: bool = False) -> None:
    """`x + 3`, cut off below and above; times `x` (hardswish); divided by 6."""
    size = lowering.size(node)
    reads = lowering.read_by(node)
    three = lowering.step(node, lowering.size(node, ()), [], what="3")
    value = lowering.step(node, size, [*reads, three], what="x + 3")
    for what in ("not below 0", "not above 6"):
        value = lowering.step(node, size, [value], what=what)
    if times_x:
        value = lowering.step(node, size, [*reads, value], what="times x")
    six = lowering.step(node, lowering.size(node, ()), [], what="6")
    lowering.step(node, size, [value, six])


def _hard_swish(lowering: Lowering, node: Node) -> None:
    _hard_sigmoid(lowering, node, times_x=True)


def _padding(lowering: Lowering, node: Node) -> None:
    if (mode := _argument(node, "mode")) != "zeros":
        why = f"padding by {mode} is made of many operations"
        raise cannot_state(EXECUTORCH.name, node, why)
    lowering.step(node, lowering.size(node))


def _resize(lowering: Lowering, node: Node) -> None:
    mode = _argument(node, "mode")
    if len(node.shape) != 3 or mode not in ("nearest", "bilinear"):
        axes = len(node.shape) - 1
        why = f"interpolation by {mode} over {axes} axes is made of many operations"
        raise cannot_state(EXECUTORCH.name, node, why)
    lowering.step(node, lowering.size(node))


def _argument(node: Node, name: str) -> Any:
    """Return an argument that the kind of a node's layer has."""
    return getattr(node.layer, name)


def _module(lowering: Lowering, node: Node) -> Module:
    """Return a node's module; refuse what is no single operation of torch."""
    record = node.layer.torch(*lowering.graph.input_shapes(node))
    if not isinstance(record, Module) or record.wrap != "{}" or record.after:
        why = "its weight or its output is made of several operations"
        raise cannot_state(EXECUTORCH.name, node, why)
    return record


KNOWN = rules(
    {
        "conv dwconv deconv": _window,
        "bn relu relu6 hardtanh leaky_relu elu gelu sigmoid tanh": _own,
        "softmax log_softmax concat": _own,
        "avgpool gap adaptive_avgpool": _pool,
        "maxpool": _max_pool,
        "add multiply subtract": _pairs,
        "pad": _padding,
        "upsample": _resize,
        "swish": _silu,
        "hardswish": _hard_swish,
        "hardsigmoid": _hard_sigmoid,
        "fc linear": _linear,
        "ln": _norm,
        "flatten reshape": _view,
        "dropout": _dropout,
        "identity droppath": _nothing,
    }
)


def lower(lowering: Lowering) -> None:
    """Write a network down as ExecuTorch lowers it."""
    for node in lowering.nodes:
        if node.layer.role == "input":
            lowering.now += 1
            made = lowering.make("input", node, lowering.size(node))
            lowering.values[node.index] = made
        else:
            rule_for(KNOWN, node, EXECUTORCH.name)(lowering, node)


EXECUTORCH = Planner(
    "executorch",
    "ExecuTorch, no backend",
    (
        "every operation writes a tensor of its own; nothing runs in place",
        "a max pool makes 64-bit indices, a linear layer a transposed copy of its "
        "weight, a dropout a copy of its input",
        "the largest tensor is placed first, in buckets whose sizes add up",
    ),
    "executorch 1.5.1 (exir/memory_planning.py, greedy), run",
    ("float32",),
    16,
    lower,
    in_buckets,
)
