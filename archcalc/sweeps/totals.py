"""Totals of all combinations, added up from parts, a block at a time.

A *block* is a combination of the outer axes with all values of the inner ones. Each
grid or formula is a list over those inner axes that it reads, for the outer values that
it reads; what few outer values need is held. Lists are added such that only the last
step touches every row. All is exact: whole numbers of Python, or, where none can
overflow, arrays of 64 bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from itertools import product, repeat
from operator import add
from typing import Any

from archcalc.sweeps.grids import Grid, Grids
from archcalc.sweeps.parts import Axes, Column, Part, Places, Table, parts_of

BLOCK, WIDE = 4096, 1 << 18
"""Combinations of a block, at most: as lists, and as arrays."""
LONG = 64
"""Numbers of a list whose loop takes little time beside what it does."""
LARGEST = 2**63 - 1


class Group:
    """Parts over the same inner axes, added up in the order of their outer axes.

    What is added of the first of them is held while their outer values stay.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.inner = parts[0].inner
        self.parts = sorted(parts, key=lambda part: part.outer[-1:])
        self.sums: list[tuple[Places, Column]] = []

    def column(self, outer: Places) -> Column:
        """Return the sum of all parts."""
        if len(self.parts) == 1:
            return self.parts[0].column(outer)
        held, self.sums = self.sums, []
        whole: Column = []
        kept = True
        for number, part in enumerate(self.parts):
            end = part.outer[-1] + 1 if part.outer else 0
            key = outer[:end]
            kept = kept and number < len(held) and held[number][0] == key
            if kept:
                whole = held[number][1]
            else:
                own = part.column(outer)
                whole = list(map(add, whole, own)) if number else own
            self.sums.append((key, whole))
        return whole


class Figure:
    """The totals of one figure."""

    def __init__(self, parts: Sequence[Part], axes: Axes) -> None:
        self.axes = axes
        grids = Grids(axes.lengths)
        self.spread = grids.spread
        by_inner: dict[Places, list[Part]] = {}
        for part in parts:
            by_inner.setdefault(part.inner, []).append(part)
        self.base = Group(by_inner.pop(())) if () in by_inner else None
        groups = [Group(some) for some in by_inner.values()]
        self.steps = [
            (axes.lengths[place], [g for g in groups if g.inner[-1] == place])
            for place in axes.inner
        ]
        self.apart, size = len(self.steps), 1
        while self.apart and size < LONG:
            length, own = self.steps[self.apart - 1]
            if any(len(group.inner) > 1 for group in own):
                break
            self.apart, size = self.apart - 1, size * length

    def column(self, outer: Places) -> Column:
        """Return the totals of a block."""
        column = self.base.column(outer) if self.base else [0]
        before: Places = ()
        steps = zip(self.steps[: self.apart], self.axes.inner, strict=False)
        for (length, groups), place in steps:
            before = (*before, place)
            alone = [group for group in groups if len(group.inner) == 1]
            if alone:
                own = alone[0].column(outer)
                column = [a + b for a in column for b in own]
            elif length > 1:
                column = [a for a in column for _ in range(length)]
            for group in groups:
                if len(group.inner) > 1:
                    own = self.spread(Grid(group.inner, group.column(outer)), before)
                    column = list(map(add, column, own))
        behind = self._behind(outer)
        return [a + b for a in column for b in behind]

    def _behind(self, outer: Places) -> Column:
        """Return what the last few axes add, each for itself.

        It is made beforehand, such that the loop over all rows has a long inner one.
        """
        column = [0]
        for length, groups in reversed(self.steps[self.apart :]):
            if groups:
                own = groups[0].column(outer)
                column = [a + b for a in own for b in column]
            else:
                column *= length
        return column

    def array(self, outer: Places) -> Any:
        """Return the totals of a block as an array of 64 bits, else as a list.

        Needs numpy.
        """
        np: Any = import_module("numpy")
        groups = [self.base] if self.base else []
        groups += [group for _, some in self.steps for group in some]
        total, most = np.zeros((1,) * len(self.axes.inner), np.int64), 0
        try:
            for group in groups:
                own = np.array(group.column(outer), np.int64)
                most += max(int(own.max()), -int(own.min()))
                shape = [
                    self.axes.lengths[place] if place in group.inner else 1
                    for place in self.axes.inner
                ]
                total = total + own.reshape(shape)
        except OverflowError:
            return self.column(outer)
        if most > LARGEST:
            return self.column(outer)
        shape = [self.axes.lengths[place] for place in self.axes.inner]
        return np.broadcast_to(total, shape).reshape(-1)


