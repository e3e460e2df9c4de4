"""Every combination of values of a network's params, with its figures.

>>> from archcalc.sweeping import sweep
>>> for row in sweep("efficientnet", {"width": "1:2:0.5"}, figures=("params",)):
...     print(*row)
1 5288548
3/2 10789510
2 18122720
"""

from __future__ import annotations

import fnmatch
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from math import prod
from threading import get_ident
from typing import Any

from archcalc.errors import ArchcalcError, UsageError
from archcalc.fields import nearest
from archcalc.limits import Limits
from archcalc.network import Network, load
from archcalc.network import network as read_network
from archcalc.parts import FIGURES, LANE, MASK
from archcalc.reading import BATCH, INPUT, VARIANT
from archcalc.reuse import Reuse, Values
from archcalc.source import parse as parse_yaml
from archcalc.sweep_values import condition, tidy, values_of, written

USUAL_FIGURES = ("params", "macs", "flops", "activations", "depth")
KNOWN_FIGURES = (
    "params",
    "weights",
    "biases",
    "norms",
    "buffers",
    "macs",
    "flops",
    "activations",
    "depth",
    "top1",
)
OF_BATCH = frozenset({"macs", "flops", "activations"})
CHUNK = 20_000
"""Combinations that one process takes at a time."""
AHEAD = 4
"""Chunks that wait for each process."""
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Task:
    """A sweep as plain values, so that another process can take a part of it."""

    text: str
    name: str
    variant: str | None
    settings: tuple[tuple[str, Any], ...]
    input: Any
    limits: Limits
    axes: tuple[tuple[str, tuple[Any, ...]], ...]
    figures: tuple[str, ...]
    where: str | None
    batch: int
    inplace: bool


@lru_cache(maxsize=64)
def _worker(task: Task, _thread: int) -> Sweep:
    """Return the sweep of a task in this process and thread; it keeps what it found."""
    source = parse_yaml(task.text, task.name, task.limits)
    settings = dict(task.settings)
    network = read_network(source, task.variant, settings, task.input, task.limits)
    return Sweep(
        network,
        dict(task.axes),
        task.figures,
        task.where,
        task.batch,
        task.inplace,
    )


def run_chunk(task: Task, first: int, end: int) -> tuple[list[Row], list[str]]:
    """Return the rows of some of the outer combinations, and what did not fit."""
    worker = _worker(task, get_ident())
    worker.refused.clear()
    return list(worker.rows(first, end)), list(worker.refused)


