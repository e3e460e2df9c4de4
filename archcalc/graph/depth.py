"""Depth: how many layers with weights lie on the longest path.

Convolutions and linear layers count, a recurrent layer once; parallel layers once;
embeddings, tables of positions, projection shortcuts, gates and side heads do not. That
is how papers name their networks (GoogLeNet 22, Szegedy 2014, section 5; ResNet-50,
He 2015, Table 1).
"""

from __future__ import annotations

from archcalc.graph.graph import Graph, Node


def depths(graph: Graph) -> tuple[int, ...]:
    """Return for each node the weight layers on the longest path that ends with it."""
    skipped = shortcut_marks(graph)
    found: list[int] = []
    for node in graph.nodes:
        before = [found[i] for i in followed(node)]
        own = 0 if skipped[node.index] else weighs(graph, node)
        found.append(max(before, default=0) + own)
    return tuple(found)


def depth(graph: Graph) -> int:
    """Return the depth of the network: that of the node which leaves it."""
    return depths(graph)[graph.output]


def followed(node: Node) -> tuple[int, ...]:
    """Return the inputs that a path follows: of a gate, what is gated."""
    return node.inputs[:1] if node.layer.is_gate else node.inputs


def weighs(graph: Graph, node: Node) -> int:
    """Return 1 for a layer that counts, else 0."""
    is_weight_layer = node.layer.role == "matrix" and not node.layer.looks_up
    return int(is_weight_layer and bool(node.layer.weights(*graph.input_shapes(node))))


def shortcut_marks(graph: Graph) -> bytearray:
    """Mark the nodes of shortcuts, whose projections do not count."""
    marks = bytearray(len(graph.nodes))
    for group in graph.groups:
        parent = graph.groups[group.parent]
        named = group.kind == "branch" and group.label == "shortcut"
        if named and parent.kind == "residual":
            marks[group.first : group.end] = b"\x01" * (group.end - group.first)
    return marks
