"""Every figure of a network under one setting: totals, rows, branches, bytes.

An `Analysis` is a view of a `Graph` under a setting (batch, dtype, what runs in place).
Totals are sums over nodes, computed when asked, integers to the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from archcalc.figures.backward import backward_macs
from archcalc.figures.counted import Counted
from archcalc.figures.facts import Figures
from archcalc.figures.tally import FOLDED as FOLDED
from archcalc.layers.base import Shape
from archcalc.network.rows import Level, Row, Rows
from archcalc.network.shown import Shown
from archcalc.records import NamedTuple, dataclass
from archcalc.sizes.dims import Dim

if TYPE_CHECKING:
    from archcalc.figures.memory.memory import Memory
    from archcalc.graph.receptive import Fields


class Branch(NamedTuple):
    """One branch of a module: its name, output shape and figures."""

    name: str
    path: str
    shape: Shape
    figures: Figures


OPERATIONS = frozenset({"macs", "flops", "operations"})
EXACT: frozenset[str] = frozenset()


@dataclass(frozen=True, repr=False)
class Analysis(Counted, Shown):
    """Every figure of a network under one setting; immutable."""

    @cached_property
    def memory(self) -> Memory:
        """The bytes: activations, peaks of inference and training, what is on disk."""
        from archcalc.figures.memory.memory import Memory

        return Memory(self)

    @cached_property
    def backward(self) -> tuple[Dim, ...]:
        """Multiply-accumulates of each node's backward pass, for the batch."""
        return backward_macs(self)

    @cached_property
    def receptive(self) -> tuple[Fields, ...]:
        """What each node sees of the input; raises `UsageError` AC541 for a symbol."""
        from archcalc.graph.receptive import receptive_fields

        return receptive_fields(self.graph)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """One row a layer, side heads included: norm and activation folded in."""
        return tuple(row for row in self.outline("layers") if row.kind == "row")

    @cached_property
    def ops(self) -> tuple[Row, ...]:
        """One row a node."""
        return tuple(row for row in self.outline("ops") if row.kind == "row")

    @cached_property
    def stages(self) -> tuple[Row, ...]:
        """One row for each group or layer at the top of the network."""
        return tuple(self.outline("stages"))

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """Every branch of every module that joins branches, in order."""
        found = []
        for group in self.graph.groups:
            if group.kind == "branch":
                shape = self.graph.nodes[group.output].shape
                figures = self.figures(range(group.first, group.end))
                name = group.label
                found.append(Branch(name, group.name, shape, figures))
        return tuple(found)

    def lower_bounds(self, nodes: Iterable[int] | None = None) -> frozenset[str]:
        """Return the figures that are at least what they say; None: of the total.

        They are those of operations, where some of the nodes have work that no rule
        counts. What shows a figure asks here whether it is exact.
        """
        unknown = self._uncounted
        if nodes is None:
            heads = self.graph.nodes
            found = any(not heads[at].aux for at in unknown)
        else:
            found = bool(unknown) and not unknown.isdisjoint(nodes)
        return OPERATIONS if found else EXACT

    @cached_property
    def _uncounted(self) -> frozenset[int]:
        return frozenset(n.index for n in self.graph.nodes if n.layer.uncounted)

    def row(self, name: str) -> Row:
        """Return a layer or group by its path, or by a last part that only it has.

        Raises `UsageError` with the nearest name.
        """
        return self._rows.named(name)

    def of_row(self, row: Row) -> Figures:
        """Return the figures of a layer's row, which may be another analysis' row."""
        return self._rows.figures(row.nodes)

    def outline(self, level: Level) -> Iterator[Row]:
        """Yield heads and rows in order of execution, as a table prints them.

        Raises `UsageError` for a level that is none.
        """
        return iter(self._rows.outline(level))

    @cached_property
    def _rows(self) -> Rows:
        return Rows(self.apart())
