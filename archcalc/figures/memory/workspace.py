"""Workspace: what an operation needs beside its inputs and output while it runs.

As torch 2.13 runs each layer without gradients: max pooling makes its indices anyway, a
layer norm its statistics, padding on one side a padded copy. What kernels take for
themselves (cuDNN, oneDNN) is left out: it depends on the machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from operator import itemgetter

from archcalc.figures.memory.saved import IN_A_ROW
from archcalc.figures.memory.storages import WIDE_BYTES, Storages, widened
from archcalc.graph.graph import Node
from archcalc.layers.base import Extra, Layer, Shape, numel

STEPS = "what its steps make"


def workspace(storages: Storages, node: Node, keeping: bool = False) -> int:
    """Return the bytes that a node needs while it runs, in a forward pass.

    `keeping` says that it keeps what its backward pass needs.
    """
    case = node.index, keeping
    if case not in storages.workspaces:
        extras = _sum(storages, node, _made(storages, node, keeping))
        most = max(0, extras - _held(storages, node)) + _copy(storages, node)[1]
        storages.workspaces[case] = most
    return storages.workspaces[case]


def workspace_back(storages: Storages, node: Node) -> int:
    """Return the bytes that a node needs beside what is held, in a backward pass.

    They are below 0 where what it kept and all its gradients never live at once. Where
    its weights are frozen, less is made, which is not counted.
    """
    if node.frozen and node.layer.weights(*storages.entering[node.index]):
        return 0
    moments: list[list[Extra]] = storages.ruling("back", node)
    return max((_sum(storages, node, made) for made in moments), default=0)


def named(storages: Storages, node: Node, kept: Iterable[str] = ()) -> str:
    """Say what is made while a node runs and does not stay: `energies`.

    `kept` are the names of what stays for backward.
    """
    made = [(e.what, storages.extra_bytes(e, node)) for e in _made(storages, node)]
    names = Counter(what for what, size in [*made, _copy(storages, node)] if size > 0)
    return ", ".join(names - Counter(kept))


def _made(storages: Storages, node: Node, keeping: bool = False) -> list[Extra]:
    """Return what a node makes while it runs beside its output, when that is most."""
    inside = storages.inside(node)
    if inside is not None:
        most = inside.training if keeping else inside.inference
        own = storages.size[node.index]
        return [Extra(STEPS, once=most - own, width=1)]
    layer, shapes = storages.layer(node), storages.entering[node.index]
    moments: list[list[Extra]] = storages.ruling("workspace", node)
    saved = storages.ruling("saved", node)
    if type(layer).reordered is not Layer.reordered:
        laid = storages.layouts.of(node.inputs[0])
        moments = [*moments, layer.reordered(node.shape, laid)]
    made = moments[0]
    if len(moments) > 1:
        made = max(moments, key=lambda each: _sum(storages, node, each))
    if storages.narrow and saved.upcasts:
        return _in_float32(made, node, shapes[0], storages.bits // 8)
    return made


def _sum(storages: Storages, node: Node, made: list[Extra]) -> int:
    return sum(storages.extra_bytes(extra, node) for extra in made)


def _held(storages: Storages, node: Node) -> int:
    """Return by how much a node's output holds a larger block: that is no workspace."""
    return max(0, storages.size[node.index] - storages.tensor_bytes(node))


def _copy(storages: Storages, node: Node) -> tuple[str, int]:
    """Return name and bytes of inputs that are first put in a row, or of what is more.

    What else a layer makes where its first input has gaps does not live beside them.
    """
    nodes, layouts = storages.graph.nodes, storages.layouts
    copied = [nodes[i] for i in node.inputs if layouts.gathers(node, i)]
    size = sum(map(storages.tensor_bytes, copied))
    has_gaps = bool(node.inputs) and node.inputs[0] in layouts.strides
    extra = node.layer.beside_gaps(node.shape) if has_gaps else None
    if extra is None:
        return IN_A_ROW, size
    beside = extra.what, storages.extra_bytes(extra, node)
    return max((IN_A_ROW, size), beside, key=itemgetter(1))


def _in_float32(made: list[Extra], node: Node, x: Shape, width: int) -> list[Extra]:
    """Return the same in float32, with the wider input and what the result is wider."""
    wide = Extra("input in float32", each=numel(x), width=WIDE_BYTES)
    result = Extra("wider result", each=numel(node.shape), width=WIDE_BYTES - width)
    return [wide, *map(widened, made), result]
