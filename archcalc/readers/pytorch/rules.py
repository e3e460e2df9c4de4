"""Rules of PyTorch's operators that the ONNX standard says in another way, or not."""

from __future__ import annotations

from typing import Any

from archcalc.layers.axes import feature_axis
from archcalc.readers.onnx import moves, windows
from archcalc.readers.onnx.sizes import NotKnown
from archcalc.readers.onnx.trace import Result
from archcalc.readers.onnx.values import Value
from archcalc.readers.pytorch.calls import Call, Exported, Stretched, direct, several
from archcalc.wire.messages import Node


@direct("batch_norm", "instance_norm")
def channel_norm(trace: Exported, node: Node, call: Call) -> Value:
    """A batch or instance norm, with or without weights."""
    affine = call["weight"] is not None
    key = "bn" if call.name == "batch_norm" else "in"
    x = call.value()
    if x.batch == 0:
        return trace.layer(node, key, [x], affine=affine)
    x = set_beside(trace, node, x)
    return put_back(trace, node, trace.layer(node, key, [x], affine=affine))


@direct("group_norm")
def group_norm(trace: Exported, node: Node, call: Call) -> Result:
    """A norm over groups of channels, with or without weights."""
    if call["weight"] is not None:
        return trace.worded(node, call)
    args = {"groups": call["num_groups"], "affine": False}
    return trace.layer(node, "gn", [windowed(call)], **args)


@direct(*(f"adaptive_{kind}_pool{n}d" for kind in ("max", "avg") for n in (1, 2, 3)))
def adaptive_pool(trace: Exported, node: Node, call: Call) -> Value:
    """A pool with as many windows as asked for."""
    x, rank = windowed(call), int(call.name[-2])
    size = several(call["output_size"], rank)
    size = [n if m is None else m for m, n in zip(size, x.sizes[2:], strict=True)]
    key = "adaptive_maxpool" if "_max_" in call.name else "adaptive_avgpool"
    if key == "adaptive_avgpool" and set(size) == {1}:
        return trace.layer(node, "gap", [x])
    return trace.layer(node, key, [x], size=windows.simple(size))


@direct(*(f"upsample_nearest{n}d" for n in (1, 2, 3)))
@direct(*(f"_upsample_nearest_exact{n}d" for n in (1, 2, 3)))
@direct("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d")
@direct("upsample_bicubic2d")
def interpolated(trace: Exported, node: Node, call: Call) -> Value:
    """Interpolation by a factor or to a size."""
    x = windowed(call)
    modes = {"exact": "nearest-exact", "nearest": "nearest", "bicubic": "bicubic"}
    mode = next((m for word, m in modes.items() if word in call.name), "bilinear")
    args: dict[str, Any] = {} if mode == "nearest" else {"mode": mode}
    if call["align_corners"]:
        args["align_corners"] = True
    factors = call["scale_factors"]
    if factors and set(factors) == {int(factors[0])}:
        return trace.layer(node, "upsample", [x], scale=int(factors[0]), **args)
    size = windows.simple(trace.full[2:])  # type: ignore[arg-type]  # numbers
    return trace.layer(node, "resize", [x], size=size, **args)


@direct("glu")
def gated(trace: Exported, node: Node, call: Call) -> Value:
    """Half of an axis, scaled by the sigmoid of the other half."""
    x = call.value()
    inner = x.axis((-1 if call["dim"] is None else call["dim"]) % x.rank)
    if inner is None:
        raise NotKnown
    usual = inner == feature_axis(x.stripped)
    args = {} if usual else {"axis": inner}
    return trace.layer(node, "glu", [x], trace.full, x.batch, **args)


@direct("channel_shuffle")
def shuffled(trace: Exported, node: Node, call: Call) -> Value:
    """Channels of several groups dealt out in turn."""
    return trace.layer(node, "shuffle", [windowed(call)], groups=call["groups"])


