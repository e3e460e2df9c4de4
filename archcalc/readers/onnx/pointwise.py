"""Operators that work value by value: activations, sums, products, learned tables."""

from __future__ import annotations

from fractions import Fraction
from math import inf, isfinite
from typing import Any

from archcalc.layers.axes import feature_axis
from archcalc.readers.model import UNKNOWN
from archcalc.readers.onnx.moves import equal, parameter, with_batch
from archcalc.readers.onnx.sizes import Ins, NotKnown, given, needed
from archcalc.readers.onnx.trace import Trace, rule
from archcalc.readers.onnx.values import Full, Value, count, same, stripped
from archcalc.readers.onnx.weights import is_weight, total
from archcalc.wire.messages import Node

PLAIN = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Selu": "selu",
    "HardSwish": "hardswish",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Mish": "mish",
}
"""Activations whose only form is that of a layer."""


def same_sizes(trace: Trace, node: Node, x: Value, kind: str, **args: Any) -> Value:
    """Append a layer that keeps the sizes."""
    return trace.layer(node, kind, [x], x.sizes, x.batch, **args)


@rule(*PLAIN)
def activation(trace: Trace, node: Node, ins: Ins) -> Value:
    """An activation without arguments."""
    return same_sizes(trace, node, needed(ins, 0), PLAIN[node.op])


def near(value: Any) -> Fraction:
    """Return the short fraction that a float of 32 bits was written from."""
    return Fraction(str(float(f"{float(value):.6g}")))


@rule("HardSigmoid")
def hard_sigmoid(trace: Trace, node: Node, ins: Ins) -> Value:
    """The hard sigmoid of MobileNetV3, with a slope of 1/6; others by their parts."""
    x, slope = needed(ins, 0), node.attributes.get("alpha", 0.2)
    middle = node.attributes.get("beta", 0.5)
    if abs(slope - 1 / 6) < 1e-5 and abs(middle - 0.5) < 1e-5:
        return same_sizes(trace, node, x, "hardsigmoid")
    x = same_sizes(trace, node, x, "times", by=near(slope))
    x = same_sizes(trace, node, x, "plus", term=near(middle))
    return same_sizes(trace, node, x, "clamp", low=Fraction(0), high=Fraction(1))


@rule("LeakyRelu")
def leaky(trace: Trace, node: Node, ins: Ins) -> Value:
    """A ReLU with a slope below 0."""
    slope = near(node.attributes.get("alpha", 0.01))
    return same_sizes(trace, node, needed(ins, 0), "leaky_relu", slope=slope)


@rule("Elu", "Celu")
def elu(trace: Trace, node: Node, ins: Ins) -> Value:
    """An exponential unit."""
    alpha = near(node.attributes.get("alpha", 1.0))
    return same_sizes(trace, node, needed(ins, 0), node.op.lower(), alpha=alpha)


@rule("Gelu")
def gelu(trace: Trace, node: Node, ins: Ins) -> Value:
    """The Gaussian unit, exact or by tanh."""
    by_tanh = node.attributes.get("approximate", "none") == "tanh"
    args = {"form": "tanh"} if by_tanh else {}
    return same_sizes(trace, node, needed(ins, 0), "gelu", **args)


@rule("Swish")
def swish(trace: Trace, node: Node, ins: Ins) -> Value:
    """The swish of opset 24, with a factor of 1."""
    if node.attributes.get("alpha", 1.0) != 1.0:
        raise NotKnown
    return same_sizes(trace, node, needed(ins, 0), "swish")


@rule("PRelu")
def prelu(trace: Trace, node: Node, ins: Ins) -> Value:
    """A ReLU with learned slopes, one or one per channel."""
    x, slope = needed(ins, 0), needed(ins, 1)
    values = [n for n in slope.sizes if n != 1]
    if not slope.constant or len(values) > 1:
        raise NotKnown
    if values and not same(values[0], x.stripped[0]):
        raise NotKnown
    args = {"slopes": "channels"} if values else {}
    return same_sizes(trace, node, x, "prelu", **args)


