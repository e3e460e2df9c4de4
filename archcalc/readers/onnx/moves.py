"""Operators that move values, cut tensors, join them, or change their sizes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from struct import Struct
from typing import Any

from archcalc.readers.onnx import sizes
from archcalc.readers.onnx.sizes import Ins, NotKnown, given, listed, needed
from archcalc.readers.onnx.trace import Trace, possible, rule
from archcalc.readers.onnx.values import Full, Value, batch_after, count, same, stripped
from archcalc.readers.onnx.weights import is_weight, source
from archcalc.readers.onnx.windows import padded, simple
from archcalc.wire.messages import Node

FLOAT32 = Struct("f")
EXACT = 2**24
"""From here on, float32 has whole numbers alone."""


@rule("Identity", "Cast", "CastLike", "Dropout", "QuantizeLinear", "DequantizeLinear")
def passed_on(trace: Trace, node: Node, ins: Ins) -> Value:
    """What passes its input on: another type, or what inference leaves out."""
    return needed(ins, 0)


@rule("DynamicQuantizeLinear")
def quantized(trace: Trace, node: Node, ins: Ins) -> list[Value]:
    """Values as whole numbers, their scale and their zero: the values are passed on."""
    return [needed(ins, 0), Value((), scale=True), Value((), scale=True)]


def equal(a: Full, b: Full) -> bool:
    """Say whether sizes are equal, names included."""
    return len(a) == len(b) and all(same(m, n) for m, n in zip(a, b, strict=True))


def regrouped(trace: Trace, node: Node, x: Value, full: Full) -> Value:
    """Read values in order into other sizes."""
    batch = batch_after(x, full, trace.samples)
    if batch is None and not same(trace.samples, 1):
        raise NotKnown
    before, after = x.stripped, stripped(full, batch)
    if equal(before, after):
        return Value(full, x.op, batch)
    if len(after) == 1:
        return trace.layer(node, "flatten", [x], full, batch)
    for first in range(len(before)):
        last = first + len(before) - len(after)
        if last > first and equal(
            after,
            (*before[:first], count(before[first : last + 1]), *before[last + 1 :]),
        ):
            return trace.layer(node, "flatten", [x], full, batch, axes=(first, last))
    return trace.layer(node, "reshape", [x], full, batch, sizes=after)


def with_batch(trace: Trace, node: Node, x: Value, batch: int | None) -> Value:
    """Return a tensor whose samples stand on another axis of one position."""
    if x.batch == batch:
        return x
    before, after = x.stripped, stripped(x.sizes, batch)
    if not same(trace.samples, 1) or not same(count(before), count(after)):
        raise NotKnown
    if equal(before, after):
        return Value(x.sizes, x.op, batch)
    return trace.layer(node, "reshape", [x], x.sizes, batch, sizes=after)


@rule("Reshape", "Flatten", "Squeeze", "Unsqueeze")
def reshape(trace: Trace, node: Node, ins: Ins) -> Value:
    """Other sizes for the same values."""
    x = needed(ins, 0)
    full = trace.sized(node, ins)
    if x.batch is not None and node.op in ("Squeeze", "Unsqueeze"):
        return resized_axes(trace, node, ins, x, full)
    return regrouped(trace, node, x, full)


def without_batch(trace: Trace, node: Node, x: Value, full: Full) -> Value:
    """Drop the axis of a single sample, with others of one position perhaps."""
    if not same(trace.samples, 1):
        raise NotKnown
    if equal(x.stripped, full):
        return Value(full, x.op, None)
    return regrouped(trace, node, with_batch(trace, node, x, None), full)


def resized_axes(trace: Trace, node: Node, ins: Ins, x: Value, full: Full) -> Value:
    """Drop or add axes of one position; the axis of the samples moves with them."""
    named = listed(node, "axes", ins, 1)
    rank = x.rank if node.op == "Squeeze" else len(full)
    axes = [a % rank for a in named] if named is not None else None
    if axes is None:
        axes = [i for i, n in enumerate(x.sizes) if same(n, 1)]
    batch = x.batch
    if node.op == "Squeeze":
        if batch in axes:
            return without_batch(trace, node, x, full)
        at = [i for i in range(x.rank) if i not in axes].index(batch)  # type: ignore[arg-type]  # an axis
    else:
        at = [i for i in range(len(full)) if i not in axes][batch]  # type: ignore[index]  # an axis
    before, after = x.stripped, stripped(full, at)
    if equal(before, after):
        return Value(full, x.op, at)
    return trace.layer(node, "reshape", [x], full, at, sizes=after)


def moved(trace: Trace, node: Node, x: Value, order: Sequence[int]) -> Value:
    """Put axes in another order; the axis of the samples may be among them."""
    full = tuple(x.sizes[axis] for axis in order)
    batch = None if x.batch is None else list(order).index(x.batch)
    inner = [x.axis(axis) for axis in order]
    axes = [axis for axis in inner if axis is not None]
    if axes == sorted(axes):
        return Value(full, x.op, batch)
    if axes == [1, 0]:
        return trace.layer(node, "transpose", [x], full, batch)
    swapped = [i for i, axis in enumerate(axes) if axis != i]
    if len(swapped) == 2:
        rank = len(axes)
        pair = tuple(swapped) if swapped != [rank - 2, rank - 1] else (-2, -1)
        return trace.layer(node, "transpose", [x], full, batch, axes=pair)
    return trace.layer(node, "permute", [x], full, batch, axes=tuple(axes))


@rule("Transpose")
def transpose(trace: Trace, node: Node, ins: Ins) -> Value:
    """Axes in another order."""
    x = needed(ins, 0)
    return moved(trace, node, x, sizes.order(node, x))


@rule("Expand")
def expand(trace: Trace, node: Node, ins: Ins) -> Value:
    """Axes of one position stretched; the input is passed on where none is."""
    x, full = needed(ins, 0), trace.sized(node, ins)
    if not equal(x.sizes, full):
        raise NotKnown
    return x


@rule("Concat")
def concat(trace: Trace, node: Node, ins: Ins) -> Value:
    """Tensors behind each other; a learned one before tokens is a class token."""
    values = trace.held_by([needed(ins, at) for at in range(len(ins))])
    live = [v for v in values if not v.constant]
    first, full = live[0], trace.sized(node, ins)
    axis = first.axis(node.attributes.get("axis", 0) % first.rank)
    if axis is None or any(v.batch != first.batch for v in live):
        raise NotKnown
    if len(values) == 1:
        return first
    if len(live) < len(values):
        token = class_token(trace, node, values, full, axis)
        if token is not None:
            return token
        values = [parameter(trace, node, v, first) if v.constant else v for v in values]
    args = {} if axis == 0 else {"axis": axis}
    return trace.layer(node, "concat", values, full, first.batch, **args)


def class_token(
    trace: Trace, node: Node, values: Sequence[Value], full: Full, axis: int
) -> Value | None:
    """Join one learned tensor and tokens; return None for other joins."""
    token, x = values[0], values[-1]
    tokens = len(values) == 2 and axis == 0 and len(x.stripped) == 2
    if not tokens or x.constant or not is_weight(token) or x.batch != 0:
        return None
    return trace.layer(node, "class_token", [x], full, x.batch, count=token.sizes[-2])


def parameter(trace: Trace, node: Node, constant: Value, like: Value) -> Value:
    """Append a learned tensor as a step of its own, on the axes of another one."""
    wide = (1,) * (like.rank - len(constant.sizes)) + constant.sizes
    if not is_weight(constant) or len(wide) > like.rank:
        raise NotKnown
    if like.batch is not None and not same(wide[like.batch], 1):
        raise NotKnown
    inner = stripped(wide, like.batch)
    if not all(map(possible, inner)):
        raise NotKnown
    op = source(constant, inner, trace.path(node))
    index = trace.add(trace.shares.sharing(op, [constant]))
    return Value(wide, index, like.batch)


def cut(trace: Trace, node: Node, x: Value, axis: int, start: Any, stop: Any) -> Value:
    """Take a part of an axis; the whole of it is passed on."""
    if same(start, 0) and same(stop, x.sizes[axis]):
        return x
    inner = x.axis(axis)
    if inner is None:
        raise NotKnown
    full = (*x.sizes[:axis], stop - start, *x.sizes[axis + 1 :])
    args: dict[str, Any] = {"bounds": (start, stop)}
    if inner:
        args["axis"] = inner
    return trace.layer(node, "slice", [x], full, x.batch, **args)


@rule("Slice")
def slice_(trace: Trace, node: Node, ins: Ins) -> Value:
    """Parts of axes, one after the other; every n-th position of all spatial axes."""
    x = needed(ins, 0)
    if any(isinstance(at, Value) and at.data is None for at in ins[1:]):
        raise NotKnown
    found = sizes.bounds(node, ins)
    steps = {axis: step for axis, _, _, step in found if step != 1}
    if any(step < 1 for step in steps.values()):
        raise NotKnown
    strides = [steps.get(axis, 1) for axis in range(2, x.rank)]
    sliding = bool(steps) and x.batch == 0 and min(steps) > 1
    for axis, start, stop, step in found:
        x = cut(trace, node, x, axis, start, stop)
        if step > 1 and not sliding:
            x = every(trace, node, x, axis, step)
    if sliding:
        return trace.layer(node, "subsample", [x], stride=simple(strides))
    return x


def every(trace: Trace, node: Node, x: Value, axis: int, step: int) -> Value:
    """Take every n-th position of an axis: the first of each group of n."""
    size = x.sizes[axis]
    if not isinstance(size, int) or x.axis(axis) is None or size % step:
        raise NotKnown
    before, after = x.sizes[:axis], x.sizes[axis + 1 :]
    apart = regrouped(trace, node, x, (*before, size // step, step, *after))
    first = cut(trace, node, apart, axis + 1, 0, 1)
    return regrouped(trace, node, first, (*before, size // step, *after))


@rule("Gather")
def gather(trace: Trace, node: Node, ins: Ins) -> Value:
    """One position or a run of them; a constant table with ids is an embedding."""
    x, index = needed(ins, 0), needed(ins, 1)
    axis = node.attributes.get("axis", 0) % max(x.rank, 1)
    if x.constant:
        return embedding(trace, node, x, index, axis)
    whole = x.sizes[axis]
    if x.rank == 1 and isinstance(whole, int) and index.numbers == list(range(whole)):
        return regrouped(trace, node, x, index.sizes)
    picked = run_of(index, whole)
    if index.sizes:
        return cut(trace, node, x, axis, picked[0], picked[-1] + 1)
    full = (*x.sizes[:axis], *x.sizes[axis + 1 :])
    if x.batch == 0 and axis == 1 and x.rank == 3:
        return trace.layer(node, "token", [x], full, 0, index=picked[0])
    part = cut(trace, node, x, axis, picked[0], picked[0] + 1)
    if part.batch == axis:
        return without_batch(trace, node, part, full)
    batch = part.batch
    if batch is not None and batch > axis:
        batch -= 1
    after = stripped(full, batch)
    if equal(part.stripped, after):
        return Value(full, part.op, batch)
    return trace.layer(node, "reshape", [part], full, batch, sizes=after)


def run_of(index: Value, size: Any) -> list[int]:
    """Return positions of an axis that follow each other; raise `NotKnown` else."""
    picked = index.numbers
    if not picked or len(index.sizes) > 1:
        raise NotKnown
    if any(n < 0 for n in picked):
        if not isinstance(size, int):
            raise NotKnown
        picked = [n % size for n in picked]
    if picked != list(range(picked[0], picked[0] + len(picked))):
        raise NotKnown
    return picked


def embedding(trace: Trace, node: Node, x: Value, index: Value, axis: int) -> Value:
    """Look rows of a learned table up by the ids that enter."""
    if axis != 0 or len(x.sizes) != 2 or not is_weight(x) or index.constant:
        raise NotKnown
    full = (*index.sizes, x.sizes[1])
    num, dim = x.sizes
    return trace.layer(node, "embedding", [index], full, index.batch, num=num, dim=dim)


@rule("Split")
def split(trace: Trace, node: Node, ins: Ins) -> list[Value]:
    """Pieces of an axis, equal ones or of given sizes."""
    x = needed(ins, 0)
    axis = node.attributes.get("axis", 0) % x.rank
    inner, size = x.axis(axis), x.sizes[axis]
    pieces = listed(node, "split", ins, 1)
    parts = len(node.outputs)
    if inner is None:
        raise NotKnown
    if pieces is None:
        if not isinstance(size, int):
            raise NotKnown
        each = -(-size // parts)
        pieces = [min(each, size - each * at) for at in range(parts)]
    equal_ones = all(same(piece, pieces[0]) for piece in pieces)
    args: dict[str, Any] = {"pieces": parts if equal_ones else tuple(pieces)}
    args |= {"axis": inner} if inner else {}
    found = []
    for part, piece in enumerate(pieces):
        full = (*x.sizes[:axis], piece, *x.sizes[axis + 1 :])
        if not node.outputs[part]:
            found.append(x)
            continue
        found.append(trace.layer(node, "split", [x], full, x.batch, part=part, **args))
    return found


PAD_MODES = {
    "constant": "zeros",
    "reflect": "reflect",
    "edge": "replicate",
    "wrap": "circular",
}


@rule("Pad")
def pad(trace: Trace, node: Node, ins: Ins) -> Value:
    """Padding around an image, or of its channels; nothing where all of it is 0."""
    x, pads = needed(ins, 0), sizes.pads_of(node, ins)
    if not any(any(pair) for pair in pads):
        return x
    if x.batch != 0 or x.rank < 2 or any(pads[0]):
        raise NotKnown
    if x.rank == 2:  # a signal without channels: one channel
        wide = trace.layer(node, "reshape", [x], sizes=(1, x.sizes[1]))
        mode = PAD_MODES[node.attributes.get("mode", "constant")]
        put = padded(trace, node, wide, [pads[1][0]], [pads[1][1]], mode)
        return trace.layer(node, "reshape", [put], sizes=put.sizes[2:])
    mode = PAD_MODES[node.attributes.get("mode", "constant")]
    before, after = [b for b, _ in pads[2:]], [a for _, a in pads[2:]]
    if any(pads[1]):
        if mode != "zeros" or any(before) or any(after):
            raise NotKnown
        return trace.layer(node, "pad", [x], size=0, channels=pads[1])
    return padded(trace, node, x, before, after, mode)


@rule("Resize", "Upsample")
def resize(trace: Trace, node: Node, ins: Ins) -> Value:
    """Interpolation by factors or to sizes; cubic has no rule."""
    x = needed(ins, 0)
    mode = {"nearest": "nearest", "linear": "bilinear"}.get(
        node.attributes.get("mode", "nearest")
    )
    axes = node.attributes.get("axes") or [*range(x.rank)]
    if x.batch != 0 or mode is None:
        raise NotKnown
    if axes not in ([*range(x.rank)], [*range(2, x.rank)]):
        raise NotKnown
    if node.attributes.get("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise NotKnown
    args: dict[str, Any] = {} if mode == "nearest" else {"mode": mode}
    places = node.attributes.get("coordinate_transformation_mode")
    if places == "align_corners" and args:
        args["align_corners"] = True
    size, ratios = resized(node, ins, x, 2 - axes[0])
    ratio = ratios[0]
    if ratio is not None and len(set(ratios)) == 1 and ratio.denominator == 1:
        return trace.layer(node, "upsample", [x], scale=int(ratio), **args)
    return trace.layer(node, "resize", [x], size=simple(size), **args)


def resized(
    node: Node, ins: Ins, x: Value, before: int
) -> tuple[tuple[Any, ...], list[Fraction | None]]:
    """Return the spatial sizes after a `Resize`, and how often they are the old ones.

    `before` is how many sizes or factors come first that are those of samples and
    channels. A ratio is None where a size is a name.
    """
    old = node.op == "Upsample" or (given(ins, 2) is None and len(ins) == 2)
    scales, wanted = given(ins, 1 if old else 2), given(ins, 3)
    if wanted is not None and wanted.data:
        size = tuple(wanted.data[before:])
        ratios = [
            Fraction(m, n) if isinstance(m, int) and isinstance(n, int) else None
            for m, n in zip(size, x.sizes[2:], strict=True)
        ]
        return size, ratios
    found = scales.data if scales is not None else None
    factors: Sequence[Any] = node.attributes.get("scales") or found or ()
    if not factors or any(float(f) != 1 for f in factors[:before]):
        raise NotKnown
    size = tuple(
        scaled(n, float(f)) if isinstance(n, int) else 0
        for n, f in zip(x.sizes[2:], factors[before:], strict=True)
    )
    return size, [Fraction(float(f)).limit_denominator(1000) for f in factors[before:]]


def scaled(size: int, factor: float) -> int:
    """Return the size that a factor makes: the whole part of a product in float32.

    So onnxruntime and OpenVINO compute it, and a size that PyTorch had is kept: 0.7 of
    10 is 7, though the factor in the file is less than 0.7.
    """
    product = size * factor
    if not product < EXACT:
        return int(product)
    (rounded,) = FLOAT32.unpack(FLOAT32.pack(product))
    return int(rounded)


@rule("DepthToSpace")
def depth_to_space(trace: Trace, node: Node, ins: Ins) -> Value:
    """Channels traded for resolution."""
    factor = node.attributes["blocksize"]
    return trace.layer(node, "pixel_shuffle", [needed(ins, 0)], factor=factor)


@rule("SpaceToDepth")
def space_to_depth(trace: Trace, node: Node, ins: Ins) -> Value:
    """Resolution traded for channels."""
    factor = node.attributes["blocksize"]
    return trace.layer(node, "pixel_unshuffle", [needed(ins, 0)], factor=factor)