@direct("roll")
def rolled(trace: Exported, node: Node, call: Call) -> Value:
    """An image whose positions move round."""
    x = call.value()
    shifts, axes = several(call["shifts"], 1), call.axes("dims", x.rank)
    inner = [x.axis(axis) for axis in axes]
    if inner == list(range(1, len(x.stripped))):
        shift = windows.simple(shifts)
        return trace.layer(node, "roll", [x], x.sizes, x.batch, shift=shift)
    if None in inner:
        raise NotKnown
    by_axis = dict(zip(inner, shifts, strict=True))
    whole = in_front(trace, node, x)
    shift = tuple(by_axis.get(axis, 0) for axis in range(len(x.stripped)))
    made = trace.layer(node, "roll", [whole], whole.sizes, 0, shift=shift)
    return moves.regrouped(trace, node, made, x.sizes)


@direct("im2col", "col2im")
def patches(trace: Exported, node: Node, call: Call) -> Value:
    """Windows laid out as columns, or columns added up to an image."""
    x = call.value()
    names = {"kernel": "kernel_size", "dilation": "dilation", "pad": "padding"}
    args: dict[str, Any] = {
        word: windows.simple(several(call[name], 2)) for word, name in names.items()
    }
    args["stride"] = windows.simple(several(call["stride"], 2))
    if call.name == "im2col":
        return trace.layer(node, "unfold", [x], trace.full, x.batch, **args)
    args["size"] = tuple(several(call["output_size"], 2))
    return trace.layer(node, "fold", [x], trace.full, x.batch, **args)


@direct("stack")
def stacked(trace: Exported, node: Node, call: Call) -> Value:
    """Tensors side by side on an axis of its own."""
    full, tensors = trace.full, call["tensors"]
    axis = (call["dim"] or 0) % len(full)
    one = (*full[:axis], 1, *full[axis + 1 :])
    ones = [moves.regrouped(trace, node, x, one) for x in tensors]
    inner = ones[0].axis(axis)
    if inner is None or any(x.batch != ones[0].batch for x in ones):
        raise NotKnown
    args = {"axis": inner} if inner else {}
    return trace.layer(node, "concat", ones, full, ones[0].batch, **args)


@direct("unbind")
def unbound(trace: Exported, node: Node, call: Call) -> list[Value]:
    """Each position of an axis on its own."""
    x = call.value()
    axis = (call["dim"] or 0) % x.rank
    ins = [(x, Value((), data=[at])) for at in range(call.size(axis))]
    found = []
    for pair in ins:
        trace.full = (*x.sizes[:axis], *x.sizes[axis + 1 :])
        found.append(
            trace.rules["Gather"](
                trace, Node("Gather", attributes={"axis": axis}), [*pair]
            )
        )
    return found  # type: ignore[return-value]  # one value each


@direct("conv1d", "conv2d")
@direct(*(f"{kind}_pool{n}d" for kind in ("max", "avg") for n in (1, 2)))
def windows_beside(trace: Exported, node: Node, call: Call) -> Result:
    """A convolution or pool, also of parts of an image that lie beside each other.

    Where samples were cut into parts, these are an axis of their own with a window
    of 1: the kernel of two axes is one of three.
    """
    x, rank = call.value(), int(call.name[-2])
    if x.batch == 0 or x.rank != rank + 2:
        return trace.worded(node, call)
    one = {"stride": 1, "dilation": 1, "kernel_size": 1, "padding": 0}
    given = dict(call.given)
    for name, usual in one.items():
        if isinstance(given.get(name), str):
            raise NotKnown
        if given.get(name):
            given[name] = [usual, *several(given[name], rank)]
    weight = given.get("weight")
    if isinstance(weight, Value):
        out, entering, *kernel = weight.sizes
        given["weight"] = Value((out, entering, 1, *kernel))
    first = "input" if "input" in given else "self"
    given[first] = set_beside(trace, node, x)
    name = f"{call.name[:-2]}{rank + 1}d"
    made = trace.worded(node, Call(name, given, call.outputs))
    assert isinstance(made, Value)
    return put_back(trace, node, made)


