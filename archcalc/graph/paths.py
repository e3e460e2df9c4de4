"""Paths through the graph: its depth, and the connections of dense blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from archcalc.graph.graph import Graph, Node


def weighs(graph: Graph, node: Node) -> int:
    """Return 1 for a layer that counts, else 0."""
    is_weight_layer = node.layer.role == "matrix" and not node.layer.looks_up
    return int(is_weight_layer and bool(node.layer.weights(*graph.input_shapes(node))))


def _weighing() -> Callable[[Graph, Node], int]:
    """Return `weighs` that asks each layer once for the same shapes."""
    known: dict[tuple[Any, ...], int] = {}

    def weighed(graph: Graph, node: Node) -> int:
        if node.layer.role != "matrix":
            return 0
        key = (id(node.layer), *[graph.nodes[i].shape for i in node.inputs])
        found = known.get(key)
        if found is None:
            found = known[key] = weighs(graph, node)
        return found

    return weighed


def depths(
    graph: Graph, weighed: Callable[[Graph, Node], int] | None = None
) -> tuple[int, ...]:
    """Return for each node the weight layers on the longest path that ends with it.

    Convolutions and linear layers count, a recurrent layer and experts once; parallel
    layers once; embeddings, tables of positions, projection shortcuts, gates and side
    heads do not.
    That is how papers name their networks (GoogLeNet 22, Szegedy 2014, section 5;
    ResNet-50, He 2015, Table 1).
    """
    skipped = _shortcut_marks(graph)
    counted = weighed or _weighing()
    found: list[int] = []
    for node in graph.nodes:
        before = [found[i] for i in _followed(node)]
        own = 0 if skipped[node.index] else counted(graph, node)
        found.append((before[0] if len(before) == 1 else max(before, default=0)) + own)
    return tuple(found)


def depth(graph: Graph) -> int:
    """Return the depth of the network: the longest path to a node that leaves it."""
    found = depths(graph)
    return max(found[i] for i in graph.outputs)


def _followed(node: Node) -> tuple[int, ...]:
    """Return the inputs that a path follows: of a gate, what is gated."""
    return node.inputs[:1] if node.layer.is_gate else node.inputs


def _shortcut_marks(graph: Graph) -> bytearray:
    """Mark the nodes of shortcuts, whose projections do not count."""
    marks = bytearray(len(graph.nodes))
    for group in graph.groups:
        parent = graph.groups[group.parent]
        named = group.kind == "branch" and group.label == "shortcut"
        if named and parent.kind == "residual":
            marks[group.first : group.end] = b"\x01" * (group.end - group.first)
    return marks


def connections(graph: Graph, nodes: Iterable[int]) -> int:
    """Return the number of (source, dense layer) pairs among these nodes.

    A dense layer is a concatenation of what enters it with what it computes of that
    (Huang 2016, DenseNet, section 3). It is connected with every source of what enters:
    the input of the block and the output of each dense layer before it, so that L
    layers in a row make L(L+1)/2 connections. What comes from elsewhere is one source.
    0 where no layer is dense.
    """
    sources: dict[int, int] = {}
    total = 0
    for index in nodes:
        entry = _entry(graph, graph.nodes[index])
        if entry is not None:
            before = sources.get(entry, 1)
            total += before
            sources[index] = before + len(graph.nodes[index].inputs) - 1
    return total


def _entry(graph: Graph, node: Node) -> int | None:
    """Return the node that enters a dense layer, None for any other node."""
    if node.layer.joins() is None:
        return None
    first = graph.groups[node.group].first
    kept = [i for i in node.inputs if i < first]
    return kept[0] if len(kept) == 1 and len(node.inputs) > 1 else None
