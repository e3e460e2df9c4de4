"""Sizes of what ONNX's operators give that move values, join them, or reduce axes.

One function an operator, from the standard's text; sizes have the batch axis. What
layers have a rule for (convolutions, pools, …) is not here: their rule is the layer's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from archcalc.readers.onnx.values import Full, Value, count, same
from archcalc.sizes.dims import Dim
from archcalc.wire.messages import Node

Ins = Sequence[Value | None]


class NotKnown(Exception):
    """Sizes cannot be told: a constant that they depend on is not known."""


def raise_unless(fits: bool) -> None:
    """Raise `NotKnown` where something does not fit."""
    if not fits:
        raise NotKnown


def given(ins: Ins, at: int) -> Value | None:
    """Return an input, None where it is left out."""
    return ins[at] if at < len(ins) else None


def needed(ins: Ins, at: int) -> Value:
    """Return an input whose sizes are known."""
    value = given(ins, at)
    if value is None or value.shape is None:
        raise NotKnown
    return value


def listed(node: Node, name: str, ins: Ins, at: int) -> list[Any] | None:
    """Return numbers that are an attribute in old opsets and an input in new ones."""
    own = node.attributes.get(name)
    if own is None:
        value = given(ins, at)
        if value is None:
            return None
        if value.data is None:
            raise NotKnown
        own = list(value.data)
    found = own if isinstance(own, list) else [own]
    return [int(n) if isinstance(n, bool) else n for n in found]


def axes_of(node: Node, ins: Ins, at: int, rank: int) -> list[int] | None:
    """Return axes from 0, None where none are named."""
    found = listed(node, "axes", ins, at)
    if found is None or not all(isinstance(axis, int) for axis in found):
        return None
    return [axis % rank if rank else 0 for axis in found]


def broadcast(shapes: Sequence[Full]) -> Full:
    """Return the common sizes of tensors, axes counted from the end.

    Of two sizes that are not equal one is 1; with names that is assumed.
    """
    rank = max(map(len, shapes))
    sizes: list[Dim] = []
    for axis in range(rank):
        found: Dim = 1
        for shape in shapes:
            at = axis - (rank - len(shape))
            if at >= 0 and not same(shape[at], 1):
                if same(found, 1):
                    found = shape[at]
                elif isinstance(found, int) and isinstance(shape[at], int):
                    raise_unless(found == shape[at])
                elif not isinstance(found, int):  # of a name and a number, the number
                    found = shape[at] if isinstance(shape[at], int) else found
        sizes.append(found)
    return tuple(sizes)


def elementwise(node: Node, ins: Ins) -> Full:
    """Every operator that works value by value."""
    return broadcast([needed(ins, i).sizes for i in range(len(ins)) if ins[i]])


def reshape(node: Node, ins: Ins) -> Full:
    """Return the sizes of a `Reshape`: 0 keeps an axis, one -1 is what is left."""
    x = needed(ins, 0)
    wanted = listed(node, "shape", ins, 1)
    if wanted is None:
        raise NotKnown
    keeps_zero = node.attributes.get("allowzero", 0) == 0
    sizes: list[Dim] = []
    for axis, size in enumerate(wanted):
        if isinstance(size, int) and size == 0 and keeps_zero and axis < x.rank:
            size = x.sizes[axis]
        sizes.append(size)
    open_axes = [i for i, n in enumerate(sizes) if isinstance(n, int) and n == -1]
    if len(open_axes) == 1:
        rest = count([n for i, n in enumerate(sizes) if i != open_axes[0]])
        whole = count(x.sizes)
        if same(rest, 0):
            raise NotKnown
        sizes[open_axes[0]] = whole // rest
    if len(open_axes) > 1 or not same(count(sizes), count(x.sizes)):
        raise NotKnown
    return tuple(sizes)


def flatten(node: Node, ins: Ins) -> Full:
    """Return the two sizes of a `Flatten`."""
    x = needed(ins, 0)
    axis = node.attributes.get("axis", 1)
    axis = axis + x.rank if axis < 0 else axis
    return count(x.sizes[:axis]), count(x.sizes[axis:])


def transpose(node: Node, ins: Ins) -> Full:
    """Return the sizes of a `Transpose`."""
    x = needed(ins, 0)
    return tuple(x.sizes[axis] for axis in order(node, x))


def order(node: Node, x: Value) -> list[int]:
    """Return the order of axes of a `Transpose`."""
    perm = node.attributes.get("perm") or list(range(x.rank - 1, -1, -1))
    if sorted(perm) != list(range(x.rank)):
        raise NotKnown
    return list(perm)


def squeeze(node: Node, ins: Ins) -> Full:
    """Return the sizes without axes of one position."""
    x = needed(ins, 0)
    axes = axes_of(node, ins, 1, x.rank)
    if axes is None:
        axes = [i for i, n in enumerate(x.sizes) if same(n, 1)]
    return tuple(n for i, n in enumerate(x.sizes) if i not in axes)


def unsqueeze(node: Node, ins: Ins) -> Full:
    """Return the sizes with axes of one position added."""
    x = needed(ins, 0)
    axes = listed(node, "axes", ins, 1)
    if axes is None or len(axes) > 8:
        raise NotKnown
    sizes = list(x.sizes)
    rank = len(sizes) + len(axes)
    for axis in sorted(a % rank for a in axes):
        sizes.insert(axis, 1)
    return tuple(sizes)


def concat(node: Node, ins: Ins) -> Full:
    """Return the sizes of tensors behind each other."""
    values = [needed(ins, i) for i in range(len(ins))]
    first = values[0]
    if any(v.rank != first.rank for v in values) or not first.rank:
        raise NotKnown
    axis = node.attributes.get("axis", 0) % first.rank
    joined: Dim = 0
    for value in values:
        joined = joined + value.sizes[axis]
    return (*first.sizes[:axis], joined, *first.sizes[axis + 1 :])


def gather(node: Node, ins: Ins) -> Full:
    """Return the sizes of what is picked along an axis."""
    x, index = needed(ins, 0), needed(ins, 1)
    axis = node.attributes.get("axis", 0) % max(x.rank, 1)
    return (*x.sizes[:axis], *index.sizes, *x.sizes[axis + 1 :])


def bounds(node: Node, ins: Ins) -> list[tuple[int, int, int, int]]:
    """Return axis, start, stop and step of every axis that a `Slice` cuts."""
    x = needed(ins, 0)
    starts, ends = listed(node, "starts", ins, 1), listed(node, "ends", ins, 2)
    if starts is None or ends is None or len(starts) != len(ends):
        raise NotKnown
    axes = listed(node, "axes", ins, 3) or list(range(len(starts)))
    steps = listed(node, "steps", ins, 4) or [1] * len(starts)
    found = []
    for axis, start, stop, step in zip(axes, starts, ends, steps, strict=False):
        size = x.sizes[axis % x.rank]
        named = not all(isinstance(n, int) for n in (start, stop, size))
        whole = isinstance(stop, int) and stop > 2**30
        if named and start == 0 and step == 1 and (whole or same(stop, size)):
            continue
        if named or step == 0:
            raise NotKnown
        start, stop, step = slice(start, stop, step).indices(size)
        found.append((axis % x.rank, start, stop, step))
    return found


def slice_(node: Node, ins: Ins) -> Full:
    """Return the sizes of a `Slice`."""
    sizes = list(needed(ins, 0).sizes)
    for axis, start, stop, step in bounds(node, ins):
        sizes[axis] = len(range(start, stop, step))
    return tuple(sizes)


def expand(node: Node, ins: Ins) -> Full:
    """Return the sizes that an `Expand` stretches to."""
    x, wanted = needed(ins, 0), listed(node, "shape", ins, 1)
    if wanted is None:
        raise NotKnown
    return broadcast([x.sizes, tuple(wanted)])


def tile(node: Node, ins: Ins) -> Full:
    """Return the sizes of a tensor that is repeated."""
    x, times = needed(ins, 0), listed(node, "repeats", ins, 1)
    if times is None or len(times) != x.rank:
        raise NotKnown
    return tuple(n * t for n, t in zip(x.sizes, times, strict=True))


def shape_of(node: Node, ins: Ins) -> Full:
    """Return the length of a shape."""
    return (len(range(*span(node, needed(ins, 0).rank))),)


def span(node: Node, rank: int) -> tuple[int, int]:
    """Return the first and the last axis that a `Shape` gives."""
    start, stop = node.attributes.get("start", 0), node.attributes.get("end", rank)
    start, stop, _ = slice(start, stop).indices(rank)
    return start, max(start, stop)


def filled(node: Node, ins: Ins) -> Full:
    """Return the sizes of a `ConstantOfShape`."""
    wanted = listed(node, "shape", ins, 0)
    if wanted is None:
        raise NotKnown
    return tuple(wanted)


def range_(node: Node, ins: Ins) -> Full:
    """Return how many numbers a `Range` gives."""
    start, stop, step = (needed(ins, i).number for i in range(3))
    if not all(isinstance(n, int | float) for n in (start, stop, step)) or not step:
        raise NotKnown
    steps = -((stop - start) // -step)
    return (max(int(steps), 0),)


def scalar(node: Node, ins: Ins) -> Full:
    """Return the sizes of a single value."""
    return ()


def reduced(node: Node, ins: Ins) -> Full:
    """Return the sizes without the axes that are reduced."""
    x = needed(ins, 0)
    axes = axes_of(node, ins, 1, x.rank)
    if not axes:
        nothing = node.attributes.get("noop_with_empty_axes", 0)
        axes = [] if nothing else list(range(x.rank))
    if node.attributes.get("keepdims", 1):
        return tuple(1 if i in axes else n for i, n in enumerate(x.sizes))
    return tuple(n for i, n in enumerate(x.sizes) if i not in axes)


def argued(node: Node, ins: Ins) -> Full:
    """Return the sizes of the place of the largest or smallest value."""
    x = needed(ins, 0)
    axis = node.attributes.get("axis", 0) % max(x.rank, 1)
    if node.attributes.get("keepdims", 1):
        return tuple(1 if i == axis else n for i, n in enumerate(x.sizes))
    return tuple(n for i, n in enumerate(x.sizes) if i != axis)


def multiplied(node: Node, ins: Ins) -> Full:
    """Return the sizes of a matrix product, leading axes stretched."""
    a, b = needed(ins, 0).sizes, needed(ins, 1).sizes
    if not a or not b:
        raise NotKnown
    wide_a, wide_b = (1, *a) if len(a) == 1 else a, (*b, 1) if len(b) == 1 else b
    if not same(wide_a[-1], wide_b[-2]):
        raise NotKnown
    rows = wide_a[-2:-1] if len(a) > 1 else ()
    columns = wide_b[-1:] if len(b) > 1 else ()
    return (*broadcast([wide_a[:-2], wide_b[:-2], ()]), *rows, *columns)


def padded(node: Node, ins: Ins) -> Full:
    """Return the sizes with padding."""
    x, pads = needed(ins, 0), pads_of(node, ins)
    return tuple(
        before + n + after for n, (before, after) in zip(x.sizes, pads, strict=True)
    )


def pads_of(node: Node, ins: Ins) -> list[tuple[int, int]]:
    """Return what a `Pad` puts before and after each axis."""
    x, pads = needed(ins, 0), listed(node, "pads", ins, 1)
    axes = given(ins, 3)
    named = list(range(x.rank)) if axes is None else axes.numbers
    if pads is None or named is None or len(pads) != 2 * len(named):
        raise NotKnown
    if not all(isinstance(n, int) for n in pads):
        raise NotKnown
    found = [(0, 0)] * x.rank
    for at, axis in enumerate(named):
        found[axis % x.rank] = (pads[at], pads[at + len(named)])
    return found


def same_as_first(node: Node, ins: Ins) -> Full:
    """Return the sizes of the first input."""
    return needed(ins, 0).sizes


Rule = Callable[[Node, Ins], Full]
POINTWISE = [
    "Abs",
    "Acos",
    "Acosh",
    "Asin",
    "Asinh",
    "Atan",
    "Atanh",
    "Ceil",
    "Cos",
    "Cosh",
    "Erf",
    "Exp",
    "Floor",
    "IsInf",
    "IsNaN",
    "Log",
    "Neg",
    "Not",
    "Reciprocal",
    "Round",
    "Sign",
    "Sin",
    "Sinh",
    "Sqrt",
    "Tan",
    "BitwiseNot",
    "Shrink",
    "ThresholdedRelu",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Mod",
    "Pow",
    "And",
    "Or",
    "Xor",
    "Equal",
    "Greater",
    "GreaterOrEqual",
    "Less",
    "LessOrEqual",
    "Where",
    "Min",
    "Max",
    "Sum",
    "Mean",
    "PRelu",
    "BitShift",
    "BitwiseAnd",
    "BitwiseOr",
    "BitwiseXor",
]
KEEPING = [
    "Identity",
    "Cast",
    "Clip",
    "Relu",
    "Sigmoid",
    "Tanh",
    "Elu",
    "Selu",
    "Celu",
    "LeakyRelu",
    "HardSigmoid",
    "HardSwish",
    "Softplus",
    "Softsign",
    "Mish",
    "Gelu",
    "Softmax",
    "LogSoftmax",
    "Hardmax",
    "Dropout",
    "CumSum",
    "Trilu",
    "QuantizeLinear",
    "DequantizeLinear",
    "CastLike",
    "LayerNormalization",
    "BatchNormalization",
    "InstanceNormalization",
    "GroupNormalization",
    "RMSNormalization",
    "LpNormalization",
    "LRN",
    "MeanVarianceNormalization",
    "Scatter",
    "ScatterElements",
    "ScatterND",
    "Swish",
    "ReverseSequence",
    "RotaryEmbedding",
    "Binarizer",
    "Scaler",
    "Imputer",
]
REDUCING = [
    "ReduceMean",
    "ReduceSum",
    "ReduceMax",
    "ReduceMin",
    "ReduceProd",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceSumSquare",
]
RULES: dict[str, Rule] = {
    **dict.fromkeys(POINTWISE, elementwise),
    **dict.fromkeys(KEEPING, same_as_first),
    **dict.fromkeys(REDUCING, reduced),
    "ArgMax": argued,
    "ArgMin": argued,
    "Reshape": reshape,
    "Flatten": flatten,
    "Transpose": transpose,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Concat": concat,
    "Gather": gather,
    "Slice": slice_,
    "Expand": expand,
    "Tile": tile,
    "Shape": shape_of,
    "Size": scalar,
    "ConstantOfShape": filled,
    "Range": range_,
    "MatMul": multiplied,
    "Pad": padded,
}