@dataclass(frozen=True)
class Columns:
    """Some rows of a block, from `begin` to `end`, as columns.

    `before` are the values of the outer axes. `inner` says which value each inner axis
    has, `figures` are arrays or lists: both are of the whole block.
    """

    before: tuple[Any, ...]
    inner: Sequence[Sequence[int]]
    figures: Sequence[Any]
    begin: int
    end: int


class Totals:
    """The rows of a sweep, from what each of its figures is the sum of.

    `refused` has the combinations for which that does not hold. A block has at most
    `block` combinations.
    """

    def __init__(
        self,
        values: Sequence[Sequence[Any]],
        names: Mapping[str, int],
        figures: Sequence[Sequence[Grid]],
        refused: Grid,
        block: int = BLOCK,
    ) -> None:
        self.given = values, names, figures, refused
        self.axes = Axes(values, block)
        self.size = self.axes.size
        self.figures = [
            Figure([*parts_of(grids, names, self.axes)], self.axes) for grids in figures
        ]
        self.refused = Table(refused, self.axes) if any(refused.cells) else None
        self.last: tuple[int, Columns | None] | None = None

    @cached_property
    def inner(self) -> list[list[Any]]:
        """The values of the inner axes in a block."""
        inner = [self.axes.values[place] for place in self.axes.inner]
        return [list(column) for column in zip(*product(*inner), strict=True)]

    @cached_property
    def wide(self) -> Totals:
        """The same in larger blocks, as arrays are made best."""
        return Totals(*self.given, WIDE)

    @cached_property
    def places(self) -> list[Any]:
        """Which values the inner axes have in a block, as arrays."""
        np: Any = import_module("numpy")
        lengths = [self.axes.lengths[place] for place in self.axes.inner]
        return [places.reshape(-1) for places in np.indices(lengths)]

    @property
    def plain(self) -> Sequence[Sequence[Grid]] | None:
        """Each figure as grids of numbers; None where that is not all."""
        _, _, figures, _ = self.given
        cells = (cell for grids in figures for grid in grids for cell in grid.cells)
        plain = self.refused is None and all(isinstance(cell, int) for cell in cells)
        return figures if plain else None

    def columns(self, block: int, begin: int, end: int) -> Columns | None:
        """Return some rows of a block as columns; None where one is refused."""
        if self.last is None or self.last[0] != block:
            self.last = block, self._block(block)
        whole = self.last[1]
        return whole and replace(whole, begin=begin, end=end)

    def _block(self, block: int) -> Columns | None:
        outer = self.axes.outer(block)
        if self.refused is not None and any(self.refused.column(outer)):
            return None
        pairs = zip(self.axes.values, outer, strict=False)
        before = tuple([values[place] for values, place in pairs])
        figures = [figure.array(outer) for figure in self.figures]
        return Columns(before, self.places, figures, 0, self.size)

    def rows(self, block: int) -> Iterator[tuple[Any, ...]] | None:
        """Return the rows of a block; None where one of them is refused."""
        outer = self.axes.outer(block)
        if self.refused is not None and any(self.refused.column(outer)):
            return None
        values = zip(self.axes.values, outer, strict=False)
        before = [repeat(some[place]) for some, place in values]
        figures = [figure.column(outer) for figure in self.figures]
        return zip(*before, *self.inner, *figures, strict=False)
