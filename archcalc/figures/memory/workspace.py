"""Workspace: what an operation needs beside its inputs and output while it runs.

As torch 2.13 runs each layer without gradients: max pooling makes its indices anyway, a
layer norm its statistics, padding on one side a padded copy. What kernels take for
themselves (cuDNN, oneDNN) is left out: it depends on the machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from archcalc.figures.memory.layout import put_back, windowed
from archcalc.figures.memory.saved import IN_A_ROW
from archcalc.figures.memory.storages import WIDE_BYTES, Storages, number, widened
from archcalc.graph.graph import Node
from archcalc.layers.base import Extra, Shape, is_one, numel
from archcalc.layers.combine import broadcast
from archcalc.layers.linear import Linear
from archcalc.sizes.dims import largest, same

Sizes = list[Extra]
SOFTENED, APART = "weights after softmax", "heads before they are joined"
NOT_YET = "less its output"
"""What is taken off where an output is not made yet; its bytes are below 0."""


def workspace(storages: Storages, node: Node) -> int:
    """Return the bytes that a node needs while it runs, in a forward pass."""
    extras = _sum(storages, node, _made(storages, node))
    return max(0, extras - _held(storages, node)) + _copy(storages, node)[1]


def named(storages: Storages, node: Node, kept: Iterable[str] = ()) -> str:
    """Say what is made while a node runs and does not stay: `energies`.

    `kept` are the names of what stays for backward.
    """
    made = [(e.what, storages.extra_bytes(e, node)) for e in _made(storages, node)]
    names = Counter(what for what, size in [*made, _copy(storages, node)] if size > 0)
    return ", ".join(names - Counter(kept))


def _made(storages: Storages, node: Node) -> Sizes:
    """Return what a node makes while it runs beside its output."""
    layer, shapes = node.layer, storages.graph.input_shapes(node)
    if layer.key in MOMENTS:
        moments = MOMENTS[layer.key](node, shapes)
        return max(moments, key=lambda made: _sum(storages, node, made))
    made = RULES.get(layer.key, _what_is_made)(node, shapes)
    if storages.narrow and layer.saved(node.shape, *shapes).upcasts:
        return _in_float32(made, node, shapes[0], storages.bits // 8)
    return made


def _sum(storages: Storages, node: Node, made: Sizes) -> int:
    return sum(storages.extra_bytes(extra, node) for extra in made)


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


def _attention(node: Node, shapes: tuple[Shape, ...]) -> list[Sizes]:
    """Return what lives after softmax, when heads are joined, when tokens are hidden.

    Heads are joined by a copy, unless there is one of them or one token.
    """
    layer: Any = node.layer
    packed, scores, *hidden = _what_is_made(node, shapes)
    moments = [[packed, scores, scores._replace(what=SOFTENED)]]
    if not is_one(node.shape[0]) and not is_one(layer.heads):
        moments.append([packed, scores, Extra(APART, each=numel(node.shape))])
    if hidden:
        masked = scores._replace(what="scores without hidden tokens")
        moments.append([packed, scores, masked, *hidden, _not_yet(node)])
    return moments


def _window_attention(node: Node, shapes: tuple[Shape, ...]) -> list[Sizes]:
    """Return what lives at each moment: windows are cut, biased, softened, put back.

    Beside them live the table of positions and the mask of shifted windows.
    """
    layer: Any = node.layer
    (x,) = shapes
    packed, scores, *_ = _what_is_made(node, shapes)
    tokens, features = layer.scores(x)[0], node.shape[1]
    whole, (table, beside) = tokens * features, _positions(layer, x)
    padding = Extra("padding", each=whole - numel(node.shape))
    biased = scores._replace(what="scores with biases")
    moments = [
        [packed, scores, scores._replace(what=SOFTENED), padding, *beside],
        [packed, scores, biased, *table, _not_yet(node)],
    ]
    sizes = (1, number(node.shape[0], node), number(features, node))
    apart = Extra(APART, each=whole)
    if put_back(layer, x, sizes).copied:
        moments.append([packed, scores, apart, padding, *beside])
    elif windowed(layer, x, sizes) is None:
        moments.append([packed, scores, apart, *beside])
    if any(layer.shifts(x)) or not same(tokens, node.shape[0]):
        moved = Extra("grid, padded or moved", each=3 * whole)
        moments.append([packed, moved, _not_yet(node)])
    return moments


def _positions(layer: Any, x: Shape) -> tuple[Sizes, Sizes]:
    """Return what positions in windows take where biases are added, and after that.

    Biases and their index, which goes where shifted windows need places and a mask.
    """
    tokens, seen = layer.scores(x)
    biases = Extra("biases", once=seen * seen * layer.heads)
    index = Extra("index of relative positions", once=seen * seen, width=8)
    table = [biases, index] if layer.bias else []
    if not any(layer.shifts(x)):
        return table, table
    rows, columns = (n * layer.size for n in layer.windows(x))
    places = Extra("places", once=rows + 2 * columns + tokens, width=8)
    return table, [*table[:1], places, Extra("mask", once=tokens * seen)]


def _not_yet(node: Node) -> Extra:
    """Return what an output takes off, where it is not made yet."""
    return Extra(NOT_YET, each=-numel(node.shape))


RULES: dict[str, Callable[[Node, tuple[Shape, ...]], Sizes]] = {
    "add": _partial,
    "subtract": _partial,
    "multiply": _partial,
    "average": _mean,
    "lrn": _energies,
    "lppool": _powers,
    "rms": _root_means,
    "in": _statistics,
}
"""The layers whose workspace is not what they keep for backward."""

MOMENTS: dict[str, Callable[[Node, tuple[Shape, ...]], list[Sizes]]] = {
    "attention": _attention,
    "window_attention": _window_attention,
}
"""The layers that need most at one moment or another: what lives at each."""
