"""Rows of combinations that are drawn at random, added up from tables.

Axes that stand together form *groups* with few thousand combinations. A row is a draw
in each group, so tables over the axes of one group are added up for it beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from operator import add
from random import Random
from typing import Any

from archcalc.sweeps.grids import Grid, Grids
from archcalc.sweeps.values import SweepRow

MOST = 20_000
"""Combinations of a group."""
AT_ONCE = 500
"""Rows that are drawn at once."""
Values = tuple[Any, ...]


class Draws:
    """Draws combinations of axes: each as likely as another."""

    def __init__(self, values: Sequence[Sequence[Any]]) -> None:
        self.values = values
        self.groups: list[tuple[int, ...]] = [()]
        size = 1
        for place, some in enumerate(values):
            size *= len(some)
            if size > MOST and self.groups[-1]:
                self.groups.append(())
                size = len(some)
            self.groups[-1] = (*self.groups[-1], place)
        self.tables = [list(product(*map(values.__getitem__, g))) for g in self.groups]

    def drawn(self, count: int, seed: int) -> Iterator[list[list[int]]]:
        """Yield what is drawn in each group, for some rows at once."""
        random = Random(seed)
        for start in range(0, count, AT_ONCE):
            times = min(AT_ONCE, count - start)
            yield [random.choices(range(len(t)), k=times) for t in self.tables]

    def combinations(self, drawn: Sequence[Sequence[int]]) -> Iterator[Values]:
        """Yield the values of all axes that were drawn."""
        parts = zip(*map(taken, self.tables, drawn), strict=True)
        return (sum(some, ()) for some in parts)


class Sums:
    """The figures of what is drawn, from grids of whole numbers."""

    def __init__(self, draws: Draws, figures: Sequence[Sequence[Grid]]) -> None:
        self.draws = draws
        self.grids = Grids([len(some) for some in draws.values])
        self.figures = [self._figure(grids) for grids in figures]

    def _figure(
        self, grids: Sequence[Grid]
    ) -> tuple[list[list[int]], list[tuple[list[int], list[list[int]]]]]:
        """Return the sums of each group, and grids over several with their places."""
        sums = [[0] * len(table) for table in self.draws.tables]
        across = []
        for grid in self.grids.added([self.grids.narrowed(grid) for grid in grids]):
            read = [n for n, g in enumerate(self.draws.groups) if {*g} & {*grid.axes}]
            if len(read) > 1:
                across.append((grid.cells, self._places(grid)))
                continue
            number = read[0] if read else 0
            own = self.grids.spread(grid, self.draws.groups[number])
            sums[number] = list(map(add, sums[number], own))
        return sums, across

    def _places(self, grid: Grid) -> list[list[int]]:
        """Return what each draw of each group adds to the place of a cell."""
        lengths = self.grids.lengths
        steps = {
            axis: prod(lengths[other] for other in grid.axes[at + 1 :])
            for at, axis in enumerate(grid.axes)
        }
        found = []
        for group in self.draws.groups:
            some = [range(lengths[axis]) for axis in group]
            step = [steps.get(axis, 0) for axis in group]
            found.append([sum(map(int.__mul__, at, step)) for at in product(*some)])
        return found

    def rows(self, drawn: Sequence[Sequence[int]]) -> Iterator[SweepRow]:
        """Return the rows of what was drawn."""
        columns = []
        for sums, across in self.figures:
            column = added(map(taken, sums, drawn))
            for cells, places in across:
                at = added(map(taken, places, drawn))
                column = list(map(add, column, taken(cells, at)))
            columns.append(column)
        values = self.draws.combinations(drawn)
        return map(add, values, zip(*columns, strict=True))


def taken(cells: Sequence[Any], places: Sequence[int]) -> list[Any]:
    """Return the cells at some places."""
    return list(map(cells.__getitem__, places))


def added(columns: Iterator[list[int]]) -> list[int]:
    """Return columns added up."""
    total = next(columns)
    for column in columns:
        total = list(map(add, total, column))
    return total