BOUNDS: dict[tuple[float, float], str] = {
    (0, 6): "relu6",
    (-1, 1): "hardtanh",
    (0, inf): "relu",
}


@rule("Clip")
def clip(trace: Trace, node: Node, ins: Ins) -> Value:
    """A clipped value; some bounds are those of an activation."""
    x, found = needed(ins, 0), []
    for at, (name, open_end) in enumerate((("min", -inf), ("max", inf)), 1):
        value = given(ins, at)
        bound = node.attributes.get(name, open_end if value is None else value.number)
        if not isinstance(bound, int | float):
            raise NotKnown
        found.append(inf if bound > 1e30 else -inf if bound < -1e30 else bound)
    low, high = found
    if (low, high) in BOUNDS:
        return same_sizes(trace, node, x, BOUNDS[low, high])
    return clamped(trace, node, x, low, high)


def clamped(trace: Trace, node: Node, x: Value, low: float, high: float) -> Value:
    """Append a clamp with the bounds that are finite; without one x is passed on."""
    args = {k: near(v) for k, v in (("low", low), ("high", high)) if isfinite(v)}
    return same_sizes(trace, node, x, "clamp", **args) if args else x


@rule("Max", "Min")
def bounded(trace: Trace, node: Node, ins: Ins) -> Value:
    """The larger or smaller of a tensor and a number."""
    values = [needed(ins, at) for at in range(len(ins))]
    live = [v for v in values if not v.constant]
    if len(values) == 1:
        return values[0]
    numbers = [v.number for v in values if v.constant]
    if len(values) != 2 or len(live) != 1 or not isinstance(numbers[0], int | float):
        raise NotKnown
    (bound,) = numbers
    if not equal(trace.sized(node, ins), live[0].sizes):
        raise NotKnown
    if node.op == "Max" and bound == 0:
        return same_sizes(trace, node, live[0], "relu")
    low, high = (bound, inf) if node.op == "Max" else (-inf, bound)
    return clamped(trace, node, live[0], low, high)


@rule("Softmax", "LogSoftmax")
def softmax(trace: Trace, node: Node, ins: Ins) -> Value:
    """A softmax along an axis; before opset 13 over all axes from one on."""
    x = needed(ins, 0)
    old = trace.opset < 13
    axis = node.attributes.get("axis", 1 if old else -1) % x.rank
    if old and any(not same(n, 1) for n in x.sizes[axis + 1 :]):
        raise NotKnown
    inner = x.axis(axis)
    if inner is None:
        raise NotKnown
    usual = inner == feature_axis(x.stripped)
    key = "softmax" if node.op == "Softmax" else "log_softmax"
    return same_sizes(trace, node, x, key, **({} if usual else {"axis": inner}))


JOINING = {
    "Add": "add",
    "Sum": "add",
    "Sub": "subtract",
    "Mul": "multiply",
    "Mean": "average",
}


@rule(*JOINING)
def arithmetic(trace: Trace, node: Node, ins: Ins) -> Value | list[Value]:
    """Arithmetic on tensors, or on one and a constant."""
    values = trace.held_by([needed(ins, at) for at in range(len(ins))])
    live = [v for v in values if not v.constant]
    if len(values) == 1:
        return live[0]
    if len(live) == len(values):
        return joined(trace, node, values)
    if len(values) == 2 and len(live) == 1:
        return with_constant(trace, node, ins, live[0], values)
    raise NotKnown


def joined(trace: Trace, node: Node, values: list[Value]) -> Value:
    """Join tensors that the input decides; axes of one position stretch."""
    full = trace.sized(node, values)
    lead = max(values, key=lambda v: v.rank)
    batch = lead.batch
    if any(v.rank < lead.rank for v in values):
        raise NotKnown
    if len({v.op for v in values}) < len(values):
        return doubled(trace, node, values)
    values = [with_batch(trace, node, v, batch) for v in values]
    return trace.layer(node, JOINING[node.op], values, full, batch)


