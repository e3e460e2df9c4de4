"""Operators that multiply matrices, and normalizations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archcalc.readers.onnx.moves import moved, parameter, with_batch
from archcalc.readers.onnx.sizes import Ins, NotKnown, given, needed
from archcalc.readers.onnx.trace import Trace, rule
from archcalc.readers.onnx.values import Value, same
from archcalc.readers.onnx.windows import image, weight
from archcalc.wire.messages import Node


@rule("Gemm")
def gemm(trace: Trace, node: Node, ins: Ins) -> Value:
    """A linear layer, where the second matrix is a constant."""
    x, w = needed(ins, 0), weight(ins, 1)
    if x.batch == 1 or x.rank != 2 or len(w.sizes) != 2:
        raise NotKnown
    if node.attributes.get("transA", 0):
        raise NotKnown
    turned = node.attributes.get("transB", 0)
    into, out = w.sizes[::-1] if turned else w.sizes
    if not same(into, x.sizes[1]):
        raise NotKnown
    bias = given(ins, 2) is not None
    return trace.layer(
        node, "linear", [x], (x.sizes[0], out), x.batch, out=out, bias=bias
    )


@rule("MatMul", "MatMulInteger", "QLinearMatMul")
def matmul(trace: Trace, node: Node, ins: Ins) -> Value:
    """A linear layer, or the product of two tensors that the input decides."""
    at = 3 if node.op == "QLinearMatMul" else 1
    x, y = needed(ins, 0), needed(ins, at)
    if y.constant and len(y.sizes) == 2 and not x.constant:
        if x.batch == x.rank - 1 or not same(x.sizes[-1], y.sizes[0]):
            raise NotKnown
        full = (*x.sizes[:-1], y.sizes[1])
        return trace.layer(
            node, "linear", [x], full, x.batch, out=y.sizes[1], bias=False
        )
    if x.constant != y.constant and x.rank == y.rank:
        x = parameter(trace, node, x, y) if x.constant else x
        y = parameter(trace, node, y, x) if y.constant else y
    if x.constant or y.constant or x.rank != y.rank:
        raise NotKnown
    if x.batch != y.batch:
        y = with_batch(trace, node, y, x.batch)
    if x.batch is not None and x.batch >= x.rank - 2:
        raise NotKnown
    full = (*x.sizes[:-1], y.sizes[-1])
    return trace.layer(node, "matmul", [x, y], full, x.batch)


@rule("Einsum")
def einsum(trace: Trace, node: Node, ins: Ins) -> Value:
    """A product of two tensors by letters; the samples have one of their own, first.

    A learned tensor that every sample reads may have an axis of 1 for them.
    """
    equation = node.attributes["equation"].replace(" ", "")
    words, _, out = equation.partition("->")
    values = [*zip(words.split(","), (needed(ins, 0), needed(ins, 1)), strict=True)]
    if len(ins) != 2 or not out or not equation.isascii():
        raise NotKnown
    letter = next((word[0] for word, x in values if x.batch == 0), "")
    sizes: dict[str, Any] = {}
    read: list[Value] = []
    for word, x in values:
        if len(word) != x.rank or x.batch not in (0, None):
            raise NotKnown
        if x.constant:
            like = replace(x, batch=0 if word[0] == letter else None)
            x = parameter(trace, node, x, like)
        elif (x.batch == 0) != (word[0] == letter):
            raise NotKnown
        else:
            sizes |= dict(zip(word, x.sizes, strict=True))
        sizes = dict(zip(word, x.sizes, strict=True)) | sizes
        read.append(x)
    if letter and out[0] != letter:
        raise NotKnown
    first, second, last = (
        word.replace(letter, "") for word in (*words.split(","), out)
    )
    axes = f"{first},{second}->{last}".lower()
    full = tuple(sizes[one] for one in out)
    return trace.layer(node, "einsum", read, full, 0 if letter else None, axes=axes)


@rule("BatchNormalization")
def batch_norm(trace: Trace, node: Node, ins: Ins) -> Value:
    """A batch norm; its scale, shift and statistics always stand in the file."""
    x = needed(ins, 0)
    args = affine(ins)
    if x.batch is None and x.rank == 2:  # the samples are rows, among others
        turned = moved(trace, node, x, [1, 0])
        normed = trace.layer(node, "bn", [turned], turned.sizes, None, **args)
        return moved(trace, node, normed, [1, 0])
    if x.batch != 0:
        raise NotKnown
    return trace.layer(node, "bn", [x], **args)


def affine(ins: Ins) -> dict[str, Any]:
    """Return the argument of a norm whose scale is no weight, but filled with ones."""
    scale = given(ins, 1)
    filled = scale is not None and scale.constant and not scale.floating
    return {"affine": False} if filled else {}


@rule("InstanceNormalization")
def instance_norm(trace: Trace, node: Node, ins: Ins) -> Value:
    """An instance norm, whose scale and shift are learned."""
    return trace.layer(node, "in", [image(ins)], **{"affine": True} | affine(ins))


@rule("GroupNormalization")
def group_norm(trace: Trace, node: Node, ins: Ins) -> Value:
    """A group norm; before opset 21 its scales are one for each group."""
    groups = node.attributes["num_groups"]
    x = image(ins)
    if not same(weight(ins, 1).sizes[0], x.sizes[1]):
        raise NotKnown
    return trace.layer(node, "gn", [x], groups=groups, **affine(ins))


@rule("LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization")
def layer_norm(trace: Trace, node: Node, ins: Ins) -> list[Value]:
    """A norm over the last axes: the last one, or all of a sample."""
    x = needed(ins, 0)
    axis = node.attributes.get("axis", -1) % x.rank
    key = "ln" if node.op == "LayerNormalization" else "rms"
    inner = x.axis(axis)
    if inner is None or x.batch == x.rank - 1 or any(node.outputs[1:]):
        raise NotKnown
    shape = x.stripped
    args: dict[str, Any] = {}
    if inner == len(shape) - 1:
        if len(shape) > 2:
            args["over"] = "last"
    elif inner == 0:
        args["over"] = "all"
    else:
        raise NotKnown
    scaled, shifted = given(ins, 1), given(ins, 2)
    args |= affine(ins)
    if "affine" not in args:
        whole = scaled is not None and (key == "rms" or shifted is not None)
        if not whole and (scaled is not None or shifted is not None):
            raise NotKnown
        args |= {} if whole else {"affine": False}
    return [trace.layer(node, key, [x], x.sizes, x.batch, **args)]


@rule("LRN")
def local_response(trace: Trace, node: Node, ins: Ins) -> Value:
    """A norm over neighbouring channels."""
    return trace.layer(node, "lrn", [image(ins)], size=node.attributes["size"])
