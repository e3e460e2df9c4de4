"""Rules of PyTorch's operators that the ONNX standard says in another way, or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc.readers.onnx import moves, windows
from archcalc.readers.onnx.messages import Node
from archcalc.readers.onnx.sizes import NotKnown
from archcalc.readers.onnx.trace import Result
from archcalc.readers.onnx.values import Value
from archcalc.readers.pytorch.calls import Call, Exported, several

Direct = Callable[["Exported", Node, Call], Result]
DIRECT: dict[str, Direct] = {}
"""Rules of operators that the standard says in another way, or not at all."""


def direct(*names: str) -> Callable[[Direct], Direct]:
    """Give operators a rule of their own."""

    def register(function: Direct) -> Direct:
        DIRECT.update(dict.fromkeys(names, function))
        return function

    return register


@direct("linear")
def linear_layer(trace: Exported, node: Node, call: Call) -> Value:
    """A linear layer, whose weight is a constant."""
    x, weight = call.value(), call.value("weight")
    if not weight.constant or x.batch == x.rank - 1:
        raise NotKnown
    args = {"out": weight.sizes[0], "bias": call["bias"] is not None}
    return trace.layer(node, "linear", [x], trace.full, x.batch, **args)


@direct("batch_norm", "instance_norm")
def channel_norm(trace: Exported, node: Node, call: Call) -> Value:
    """A batch or instance norm, with or without weights."""
    affine = call["weight"] is not None
    key = "bn" if call.name == "batch_norm" else "in"
    return trace.layer(node, key, [windowed(call)], affine=affine)


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


@direct("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d")
@direct("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d")
def interpolated(trace: Exported, node: Node, call: Call) -> Value:
    """Interpolation by a factor or to a size; corners must not be aligned."""
    x = windowed(call)
    if call["align_corners"]:
        raise NotKnown
    args: dict[str, Any] = {} if "nearest" in call.name else {"mode": "bilinear"}
    factors = call["scale_factors"]
    if factors and set(factors) == {int(factors[0])}:
        return trace.layer(node, "upsample", [x], scale=int(factors[0]), **args)
    size = windows.simple(trace.full[2:])  # type: ignore[arg-type]  # numbers
    return trace.layer(node, "resize", [x], size=size, **args)


@direct("roll")
def rolled(trace: Exported, node: Node, call: Call) -> Value:
    """An image whose positions move round."""
    x = call.value()
    shifts, axes = several(call["shifts"], 1), call.axes("dims", x.rank)
    inner = [x.axis(axis) for axis in axes]
    if inner != list(range(1, len(x.stripped))):
        raise NotKnown
    return trace.layer(
        node, "roll", [x], x.sizes, x.batch, shift=windows.simple(shifts)
    )


REDUCTIONS = {
    "sum": "sum",
    "amax": "max",
    "amin": "min",
    "linalg_vector_norm": "vector_norm",
}


@direct(*REDUCTIONS)
def reduced(trace: Exported, node: Node, call: Call) -> Value:
    """A sum, largest or smallest value, or norm along axes."""
    x = call.value()
    axes = call.axes("dim", x.rank) or list(range(x.rank))
    inner = [x.axis(axis) for axis in axes]
    if call["ord"] not in (None, 2) or None in inner:
        raise NotKnown
    args: dict[str, Any] = {"axes": tuple(sorted(a for a in inner if a is not None))}
    keep, batch = bool(call["keepdim"]), x.batch
    if keep:
        args["keep"] = True
    elif batch is not None:
        batch -= sum(axis < batch for axis in axes)
    return trace.layer(node, REDUCTIONS[call.name], [x], trace.full, batch, **args)


@direct("einsum")
def summed(trace: Exported, node: Node, call: Call) -> Value:
    """A product of two tensors by letters; the samples have one of their own."""
    left, right = call["tensors"]
    parts = call["equation"].replace(" ", "").replace("->", ",").split(",")
    first, second, out = parts
    for x, letters in ((left, first), (right, second)):
        if x.constant or x.batch not in (0, None) or len(letters) != x.rank:
            raise NotKnown
    letter = first[0] if left.batch == 0 else ""
    if (second[0] if right.batch == 0 else "") != letter or out[:1] != letter:
        raise NotKnown
    if letter:
        first, second, out = first[1:], second[1:], out[1:]
    if letter and letter in first + second + out:
        raise NotKnown
    axes = f"{first},{second}->{out}".lower()
    batch = 0 if letter else None
    return trace.layer(node, "einsum", [left, right], trace.full, batch, axes=axes)


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


@direct("lstm", "gru")
def recurrent(trace: Exported, node: Node, call: Call) -> list[Value]:
    """A recurrent layer; its last state is followed where it has one direction."""
    x, params = call.value(), call["params"]
    biases = 2 if call["has_biases"] else 0
    at = 0 if call["batch_first"] else 1
    if x.rank != 3:
        raise NotKnown
    x = Value(x.sizes, x.op, at)
    hidden, layers = params[1].sizes[1], call["num_layers"]
    args = {"hidden": hidden, "layers": layers, "biases": biases}
    args["bidirectional"] = bool(call["bidirectional"])
    made = trace.layer(node, call.name, [x], trace.full, at, **args)
    if call.used <= {0}:
        return [made, *(Value(shape) for shape in trace.shapes[1:])]
    if call.used & {2} or layers != 1 or args["bidirectional"]:
        raise NotKnown
    turned = Value((1, made.stripped[0], hidden), made.op, 0)
    last = trace.layer(node, "token", [turned], (1, hidden), 0, index=-1)
    state = trace.layer(node, "reshape", [last], (1, 1, hidden), 1, sizes=(1, hidden))
    return [made, state, state][: len(node.outputs)]


def windowed(call: Call) -> Value:
    """Return the input, whose first axis must be the samples."""
    return windows.image([call.value()])
