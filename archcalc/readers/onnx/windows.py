"""Operators that slide a window: convolutions and pools, with padding of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.readers.onnx.sizes import Ins, NotKnown, axes_of, given, needed
from archcalc.readers.onnx.trace import Trace, rule
from archcalc.readers.onnx.values import Full, Value, count, same, stripped
from archcalc.readers.onnx.weights import total
from archcalc.wire.messages import Node

IGNORES_LATE_WINDOWS = 22
"""From this opset on, windows that begin behind the input are left out."""


def image(ins: Ins) -> Value:
    """Return the first input, whose first axis must be the samples."""
    x = needed(ins, 0)
    if x.batch != 0 or x.rank < 3:
        raise NotKnown
    return x


def simple(values: Sequence[int]) -> Any:
    """Return one number where all are equal, else all of them."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def plain(sizes: Full) -> list[int]:
    """Return sizes that are numbers; raise `NotKnown` for names."""
    found = [n for n in sizes if isinstance(n, int)]
    if len(found) < len(sizes):
        raise NotKnown
    return found


def per_axis(node: Node, name: str, rank: int, usual: int) -> list[int]:
    """Return an attribute that has a number for each spatial axis."""
    found = node.attributes.get(name)
    if found is None or found == []:
        return [usual] * rank
    if not isinstance(found, list) or len(found) != rank:
        raise NotKnown
    return found


