"""What every node counts for; sums of few nodes, and of long ranges by difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

from archcalc.figures.conventions import Convention
from archcalc.figures.facts import Facts, facts_of
from archcalc.graph.graph import Graph, Node
from archcalc.sizes.dims import Dim

FOLDED = ("norm", "activation", "drop")
"""Roles whose rows fold into the layer before them, and that may run in place."""
Counts = tuple[Dim, ...]
"""Weights, biases, norms, buffers, MACs, FLOPs, values, operations, reported params."""
NOTHING: Counts = (0,) * 9
SHORT = 16
"""A range up to so long is summed directly."""


class _Case(NamedTuple):
    """One layer with one input shape: its facts, and what it adds, overwritten or kept.

    `view` and `folded` say which of the two: always, or where nothing else reads.
    """

    facts: Facts
    view: bool
    folded: bool
    kept: Counts
    overwritten: Counts


class Tally:
    """Facts and counts of every node: shared weights once, overwritten values never.

    `gone` says which nodes need no memory of their own for their output: a view, and
    with `inplace` a normalization, activation or dropout that alone reads its input.
    """

    def __init__(
        self,
        graph: Graph,
        convention: Convention,
        readers: Sequence[int],
        inplace: bool,
    ) -> None:
        facts: list[Facts] = []
        each: list[Counts] = []
        over: list[bool] = []
        known: dict[tuple[int, tuple[Any, ...]], _Case] = {}
        shapes = [node.shape for node in graph.nodes]
        for node in graph.nodes:
            inputs = node.inputs
            entering: tuple[Any, ...] = (
                shapes[inputs[0]]
                if len(inputs) == 1
                else tuple([shapes[i] for i in inputs])
            )
            key = (id(node.layer), entering)
            case = known.get(key)
            if case is None:
                case = known[key] = _case(graph, node, convention)
            gone = case.view
            if case.folded and inplace and readers[inputs[0]] == 1:
                gone = gone or graph.nodes[inputs[0]].layer.role != "input"
            over.append(gone)
            counts = case.overwritten if gone else case.kept
            facts.append(case.facts)
            each.append(counts if node.share is None else _shared(counts))
        self.facts, self.counts, self.gone = facts, each, over
        self.numbers = all(type(c) is int for case in known.values() for c in case.kept)

    def sums(self, nodes: Iterable[int]) -> Counts:
        """Return the sums over some nodes."""
        if isinstance(nodes, range) and len(nodes) > SHORT and self.numbers:
            first, end = nodes.start, nodes.stop
            return tuple([c[end] - c[first] for c in self.running])
        picked = [self.counts[i] for i in nodes]
        if len(picked) == 1:
            return picked[0]
        if len(picked) > SHORT and self.numbers:
            unlike = {id(counts): counts for counts in picked}
            often = Counter(map(id, picked))
            picked = [
                tuple([times * n for n in unlike[key]]) for key, times in often.items()
            ]
        return tuple(map(sum, zip(*picked, strict=True))) or NOTHING

    @cached_property
    def running(self) -> tuple[list[int], ...]:
        """The sums over all nodes before each, and over all at the end."""
        columns = zip(*self.counts, strict=True)
        return tuple(list(accumulate(column, initial=0)) for column in columns)


def _case(graph: Graph, node: Node, convention: Convention) -> _Case:
    """Run the rules of a node's layer."""
    layer = node.layer
    fact = facts_of(layer, graph.input_shapes(node), node.shape, convention)
    weights = (fact.weights, fact.biases, fact.norms, fact.buffers)
    work, counted = (fact.macs, fact.flops), (fact.operations, fact.reported_params)
    return _Case(
        fact,
        layer.storage == "view",
        layer.role in FOLDED,
        (*weights, *work, fact.values, *counted),
        (*weights, *work, 0, *counted),
    )


def _shared(counts: Counts) -> Counts:
    """Return what a node adds whose weights are another's."""
    return (0, 0, 0, 0, *counts[4:8], 0)
