"""Grids: tables with one cell for every combination of a few axes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import add
from typing import Any, NamedTuple

MOST_CELLS = 60_000
"""Cells of one table: where more are needed, nothing is gained."""


class Grid(NamedTuple):
    """One cell for every combination of some axes, given by their places, in order."""

    axes: tuple[int, ...]
    cells: list[Any]


class TooLargeError(Exception):
    """A table would have more than MOST_CELLS."""


class Grids:
    """What is done with grids over axes of these lengths.

    Further axes are made of these: a *class* axis has one place for all values of an
    axis that make no difference between them.
    """

    def __init__(self, lengths: Sequence[int]) -> None:
        self.lengths = list(lengths)
        self.owners = list(range(len(lengths)))
        self.classes: dict[int, tuple[int, ...]] = {}
        self.known: dict[tuple[int, tuple[int, ...]], int] = {}
        self.indexes: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = {}

    def size(self, axes: Sequence[int]) -> int:
        """Return how many combinations some axes have; at most MOST_CELLS."""
        size = prod(self.lengths[axis] for axis in axes)
        if size > MOST_CELLS:
            raise TooLargeError(axes)
        return size

    def together(self, *grids: Grid) -> tuple[int, ...]:
        """Return the axes of all grids; an axis for two different ones made of it."""
        found: dict[int, int] = {}
        for axis in (axis for grid in grids for axis in grid.axes):
            owner = self.owners[axis]
            found[owner] = axis if found.get(owner, axis) == axis else owner
        axes = tuple(found[owner] for owner in sorted(found))
        self.size(axes)
        return axes

    def plain(self, grid: Grid) -> Grid:
        """Return a grid over the axes themselves."""
        axes = tuple(self.owners[axis] for axis in grid.axes)
        self.size(axes)
        return Grid(axes, self.spread(grid, axes))

    def spread(self, grid: Grid, axes: tuple[int, ...]) -> list[Any]:
        """Return the cells of a grid over more axes."""
        if grid.axes == axes:
            return grid.cells
        index = self.indexes.get((grid.axes, axes))
        if index is None:
            index = self.indexes[grid.axes, axes] = self._index(grid.axes, axes)
        return list(map(grid.cells.__getitem__, index))

    def _index(self, own: tuple[int, ...], axes: tuple[int, ...]) -> list[int]:
        steps, step = {}, 1
        for axis in reversed(own):
            steps[self.owners[axis]] = axis, step
            step *= self.lengths[axis]
        index = [0]
        for axis in axes:
            mine, step = steps.get(self.owners[axis], (axis, 0))
            places: Sequence[int] = range(self.lengths[axis])
            if mine != axis:
                places = self.classes[mine]
            index = [i + place * step for i in index for place in places]
        return index

    def lines(self, grid: Grid, at: int) -> list[list[Any]]:
        """Return the cells for each value of the axis at a place."""
        step = prod(self.lengths[axis] for axis in grid.axes[at + 1 :])
        length = self.lengths[grid.axes[at]]
        cells, turn = grid.cells, step * length
        return [
            [
                cell
                for first in range(place * step, len(cells), turn)
                for cell in cells[first : first + step]
            ]
            for place in range(length)
        ]

    def narrowed(self, grid: Grid) -> Grid:
        """Return a grid without the axes that make no difference."""
        for at in range(len(grid.axes)):
            first, *others = self.lines(grid, at)
            if all(line == first for line in others):
                less = grid.axes[:at] + grid.axes[at + 1 :]
                return self.narrowed(Grid(less, first))
        return grid

    def classed(self, grid: Grid) -> Grid:
        """Return a grid of numbers with class axes where these are shorter."""
        for at, axis in enumerate(grid.axes):
            lines = list(map(tuple, self.lines(grid, at)))
            kinds = list(dict.fromkeys(lines))
            if self.owners[axis] == axis and len(kinds) < len(lines):
                places = tuple(map(kinds.index, lines))
                axes = (
                    *grid.axes[:at],
                    self._class(axis, places),
                    *grid.axes[at + 1 :],
                )
                step = prod(self.lengths[axis] for axis in axes[at + 1 :])
                cells = [
                    cell
                    for first in range(0, len(grid.cells), step * len(lines))
                    for kind in map(lines.index, kinds)
                    for cell in grid.cells[
                        first + kind * step : first + (kind + 1) * step
                    ]
                ]
                return self.classed(Grid(axes, cells))
        return grid

    def _class(self, axis: int, places: tuple[int, ...]) -> int:
        """Return the class axis with these places for the values of an axis."""
        known = self.known.get((axis, places))
        if known is None:
            known = self.known[axis, places] = len(self.lengths)
            self.lengths.append(max(places) + 1)
            self.owners.append(axis)
            self.classes[known] = places
        return known

    def added(self, grids: Sequence[Grid]) -> list[Grid]:
        """Return grids with those of the same axes added up."""
        found: dict[tuple[int, ...], list[Any]] = {}
        for axes, cells in grids:
            known = found.get(axes)
            found[axes] = cells if known is None else list(map(add, known, cells))
        return [Grid(axes, cells) for axes, cells in found.items()]
