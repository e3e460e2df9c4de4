"""Rows that no other row beats in every figure: a Pareto front."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import le
from typing import Any

from archcalc.sweeps.values import SweepRow

LARGER_IS_BETTER = frozenset({"top1"})
Costs = tuple[Any, ...]


class Front:
    """The rows that no other row so far beats in all of some figures.

    Less is better, but for an accuracy. A row without one of the figures is left out;
    of rows that are equal in all of them, every one stays.
    """

    def __init__(self, columns: Sequence[str], figures: Sequence[str]) -> None:
        self.places = [
            (columns.index(name), -1 if name in LARGER_IS_BETTER else 1)
            for name in figures
        ]
        self.costs: list[Costs] = []
        """Costs of the front, each once; the last one that beat a row is first."""
        self.found: dict[Costs, list[tuple[int, SweepRow]]] = {}
        self.seen = 0

    def add(self, rows: Iterable[SweepRow]) -> None:
        """Take rows into account."""
        for row in rows:
            self.seen += 1
            try:
                costs = tuple([sign * row[place] for place, sign in self.places])
            except TypeError:  # a figure that is not there
                continue
            if costs in self.found:
                self.found[costs].append((self.seen, row))
            elif not self._beaten(costs):
                self._enter(costs, row)

    def _beaten(self, costs: Costs) -> bool:
        """Say whether a row of the front beats these costs, which differ from its own.

        Neighbours in a sweep are alike: what beats one often beats the next.
        """
        for place, known in enumerate(self.costs):
            if all(map(le, known, costs)):
                if place:
                    self.costs[place] = self.costs[0]
                    self.costs[0] = known
                return True
        return False

    def _enter(self, costs: Costs, row: SweepRow) -> None:
        """Put a row on the front in place of those that it beats."""
        left = [known for known in self.costs if not beats(costs, known)]
        if len(left) < len(self.costs):
            self.found = {known: self.found[known] for known in left}
        self.found[costs] = [(self.seen, row)]
        self.costs = [*left, costs]

    def rows(self) -> list[SweepRow]:
        """Return the front in the order in which the rows came."""
        return [row for _, row in sorted(self.numbered(), key=lambda pair: pair[0])]

    def numbered(self) -> Iterator[tuple[int, SweepRow]]:
        """Yield the rows of the front, each with its number among all, from 1."""
        for pairs in self.found.values():
            yield from pairs


def pareto(
    rows: Iterable[SweepRow], columns: Sequence[str], figures: Sequence[str]
) -> list[SweepRow]:
    """Return the rows that no other beats in all `figures`, in their order.

    As `Front` says; only the front is held.
    """
    front = Front(columns, figures)
    front.add(rows)
    return front.rows()


def beats(a: Costs, b: Costs) -> bool:
    """Say whether costs `a` are nowhere above `b`, and somewhere below."""
    return a != b and all(map(le, a, b))
