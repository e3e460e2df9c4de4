"""Workspace: what an operation needs beside its inputs and output while it runs.

As torch 2.13 runs each layer without gradients: max pooling makes its indices anyway, a
layer norm its statistics, padding on one side a padded copy. What kernels take for
themselves (cuDNN, oneDNN) is left out: it depends on the machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from operator import itemgetter

from archcalc.dims import largest
from archcalc.graph import Node
from archcalc.layers.attention import WindowAttention
from archcalc.layers.base import Extra, Shape, numel
from archcalc.layers.combine import broadcast
from archcalc.layers.linear import Linear
from archcalc.memory_saved import IN_A_ROW
from archcalc.memory_storage import WIDE_BYTES, Storages, widened

Sizes = list[Extra]


def workspace(storages: Storages, node: Node) -> int:
    """Return the bytes that a node needs while it runs, in a forward pass."""
    extras = sum(storages.extra_bytes(e, node) for e in _made(storages, node))
    return max(0, extras - _held(storages, node)) + _copy(storages, node)[1]


def named(storages: Storages, node: Node, kept: Iterable[str] = ()) -> str:
    """Say what is made while a node runs and does not stay: `energies`.

    `kept` are the names of what stays for backward.
    """
    made = [(e.what, storages.extra_bytes(e, node)) for e in _made(storages, node)]
    names = Counter(what for what, size in [*made, _copy(storages, node)] if size)
    return ", ".join(names - Counter(kept))


def _made(storages: Storages, node: Node) -> Sizes:
    """Return what a node makes while it runs beside its output."""
    layer, shapes = node.layer, storages.graph.input_shapes(node)
    rule = RULES.get(layer.key, _what_is_made)
    made = rule(node, shapes)
    if storages.narrow and layer.saved(node.shape, *shapes).upcasts:
        return _in_float32(made, node, shapes[0], storages.bits // 8)
    return made


def _held(storages: Storages, node: Node) -> int:
    """Return by how much a node's output holds a larger block: that is no workspace."""
    return max(0, storages.size[node.index] - storages.tensor_bytes(node))


def _copy(storages: Storages, node: Node) -> tuple[str, int]:
    """Return name and bytes of inputs that are first put in a row.

    `linear` makes the product of what had gaps, then adds its bias to that apart.
    """
    nodes, layouts = storages.graph.nodes, storages.layouts
    copied = [nodes[i] for i in node.inputs if layouts.gathers(node, i)]
    size = sum(map(storages.tensor_bytes, copied))
    biased = isinstance(node.layer, Linear) and node.layer.bias
    if biased and len(node.shape) > 1 and node.inputs[0] in layouts.strides:
        products = "product without its bias", storages.tensor_bytes(node)
        return max((IN_A_ROW, size), products, key=itemgetter(1))
    return IN_A_ROW, size


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
    return [Extra("powers or sums", each=largest(powers, sums))]


def _root_means(node: Node, shapes: tuple[Shape, ...]) -> Sizes:
    made = _what_is_made(node, shapes)
    return made if len(made) > 1 else made * 2


def _statistics(node: Node, shapes: tuple[Shape, ...]) -> Sizes:
    made = _what_is_made(node, shapes)
    shift = Extra("bias for each sample", each=node.shape[0])
    return [*made, shift] if node.layer.weights(*shapes) else made


def _attention(node: Node, shapes: tuple[Shape, ...]) -> Sizes:
    """Return queries, keys, values, scores, and scores after softmax or a copy."""
    packed, scores, *_ = _what_is_made(node, shapes)
    last = largest(scores.each, numel(node.shape))
    return [packed, scores, Extra("weights after softmax, or joined heads", each=last)]


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
