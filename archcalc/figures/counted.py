"""A graph whose nodes are counted under a setting: sums over any of them.

What the memory engine and the tables ask of an analysis, without its rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from itertools import chain

from archcalc.figures.conventions import USUAL, Convention, convention
from archcalc.figures.facts import Counts, Figures
from archcalc.figures.formats import dtype_bits, in_bytes
from archcalc.figures.tally import Tally
from archcalc.graph.graph import Graph, Node
from archcalc.layers.base import Shape
from archcalc.records import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """What a figure depends on beside the network.

    `optimizer`, `mixed`, `checkpoint` and `accumulate` concern training alone, `stored`
    the number format on disk: that of the weights where it is None.
    """

    batch: int = 1
    dtype: str = "float32"
    inplace: bool = True
    optimizer: str = "sgd"
    mixed: bool = False
    checkpoint: str = "none"
    convention: str = USUAL
    stored: str | None = None
    accumulate: bool = False


@dataclass(frozen=True, repr=False)
class Counted:
    """The figures of a graph's nodes under one setting; immutable."""

    name: str
    graph: Graph
    setting: Setting

    @property
    def convention(self) -> Convention:
        """How `operations` and `reported_params` are counted."""
        return convention(self.setting.convention)

    @cached_property
    def facts(self) -> tuple[Counts, ...]:
        """What the rules say, one entry a node; equal layers share theirs."""
        return tuple(self.tally.facts)

    @cached_property
    def readers(self) -> tuple[int, ...]:
        """How many nodes read each node's output; leaving the network counts as one."""
        nodes = self.graph.nodes
        read = Counter(chain.from_iterable([node.inputs for node in nodes]))
        read.update(self.graph.outputs)
        return tuple([read.get(i, 0) for i in range(len(nodes))])

    def in_place(self, node: Node) -> bool:
        """Say whether a node needs no memory of its own for its output.

        A view never does. A normalization, activation or dropout does not where the
        setting lets it run in place and nothing else reads its input.
        """
        return self.tally.gone[node.index]

    @cached_property
    def tally(self) -> Tally:
        """The counts of every node, and sums over any of them."""
        given = self.setting
        return Tally(
            self.graph, self.convention, self.readers, given.inplace, given.batch
        )

    def apart(self) -> Counted:
        """Return the same for what is kept here and asks for it.

        Two objects that hold each other stay in memory until the collector finds them.
        """
        other = Counted(self.name, self.graph, self.setting)
        vars(other).update(readers=self.readers, tally=self.tally)
        return other

    def figures(self, nodes: Iterable[int]) -> Figures:
        """Return the sums over some nodes."""
        sums = self.tally.sums(nodes)
        batch = self.setting.batch
        kept = sums.values * batch
        return Figures(
            sums.weights,
            sums.biases,
            sums.norms,
            sums.buffers,
            sums.macs * batch,
            sums.flops * batch,
            kept,
            in_bytes(kept, dtype_bits(self.setting.dtype)),
            sums.operations,
            sums.reported_params,
            sums.frozen,
            sums.idle,
        )

    @cached_property
    def total(self) -> Figures:
        """The network in inference: side heads left out."""
        return self.figures([n.index for n in self.graph.nodes if not n.aux])

    @cached_property
    def aux(self) -> Figures:
        """The side heads alone, which only training runs.

        Raises `ShapeError` where one does not fit.
        """
        self.graph.need_heads()
        return self.figures(n.index for n in self.graph.nodes if n.aux)

    @property
    def output(self) -> Shape:
        """The output's shape, without the batch axis; of several, the first's."""
        return self.outputs[0]

    @property
    def outputs(self) -> tuple[Shape, ...]:
        """The shape of every output, without the batch axis, in the file's order."""
        return tuple(self.graph.nodes[i].shape for i in self.graph.outputs)
