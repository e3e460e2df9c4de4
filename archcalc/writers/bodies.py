"""What the classes of the code are made of: the steps inside each block.

A block of the spec becomes a class. Its *body* is the list of steps inside it, in the
order in which they run: layers, and blocks inside the block. `body` makes the tree of
bodies of a graph. Nothing here knows how code looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archcalc.graph.graph import Graph, Group, Node

Ref = tuple[int, int]
"""A value inside a body: the number of its step and of that step's output.

Step -1 is what enters the body; its outputs are the tensors that enter, in order.
"""
ENTERING = -1


@dataclass(slots=True, eq=False)
class Body:
    """The steps of a block, or of the whole network.

    `entering` and `leaving` are nodes of the graph: those that the steps read from
    outside, and those inside that others read. `returned` are the values that leave.
    """

    group: Group
    items: list[Item] = field(default_factory=list)
    entering: list[int] = field(default_factory=list)
    leaving: list[int] = field(default_factory=list)
    returned: tuple[Ref, ...] = ()


class Item(NamedTuple):
    """A step of a body: one layer, or the use of another body.

    `name` is its path inside the body, `inputs` the values that it reads, and `branch`
    the path of the innermost branch around it, inside the body.
    """

    name: str
    inputs: tuple[Ref, ...]
    node: Node | None
    body: Body | None
    branch: str = ""


def body(graph: Graph) -> Body:
    """Return the body of the whole network, with those of all blocks inside it.

    Side heads are left out: they do not run in inference.
    """
    return _Maker(graph).whole()


class _Maker:
    """Cuts a graph into bodies; looks at a node once for each block around it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.last = _last_readers(graph)
        self.begins = _beginnings(graph)

    def whole(self) -> Body:
        """Return the body of the network itself."""
        graph = self.graph
        made = Body(graph.groups[0], entering=list(graph.inputs))
        made.leaving = list(graph.outputs)
        self.fill(made, 0, len(graph.inputs), len(graph.nodes))
        return made

    def inside(self, number: int) -> Body:
        """Return the body of a group."""
        group = self.graph.groups[number]
        made = Body(group)
        made.leaving = [
            node.index
            for node in self.graph.nodes[group.first : group.end]
            if not node.aux and self.last[node.index] >= group.end
        ]
        self.fill(made, number, group.first, group.end)
        return made

    def fill(self, made: Body, number: int, first: int, end: int) -> None:
        """Add the steps of a body: the nodes from `first` up to `end`."""
        values: dict[int, Ref] = {}
        for place, index in enumerate(made.entering):
            values[index] = ENTERING, place
        at = first
        while at < end:
            node = self.graph.nodes[at]
            inner = self.beginning(at, number, end)
            if node.aux:
                at += 1
                continue
            if inner is None:
                read, leaving, used = node.inputs, [at], None
                name, after = node.name, at + 1
            else:
                used = self.inside(inner)
                read, leaving = tuple(used.entering), used.leaving
                name, after = used.group.name, used.group.end
            refs = tuple([self.entered(made, values, index) for index in read])
            for place, index in enumerate(leaving):
                values[index] = len(made.items), place
            name = _inside(name, made.group.name)
            branch = self.branch(node, number, made.group.name)
            made.items.append(Item(name, refs, None if used else node, used, branch))
            at = after
        made.returned = tuple([values[index] for index in made.leaving])

    def beginning(self, at: int, number: int, end: int) -> int | None:
        """Return the outermost block inside a group that begins at a node."""
        for inner in self.begins.get(at, ()):
            if inner > number and self.graph.groups[inner].end <= end:
                return inner
        return None

    def entered(self, made: Body, values: dict[int, Ref], index: int) -> Ref:
        """Return a value by its node; note what comes from outside."""
        if index not in values:
            values[index] = ENTERING, len(made.entering)
            made.entering.append(index)
        return values[index]

    def branch(self, node: Node, number: int, path: str) -> str:
        """Return the path of the branch around a node, inside its body."""
        at = node.group
        while at > number:
            group = self.graph.groups[at]
            if group.kind == "branch":
                return _inside(group.name, path)
            at = group.parent
        return ""


def _inside(name: str, path: str) -> str:
    """Return a path without that of the block around it."""
    inside = name.startswith(f"{path}.") if path else False
    return name[len(path) + 1 :] if inside else name


def _last_readers(graph: Graph) -> list[int]:
    """Return for each node the last node that reads it; the end for an output."""
    last = [-1] * len(graph.nodes)
    for node in graph.nodes:
        if not node.aux:
            for index in node.inputs:
                last[index] = node.index
    for index in graph.outputs:
        last[index] = len(graph.nodes)
    return last


def _beginnings(graph: Graph) -> Mapping[int, list[int]]:
    """Return the groups that become classes, by the node that they begin with.

    Blocks do, and the repetitions of other structures.
    """
    found: dict[int, list[int]] = {}
    for number, group in enumerate(graph.groups[1:], 1):
        repeated = graph.groups[group.parent].kind == "repeat"
        is_class = group.kind == "block" or (repeated and group.kind != "branch")
        if is_class and group.end - group.first > 1:
            found.setdefault(group.first, []).append(number)
    return found


def bodies(top: Body) -> Iterator[Body]:
    """Yield a body and all inside it, the inner ones first."""
    for item in top.items:
        if item.body is not None:
            yield from bodies(item.body)
    yield top


def values_of(group: Group) -> Mapping[str, Any]:
    """Return the params of the block that a group is a use of."""
    return group.params or {}
