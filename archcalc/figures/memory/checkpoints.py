"""Activation checkpointing: which parts of a network run again in backward."""

from __future__ import annotations

from archcalc.errors import unknown
from archcalc.figures.memory.storages import Storages
from archcalc.graph.graph import Graph
from archcalc.records import NamedTuple

CHECKPOINTS = ("none", "blocks", "stages")
"""Nothing; every block (or stage without blocks); every group at the top."""
TRANSPARENT = ("stage", "repeat")


class Segment(NamedTuple):
    """A part whose inputs alone are kept: nodes from `first` up to `end`."""

    name: str
    first: int
    end: int


def segments(graph: Graph, kind: str) -> tuple[Segment, ...]:
    """Return the parts that run again; raise `UsageError` AC542 for an unknown kind.

    Side heads and parts of a single node are left as they are.
    """
    if kind not in CHECKPOINTS:
        raise unknown("AC542", "checkpointing of", kind, CHECKPOINTS, "known")
    if kind == "none":
        return ()
    groups = [graph.groups[i] for i in _chosen(graph, kind)]
    found = [Segment(g.name, g.first, g.end) for g in groups]
    nodes = graph.nodes
    return tuple(s for s in found if s.end - s.first > 1 and not nodes[s.first].aux)


def _chosen(graph: Graph, kind: str) -> list[int]:
    """Return the groups at the top, or their blocks; a stage without stands for all."""
    children: dict[int, list[int]] = {}
    for number, group in enumerate(graph.groups):
        children.setdefault(group.parent, []).append(number)
    waiting, found = children.get(0, [])[::-1], []
    while waiting:
        number = waiting.pop()
        inside = children.get(number, [])
        open_up = graph.groups[number].kind in TRANSPARENT and inside
        if kind == "blocks" and open_up:
            waiting += inside[::-1]
        else:
            found.append(number)
    return found


def entering(storages: Storages, part: Segment) -> set[int]:
    """Return the storages from outside that a part reads: what it keeps."""
    owner, found = storages.owner, set()
    for node in storages.graph.nodes[part.first : part.end]:
        found |= {owner[i] for i in node.inputs if owner[i] < part.first}
    return found