def doubled(trace: Trace, node: Node, values: list[Value]) -> Value:
    """Join a tensor with itself."""
    x, y = values
    if not equal(x.sizes, y.sizes) or node.op not in ("Add", "Sum", "Mul"):
        raise NotKnown
    if node.op == "Mul":
        return same_sizes(trace, node, x, "square")
    return same_sizes(trace, node, x, "times", by=Fraction(2))


def with_constant(
    trace: Trace, node: Node, ins: Ins, x: Value, values: list[Value]
) -> Value | list[Value]:
    """Add or multiply a constant: a learned table, a bias, a scale for each feature.

    A bias stays an unknown operator until it is known who reads the tensor before.
    """
    constant = next(v for v in values if v.constant)
    if constant.scale:
        return x
    full = trace.sized(node, ins)
    if not is_weight(constant) or not equal(full, x.sizes):
        return simple(trace, node, x, full, constant)
    shape = x.stripped
    own = _aligned(constant, x)
    axis = feature_axis(shape)
    wanted = tuple(n if at == axis else 1 for at, n in enumerate(shape))
    whole = same(total(constant), count(constant.sizes))
    own = own if whole else None  # a table that is looked up
    featured = own is not None and equal(own, wanted)
    if node.op == "Mul" and featured:
        return same_sizes(trace, node, x, "layer_scale")
    if node.op == "Add" and own is not None:
        if equal(own, shape) and len(shape) > 1:
            return same_sizes(trace, node, x, "position")
        if is_bias(trace, x, own):
            what, size = BIAS, count(own)
            return simple(trace, node, x, x.sizes, None, what=what, learned=size)
        if featured:
            return same_sizes(trace, node, x, "channel_bias")
    table = parameter(trace, node, constant, x)
    return joined(trace, node, [table if v.constant else v for v in values])


def _aligned(constant: Value, x: Value) -> Full | None:
    """Return a constant's sizes on the axes of one sample, where it has one sample."""
    wide = (1,) * (x.rank - len(constant.sizes)) + constant.sizes
    if x.batch is not None and not same(wide[x.batch], 1):
        return None
    return stripped(wide, x.batch)


def is_bias(trace: Trace, x: Value, own: Full) -> bool:
    """Say whether a vector is a bias of the linear layer or convolution before it."""
    source = trace.model.ops[x.op] if x.op is not None else None
    axis = {"linear": len(own) - 1, "conv": 0, "dwconv": 0, "deconv": 0}.get(
        source.kind if source else ""
    )
    values = [at for at, n in enumerate(own) if not same(n, 1)]
    return source is not None and not source.args.get("bias", True) and values == [axis]


BIAS = "bias"
"""What the sum of a tensor and a learned vector is called, until it is merged."""


@rule(
    "Div", "Pow", "Sqrt", "Erf", "Neg", "Exp", "Log", "Abs", "Reciprocal", "Sin", "Cos"
)
def other(trace: Trace, node: Node, ins: Ins) -> Value:
    """Arithmetic without a layer, on one tensor and perhaps a number after it."""
    values = [needed(ins, at) for at in range(len(ins))]
    live = [v for v in values if not v.constant]
    full = trace.sized(node, ins)
    if len(live) != 1 or any(is_weight(v) for v in values):
        raise NotKnown
    x = live[0]
    constant = values[1] if len(values) > 1 and values[1].constant else None
    return simple(trace, node, x, full, constant)


def simple(
    trace: Trace,
    node: Node,
    x: Value,
    full: Full,
    constant: Value | None,
    what: str = "",
    learned: Any = 0,
) -> Value:
    """Append arithmetic that no layer has; `number` is the constant, for patterns."""
    if not equal(full, x.sizes) or x.op is None:
        raise NotKnown
    args: dict[str, Any] = {"op": what or node.op, "sizes": x.stripped}
    if learned:
        args["learned"] = learned
    number = constant.number if constant is not None else None
    if number is not None:
        args["number"] = number
    return trace.append(node, UNKNOWN, args, x, what or node.op)
