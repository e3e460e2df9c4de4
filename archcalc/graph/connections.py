"""Connections of a dense block: which layer reads which earlier output.

A dense layer is a concatenation of what enters it with what it computes of that
(Huang 2016, DenseNet, section 3). It is connected with every source of what enters: the
input of the block and the output of each dense layer before it. L layers in a row make
L(L+1)/2 connections.
"""

from __future__ import annotations

from collections.abc import Iterable

from archcalc.graph.graph import Graph, Node


def connections(graph: Graph, nodes: Iterable[int]) -> int:
    """Return the number of (source, dense layer) pairs among these nodes.

    What comes from elsewhere is one source. 0 where no layer is dense.
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
