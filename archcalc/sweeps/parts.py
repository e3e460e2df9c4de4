"""What the total of a figure is added up from: tables, and formulas over sizes.

Each part is a list over those inner axes that it reads, for the outer values that it
reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from math import lcm, prod
from typing import Any

from archcalc.sizes.dims import Dim, symbol
from archcalc.sizes.evaluation import monomial_value, value_of
from archcalc.sizes.polynomials import Poly, terms_of
from archcalc.sizes.terms import Monomial
from archcalc.sweeps.grids import Grid, Grids

HELD = 200_000
"""Numbers that a part of the sum holds."""
Places = tuple[int, ...]
Column = list[int]


class Axes:
    """The axes of a sweep: their values, and which of them are inner ones."""

    def __init__(self, values: Sequence[Sequence[Any]], block: int) -> None:
        self.values = values
        self.lengths = [len(some) for some in values]
        self.first = len(values) - 1
        self.size = self.lengths[-1]
        while self.first and self.size * self.lengths[self.first - 1] <= block:
            self.first -= 1
            self.size *= self.lengths[self.first]
        self.inner = tuple(range(self.first, len(values)))

    def inner_of(self, places: Places) -> Places:
        """Return the inner ones of some axes."""
        return tuple(place for place in places if place >= self.first)

    def outer_of(self, places: Places) -> Places:
        """Return the outer ones of some axes."""
        return tuple(place for place in places if place < self.first)

    def outer(self, block: int) -> Places:
        """Return which value each outer axis has in a block."""
        found = []
        for length in reversed(self.lengths[: self.first]):
            block, place = divmod(block, length)
            found.append(place)
        return tuple(reversed(found))

    def points(self, places: Places) -> Iterator[dict[int, Any]]:
        """Yield the values of some axes, for every combination of them in order."""
        for some in product(*(self.values[place] for place in places)):
            yield dict(zip(places, some, strict=True))


class Part:
    """What is added to a figure: something over some axes."""

    def __init__(self, places: Places, axes: Axes) -> None:
        self.axes = axes
        self.inner = axes.inner_of(places)
        self.outer = axes.outer_of(places)
        self.size = prod(axes.lengths[place] for place in self.inner)
        self.held: dict[Places, Column] = {}

    def column(self, outer: Places) -> Column:
        """Return its numbers over its inner axes, for places of outer ones."""
        key = tuple([outer[place] for place in self.outer])
        found = self.held.get(key)
        if found is None:
            if len(self.held) * self.size >= HELD:
                self.held.clear()
            found = self.held[key] = self.made(key)
        return found

    def made(self, key: Places) -> Column:
        """Return the column for the places of its own outer values."""
        raise NotImplementedError

    def given(self, key: Places) -> dict[int, Any]:
        """Return its own outer values by the axes."""
        pairs = zip(self.outer, key, strict=True)
        return {axis: self.axes.values[axis][place] for axis, place in pairs}


class Table(Part):
    """A grid of numbers: its inner axes are its last ones, so a column is a slice."""

    def __init__(self, grid: Grid, axes: Axes) -> None:
        super().__init__(grid.axes, axes)
        self.cells = grid.cells

    def made(self, key: Places) -> Column:
        at = 0
        for axis, place in zip(self.outer, key, strict=True):
            at = at * self.axes.lengths[axis] + place
        return self.cells[at * self.size : (at + 1) * self.size]


class Formulas(Part):
    """A grid of polynomials over further axes, each evaluated at every point."""

    def __init__(self, grid: Grid, names: Mapping[str, int], axes: Axes) -> None:
        read = {names[n] for cell in grid.cells for n in names_of(cell)}
        super().__init__(tuple(sorted({*grid.axes, *read})), axes)
        self.names = {name: place for name, place in names.items() if place in read}
        keys = product(*(range(axes.lengths[place]) for place in grid.axes))
        self.cells = dict(zip(keys, grid.cells, strict=True))
        self.own = grid.axes

    def made(self, key: Places) -> Column:
        lengths, values = self.axes.lengths, self.axes.values
        column = []
        for some in product(*(range(lengths[place]) for place in self.inner)):
            at = dict(zip((*self.outer, *self.inner), (*key, *some), strict=True))
            given = {
                name: values[place][at[place]] for name, place in self.names.items()
            }
            cell = self.cells[tuple([at[place] for place in self.own])]
            column.append(value_of(cell, given))
        return column


class Formula(Part):
    """A polynomial: a sum of products of what outer and what inner axes say.

    The sum of all products is made for the side that has fewer of them at a time.
    """

    def __init__(self, poly: Dim, names: Mapping[str, int], axes: Axes) -> None:
        read = names_of(poly)
        super().__init__(tuple(sorted(names[name] for name in read)), axes)
        self.names = {name: names[name] for name in read}
        terms = terms_of(poly)
        self.scale = lcm(*(number.denominator for number in terms.values()))
        self.rows: dict[Monomial, dict[Monomial, int]] = {}
        for monomial, number in terms.items():
            outer = tuple(f for f in monomial if self._is_outer(f[0].names()))
            inner = tuple(f for f in monomial if f not in outer)
            row = self.rows.setdefault(outer, {})
            row[inner] = int(number * self.scale)

    def _is_outer(self, read: frozenset[str]) -> bool:
        return all(self.names[name] in self.outer for name in read)

    @cached_property
    def columns(self) -> dict[Monomial, Column]:
        """What each product of the inner axes is at all their values."""
        points = [
            {name: at[place] for name, place in self.names.items() if place in at}
            for at in self.axes.points(self.inner)
        ]
        every = dict.fromkeys(inner for row in self.rows.values() for inner in row)
        return {inner: [monomial_value(inner, p) for p in points] for inner in every}

    @cached_property
    def by_outer(self) -> dict[Monomial, Column] | None:
        """The sum that each product of the outer axes multiplies, if these are few."""
        if len(self.rows) > len(self.columns):
            return None
        found = {}
        for outer, row in self.rows.items():
            column = [0] * self.size
            for inner, number in row.items():
                column = [
                    a + number * b
                    for a, b in zip(column, self.columns[inner], strict=True)
                ]
            found[outer] = column
        return found

    def made(self, key: Places) -> Column:
        at = self.given(key)
        point = {name: at[place] for name, place in self.names.items() if place in at}
        if self.by_outer is not None:
            pairs = [(monomial_value(o, point), c) for o, c in self.by_outer.items()]
        else:
            factors: dict[Monomial, int] = {}
            for outer, row in self.rows.items():
                value = monomial_value(outer, point)
                for inner, number in row.items():
                    factors[inner] = factors.get(inner, 0) + number * value
            pairs = [(factor, self.columns[inner]) for inner, factor in factors.items()]
        column = [0] * self.size
        for factor, numbers in pairs:
            column = [a + factor * b for a, b in zip(column, numbers, strict=True)]
        return column if self.scale == 1 else [n // self.scale for n in column]


def parts_of(
    grids: Sequence[Grid], names: Mapping[str, int], axes: Axes
) -> Iterator[Part]:
    """Yield the parts of a figure: tables, and formulas for all that need none."""
    whole: Dim = 0
    tables = Grids(axes.lengths)
    numbers: list[Grid] = []
    for grid in map(tables.narrowed, grids):
        if all(isinstance(cell, int) for cell in grid.cells):
            numbers.append(grid)
            continue
        straight = straightened(grid, names, axes)
        if straight.axes:
            yield Formulas(straight, names, axes)
        else:
            whole = whole + straight.cells[0]
    if isinstance(whole, int):
        numbers.append(Grid((), [whole]))
    else:
        yield from formulas_of(whole, names, axes)
    for grid in tables.added(numbers):
        yield Table(grid, axes)


def straightened(grid: Grid, names: Mapping[str, int], axes: Axes) -> Grid:
    """Return a grid without the axes along which its cells grow by equal steps."""
    symbols = {place: name for name, place in names.items()}
    for at, axis in enumerate(grid.axes):
        values = axes.values[axis]
        step = prod(axes.lengths[place] for place in grid.axes[at + 1 :])
        turn = step * len(values)
        cells: list[Dim] = []
        if all(type(value) is int and value > 0 for value in values):
            for first in range(0, len(grid.cells), turn):
                for place in range(first, first + step):
                    line = grid.cells[place : first + turn : step]
                    found = _line(line, values, symbols[axis])
                    if found is None:
                        break
                    cells.append(found)
        if len(cells) * len(values) == len(grid.cells):
            less = tuple(place for place in grid.axes if place != axis)
            return straightened(Grid(less, cells), names, axes)
    return grid


def _line(cells: Sequence[Dim], values: Sequence[int], name: str) -> Dim | None:
    """Return base + slope·(value - first) where every cell is that, else None."""
    first, base = values[0], cells[0]
    slope: Dim = 0
    if len(values) > 1:
        if values[1] != first + 1:
            return None
        slope = cells[1] - base
    for value, cell in zip(values, cells, strict=True):
        if base + slope * (value - first) != cell:
            return None
    return base + slope * (symbol(name) - first)


def formulas_of(whole: Poly, names: Mapping[str, int], axes: Axes) -> Iterator[Part]:
    """Yield a polynomial in parts: one for each set of axes that terms need."""
    found: dict[frozenset[str], Dim] = {}
    for monomial, number in terms_of(whole).items():
        read = frozenset().union(*(atom.names() for atom, _ in monomial))
        found[read] = found.get(read, 0) + Poly({monomial: number})
    sets = sorted(found, key=len)
    for number, read in enumerate(sets):
        wider = [other for other in sets[number + 1 :] if read <= other]
        if wider and read:
            found[wider[0]] = found[wider[0]] + found.pop(read)
    for read, poly in found.items():
        if read:
            yield formula(poly, names, axes)
        else:
            yield Table(Grid((), [value_of(poly, {})]), axes)


def formula(poly: Dim, names: Mapping[str, int], axes: Axes) -> Part:
    """Return a polynomial as a part.

    Where a floor or an extreme reads outer and inner axes at once, it is no product of
    both sides, and is evaluated at every point.
    """
    part = Formula(poly, names, axes)
    atoms = (atom.names() for monomial in terms_of(poly) for atom, _ in monomial)
    sides = ({names[name] in part.outer for name in read} for read in atoms)
    if any(len(side) > 1 for side in sides):
        return Formulas(Grid((), [poly]), names, axes)
    return part


def names_of(size: Dim) -> frozenset[str]:
    """Return the names that a size depends on."""
    return size.symbols if isinstance(size, Poly) else frozenset()
