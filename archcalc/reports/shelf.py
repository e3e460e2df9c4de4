"""The shelf: every shipped network with its figures, for `archcalc list`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import compress, groupby
from operator import attrgetter
from typing import get_args

from archcalc.errors import UsageError, unknown
from archcalc.language.about import Task
from archcalc.network.shelved import Shelved, shelved
from archcalc.records import NamedTuple, replace
from archcalc.reports.cells import Column, Line, Note, Table, column
from archcalc.reports.report import Report
from archcalc.sizes.units import read_amount

COLUMNS = (
    Column("name", "name", "name"),
    Column("title", "title", "text"),
    column("params"),
    column("active_params", gives_way=1),
    column("macs"),
    column("depth"),
    Column("input", "input", "shape", gives_way=3),
    Column("year", "year", "text", gives_way=2),
    Column("task", "made for", "text", gives_way=4),
)


Tracker = Callable[[Iterable[Shelved]], Iterable[Shelved]]


class Wanted(NamedTuple):
    """Which networks are listed: of a family, for a task, of some years, below a size.

    `year` is a year or a span, such as 2018-2020, 2018- or -2015; `under` a number of
    parameters, such as 10M.
    """

    family: str | None = None
    task: str | None = None
    year: str | None = None
    under: str | None = None

    def chosen(self, found: Iterable[Shelved]) -> Iterator[Shelved]:
        """Yield the networks that are wanted; raise `UsageError` AC510 or AC516."""
        if self.task is not None and self.task not in get_args(Task):
            raise unknown("AC510", "task", self.task, get_args(Task))
        years = (0, 9999) if self.year is None else _years(self.year)
        under = None if self.under is None else _count(self.under)
        for one in found:
            if self.family not in (None, one.family):
                continue
            if self.task is not None and self.task not in one.task:
                continue
            if self.year is not None and not (
                one.year and years[0] <= one.year <= years[1]
            ):
                continue
            if under is None or one.params < under:
                yield one

    def __str__(self) -> str:
        words = (self.family, self.task, self.year, self.under and f"<{self.under}")
        return ", ".join(word for word in words if word) or "all"


ALL = Wanted()
YEARS = r"(?P<first>[0-9]{4})?(?P<to>-)?(?P<last>[0-9]{4})?"


def _years(text: str) -> tuple[int, int]:
    """Return the first and last year of a span; raise `UsageError` AC516."""
    match = re.fullmatch(YEARS, text)
    if not match or not (match["first"] or match["last"]):
        help = "write --year 2018, 2018-2020, 2018- or -2015"
        raise UsageError.of(
            "AC516", f"{text!r} is no year and no span of years", help=help
        )
    if not match["to"]:
        return int(text), int(text)
    return int(match["first"] or 0), int(match["last"] or 9999)


def _count(text: str) -> Fraction:
    """Return a number of parameters; raise `UsageError` AC516."""
    amount = read_amount(text)
    if amount is None or amount.unit or amount.binary:
        help = "write --under 10M or --under 1.5G"
        raise UsageError.of("AC516", f"{text!r} is no number of parameters", help=help)
    return amount.value


def list_report(
    wanted: Wanted = ALL, variants: bool = False, track: Tracker = iter
) -> Report:
    """Return the report of `archcalc list`.

    `track` passes networks on while they are read, so that progress can be shown.
    Raises `UsageError` AC510 where nothing is listed, AC516 for a wrong year or size.
    """
    found = list(wanted.chosen(track(shelved(variants))))
    if not found:
        families = sorted({one.family for one in shelved(False)})
        if wanted.family not in families and wanted.family is not None:
            raise unknown("AC510", "family", wanted.family, families, "families")
        help = "`archcalc list` shows all networks"
        raise UsageError.of("AC510", f"no shipped network: {wanted}", help=help)
    note = Note(
        "parameters and MACs of inference, without side heads, for one image.",
        "definition",
    )
    lines = []
    family = attrgetter("family")
    for name, members in groupby(sorted(found, key=family), family):
        lines.append(Line((name, *[None] * (len(COLUMNS) - 1)), kind="head", path=name))
        lines += map(_row, members)
    table = _without_empty(Table("", COLUMNS, tuple(lines)))
    return Report("list", "Networks", str(wanted), (table,), (note,))


def _without_empty(table: Table) -> Table:
    """Return a table without columns in which no line has a cell."""
    cells = zip(*(line.cells for line in table.rows), strict=True)
    kept = [any(cell is not None for cell in column) for column in cells]
    columns = tuple(compress(table.columns, kept))
    rows = (replace(r, cells=tuple(compress(r.cells, kept))) for r in table.rows)
    return replace(table, columns=columns, rows=tuple(rows))


def _row(one: Shelved) -> Line:
    title = one.title if one.variant is None else f"{one.title}, {one.variant}"
    cells = (
        one.name,
        title,
        one.params,
        one.active_params,
        one.macs,
        one.depth,
        one.input,
        str(one.year) if one.year else None,
        ", ".join(one.task) or None,
    )
    return Line(cells, depth=1, path=f"{one.family}/{one.name}")
