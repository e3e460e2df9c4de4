"""Norms that libraries take apart, or whose axes they move there and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archcalc.layers.axes import feature_axis
from archcalc.readers.model import UNKNOWN, Model
from archcalc.readers.patterns.chains import alone, is_arithmetic


def merged_norms(model: Model) -> Model:
    """Find a norm of channels that a library takes to the last axis and back."""
    users = model.users()
    dropped: dict[int, int] = {}
    for index, op in enumerate(model.ops):
        if op.kind != "ln" or op.args.get("over") != "last" or len(op.shape) != 3:
            continue
        (first,) = op.inputs
        last = alone(users, index)
        if last is None or alone(users, first) != index:
            continue
        before, after = model.ops[first], model.ops[last]
        moved = before.kind == after.kind == "permute"
        if not moved or before.args["axes"] != (1, 2, 0):
            continue
        if after.args["axes"] == (2, 0, 1):
            args = {k: v for k, v in op.args.items() if k != "over"}
            model.ops[index] = replace(
                op, args=args, inputs=before.inputs, shape=after.shape
            )
            dropped[first], dropped[last] = before.inputs[0], index
    return model.without(dropped)


def merged_parts_of_norms(model: Model) -> Model:
    """Find layer and RMS norms that an older opset writes as nine operators."""
    users = model.users()
    for index, op in enumerate(model.ops):
        if op.kind != UNKNOWN or op.what != "Div" or len(op.inputs) != 2:
            continue
        values, root = op.inputs
        axes = _mean_of_squares(model, root, values)
        shape = op.shape
        if axes is None or axes not in ((len(shape) - 1,), tuple(range(len(shape)))):
            continue
        key, x, args = "rms", values, dict[str, Any]()
        if model.ops[values].kind == "subtract":
            before, mean = model.ops[values].inputs
            key, x = "ln", before
            if _axes_of_mean(model, mean) != axes or model.ops[mean].inputs != (x,):
                continue
        if len(axes) == len(shape) > 1:
            args["over"] = "all"
        elif len(shape) > 2:
            args["over"] = "last"
        end = _scaled_end(model, users, index, shifted=key == "ln")
        if end == index:
            args["affine"] = False
        last = model.ops[end]
        model.ops[end] = replace(last, kind=key, args=args, inputs=(x,), what="")
    return model


def _mean_of_squares(model: Model, root: int, values: int) -> tuple[int, ...] | None:
    """Return the axes over which `√(mean of squares + ε)` is taken of some values."""
    for what in ("Sqrt", "Add"):
        if not is_arithmetic(model.ops[root], what):
            return None
        root = model.ops[root].inputs[0]
    axes = _axes_of_mean(model, root)
    squared = model.ops[model.ops[root].inputs[0]] if axes else None
    if squared is None or squared.inputs != (values,):
        return None
    power = is_arithmetic(squared, "Pow") and squared.args.get("number") == 2
    return axes if power or squared.kind == "square" else None


def _axes_of_mean(model: Model, index: int) -> tuple[int, ...] | None:
    """Return the axes of a mean that stay with one position; None for others."""
    op = model.ops[index]
    if op.kind == "gap":
        return tuple(range(1, len(op.shape)))
    kept = op.kind == "mean" and op.args.get("keep")
    return op.args["axes"] if kept else None


def _scaled_end(model: Model, users: list[list[int]], index: int, shifted: bool) -> int:
    """Return the last operator of a norm: it, or its learned scale and shift."""
    scale = alone(users, index)
    if scale is None or not _featured(model, scale, "layer_scale", "multiply"):
        return index
    if not shifted:
        return scale
    shift = alone(users, scale)
    if shift is None or not _featured(model, shift, "channel_bias", "add"):
        return index
    return shift


def _featured(model: Model, index: int, layer: str, join: str) -> bool:
    """Say whether an operator scales or shifts each feature by a learned number."""
    op = model.ops[index]
    if op.kind == layer:
        return feature_axis(op.shape) == len(op.shape) - 1
    if op.kind != join:
        return False
    learned = [model.ops[at] for at in op.inputs if model.ops[at].kind == "parameter"]
    sizes = [n for one in learned for n in one.shape if n != 1]
    return len(learned) == 1 and sizes == [op.shape[-1]]


def merged_responses(model: Model) -> Model:
    """Find a local response norm: `x / (k + α·mean of squares of neighbours) ^ β`."""
    for index, op in enumerate(model.ops):
        if op.kind != "multiply" or len(op.inputs) != 2:
            continue
        x, root = op.inputs
        size = _neighbours(model, root, x)
        if size is not None:
            args = {"size": size}
            model.ops[index] = replace(op, kind="lrn", args=args, inputs=(x,))
    return model


def _neighbours(model: Model, at: int, x: int) -> int | None:
    """Return over how many channels the energy is taken that divides a tensor."""
    ops = model.ops
    if ops[at].kind != "reciprocal":
        return None
    for what in ("Pow", "Add", "Mul"):
        at = ops[at].inputs[0]
        if not is_arithmetic(ops[at], what):
            return None
    chain = []
    for kind in ("reshape", "avgpool", "pad", "reshape", "square"):
        at = ops[at].inputs[0]
        if ops[at].kind != kind:
            return None
        chain.append(at)
    pool = ops[chain[1]]
    kernel, rank = pool.args["kernel"], len(ops[x].shape)
    if ops[at].inputs != (x,) or not isinstance(kernel, tuple) or len(kernel) != rank:
        return None
    padded = (1, ops[x].shape[0] + kernel[0] - 1, *ops[x].shape[1:])
    fits = {*kernel[1:]} == {1} and ops[chain[2]].shape == padded
    return int(kernel[0]) if fits and pool.shape == (1, *ops[x].shape) else None