def set_beside(trace: Exported, node: Node, x: Value) -> Value:
    """Return parts of samples as an axis behind the channels."""
    if x.batch is not None or x.rank < 2:
        raise NotKnown
    turned = moves.moved(trace, node, x, [1, 0, *range(2, x.rank)])
    return Value((1, *turned.sizes), turned.op, 0)


def put_back(trace: Exported, node: Node, x: Value) -> Value:
    """Return parts of samples as the first axis again."""
    bare = Value(x.sizes[1:], x.op, None)
    return moves.moved(trace, node, bare, [1, 0, *range(2, bare.rank)])


def in_front(trace: Exported, node: Node, x: Value) -> Value:
    """Return a tensor with an axis of one position before all others of a sample."""
    full = (1, 1, *x.stripped)
    return trace.layer(node, "reshape", [x], full, 0, sizes=full[1:])


@direct("pad", "constant_pad_nd")
def padded(trace: Exported, node: Node, call: Call) -> Result:
    """Padding of an image, or zeros around the axes of another tensor."""
    x, given = call.value(), list(call["pad"])
    pairs = [(0, 0)] * (x.rank - len(given) // 2)
    pairs += [*zip(given[::2], given[1::2], strict=True)][::-1]
    plain = x.batch == 0 and x.rank > 2 and pairs[1] == (0, 0)
    if plain or call["mode"] not in (None, "constant"):
        return trace.worded(node, call)
    inner = [pair for axis, pair in enumerate(pairs) if axis != x.batch]
    if len(inner) > 3 or (x.batch is not None and any(pairs[x.batch])):
        return trace.worded(node, call)
    full, whole = trace.full, in_front(trace, node, x)
    before, after = ([pair[end] for pair in inner] for end in (0, 1))
    return moves.regrouped(
        trace, node, windows.padded(trace, node, whole, before, after), full
    )


@direct("slice")
def slice_(trace: Exported, node: Node, call: Call) -> Result:
    """A part of one axis, or every n-th position of it."""
    x, step = call.value(), call["step"] or 1
    if step == 1:
        return trace.worded(node, call)
    axis = (call["dim"] or 0) % x.rank
    inner = x.axis(axis)
    if inner is None:
        raise NotKnown
    full, start = trace.full, (call["start"] or 0) % call.size(axis)
    if call["end"] is not None and call["end"] < call.size(axis):
        raise NotKnown
    x = moves.cut(trace, node, x, axis, start, x.sizes[axis])
    whole = in_front(trace, node, x)
    stride = tuple(step if at == inner else 1 for at in range(len(x.stripped)))
    made = trace.layer(node, "subsample", [whole], stride=stride)
    return moves.regrouped(trace, node, made, full)


@direct("expand", "expand_as", "broadcast_to")
def stretched(trace: Exported, node: Node, call: Call) -> Value:
    """Axes of one position stretched: only arithmetic reads it so."""
    x = call.value()
    if x.sizes == trace.full:
        return x
    if x.rank != len(trace.full) or x.op is None:
        raise NotKnown
    return Stretched(trace.full, x.op, x.batch, narrow=x)


PLAIN = ("rsqrt", "square", "expm1", "log1p")


@direct(*PLAIN)
def plain(trace: Exported, node: Node, call: Call) -> Value:
    """A function of each value whose layer has its name."""
    x = call.value()
    return trace.layer(node, call.name, [x], x.sizes, x.batch)


@direct("reshape_as")
def as_another(trace: Exported, node: Node, call: Call) -> Value:
    """Other sizes for the same values: those of another tensor."""
    return moves.regrouped(trace, node, call.value(), trace.full)


@direct("copy")
def copied(trace: Exported, node: Node, call: Call) -> Value:
    """Values written over others."""
    return call.value("src")


def windowed(call: Call) -> Value:
    """Return the input, whose first axis must be the samples."""
    return windows.image([call.value()])
