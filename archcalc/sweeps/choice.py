"""Which rows of a sweep are wanted: a Pareto front, the best by a column, the first.

Rows come in pieces, and only what may still be wanted is held. A worker makes the same
choice among its own rows, so that no more than those travel.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from math import frexp

from archcalc.errors import unknown
from archcalc.sweeps.pareto import Front
from archcalc.sweeps.values import SweepRow

ROOM = 1_000
"""Rows that are held beyond the wanted ones before the worst are dropped."""
MOST_SPOTS = 6_000
"""Rows of a picture, beside its front."""
FINEST = 1 << 20
"""Twice the cells per octave of the scatter plot, before cells are merged."""


@dataclass(frozen=True)
class Choice:
    """Rows that none beats in all of `pareto`, sorted by a column, the first `top`.

    In this order; `down` sorts the largest first. Nothing of it: every row. `plane`
    names two columns of a picture, of whose rows MOST_SPOTS are enough.
    """

    pareto: tuple[str, ...] = ()
    sort: str | None = None
    down: bool = False
    top: int | None = None
    plane: tuple[str, ...] = ()

    @property
    def ordered(self) -> bool:
        """Say whether rows are only known when all have been seen."""
        return bool(self.pareto or self.sort)

    def check(self, columns: Sequence[str]) -> None:
        """Raise `UsageError` AC581 for a column that is not there."""
        for name in (*self.pareto, *self.plane, *([self.sort] if self.sort else ())):
            known_column(name, columns)


def known_column(name: str, columns: Sequence[str]) -> int:
    """Return the place of a column; raise `UsageError` AC581 where there is none."""
    if name in columns:
        return columns.index(name)
    raise unknown("AC581", "column", name, columns)


class Chosen:
    """The rows of a choice among those that were added."""

    def __init__(self, choice: Choice, columns: Sequence[str]) -> None:
        choice.check(columns)
        self.choice = choice
        self.front = Front(columns, choice.pareto) if choice.pareto else None
        self.place = columns.index(choice.sort) if choice.sort else None
        self.held: list[SweepRow] = []
        self.spread = Spread(columns, choice.plane) if choice.plane else None

    def add(self, rows: Iterable[SweepRow]) -> None:
        """Take rows; drop what is no longer wanted."""
        top = self.choice.top
        if self.front is not None:
            self.front.add(rows)
        elif self.spread is not None:
            self.spread.add(rows)
        elif top is None:
            self.held.extend(rows)
        elif self.place is None:
            self.held.extend(islice(rows, top - len(self.held)))
        else:
            for row in rows:
                self.held.append(row)
                if len(self.held) > 2 * top + ROOM:
                    self.held = self._sorted(self.held)[:top]

    def rows(self) -> list[SweepRow]:
        """Return the rows that were chosen, in their order."""
        found = self.held
        if self.front is not None or self.spread is not None:
            found = self.kept()
        return (found if self.place is None else self._sorted(found))[: self.choice.top]

    def kept(self) -> list[SweepRow]:
        """Return all rows that may still be wanted, in the order they came."""
        if self.front is not None:
            return self.front.rows()
        if self.spread is not None:
            return self.spread.rows()
        return self.held if self.choice.top is None else self.rows()

    @property
    def full(self) -> bool:
        """Say whether no further row can be wanted."""
        top = self.choice.top
        return not self.choice.ordered and top is not None and len(self.held) >= top

    def _sorted(self, rows: Iterable[SweepRow]) -> list[SweepRow]:
        """Return rows in order; those without the figure are left out."""
        place = self.place
        if place is None:
            return list(rows)
        known = (row for row in rows if row[place] is not None)
        return sorted(
            known,
            key=lambda row: (type(row[place]) is str, row[place]),
            reverse=self.choice.down,
        )


class Spread:
    """Rows that show where all rows lie in a plane: the first of each cell, the front.

    A cell is some share of the numbers in it wide and high. Cells are merged two by two
    until at most MOST_SPOTS have a row.
    """

    def __init__(self, columns: Sequence[str], plane: Sequence[str]) -> None:
        self.x, self.y = (columns.index(name) for name in plane)
        self.front = Front(columns, plane)
        self.fine = FINEST
        self.spots: dict[tuple[int, ...], tuple[int, SweepRow]] = {}

    def add(self, rows: Iterable[SweepRow]) -> None:
        """Take rows; those without one of the figures are left out."""
        held = list(rows)
        first = self.front.seen + 1
        self.front.add(held)
        for seen, row in enumerate(held, first):
            if row[self.x] is not None and row[self.y] is not None:
                spot = self._spot(row)
                if spot not in self.spots:
                    self.spots[spot] = (seen, row)
                    while len(self.spots) > MOST_SPOTS:
                        self._coarser()

    def _coarser(self) -> None:
        """Merge cells two by two; the first row of each stays."""
        # `fine` is a power of two, so that a coarser cell holds finer ones whole: which
        # rows are left does not depend on when cells were merged.
        self.fine //= 2
        held, self.spots = self.spots, {}
        for seen, row in held.values():
            self.spots.setdefault(self._spot(row), (seen, row))

    def _spot(self, row: SweepRow) -> tuple[int, ...]:
        """Return a row's cell: each number as a share of the next power of two."""
        (x, width), (y, height) = frexp(row[self.x]), frexp(row[self.y])
        return int(x * self.fine), width, int(y * self.fine), height

    def rows(self) -> list[SweepRow]:
        """Return the rows of the spots and of the front in the order they came.

        However rows were cut into pieces, these are the same.
        """
        rows = dict([*self.spots.values(), *self.front.numbered()])
        return [rows[number] for number in sorted(rows)]
