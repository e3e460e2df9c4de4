"""Workspace: what an operation needs beside its inputs and output while it runs.

As torch 2.13 runs each layer without gradients: max pooling makes its indices anyway, a
layer norm its statistics, padding on one side a padded copy. What kernels take for
themselves (cuDNN, oneDNN) is left out: it depends on the machine.
"""

from __future__ import annotations

from collections.abc import Callable

from archcalc.graph import Node
from archcalc.layers.attention import WindowAttention
from archcalc.layers.base import Extra, Shape, numel
from archcalc.layers.combine import broadcast
from archcalc.memory_storage import WIDE_BYTES, Storages, widened

Sizes = list[Extra]


def workspace(storages: Storages, node: Node) -> int:
    """Return the bytes that a node needs while it runs, in a forward pass."""
    layer, shapes = node.layer, storages.graph.input_shapes(node)
    rule = RULES.get(layer.key, _what_is_made)
    made = rule(node, shapes)
    if storages.narrow and layer.saved(node.shape, *shapes).upcasts:
        made = _in_float32(made, node, shapes[0], storages.bits // 8)
    extras = sum(storages.extra_bytes(e, node) for e in made)
    return max(0, extras - _held(storages, node)) + _copies(storages, node)


def _held(storages: Storages, node: Node) -> int:
    """Return by how much a node's output holds a larger block: that is no workspace."""
    return max(0, storages.size[node.index] - storages.tensor_bytes(node))


def _copies(storages: Storages, node: Node) -> int:
    """Return the bytes of inputs that are first put in a row.

    `linear` makes the product of what had gaps, then adds its bias to that apart.
    """
    nodes, layouts = storages.graph.nodes, storages.layouts
    copied = [nodes[i] for i in node.inputs if layouts.gathers(node, i)]
    size = sum(map(storages.tensor_bytes, copied))
    biased = node.layer.key == "linear" and getattr(node.layer, "bias", False)
    if biased and len(node.shape) > 1 and node.inputs[0] in layouts.strides:
        return max(size, storages.tensor_bytes(node))
    return size


def _what_is_made(node: Node, shapes: tuple[Shape, ...]) -> Sizes:
    """Return what the layer makes for backward and, without gradients, lets go."""
    if node.layer.reads_ids:
        return []
    saved = node.layer.saved(node.shape, *shapes)
    return [] if saved.train_only else list(saved.extras)


def _in_float32(made: Sizes, node: Node, x: Shape, width: int) -> Sizes:
    """Return the same in float32, with the wider input and what the result is wider."""
    wide = Extra("input in float32", each=numel(x), width=WIDE_BYTES)
    result = Extra("wider result", each=numel(node.shape), width=WIDE_BYTES - width)
    return [wide, *map(widened, made), result]


def _partial(node: Node, shapes: tuple[Shape, ...]) -> Sizes:
    """Return the sum or product so far, where three or more are joined."""
    if len(shapes) < 3:
        return []
    partial = numel(broadcast(node.layer.key, shapes[:-1]))
    return [Extra("partial result", each=partial)]


def _mean(node: Node, _: tuple[Shape, ...]) -> Sizes:
    return [Extra("sum", each=numel(node.shape))]


def _energies(node: Node, _: tuple[Shape, ...]) -> Sizes:
    return [Extra("energies", each=2 * numel(node.shape))]


def _powers(node: Node, shapes: tuple[Shape, ...]) -> Sizes:
    powers, sums = numel(shapes[0]), 3 * numel(node.shape)
    return [Extra("powers or sums", each=max(powers, sums, key=_as_int))]


def _root_means(node: Node, shapes: tuple[Shape, ...]) -> Sizes:
    made = _what_is_made(node, shapes)
    return made if len(made) > 1 else made * 2


def _statistics(node: Node, shapes: tuple[Shape, ...]) -> Sizes:
    made = _what_is_made(node, shapes)
    shift = Extra("bias for each sample", each=node.shape[0])
    return [*made, shift] if getattr(node.layer, "affine", False) else made


def _attention(node: Node, shapes: tuple[Shape, ...]) -> Sizes:
    """Return queries, keys, values, scores, and scores after softmax or a copy."""
    packed, scores = _what_is_made(node, shapes)[:2]
    copy = Extra("joined heads", each=numel(node.shape))
    return [packed, scores, max(scores, copy, key=lambda e: _as_int(e.each))]


def _window_attention(node: Node, shapes: tuple[Shape, ...]) -> Sizes:
    """Return the same, with the table of positions and the mask of shifted windows."""
    layer, x = node.layer, shapes[0]
    if not isinstance(layer, WindowAttention):
        return []
    packed, scores, *_ = _what_is_made(node, shapes)
    tokens, seen = layer.scores(x)
    padding = Extra("padding", each=tokens * node.shape[1] - numel(node.shape))
    made = [packed, scores, scores, padding]
    if layer.bias:
        made.append(Extra("biases", once=seen * seen * layer.heads))
    if not any(layer.shifts(x)):
        index = Extra("index of relative positions", once=seen * seen, width=8)
        return [*made, index] if layer.bias else made
    rows, columns = (n * layer.size for n in layer.windows(x))
    places = Extra("places", once=rows + 2 * columns + tokens, width=8)
    return [*made, places, Extra("mask", once=tokens * seen)]


def _as_int(value: object) -> int:
    return value if isinstance(value, int) else 0


RULES: dict[str, Callable[[Node, tuple[Shape, ...]], Sizes]] = {
    "add": _partial,
    "subtract": _partial,
    "multiply": _partial,
    "average": _mean,
    "lrn": _energies,
    "lppool": _powers,
    "rms": _root_means,
    "in": _statistics,
    "attention": _attention,
    "window_attention": _window_attention,
}
"""The layers whose workspace is not what they keep for backward."""
