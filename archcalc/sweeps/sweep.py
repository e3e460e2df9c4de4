"""Every combination of values of a network's params, with its figures."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from archcalc.network.network import Network
from archcalc.network.shown import Shown
from archcalc.sweeps.choice import Choice, Chosen
from archcalc.sweeps.combinations import USUAL_FIGURES, Combinations
from archcalc.sweeps.values import SweepRow, values_of

if TYPE_CHECKING:
    from concurrent.futures import Executor


class Sweep(Shown, Combinations):
    """The rows of all combinations that fit together, computed while they are read.

    A row is a tuple in the order of `columns`: a combination's values, then its
    figures. `len` is the number of combinations. `refused` holds the first reasons why
    combinations do not fit together, `refusals` how many there were.
    """

    choice = Choice()
    """Which of the rows are wanted; all of them, unless `choose` said otherwise."""

    def choose(self, choice: Choice) -> None:
        """Keep only the rows of a choice; raise `UsageError` AC581 for a column."""
        choice.check(self.columns)
        self.choice = choice

    def __repr__(self) -> str:
        names = ", ".join(self.names)
        return f"<Sweep {self.network.name}: {len(self)} combinations of {names}>"

    def __iter__(self) -> Iterator[SweepRow]:
        if not self.choice.ordered:
            return islice(self._every(), self.choice.top)
        chosen = Chosen(self.choice, self.columns)
        chosen.add(self._every())
        return iter(chosen.rows())

    def _every(self) -> Iterator[SweepRow]:
        """Return the rows of all combinations."""
        if self.executor is None:
            return self.rows_of(0, self.units)
        from archcalc.sweeps.chunks import chunks

        return (row for chunk in chunks(self) for row in chunk.rows)

    def rows(self) -> list[dict[str, Any]]:
        """Return all rows as dicts of raw values, for a data frame."""
        return [dict(zip(self.columns, row, strict=True)) for row in self]


def sweep(
    network: Network,
    over: Mapping[str, str | Sequence[Any]],
    *,
    figures: Sequence[str] | None = None,
    where: str | None = None,
    batch: int = 1,
    inplace: bool = True,
    executor: Executor | None = None,
    jobs: int = 1,
) -> Sweep:
    """Return the rows of every combination; `archcalc.sweep` says what each word means.

    Raises `UsageError` AC580 for an axis, AC581 for another name or a figure.
    """
    axes: dict[str, Sequence[Any]] = {}
    for pattern, given in over.items():
        starred = fnmatch.filter(network.spec.params, pattern) if "*" in pattern else ()
        for name in starred or (pattern,):
            axes[name] = values_of(name, given) if isinstance(given, str) else given
    usual = tuple(name for name in USUAL_FIGURES if name not in axes)
    chosen = usual if figures is None else tuple(dict.fromkeys(figures))
    return Sweep(network, axes, chosen, where, batch, inplace, executor, jobs)