@dataclass
class Sweep:
    """All combinations of `over` in order, the last axis fastest; lazily computed.

    Iterating gives a tuple for each combination: its values, then its figures, in the
    order of `columns`. Combinations that do not fit together are left out, and
    `refused` holds the first reasons, `refusals` how many there were.
    """

    network: Network
    over: Mapping[str, Sequence[Any]]
    figures: tuple[str, ...] = USUAL_FIGURES
    where: str | None = None
    batch: int = 1
    inplace: bool = True
    executor: Executor | None = None
    jobs: int = 1
    refused: list[str] = field(default_factory=list)
    refusals: int = 0

    def __post_init__(self) -> None:
        self.axes = {n: tuple(map(tidy, v)) for n, v in self.over.items()}
        self.names = tuple(self.axes)
        self.columns = (*self.names, *self.figures)
        self._check()
        self.condition = self.where and condition(self.where, self.columns)
        varying = [name for name in self.names if name != BATCH]
        self.places = [self.names.index(name) for name in varying]
        *outer, self.last = self.axes.values()
        self.outer = outer
        self.getters = tuple(_shifts(name) for name in self.figures if name != "top1")

    def _check(self) -> None:
        """Raise `UsageError` for an axis or figure that is not there."""
        known = [*self.network.spec.params, VARIANT, INPUT, BATCH]
        for name, values in self.axes.items():
            if name not in known or not values:
                help = nearest(name, known) or f"axes: {', '.join(known)}"
                message = f"{self.network.name} has no param {name!r} to sweep over"
                raise UsageError.of("AC580", message, help=help)
        if not self.axes:
            raise UsageError.of("AC580", "nothing to sweep over", help="--over P=1:4")
        for name in self.figures:
            if name in self.axes:
                message = f"{name} is a param that varies, not a figure here"
                raise UsageError.of("AC581", message)
            if name not in KNOWN_FIGURES:
                known_figures = ", ".join(KNOWN_FIGURES)
                help = nearest(name, KNOWN_FIGURES) or f"figures: {known_figures}"
                raise UsageError.of("AC581", f"there is no figure {name!r}", help=help)

    def __len__(self) -> int:
        """Return how many combinations there are."""
        return prod(map(len, self.axes.values()))

    def __iter__(self) -> Iterator[Row]:
        return self.after(0)

    def after(self, first: int) -> Iterator[Row]:
        """Yield the rows from an outer combination on."""
        count = prod(map(len, self.outer))
        if self.executor is None:
            yield from self.rows(first, count)
            return
        size = max(1, CHUNK // len(self.last))
        waiting: deque[Future[tuple[list[Row], list[str]]]] = deque()
        starts = iter(range(first, count, size))
        while True:
            for start in starts:
                end = min(start + size, count)
                waiting.append(self.executor.submit(run_chunk, self.task, start, end))
                if len(waiting) >= AHEAD * self.jobs:
                    break
            if not waiting:
                return
            rows, refused = waiting.popleft().result()
            self.refused += refused
            self.refusals += len(refused)
            yield from rows

    def following(self, last: Sequence[str]) -> Iterator[Row]:
        """Yield the rows after the one with these values, as a CSV file has them.

        Raises `UsageError` AC582 where there is no such row.
        """
        first = 0
        for (name, values), text in zip(self.axes.items(), last, strict=True):
            texts = [written(value) for value in values]
            if text not in texts:
                message = f"the last row has {name}={text}, which is not swept over"
                raise UsageError.of("AC582", message)
            first = first * len(values) + texts.index(text)
        outer, done = divmod(first, len(self.last))
        later = {written(value) for value in self.last[done + 1 :]}
        place = len(self.names) - 1
        for row in self.rows(outer, outer + 1):
            if written(row[place]) in later:
                yield row
        yield from self.after(outer + 1)

    @cached_property
    def task(self) -> Task:
        """The sweep as plain values."""
        net = self.network
        given = net.input if isinstance(net.input, str | None) else tuple(net.input)
        return Task(
            net.spec.source.text,
            net.spec.source.name,
            net.variant,
            tuple(net.settings.items()),
            given,
            net.limits,
            tuple(self.axes.items()),
            self.figures,
            self.where,
            self.batch,
            self.inplace,
        )

    def rows(self, first: int, end: int) -> Iterator[Row]:
        """Yield the rows of some outer combinations, in this process."""
        kept = self.condition
        columns = self.columns
        for index in range(first, end):
            for row in self._rows(self.combination(index)):
                if not kept or kept.evaluate(dict(zip(columns, row, strict=True))):
                    yield row

    def every(self) -> Iterator[Row | None]:
        """Yield a row for every combination, None for one that does not fit."""
        for index in range(prod(map(len, self.outer))):
            outer = self.combination(index)
            for value, sums in zip(self.last, self._sums(outer), strict=True):
                if isinstance(sums, ArchcalcError):
                    yield None
                else:
                    yield self._row((*outer, value), sums)

    def row_of(self, value: Any, sums: int) -> dict[str, Any]:
        """Return the row of one value of a single axis, by column."""
        return dict(zip(self.columns, self._row((value,), sums), strict=True))

    def combination(self, index: int) -> Values:
        """Return an outer combination by its number."""
        found = []
        for values in reversed(self.outer):
            index, place = divmod(index, len(values))
            found.append(values[place])
        return tuple(reversed(found))

    def _rows(self, outer: Values) -> Iterator[Row]:
        """Yield the rows of one outer combination."""
        getters, last = self.getters, self.last
        plain = (
            self.batch == 1 and BATCH not in self.axes and "top1" not in self.figures
        )
        for value, sums in zip(last, self._sums(outer), strict=True):
            if isinstance(sums, ArchcalcError):
                self.refusals += 1
                self.refused.append(str(sums))
            elif plain:
                yield (*outer, value, *[get(sums) for get in getters])
            else:
                yield self._row((*outer, value), sums)

    def _sums(self, outer: Values) -> Sequence[int | ArchcalcError]:
        """Return the packed totals along the last axis; a batch is no part of them."""
        if BATCH not in self.axes:
            return self.reuse.along(outer, self.last)
        if self.names[-1] == BATCH:
            if not outer:
                return self.reuse.along((), (None,)) * len(self.last)
            return self.reuse.along(outer[:-1], outer[-1:]) * len(self.last)
        batch = self.names.index(BATCH)
        return self.reuse.along(outer[:batch] + outer[batch + 1 :], self.last)

    def _row(self, values: Values, sums: int) -> Row:
        """Return a row with the batch counted in, and what was reached."""
        given = dict(zip(self.names, values, strict=True))
        batch = self.batch * given.get(BATCH, 1)
        getters = iter(self.getters)
        found: list[Any] = []
        for name in self.figures:
            if name == "top1":
                found.append(self._top1(given))
            else:
                found.append(next(getters)(sums) * (batch if name in OF_BATCH else 1))
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

    @cached_property
    def reuse(self) -> Reuse:
        """What was found of the parts of the network."""
        axes = {n: v for n, v in self.axes.items() if n != BATCH} or {"": (None,)}
        return Reuse(self.network, axes, self.at, self.inplace)

    def at(self, values: Values) -> Network:
        """Return the network for a combination, its batch left out."""
        base = self.network
        names = [name for name in self.names if name != BATCH]
        given = dict(zip(names, values, strict=False))
        variant = given.pop(VARIANT, base.variant)
        input = given.pop(INPUT, base.input)
        settings = {**base.settings, **given}
        return Network(base.spec, variant, settings, input, base.limits)


def _shifts(name: str) -> Any:
    """Return what picks a figure out of packed sums."""
    if name == "params":
        return lambda s: (s & MASK) + (s >> LANE & MASK) + (s >> 2 * LANE & MASK)
    shift = FIGURES.index("values" if name == "activations" else name) * LANE
    return lambda s: s >> shift & MASK


def sweep(
    net: str | Network,
    over: Mapping[str, str | Sequence[Any]],
    *,
    figures: Sequence[str] | None = None,
    where: str | None = None,
    batch: int = 1,
    inplace: bool = True,
    executor: Executor | None = None,
    jobs: int = 1,
) -> Sweep:
    """Return the rows of every combination of `over`, computed while they are read.

    `over` names params (`op*`: all that begin so), `variant`, `input` or `batch`, with
    their values or a text such as `0.25:2:0.25`; `where` keeps the rows that meet a
    constraint. An `executor` of `concurrent.futures` runs chunks in `jobs` workers;
    rows keep their order.

    Raises `UsageError` AC580 for an axis, AC581 for another name or a figure.
    """
    network = load(net) if isinstance(net, str) else net
    axes: dict[str, Sequence[Any]] = {}
    for pattern, given in over.items():
        starred = fnmatch.filter(network.spec.params, pattern) if "*" in pattern else ()
        for name in starred or (pattern,):
            axes[name] = values_of(name, given) if isinstance(given, str) else given
    usual = tuple(name for name in USUAL_FIGURES if name not in axes)
    chosen = usual if figures is None else tuple(figures)
    return Sweep(network, axes, chosen, where, batch, inplace, executor, jobs)