class Padding:
    """What is put around an input, as a layer's `pad` or as a step before it."""

    def __init__(self, node: Node, x: Value, spans: Sequence[int]) -> None:
        rank = len(spans)
        word = node.attributes.get("auto_pad", "NOTSET")
        pads = per_axis(node, "pads", 2 * rank, 0)
        self.before, self.after = pads[:rank], pads[rank:]
        self.word: str | None = None
        strides = per_axis(node, "strides", rank, 1)
        if word == "VALID":
            self.before = self.after = [0] * rank
        elif word in ("SAME_UPPER", "SAME_LOWER"):
            self._same(word == "SAME_LOWER", x, spans, strides)

    def _same(
        self, lower: bool, x: Value, spans: Sequence[int], strides: Sequence[int]
    ) -> None:
        """Pad so that an output has ⌈n/s⌉ positions; the odd one at the named end."""
        sizes = [n for n in x.sizes[2:] if isinstance(n, int)]
        if len(sizes) < len(spans):
            if lower:
                raise NotKnown
            self.word = "same"
            return
        totals = [
            max((-(-n // s) - 1) * s + k - n, 0)
            for n, s, k in zip(sizes, strides, spans, strict=True)
        ]
        small, large = [t // 2 for t in totals], [t - t // 2 for t in totals]
        self.before, self.after = (large, small) if lower else (small, large)
        if small != large and not lower:
            self.word = "same"

    def grow(self, more: Sequence[int]) -> None:
        """Add positions at the end of each axis."""
        self.after = [n + m for n, m in zip(self.after, more, strict=True)]

    def applied(
        self, trace: Trace, node: Node, x: Value, mode: str = "zeros"
    ) -> tuple[Value, Any]:
        """Return the input and the layer's `pad`; both sides unlike: a step before."""
        if self.word is not None:
            return x, self.word
        if self.before == self.after:
            return x, simple(self.before)
        return padded(trace, node, x, self.before, self.after, mode), 0


def padded(
    trace: Trace,
    node: Node,
    x: Value,
    before: Sequence[int],
    after: Sequence[int],
    mode: str = "zeros",
) -> Value:
    """Append a step that pads an image."""
    args: dict[str, Any] = {"size": simple(before)}
    if list(after) != list(before):
        args["end"] = simple(after)
        if args["size"] != args["end"] and not isinstance(args["size"], int):
            args["end"] = tuple(after)
    if mode != "zeros":
        args["mode"] = mode
    return trace.layer(node, "pad", [x], **args)


def weight(ins: Ins, at: int) -> Value:
    """Return a constant that has sizes."""
    value = needed(ins, at)
    if not value.constant or not all(isinstance(n, int) for n in value.sizes):
        raise NotKnown
    return value


@rule("Conv", "ConvInteger", "QLinearConv")
def conv(trace: Trace, node: Node, ins: Ins) -> Value:
    """A convolution; its kernel's sizes are those of the weight."""
    quantized = node.op == "QLinearConv"
    x, w = image(ins), weight(ins, 3 if quantized else 1)
    (out, per_group), kernel = w.sizes[:2], plain(w.sizes[2:])
    rank = len(kernel)
    if rank != x.rank - 2 or not out or not all(kernel):
        raise NotKnown
    groups = node.attributes.get("group", 1)
    dilation = per_axis(node, "dilations", rank, 1)
    stride = per_axis(node, "strides", rank, 1)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    padding = Padding(node, x, spans)
    channels = x.sizes[1]
    if not same(per_group * groups, channels):
        raise NotKnown
    x, pad = padding.applied(trace, node, x)
    args: dict[str, Any] = {"kernel": simple(kernel)}
    bias = given(ins, 8 if quantized else 2) if node.op != "ConvInteger" else None
    args |= {"stride": simple(stride), "pad": pad, "dilation": simple(dilation)}
    args["bias"] = bias is not None
    args |= weight_norm(w)
    if groups != 1 and same(groups, channels) and isinstance(out, int):
        return trace.layer(node, "dwconv", [x], multiplier=out // groups, **args)
    if groups != 1:
        args["groups"] = groups
    return trace.layer(node, "conv", [x], out=out, **args)


def weight_norm(weight: Value) -> dict[str, str]:
    """Return the argument of a weight that is made of a direction and of lengths."""
    extra = total(weight) - count(weight.sizes)
    if not weight.normed or len(weight.origin) != 2:
        return {}
    first, last = weight.sizes[0], weight.sizes[-1]
    word = "first" if same(extra, first) else "last" if same(extra, last) else ""
    return {"weight_norm": word} if word else {}


@rule("ConvTranspose")
def deconv(trace: Trace, node: Node, ins: Ins) -> Value:
    """A transposed convolution; `output_shape` and `auto_pad` decide its padding."""
    x, w = image(ins), weight(ins, 1)
    (entering, per_group), kernel = w.sizes[:2], plain(w.sizes[2:])
    rank = len(kernel)
    if rank != x.rank - 2 or not same(entering, x.sizes[1]):
        raise NotKnown
    groups = node.attributes.get("group", 1)
    stride = per_axis(node, "strides", rank, 1)
    dilation = per_axis(node, "dilations", rank, 1)
    extra = per_axis(node, "output_padding", rank, 0)
    pads = per_axis(node, "pads", 2 * rank, 0)
    before, after = pads[:rank], pads[rank:]
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    wanted = node.attributes.get("output_shape")
    word = node.attributes.get("auto_pad", "NOTSET")
    if word in ("SAME_UPPER", "SAME_LOWER") and wanted is None:
        wanted = [n * s for n, s in zip(x.sizes[2:], stride, strict=True)]
    if wanted is not None:
        totals = [
            s * (n - 1) + e + k - size
            for s, n, e, k, size in zip(
                stride, x.sizes[2:], extra, spans, wanted, strict=True
            )
        ]
        if not all(isinstance(t, int) for t in totals):
            raise NotKnown
        grown = zip(extra, totals, strict=True)
        extra = [e + (t % 2 if t > 0 else -t) for e, t in grown]
        before = after = [max(-(-t // 2), 0) for t in totals]
    if before != after:
        pairs = zip(before, after, strict=True)
        extra = [e + b - a for e, (b, a) in zip(extra, pairs, strict=True)]
        after = before
    if any(e < 0 for e in extra):
        raise NotKnown
    args: dict[str, Any] = {"out": per_group * groups, "kernel": simple(kernel)}
    args |= {"stride": simple(stride), "pad": simple(before)}
    args |= {"output_pad": simple(extra), "dilation": simple(dilation)}
    args |= {"groups": groups, "bias": given(ins, 2) is not None}
    return trace.layer(node, "deconv", [x], **args)


@rule("MaxPool", "AveragePool", "LpPool")
def pool(trace: Trace, node: Node, ins: Ins) -> Value:
    """A pool; `ceil_mode` as the standard says it for the opset of the file.

    Before opset 22 a last window counts even where it begins behind the input: then
    the input is padded at its end, and the plain rule gives as many windows.
    """
    x = image(ins)
    rank = x.rank - 2
    kernel = per_axis(node, "kernel_shape", rank, 0)
    if not all(kernel) or (len(node.outputs) > 1 and node.outputs[1]):
        raise NotKnown
    dilation = per_axis(node, "dilations", rank, 1)
    stride = per_axis(node, "strides", rank, 1)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    padding = Padding(node, x, spans)
    key = {"MaxPool": "maxpool", "AveragePool": "avgpool", "LpPool": "lppool"}[node.op]
    args: dict[str, Any] = {"kernel": simple(kernel), "stride": simple(stride)}
    automatic = node.attributes.get("auto_pad", "NOTSET").startswith("SAME")
    if node.attributes.get("ceil_mode", 0) and not automatic:
        more = late(x, padding, spans, stride)
        rest = left_over(x, padding, spans, stride)
        if any(more) and trace.opset < IGNORES_LATE_WINDOWS:
            padding.grow(more)
        elif any(more) and padding.before != padding.after:
            # a step pads the input: behind it such a window would begin within
            if any(not m and r for m, r in zip(more, rest, strict=True)):
                raise NotKnown
        else:
            args["rounding"] = "ceil"
    padless = not any((*padding.before, *padding.after))
    if set(kernel) == set(stride) == {1} and padless:
        return x
    x, pad = padding.applied(trace, node, x)
    args |= own_arguments(node, key, pad, dilation)
    return trace.layer(node, key, [x], **args)


def own_arguments(
    node: Node, key: str, pad: Any, dilation: Sequence[int]
) -> dict[str, Any]:
    """Return the arguments that one kind of pool has; raise `NotKnown` for others."""
    if key == "maxpool":
        return {"pad": pad, "dilation": simple(dilation)}
    if set(dilation) != {1} or (key == "lppool" and pad != 0):
        raise NotKnown
    if key == "lppool":
        return {"power": node.attributes.get("p", 2)}
    counted = pad == 0 or node.attributes.get("count_include_pad", 0)
    return {"pad": pad} if counted else {"pad": pad, "count_pad": False}


def late(
    x: Value, padding: Padding, spans: Sequence[int], strides: Sequence[int]
) -> list[int]:
    """Return what each axis needs at its end for a window that begins behind it.

    0 where no window does so; sizes that are names have none.
    """
    found = []
    for axis, (span, stride) in enumerate(zip(spans, strides, strict=True)):
        size = x.sizes[2 + axis]
        if not isinstance(size, int):
            found.append(0)
            continue
        before, after = padding.before[axis], padding.after[axis]
        windows = -(-(size + before + after - span) // stride) + 1
        begins = (windows - 1) * stride
        behind = begins >= size + before
        found.append(begins + span - size - before - after if behind else 0)
    return found


def left_over(
    x: Value, padding: Padding, spans: Sequence[int], strides: Sequence[int]
) -> list[int]:
    """Return what each axis leaves after its whole steps; 1 where a size is a name."""
    sums = zip(x.sizes[2:], padding.before, padding.after, spans, strict=True)
    return [
        (n + before + after - span) % stride if isinstance(n, int) else 1
        for (n, before, after, span), stride in zip(sums, strides, strict=True)
    ]


@rule("GlobalAveragePool")
def gap(trace: Trace, node: Node, ins: Ins) -> Value:
    """The mean of each channel."""
    return trace.layer(node, "gap", [image(ins)])


@rule("GlobalMaxPool")
def global_max(trace: Trace, node: Node, ins: Ins) -> Value:
    """The largest value of each channel."""
    return trace.layer(node, "adaptive_maxpool", [image(ins)], size=1)


REDUCTIONS = {
    "ReduceMean": "mean",
    "ReduceSum": "sum",
    "ReduceMax": "max",
    "ReduceMin": "min",
    "ReduceL1": "vector_norm",
    "ReduceL2": "vector_norm",
}


@rule(*REDUCTIONS)
def reduced(trace: Trace, node: Node, ins: Ins) -> Value:
    """A mean, sum, norm, largest or smallest value along axes."""
    x = needed(ins, 0)
    axes = axes_of(node, ins, 1, x.rank)
    if not axes:
        if node.attributes.get("noop_with_empty_axes", 0):
            return x
        axes = list(range(x.rank))
    keep = bool(node.attributes.get("keepdims", 1))
    inner = [x.axis(axis) for axis in axes]
    if None in inner:
        if x.batch is None or not same(x.sizes[x.batch], 1) or not keep:
            raise NotKnown
        inner = [axis for axis in inner if axis is not None]
    key = REDUCTIONS[node.op]
    if key == "mean" and keep and x.batch == 0 and sorted(axes) == [*range(2, x.rank)]:
        return trace.layer(node, "gap", [x])
    full = trace.sized(node, ins)
    batch = x.batch
    if batch is not None and not keep:
        batch -= sum(axis < batch for axis in axes)
    left = 0 if keep or len(x.stripped) == 1 else len(inner)
    if len(stripped(full, batch)) + left != len(x.stripped):
        raise NotKnown
    args: dict[str, Any] = {"axes": tuple(sorted(a for a in inner if a is not None))}
    if keep or len(x.stripped) == 1:  # of a row one value is left, which is a row
        args["keep"] = True
    if key == "vector_norm":
        args["order"] = int(node.op[-1])
    return trace.layer(node, key, [x], full, batch, **args)
