"""The combinations of values of a network's params, numbered, and their figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from importlib.util import find_spec
from itertools import chain, islice
from math import prod
from typing import TYPE_CHECKING, Any

from archcalc.catalogue import FIGURES
from archcalc.errors import ArchcalcError, UsageError, suggestion, unknown
from archcalc.network.network import Network, check_batch
from archcalc.sweeps.axes import meanings, network_at
from archcalc.sweeps.closed import totals_of
from archcalc.sweeps.dependence import BATCH, VARIANT
from archcalc.sweeps.packed import reader
from archcalc.sweeps.reuse import Reuse, Values
from archcalc.sweeps.sampling import Draws, Sums
from archcalc.sweeps.totals import Columns, Totals
from archcalc.sweeps.values import SweepRow, condition, tidy
from archcalc.sweeps.where import Test, where_test

if TYPE_CHECKING:
    from concurrent.futures import Executor

USUAL_FIGURES = ("params", "macs", "flops", "activations", "depth")
KNOWN_FIGURES = (
    *("params", "active_params", "weights", "biases", "norms", "buffers"),
    *("trainable", "frozen"),
    *("macs", "flops", "activations", "depth", "top1"),
)
IN_SUMS = {"activations": "values"}
OF_BATCH = frozenset(key for key in KNOWN_FIGURES if FIGURES[key].of_batch)
MOST_ALONG = 500
"""Values of the last axis that are taken at once: what is held does not grow."""
FEW = 200
"""Combinations from which on it is worth while to look for totals of all."""
MOST_REFUSED = 10
"""Reasons that are kept; further combinations that do not fit are counted."""


def has_numpy() -> bool:
    """Say whether numpy, which makes columns, is installed."""
    return find_spec("numpy") is not None


@dataclass
class Combinations:
    """All combinations of `over` in order, the last axis fastest.

    A row has a combination's values, then its figures, in the order of `columns`.
    Combinations that do not fit together have none: `refused` holds the first reasons,
    `refusals` how many there were.

    A *unit* is a combination of all axes but the last, with some values of the last.
    An `executor` may compute units in `jobs` workers.
    """

    network: Network
    over: Mapping[str, Sequence[Any]]
    figures: tuple[str, ...] = USUAL_FIGURES
    where: str | None = None
    batch: int = 1
    inplace: bool = True
    executor: Executor | None = None
    jobs: int = 1
    refused: list[str] = field(default_factory=list, init=False)
    refusals: int = field(default=0, init=False)
    drawn: int | None = field(default=None, init=False)
    """How many combinations were drawn at random, where that is all."""

    def __post_init__(self) -> None:
        self.axes = {n: tuple(map(tidy, v)) for n, v in self.over.items()}
        self.names = tuple(self.axes)
        self.columns = (*self.names, *self.figures)
        self.meant = meanings(self.network, self.names)
        self._check()
        self.kept: Test | None = None
        self.asked = ""
        if self.where is not None:
            self.kept = where_test(self.where, self.columns, self.axes, KNOWN_FIGURES)
            self.asked = condition(self.where, self.columns).text
        *outer, last = self.axes.values()
        self.along = len(last)
        sizes = [len(values) for values in outer]
        self.steps = [
            (values, prod(sizes[i + 1 :]), size)
            for i, (values, size) in enumerate(zip(outer, sizes, strict=True))
        ]
        starts = range(0, len(last), MOST_ALONG)
        self.parts = [last[start : start + MOST_ALONG] for start in starts]
        self.units = prod(map(len, outer)) * len(self.parts)
        names = [name for name in self.figures if name != "top1"]
        self.counted = tuple(IN_SUMS.get(name, name) for name in names)
        self.read = reader(self.counted)

    def _check(self) -> None:
        """Raise `UsageError` for an axis, a value or a figure that cannot be."""
        empty = [name for name, values in self.axes.items() if not values]
        if empty or not self.axes:
            what = f"{empty[0]} has no value" if empty else "nothing"
            message = f"{what} to sweep over"
            raise UsageError.of("AC580", message, help="--over PARAM=1:4")
        check_batch(self.batch)
        for value in self.axes.get(BATCH, ()):
            check_batch(value)
            check_batch(value * self.batch)
        spec = self.network.spec
        for value in self.axes.get(VARIANT, ()):
            if value is not None and value not in spec.variants:
                message = f"{spec.name} has no variant {value!r}"
                help = suggestion(str(value), spec.variants, "variants")
                raise UsageError.of("AC501", message, help=help)
        for name in self.figures:
            if name in self.axes:
                message = f"{name} is a param of the sweep, not a figure"
                raise UsageError.of("AC581", message)
            if name not in KNOWN_FIGURES:
                raise unknown("AC581", "figure", name, KNOWN_FIGURES)

    def __len__(self) -> int:
        """Return how many combinations there are."""
        return self.size

    @property
    def size(self) -> int:
        """How many combinations there are: more than `len` can say, if need be."""
        return prod(map(len, self.axes.values()))

    def rows_of(self, first: int, end: int, skip: int = 0) -> Iterator[SweepRow]:
        """Return the rows of some units in this process, but the first few."""
        begin, stop = self.combinations(first) + skip, self.combinations(end)
        rows = chain.from_iterable(self._pieces(begin, stop))
        return rows if self.kept is None else filter(self.kept, rows)

    def _pieces(self, begin: int, stop: int) -> Iterator[Iterable[SweepRow]]:
        """Yield the rows of combinations, those of several at once."""
        totals = self.totals
        if totals is None:
            yield self._walked(begin, stop)
            return
        while begin < stop:
            block, place = divmod(begin, totals.size)
            end = min(stop, begin + totals.size - place)
            rows = totals.rows(block)
            if rows is None:
                yield self._walked(begin, end)
            else:
                yield islice(rows, place, place + end - begin)
            begin = end

    def columns_of(self, first: int, end: int, skip: int = 0) -> list[Columns] | None:
        """Return the rows of some units as columns; None where that cannot be."""
        if self.totals is None or not has_numpy():
            return None
        from archcalc.sweeps.masks import kept_of

        totals, found = self.totals.wide, []
        begin, stop = self.combinations(first) + skip, self.combinations(end)
        while begin < stop:
            block, place = divmod(begin, totals.size)
            last = min(totals.size, place + stop - begin)
            columns = totals.columns(block, place, last)
            if columns is not None and self.asked:
                columns = kept_of(columns, self.asked, self.axes, self.figures)
            if columns is None:
                return None
            found.append(columns)
            begin += last - place
        return found

    def _walked(self, begin: int, stop: int) -> Iterator[SweepRow]:
        """Yield the rows of combinations, each walked for itself."""
        while begin < stop:
            unit, place = self.unit_of(begin)
            outer, last = self.unit(unit)
            some = last[place : place + stop - begin]
            yield from self._rows(outer, some)
            begin += len(some)

    def sample(self, count: int, seed: int = 0) -> Iterator[SweepRow]:
        """Yield the rows of combinations drawn at random, each as likely as another.

        Of those drawn that are no networks `refused` tells. The same seed gives the
        same rows. In this process, whatever `executor` is.
        """
        draws = Draws(list(self.axes.values()))
        grids = None if self.totals is None else self.totals.plain
        sums = None if grids is None else Sums(draws, grids)
        for drawn in draws.drawn(count, seed):
            if sums is not None:
                rows = sums.rows(drawn)
            else:
                some = draws.combinations(drawn)
                rows = chain.from_iterable(self._rows(v[:-1], v[-1:]) for v in some)
            yield from rows if self.kept is None else filter(self.kept, rows)

    def refuse(self, reason: ArchcalcError) -> None:
        """Count a combination that does not fit."""
        self.refusals += 1
        if len(self.refused) < MOST_REFUSED:
            self.refused.append(str(reason))

    def every_row(self) -> Iterator[SweepRow | None]:
        """Yield a row for every combination, None for one that does not fit."""
        for index in range(self.units):
            outer, last = self.unit(index)
            for value, sums in zip(last, self._sums(outer, last), strict=True):
                if isinstance(sums, ArchcalcError):
                    yield None
                else:
                    yield self._row((*outer, value), sums)

    def unit(self, index: int) -> tuple[Values, Sequence[Any]]:
        """Return the outer combination of a unit, and its values of the last axis."""
        index, part = divmod(index, len(self.parts))
        outer = [values[index // step % size] for values, step, size in self.steps]
        return tuple(outer), self.parts[part]

    def combinations(self, units: int) -> int:
        """Return how many combinations the first units have."""
        outer, part = divmod(units, len(self.parts))
        return outer * self.along + min(part * MOST_ALONG, self.along)

    def number(self, places: Iterable[int]) -> int:
        """Return the number of a combination, from the place of each of its values."""
        number = 0
        for axis, place in zip(self.axes.values(), places, strict=True):
            number = number * len(axis) + place
        return number

    def unit_of(self, number: int) -> tuple[int, int]:
        """Return the unit of a combination, and its place there."""
        outer, place = divmod(number, self.along)
        part, place = divmod(place, MOST_ALONG)
        return outer * len(self.parts) + part, place

    def place(
        self, values: Sequence[Any], shown: Callable[[str, Any], Any]
    ) -> tuple[int, int]:
        """Return the unit of a combination, and its place there.

        `shown` says how a value of an axis looks among `values`. Raises `UsageError`
        AC582 for a value that is not swept over.
        """
        places = []
        for (name, axis), value in zip(self.axes.items(), values, strict=True):
            looks = [shown(name, known) for known in axis]
            if value not in looks:
                message = f"the last row has {name}={value}, which is not swept over"
                raise UsageError.of("AC582", message)
            places.append(looks.index(value))
        return self.unit_of(self.number(places))

    def row_at(self, unit: int, place: int) -> SweepRow | None:
        """Return one row, None for a combination that does not fit or is not kept."""
        outer, last = self.unit(unit)
        rows = self._rows(outer, last[place : place + 1])
        return next(filter(self.kept, rows) if self.kept else rows, None)

    def numbered(self, number: int) -> SweepRow | None:
        """Return the row of a combination by its number, as `row_at` does."""
        unit, place = self.unit_of(number)
        return self.row_at(unit, place) if 0 <= unit < self.units else None

    def _rows(self, outer: Values, last: Sequence[Any]) -> Iterator[SweepRow]:
        """Yield the rows of an outer combination with values of the last axis."""
        read = self.read
        plain = (
            self.batch == 1 and BATCH not in self.axes and "top1" not in self.figures
        )
        for value, sums in zip(last, self._sums(outer, last), strict=True):
            if isinstance(sums, ArchcalcError):
                self.refuse(sums)
            elif plain:
                yield (*outer, value, *read(sums))
            else:
                yield self._row((*outer, value), sums)

    def _sums(
        self, outer: Values, last: Sequence[Any]
    ) -> Sequence[int | ArchcalcError]:
        """Return the packed totals along the last axis; a batch is no part of them."""
        if BATCH not in self.axes:
            return self.reuse.along(outer, last)
        if self.names[-1] == BATCH:
            if not outer:
                return self.reuse.along((), (None,)) * len(last)
            return self.reuse.along(outer[:-1], outer[-1:]) * len(last)
        batch = self.names.index(BATCH)
        return self.reuse.along(outer[:batch] + outer[batch + 1 :], last)

    def _row(self, values: Values, sums: int) -> SweepRow:
        """Return a row with the batch counted in, and what was reached."""
        given = dict(zip(self.names, values, strict=True))
        batch = self.batch * given.get(BATCH, 1)
        counted = iter(self.read(sums))
        found: list[Any] = []
        for name in self.figures:
            if name == "top1":
                found.append(self._top1(given))
            else:
                found.append(next(counted) * (batch if name in OF_BATCH else 1))
        return (*values, *found)

    def _top1(self, given: Mapping[str, Any]) -> Any:
        """Return the accuracy that the file has for a variant, or None."""
        variant = given.get(VARIANT, self.network.variant)
        if set(given) - {VARIANT, BATCH} or self.network.settings:
            return None
        entries = self.network.spec.about.accuracy or ()
        known = {a.variant: a.top1 for a in entries}
        top1 = known.get(variant)
        return None if top1 is None else Fraction(str(top1))

    def analyzed(self, number: int) -> SweepRow | None:
        """Return the row of a combination whose network is analyzed alone."""
        unit, place = self.unit_of(number)
        outer, last = self.unit(unit)
        given = dict(zip(self.names, (*outer, last[place]), strict=True))
        sums = self.reuse.alone(tuple(v for n, v in given.items() if n != BATCH))
        if isinstance(sums, ArchcalcError):
            return None
        return self._row(tuple(given.values()), sums)

    @cached_property
    def totals(self) -> Totals | None:
        """What gives the rows of many combinations at once, if there is such."""
        return totals_of(self) if self.size >= FEW else None

    @cached_property
    def reuse(self) -> Reuse:
        """What was found of the parts of the network."""
        meant = {self.meant[n]: v for n, v in self.axes.items() if n != BATCH}
        return Reuse(self.network, meant or {"": (None,)}, self.at, self.inplace)

    def at(self, values: Values) -> Network:
        """Return the network for a combination, its batch left out."""
        names = [name for name in self.names if name != BATCH]
        given = dict(zip(names, values, strict=False))
        return network_at(self.network, given, self.meant)
