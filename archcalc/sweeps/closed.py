"""How the totals of a sweep are found at once: closed forms, or else stage tables.

With names in place of the numbers of some axes, one analysis of each part gives
polynomials with floors that hold for all numbers. They are used only where nothing was
assumed, no answer depends on a value, and the smallest, the largest and a middle
network analyzed alone have these figures. Otherwise tables hold numbers for every
value. Where neither helps there are no totals, and each row is walked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice, starmap
from typing import Any, Protocol

from archcalc.catalogue import FIGURES
from archcalc.errors import ArchcalcError
from archcalc.limits import counting
from archcalc.network.network import Network
from archcalc.sizes.dims import symbol
from archcalc.sizes.polynomials import always_apart, telling_apart
from archcalc.sweeps.dependence import BATCH, INPUT, VARIANT
from archcalc.sweeps.fragments import UncertainError
from archcalc.sweeps.grids import Grid, Grids, TooLargeError
from archcalc.sweeps.packed import UnfitError, lanes
from archcalc.sweeps.parts import names_of
from archcalc.sweeps.reuse import Reuse
from archcalc.sweeps.stages import REFUSED, Parts, Stages
from archcalc.sweeps.totals import Totals
from archcalc.sweeps.values import SweepRow


class Space(Protocol):
    """The combinations of a sweep, as `Combinations` has them."""

    network: Network
    axes: dict[str, tuple[Any, ...]]
    names: tuple[str, ...]
    figures: tuple[str, ...]
    counted: tuple[str, ...]
    batch: int
    inplace: bool

    @property
    def reuse(self) -> Reuse:
        """What walks the network."""

    def at(self, values: tuple[Any, ...]) -> Network:
        """Return the network of a combination, its batch left out."""

    def number(self, places: Iterable[int]) -> int:
        """Return the number of a combination, from the place of each of its values."""

    def analyzed(self, number: int) -> SweepRow | None:
        """Return the row of a combination whose network is analyzed alone."""


def totals_of(found: Space) -> Totals | None:
    """Return the totals of a sweep; None where each row is to be walked."""
    if set(found.names) == {BATCH} or "top1" in found.figures:
        return None
    ways = _Ways(found)
    return ways.closed() or ways.staged()


class _Ways:
    """The two ways to totals; axes count without that of batches, as in `reuse`."""

    def __init__(self, found: Space) -> None:
        self.found = found
        self.reuse = found.reuse
        self.at = [n for n, name in enumerate(found.names) if name != BATCH]
        every = list(found.axes.values())
        self.values = [every[place] for place in self.at]
        self.names = {_name(place): place for place in range(len(every))}

    def staged(self) -> Totals | None:
        """Return totals from tables of numbers."""
        if self.reuse.plain:
            return None
        try:
            return self._totals(*_whole(self.reuse, self.values))
        except (TooLargeError, UnfitError):
            return None

    def closed(self) -> Totals | None:
        """Return totals from formulas over the axes that sizes alone depend on.

        An axis that says how often something stands is not one of them; of a `when`
        that turns out meanwhile.
        """
        named = {place for place in range(len(self.at)) if self._may_be_named(place)}
        named -= self.reuse.dependence.repeating
        while named and not self.reuse.plain:
            try:
                return self._formulas(named)
            except UncertainError as unfit:
                counting = {p for p in named if _name(self.at[p]) in unfit.names}
                if not counting:
                    return None
                named -= counting
            except (ArchcalcError, TooLargeError, UnfitError, TypeError):
                return None
        return None

    def _may_be_named(self, place: int) -> bool:
        """Say whether an axis has several sizes."""
        name, values = self.found.names[self.at[place]], self.values[place]
        sizes = all(type(value) is int and value > 0 for value in values)
        return sizes and len(values) > 1 and name not in (VARIANT, INPUT)

    def _formulas(self, named: set[int]) -> Totals | None:
        """Return totals with names for some axes; None where they are not certain."""
        found = self.found
        values = [
            (symbol(_name(self.at[place])),) if place in named else some
            for place, some in enumerate(self.values)
        ]
        axes = dict(zip(self.reuse.dependence.places, values, strict=True))
        with counting(found.network.limits), telling_apart() as pairs:
            parts, grids = _whole(
                Reuse(found.network, axes, found.at, found.inplace, True), values
            )
        if REFUSED in parts.profiles.cells or not all(
            starmap(always_apart, set(pairs))
        ):
            return None
        read = frozenset().union(
            *(names_of(n) for grid in parts.sums for n in grid.cells)
        )
        if not read <= self.names.keys():  # the network has names of its own
            return None
        totals = self._totals(parts, grids, named)
        return totals if self._agrees(totals, named) else None

    def _totals(
        self, parts: Parts, grids: Grids, named: Collection[int] = ()
    ) -> Totals:
        """Return what adds parts up, the batch counted in."""
        found = self.found
        batch: Any = found.batch
        if BATCH in found.axes:
            batch = batch * symbol(_name(found.names.index(BATCH)))
        read = lanes(found.counted)
        figures: list[list[Grid]] = [[] for _ in found.figures]
        for grid in grids.added([grids.narrowed(grid) for grid in parts.sums]):
            columns = zip(*map(read, grid.cells), strict=True)
            for name, column, own in zip(found.figures, columns, figures, strict=True):
                times = batch if FIGURES[name].of_batch else 1
                cells = Grid(grid.axes, [cell * times for cell in column])
                own.append(self._moved(grids.plain(cells), named))
        ends = [profile is REFUSED for profile in parts.profiles.cells]
        ended = grids.narrowed(Grid(parts.profiles.axes, ends))
        refused = self._moved(grids.plain(ended), named)
        return Totals(list(found.axes.values()), self.names, figures, refused)

    def _moved(self, grid: Grid, named: Collection[int]) -> Grid:
        """Return a grid over the axes of the sweep."""
        axes = [self.at[place] for place in grid.axes if place not in named]
        return Grid(tuple(axes), grid.cells)

    def _agrees(self, totals: Totals, named: Collection[int]) -> bool:
        """Compare the smallest, a middle and the largest network analyzed alone."""
        found = self.found
        for share in (0, 1, 2):
            places = [(len(some) - 1) * share // 2 for some in found.axes.values()]
            for place in named:
                values = self.values[place]
                places[self.at[place]] = values.index(
                    sorted(values)[places[self.at[place]]]
                )
            number = found.number(places)
            rows = totals.rows(number // totals.size)
            if rows is None or found.analyzed(number) != next(
                islice(rows, number % totals.size, None)
            ):
                return False
        return True


def _whole(reuse: Reuse, values: Sequence[Sequence[Any]]) -> tuple[Parts, Grids]:
    """Return the parts of all combinations; in place what cannot be a part.

    Raises `UnfitError` where that does not help.
    """
    while True:
        done = len(reuse.dependence.inline)
        try:
            stages = Stages(reuse, values)
            return stages.whole(), stages.grids
        except UnfitError:
            reuse.drop_cache()
            if done == len(reuse.dependence.inline):
                raise


def _name(place: int) -> str:
    """Return the name of an axis in formulas; no name of a network is such."""
    return f"_axis{place}"
