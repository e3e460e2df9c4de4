"""Activation checkpointing: which parts of a network run again in backward."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archcalc.errors import UsageError
from archcalc.fields import nearest
from archcalc.graph import Graph, Group
from archcalc.memory_storage import Storages

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
        help = nearest(kind, CHECKPOINTS) or f"known: {', '.join(CHECKPOINTS)}"
        message = f"there is no checkpointing of {kind!r}"
        raise UsageError.of("AC542", message, help=help)
    if kind == "none":
        return ()
    groups = graph.groups
    tops = [g for i, g in enumerate(groups) if i and g.parent == 0]
    chosen = tops if kind == "stages" else [p for g in tops for p in _blocks(graph, g)]
    found = [Segment(g.name, g.first, g.end) for g in chosen]
    nodes = graph.nodes
    return tuple(s for s in found if s.end - s.first > 1 and not nodes[s.first].aux)


def _blocks(graph: Graph, group: Group) -> Iterator[Group]:
    """Yield the blocks inside a group, or the group where it has none."""
    if group.kind not in TRANSPARENT:
        yield group
        return
    number = graph.groups.index(group)
    inside = [graph.groups[i] for i in graph.children(number)]
    if not inside:
        yield group
    for child in inside:
        yield from _blocks(graph, child)


def entering(storages: Storages, part: Segment) -> set[int]:
    """Return the storages from outside that a part reads: what it keeps."""
    owner, found = storages.owner, set()
    for node in storages.graph.nodes[part.first : part.end]:
        found |= {owner[i] for i in node.inputs if owner[i] < part.first}
    return found
