"""The counts of every node, and fast sums of them: prefix sums for long ranges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any

from archcalc.figures.conventions import Convention
from archcalc.figures.facts import Counts, facts_of
from archcalc.graph.graph import Graph, Node
from archcalc.records import NamedTuple
from archcalc.sizes.dims import Dim

FOLDED = ("norm", "activation", "drop")
"""Roles whose rows fold into the layer before them, and that may run in place."""
SHORT = 16
"""A range up to so long is summed directly."""


class _Case(NamedTuple):
    """One layer with one input shape: its counts, and those where it overwrites.

    `view` and `folded` say when it does: always, or where nothing else reads its input.
    """

    kept: Counts
    view: bool
    folded: bool
    overwritten: Counts


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
        facts: list[Counts] = []
        each: list[Counts] = []
        over: list[bool] = []
        known: dict[tuple[int, tuple[Any, ...], bool], _Case] = {}
        shapes = [node.shape for node in graph.nodes]
        for node in graph.nodes:
            inputs = node.inputs
            entering: tuple[Any, ...] = (
                shapes[inputs[0]]
                if len(inputs) == 1
                else tuple([shapes[i] for i in inputs])
            )
            key = (id(node.layer), entering, node.frozen)
            case = known.get(key)
            if case is None:
                case = known[key] = _case(graph, node, convention, batch)
            gone = case.view
            if case.folded and inplace and readers[inputs[0]] == 1:
                gone = gone or graph.nodes[inputs[0]].layer.role != "input"
            over.append(gone)
            counts = case.overwritten if gone else case.kept
            facts.append(case.kept)
            each.append(counts if node.share is None else _shared(counts))
        self.facts, self.counts, self.gone = facts, each, over
        self.numbers = all(type(c) is int for case in known.values() for c in case.kept)

    def sums(self, nodes: Iterable[int]) -> Counts:
        """Return the sums over some nodes."""
        if isinstance(nodes, range) and len(nodes) > SHORT and self.numbers:
            first, end = nodes.start, nodes.stop
            return Counts._make([c[end] - c[first] for c in self.running])
        picked = [self.counts[i] for i in nodes]
        if len(picked) < 2:
            return picked[0] if picked else Counts()
        terms: Iterable[Sequence[Dim]] = picked
        if len(picked) > SHORT and self.numbers:
            unlike = {id(counts): counts for counts in picked}
            often = Counter(map(id, picked))
            terms = [[times * n for n in unlike[key]] for key, times in often.items()]
        return Counts._make(map(sum, zip(*terms, strict=True)))

    @cached_property
    def running(self) -> tuple[list[int], ...]:
        """The sums over all nodes before each, and over all at the end."""
        columns = zip(*self.counts, strict=True)
        return tuple(list(accumulate(column, initial=0)) for column in columns)


def _case(graph: Graph, node: Node, convention: Convention, batch: int) -> _Case:
    """Run the rules of a node's layer."""
    layer, shapes = node.layer, graph.input_shapes(node)
    kept = facts_of(layer, shapes, node.shape, convention, batch)
    if node.frozen:
        kept = kept._replace(frozen=kept.weights + kept.biases + kept.norms)
    over = kept._replace(values=0)
    return _Case(kept, layer.storage == "view", layer.role in FOLDED, over)


def _shared(counts: Counts) -> Counts:
    """Return what a node adds whose weights are another's."""
    learned = counts._replace(weights=0, biases=0, norms=0, buffers=0)
    return learned._replace(reported_params=0, frozen=0, idle=0)
