"""Operators of a network whose work no rule counts: its figures are lower bounds."""

from __future__ import annotations

from collections import Counter

from archcalc.graph.graph import Graph


def uncounted(graph: Graph) -> dict[str, int]:
    """Return such operators by their names, with how many there are of each."""
    found: Counter[str] = Counter()
    for node in graph.nodes:
        if node.layer.uncounted:
            label = node.layer.label(*graph.input_shapes(node))
            found[label.removeprefix("unknown ")] += 1
    return dict(found.most_common())
