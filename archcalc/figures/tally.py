"""The counts of every node, and fast sums of them: prefix sums for long ranges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate, chain
from operator import mul
from typing import Any

from archcalc.figures.conventions import Convention
from archcalc.figures.facts import Counts, facts_of
from archcalc.graph.graph import Graph, Node
from archcalc.records import NamedTuple

FOLDED = ("norm", "activation", "drop")
"""Roles whose rows fold into the layer before them, and that may run in place."""
SHORT = 16
"""A range up to so long is summed directly."""


INTEGERS = frozenset({int})


class _Entry(NamedTuple):
    """What a node counts by itself, what it adds to a sum, whether it overwrites."""

    facts: Counts
    counts: Counts
    gone: bool


class _Case(NamedTuple):
    """One layer with one input shape: its entry, and that where it may overwrite.

    The second is of a layer that overwrites where nothing else reads its input.
    """

    usual: _Entry
    alone: _Entry | None


class Tally:
    """The counts of every node: shared weights once, overwritten values never.

    `facts` are those of each layer by itself, `counts` what it adds to a sum.

    `gone` says which nodes need no memory of their own for their output: a view, and
    with `inplace` a normalization, activation or dropout that alone reads its input.
    Operations of the convention are those of the batch, all else is of one sample.
    """

    def __init__(
        self,
        graph: Graph,
        convention: Convention,
        readers: Sequence[int],
        inplace: bool,
        batch: int = 1,
    ) -> None:
        found: list[_Entry] = []
        known: dict[tuple[int, tuple[Any, ...], bool], _Case] = {}
        sharing: dict[int, _Entry] = {}
        nodes = graph.nodes
        shapes = [node.shape for node in nodes]
        for node in nodes:
            inputs = node.inputs
            entering: tuple[Any, ...] = (
                shapes[inputs[0]]
                if len(inputs) == 1
                else tuple([shapes[i] for i in inputs])
            )
            key = (id(node.layer), entering, node.frozen)
            case = known.get(key)
            if case is None:
                case = known[key] = _case(graph, node, convention, batch, inplace)
            entry, alone = case
            if alone is not None and readers[inputs[0]] == 1:
                entry = alone if nodes[inputs[0]].layer.role != "input" else entry
            if node.share is not None:
                if id(entry) not in sharing:
                    sharing[id(entry)] = _shared(entry)
                entry = sharing[id(entry)]
            found.append(entry)
        self.facts = [entry.facts for entry in found]
        self.counts = [entry.counts for entry in found]
        self.gone = [entry.gone for entry in found]
        kinds = map(type, chain.from_iterable([c.usual.facts for c in known.values()]))
        self.numbers = INTEGERS.issuperset(kinds)

    def sums(self, nodes: Iterable[int]) -> Counts:
        """Return the sums over some nodes."""
        if isinstance(nodes, range) and len(nodes) > SHORT and self.numbers:
            first, end = nodes.start, nodes.stop
            return Counts._make([c[end] - c[first] for c in self.running])
        picked = [self.counts[i] for i in nodes]
        if len(picked) < 2:
            return picked[0] if picked else Counts()
        if len(picked) <= SHORT or not self.numbers:
            return Counts._make(map(sum, zip(*picked, strict=True)))
        unlike = dict(zip(map(id, picked), picked, strict=True))
        often = Counter(map(id, picked))
        columns = zip(*map(unlike.__getitem__, often), strict=True)
        times = often.values()
        return Counts._make([sum(map(mul, column, times)) for column in columns])

    @cached_property
    def running(self) -> tuple[list[int], ...]:
        """The sums over all nodes before each, and over all at the end."""
        columns = zip(*self.counts, strict=True)
        return tuple(list(accumulate(column, initial=0)) for column in columns)


def _case(
    graph: Graph, node: Node, convention: Convention, batch: int, inplace: bool
) -> _Case:
    """Run the rules of a node's layer."""
    layer, shapes = node.layer, graph.input_shapes(node)
    kept = facts_of(layer, shapes, node.shape, convention, batch)
    if node.frozen:
        kept = kept._replace(frozen=kept.weights + kept.biases + kept.norms)
    stays = _Entry(kept, kept, False)
    view = layer.storage == "view"
    if not view and not (inplace and layer.role in FOLDED):
        return _Case(stays, None)
    over = _Entry(kept, kept._replace(values=0), True)
    return _Case(over, None) if view else _Case(stays, over)


def _shared(entry: _Entry) -> _Entry:
    """Return what a node adds whose weights are another's."""
    learned = entry.counts._replace(weights=0, biases=0, norms=0, buffers=0)
    counts = learned._replace(reported_params=0, frozen=0, idle=0)
    return entry._replace(counts=counts)
