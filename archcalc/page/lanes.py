"""Which rows stand beside each other in the drawing of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcalc.analysis import Row
from archcalc.graph import Graph

BODY = "body"
"""The lane of a residual's own layers, where its shortcut has layers as well."""


def lanes(graph: Graph, rows: Sequence[Row]) -> list[list[str]]:
    """Return for each row the branches that it is in, inside the group above it."""
    heads = dict(_heads(graph, rows))
    beside = dict(_beside(graph))
    groups = graph.groups
    found = []
    for at, row in enumerate(rows):
        own = heads.get(at)
        if own is None:
            node = graph.nodes[row.nodes[0]]
            first, group = node.index, node.group
        else:
            first, group = groups[own].first, groups[own].parent
        path: list[str] = []
        stops = {0, *heads.values()}
        while True:
            if first < beside.get(group, 0):
                path.insert(0, BODY)
            if group in stops:
                break
            if groups[group].kind == "branch":
                path.insert(0, groups[group].label)
            group = groups[group].parent
        found.append(path)
    return found


def _heads(graph: Graph, rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """Yield the place of each head among the rows, and its group."""
    groups = enumerate(graph.groups)
    for at, row in enumerate(rows):
        if row.kind == "head":
            for index, group in groups:
                above = graph.groups[group.parent]
                if group.name == row.name and above.name != group.name:
                    yield at, index
                    break


def _beside(graph: Graph) -> Iterator[tuple[int, int]]:
    """Yield each residual whose shortcut has layers, and where the shortcut begins."""
    for group in graph.groups:
        above = graph.groups[group.parent]
        if (
            group.kind == "branch"
            and above.kind == "residual"
            and group.label == "shortcut"
        ):
            if group.end > group.first:
                yield group.parent, group.first
