"""Operators of a network whose work no rule counts: its figures are lower bounds."""

from __future__ import annotations

from collections import Counter

from archcalc.graph.graph import Graph

MOST = 6
"""Operators that are named."""


def uncounted(graph: Graph) -> dict[str, int]:
    """Return such operators by their names, with how many there are of each."""
    found: Counter[str] = Counter()
    for node in graph.nodes:
        if node.layer.uncounted:
            label = node.layer.label(*graph.input_shapes(node))
            found[label.removeprefix("unknown ")] += 1
    return dict(found.most_common())


def listed(found: dict[str, int]) -> str:
    """Return such operators in words, the most frequent ones by name."""
    names = [f"{name} ({n} times)" if n > 1 else name for name, n in found.items()]
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return f"the operator{'s' * (len(names) > 1)} {', '.join(names[:MOST])}{more}"
