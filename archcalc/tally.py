"""Sums over the nodes of a network: of a few directly, of long ranges by difference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate

from archcalc.dims import Dim
from archcalc.figures import Facts
from archcalc.graph import Graph

Counts = tuple[Dim, ...]
"""Weights, biases, norms, buffers, MACs, FLOPs, values, operations, reported params."""
NOTHING: Counts = (0,) * 9
SHORT = 16
"""A range up to so long is summed directly."""


class Tally:
    """What each node counts for: shared weights once, overwritten values not at all."""

    def __init__(
        self, graph: Graph, facts: Sequence[Facts], overwrites: Sequence[bool]
    ) -> None:
        known: dict[tuple[int, bool, bool], Counts] = {}
        self.counts: list[Counts] = []
        for node, fact, gone in zip(graph.nodes, facts, overwrites, strict=True):
            key = (id(fact), node.share is None, gone)
            counts = known.get(key)
            if counts is None:
                counts = known[key] = _counts(fact, node.share is None, gone)
            self.counts.append(counts)
        self.numbers = all(type(c) is int for each in known.values() for c in each)

    def sums(self, nodes: Iterable[int]) -> Counts:
        """Return the sums over some nodes."""
        if isinstance(nodes, range) and len(nodes) > SHORT and self.numbers:
            first, end = nodes.start, nodes.stop
            return tuple([c[end] - c[first] for c in self.running])
        picked = [self.counts[i] for i in nodes]
        if len(picked) == 1:
            return picked[0]
        return tuple(map(sum, zip(*picked, strict=True))) or NOTHING

    @cached_property
    def running(self) -> tuple[list[int], ...]:
        """The sums over all nodes before each, and over all at the end."""
        columns = zip(*self.counts, strict=True)
        return tuple(list(accumulate(column, initial=0)) for column in columns)


def _counts(fact: Facts, own: bool, gone: bool) -> Counts:
    """Return what one node adds, with weights of its `own` or its output `gone`."""
    weights = (fact.weights, fact.biases, fact.norms, fact.buffers)
    return (
        *(weights if own else NOTHING[:4]),
        fact.macs,
        fact.flops,
        0 if gone else fact.values,
        fact.operations,
        fact.reported_params if own else 0,
    )
