"""Which rows stand beside each other in the drawing of the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archcalc.graph.graph import Graph
from archcalc.network.rows import Row

BODY = "body"
"""The lane of a residual's own layers, where its shortcut has layers as well."""


def lanes(graph: Graph, rows: Sequence[Row]) -> list[list[str]]:
    """Return for each row the branches that it is in, inside the group above it."""
    heads = dict(_heads(graph, rows))
    stops = {0, *heads.values()}
    beside = dict(_beside(graph))
    found = []
    for at, row in enumerate(rows):
        if at in heads:
            own = graph.groups[heads[at]]
            first, group = own.first, own.parent
        else:
            node = graph.nodes[row.nodes[0]]
            first, group = node.index, node.group
        upwards = [*_lanes_above(graph, first, group, stops, beside)]
        found.append(upwards[::-1])
    return found


def _lanes_above(
    graph: Graph,
    first: int,
    group: int,
    stops: set[int],
    beside: Mapping[int, int],
) -> Iterator[str]:
    """Yield the lanes of what begins at a node, from its group up to the next head."""
    while True:
        if first < beside.get(group, 0):
            yield BODY
        if group in stops:
            return
        if graph.groups[group].kind == "branch":
            yield graph.groups[group].label
        group = graph.groups[group].parent


def _heads(graph: Graph, rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """Yield the place of each head among the rows, and its group."""
    groups = enumerate(graph.groups)
    for at, row in enumerate(rows):
        if row.kind == "head":
            yield (
                at,
                next(
                    index
                    for index, group in groups
                    if group.name == row.name != graph.groups[group.parent].name
                ),
            )


def _beside(graph: Graph) -> Iterator[tuple[int, int]]:
    """Yield each residual whose shortcut has layers, and where the shortcut begins."""
    for group in graph.groups:
        residual = graph.groups[group.parent].kind == "residual"
        is_shortcut = group.kind == "branch" and group.label == "shortcut"
        if residual and is_shortcut and group.end > group.first:
            yield group.parent, group.first
