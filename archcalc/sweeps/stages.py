"""Stage tables: the totals of a network as sums of tables over a few axes each.

A hole of the network adds what its own axes say, wherever the same shape enters it. So
the totals of all combinations are sums of small tables: one for each hole over the axes
that it reads, and those of what enters. A *grid* is such a table; its cells stand in
the order of combinations. What stands in the cells is found by the walk of `reuse`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from operator import add, mul
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError
from archcalc.sizes.dims import Dim
from archcalc.sweeps.fragments import Hole, Profile
from archcalc.sweeps.grids import Grid, Grids
from archcalc.sweeps.packed import DEPTH
from archcalc.sweeps.reuse import (
    Reuse,
    Stop,
    Values,
    Walk,
    profile_of_row,
    without_depth,
)

REFUSED = object()
"""Stands for the profile of what is no network."""


class Parts(NamedTuple):
    """Sums as grids to be added up; the profile as a grid, REFUSED where is none."""

    sums: tuple[Grid, ...]
    profiles: Grid


class Stages:
    """The totals that a `reuse` finds for all combinations of `values`, as grids."""

    def __init__(self, reuse: Reuse, values: Sequence[Sequence[Any]]) -> None:
        self.reuse = reuse
        self.values = values
        self.grids = Grids([len(some) for some in values])
        self.known: dict[Any, Parts] = {}

    def whole(self) -> Parts:
        """Return the grids of the whole network.

        Raises `TooLargeError`, and what a walk raises beside errors of the network.
        """
        return self.walked(self.reuse.root)

    def points(self, axes: Sequence[int]) -> Iterator[Values]:
        """Yield the combinations of some axes, each with the first value of others."""
        self.grids.size(axes)
        point = [some[0] for some in self.values]
        for here in product(*(self.values[axis] for axis in axes)):
            for axis, value in zip(axes, here, strict=True):
                point[axis] = value
            yield tuple(point)

    def found(
        self, axes: frozenset[int], find: Callable[[Values], Any]
    ) -> tuple[tuple[int, ...], list[Any]]:
        """Return what is found for the combinations of some axes; None: an error."""
        places = tuple(sorted(axes))
        return places, [attempt(find, point) for point in self.points(places)]

    # -- walking ---------------------------------------------------------------------

    def walked(self, walk: Walk) -> Parts:
        """Return the grids of a walk: all stops along it for all combinations at once.

        Stops and profiles are numbered, so that what follows is a look-up in a list.
        """
        stops = _Numbered()
        axes, cells = self.found(walk.axes, lambda point: self.reuse.start(walk, point))
        state = Grid(axes, list(map(stops.number, cells)))
        sums: list[Grid] = []
        while True:
            state = self.grids.narrowed(state)
            seen = dict.fromkeys(state.cells)
            if not any(stop and stop.hole for stop in map(stops.at, seen)):
                break
            own, after = self._ahead(state, stops)
            sums += own
            state = self._behind(walk, state, after, stops)
        stopped = [stops.at(number) for number in state.cells]
        sums.append(
            Grid(state.axes, [stop.end.sums if stop else 0 for stop in stopped])
        )
        profiles = [stop.end.profile if stop else REFUSED for stop in stopped]
        return Parts(tuple(sums), Grid(state.axes, profiles))

    def _ahead(self, state: Grid, stops: _Numbered) -> tuple[Sequence[Grid], Grid]:
        """Return the sums of the next holes, and their profiles."""
        number_of: dict[int, int] = {}
        parts: dict[Any, tuple[int, Parts]] = {}
        for n in dict.fromkeys(state.cells):
            stop = stops.at(n)
            if stop is None or stop.hole is None:
                number_of[n] = -1
                continue
            key = key_of_hole(stop.hole)
            if key not in parts:
                parts[key] = len(parts), self.part(stop.hole)
            number_of[n] = parts[key][0]
        every = [part for _, part in parts.values()]
        if len(every) == 1 and -1 not in number_of.values():
            (only,) = every
            return only
        grids = [grid for part in every for grid in (*part.sums, part.profiles)]
        axes = self.grids.together(state, *grids)
        flat = [self._flat(part.sums, axes) for part in every]
        profiles = [self.grids.spread(part.profiles, axes) for part in every]
        which = [number_of[n] for n in self.grids.spread(state, axes)]
        sums = [flat[w][n] if w >= 0 else 0 for n, w in enumerate(which)]
        after = [profiles[w][n] if w >= 0 else None for n, w in enumerate(which)]
        return [Grid(axes, sums)], Grid(axes, after)

    def _flat(self, sums: Sequence[Grid], axes: tuple[int, ...]) -> list[Any]:
        """Return the cells of grids added up over all axes."""
        total = [0] * self.grids.size(axes)
        for grid in sums:
            total = list(map(add, total, self.grids.spread(grid, axes)))
        return total

    def _behind(self, walk: Walk, state: Grid, after: Grid, stops: _Numbered) -> Grid:
        """Return the stops behind holes that have these profiles."""
        numbered = _Numbered()
        numbers = Grid(after.axes, list(map(numbered.number, after.cells)))
        ways = self.grids.classed(self.grids.narrowed(numbers))
        axes = self.grids.together(state, ways)
        many = len(numbered.things)
        before = [number * many for number in self.grids.spread(state, axes)]
        pairs = list(map(add, before, self.grids.spread(ways, axes)))
        behind = {}
        for pair in dict.fromkeys(pairs):
            number, way = divmod(pair, many)
            stop, profile = stops.at(number), numbered.at(way)
            if stop is None or stop.hole is None:
                behind[pair] = number
            elif profile is REFUSED:
                behind[pair] = 0
            else:
                ahead = partial(self.reuse.behind, walk, stop, profile)
                point = self._point(walk.axes, axes, pairs.index(pair))
                behind[pair] = stops.number(attempt(ahead, point))
        return Grid(axes, list(map(behind.__getitem__, pairs)))

    def _point(
        self, wanted: frozenset[int], axes: tuple[int, ...], cell: int
    ) -> Values:
        """Return the values at a cell of a grid, for axes that are wanted."""
        point = [some[0] for some in self.values]
        for axis in reversed(axes):
            cell, place = divmod(cell, self.grids.lengths[axis])
            if axis in wanted:
                point[axis] = self.values[axis][place]
        return tuple(point)

    # -- one step --------------------------------------------------------------------

    def part(self, hole: Hole) -> Parts:
        """Return the grids of a step with its repetitions."""
        key = key_of_hole(hole)
        known = self.known.get(key)
        if known is None:
            found = self._repeated(hole) or self._one_by_one(hole)
            known = self.known[key] = _depth_apart(found) if hole.trunk else found
        return known

    def _repeated(self, hole: Hole) -> Parts | None:
        """Return the grids of a step whose repetitions are equal, None for others."""
        step, dependence = hole.step, self.reuse.dependence
        if step.first or step.last or dependence.counts(step):
            return None
        counts = Grid((), [step.repeat])
        if step.when is not True or type(step.repeat) is not int:
            axes = dependence.count_axes(step)
            counts = Grid(*self.found(axes, lambda at: self.reuse.count(hole, at)))
        if None in counts.cells or not any(counts.cells):
            return None
        unit = self.walked(self.reuse.walk_of(hole, hole.shape, {}, None))
        several = max(counts.cells) > 1
        if REFUSED in unit.profiles.cells or (several and not _keep(unit, hole)):
            return None
        if set(counts.cells) == {1}:
            return unit
        return self._times(unit, self.grids.narrowed(counts))

    def _times(self, unit: Parts, counts: Grid) -> Parts:
        """Return the grids of equal parts in a row; none in a row are left out."""
        sums = []
        for grid in unit.sums:
            axes = self.grids.together(grid, counts)
            both = self.grids.spread(grid, axes), self.grids.spread(counts, axes)
            sums.append(Grid(axes, list(map(mul, *both))))
        axes = self.grids.together(unit.profiles, counts)
        profiles: list[Profile | None] = []
        inside: list[Dim] = []
        for profile, count in zip(
            self.grids.spread(unit.profiles, axes),
            self.grids.spread(counts, axes),
            strict=True,
        ):
            whole: Profile | None = None
            within: Dim = 0
            if count and profile is not None:
                whole, within = profile_of_row(profile, count)
            profiles.append(whole)
            inside.append(-within)
        sums.append(self.grids.narrowed(Grid(axes, inside)))
        return Parts(tuple(sums), Grid(axes, profiles))

    def _one_by_one(self, hole: Hole) -> Parts:
        """Return the grids of a step that is walked for every combination."""
        axes = self.reuse.dependence.axes(hole.step)
        places, cells = self.found(axes, lambda at: self.reuse.fragment(hole, at))
        sums = Grid(places, [cell.sums if cell else 0 for cell in cells])
        profiles = [cell.profile if cell else REFUSED for cell in cells]
        return Parts((sums,), self.grids.narrowed(Grid(places, profiles)))


class _Numbered:
    """Things by the order in which they were met; None is the first."""

    def __init__(self) -> None:
        self.things: list[Any] = [None]
        self.numbers: dict[Any, int] = {None: 0}

    def number(self, thing: Any) -> int:
        """Return the number of a thing: a stop by itself, others by what they are."""
        key = id(thing) if isinstance(thing, Stop) else thing
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = len(self.things)
            self.things.append(thing)
        return number

    def at(self, number: int) -> Any:
        """Return a thing by its number."""
        return self.things[number]


def attempt(find: Callable[[Values], Any], point: Values) -> Any:
    """Return what is found, None for an error of the network."""
    try:
        return find(point)
    except ArchcalcError:
        return None


def key_of_hole(hole: Hole) -> Any:
    """Return what tells holes apart: a step, what enters, and what is known there."""
    return id(hole.step), hole.shape, hole.locals, hole.trunk


def _keep(unit: Parts, hole: Hole) -> bool:
    """Say whether what leaves a part has the shape of what enters it."""
    return all(p is not None and p.shape == hole.shape for p in unit.profiles.cells)


def _depth_apart(parts: Parts) -> Parts:
    """Return the grids of a step of the trunk, whose depth is added up outside."""
    axes, cells = parts.profiles
    deep = [p.depth << DEPTH if isinstance(p, Profile) else 0 for p in cells]
    profiles = [without_depth(p) if isinstance(p, Profile) else p for p in cells]
    return Parts((*parts.sums, Grid(axes, deep)), Grid(axes, profiles))
