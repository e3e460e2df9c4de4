"""The network written out: named nodes in execution order, and the tree above them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from archcalc.errors import ShapeError
from archcalc.layers.base import Layer, Shape
from archcalc.records import NamedTuple, dataclass, field
from archcalc.source.parser import Value


class Node(NamedTuple):
    """One operation: its inputs are earlier nodes, its shape has no batch axis.

    `origin` is where it was written: a step's kind, or the input. `share` is the node
    whose weights it uses; `aux` marks the nodes of side heads, `frozen` those whose
    parameters training leaves as they are.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    name: str
    layer: Layer
    inputs: tuple[int, ...]
    shape: Shape
    group: int
    origin: Value
    share: int | None
    aux: bool
    frozen: bool = False


node_of: Callable[[Iterable[Any]], Node] = partial(tuple.__new__, Node)
"""Makes a node of all its fields: `Node(*fields)`, without a call of Python's own.

Writing out a network makes tens of thousands.
"""


@dataclass(slots=True)
class Group:
    """A stage, block, repetition, residual, branch or side head: a range of nodes.

    `nodes` from `first` up to `end`; `output` is the node that leaves it. `params` are
    those of a block, with the values that this use gives them. `origin` is the kind of
    the step that it was written as, if it is one.
    """

    name: str
    kind: str
    label: str
    parent: int
    first: int
    end: int = 0
    output: int = 0
    params: Mapping[str, Any] | None = None
    origin: Value | None = None


class Unfit(NamedTuple):
    """A side head that is left out: its path, and why its sizes do not fit."""

    name: str
    error: ShapeError

    def holds(self, name: str) -> bool:
        """Say whether a name is one of a step in this head, or the head's own."""
        return self.name.rpartition(".")[2] in name.split(".")


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in execution order and the tree of groups above them (0 is the whole).

    `outputs` are the nodes that leave the network, in the order of the file: their
    tensors are handed to the caller, so that they live to the end of a run. `visits` is
    how many steps were read to write them out, those that `when` leaves out too: work,
    which is no part of what the graph is.
    """

    nodes: tuple[Node, ...]
    groups: tuple[Group, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    names: Mapping[str, int]
    assumptions: tuple[str, ...] = ()
    unfit: tuple[Unfit, ...] = ()
    visits: int = field(default=0, compare=False)

    @property
    def output(self) -> int:
        """The first output, for what can speak of one only."""
        return self.outputs[0]

    @property
    def ids(self) -> frozenset[int]:
        """The nodes that hold whole numbers, as token ids: what look-ups come from."""
        found: set[int] = set()
        waiting = [
            i for node in self.nodes if node.layer.reads_ids for i in node.inputs
        ]
        while waiting:
            index = waiting.pop()
            if index not in found:
                found.add(index)
                waiting += self.nodes[index].inputs
        return frozenset(found)

    def called(self, nodes: Iterable[int]) -> tuple[str, ...]:
        """Return what nodes are called: the path of the innermost step that ends so."""
        found = {index: self.nodes[index].name for index in nodes}
        known: dict[int, str] = {}
        for path, index in self.names.items():  # a step comes before what holds it
            if index in found:
                known.setdefault(index, path)
        return tuple({**found, **known}.values())

    def owner(self, node: Node) -> Node:
        """Return the node whose weights a node uses, itself where it names none."""
        while node.share is not None:
            node = self.nodes[node.share]
        return node

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        """Return the shapes that enter a node."""
        nodes = self.nodes
        return tuple([nodes[i].shape for i in node.inputs])

    def need_heads(self, name: str | None = None) -> None:
        """Raise the `ShapeError` of a side head that is left out, or of that in a name.

        Training runs every head; inference runs none.
        """
        for head in self.unfit:
            if name is None or head.holds(name):
                raise ShapeError(head.error.problems)
