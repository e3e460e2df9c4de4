"""A table as columns of text that fit a width.

A table that is too wide gets narrower in this order, and no more than it must:
headings break into lines, figures are shortened (widest column first), columns with a
`gives_way` are left out (highest first), words are cut with an ellipsis, and at last
columns are left out that find no room beside those before them. No row wraps but in a
column that says so. Where
that is asked for, a table is set in parts below each other instead, each with the first
column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from archcalc.errors import clean
from archcalc.records import dataclass, replace
from archcalc.render.filling import filled
from archcalc.render.numbers import SHORTENED, cell
from archcalc.render.widths import broken, cut, width
from archcalc.reports.cells import Column, Table

GAP = 2
"""Cells between two columns."""
INDENT = "  "
LEAST_WIDTH = 40
"""Cells of the narrowest table."""
LEAST_TEXT, SHORTEST_TEXT = 12, 8
"""Cells that words keep, and keep where there is less than the usual room."""
USUAL_ROOM = 60
"""Cells from which on columns may wrap, and words keep more."""
LAST_TO_GO = 1
"""The `gives_way` of columns that stay until words would lose what they must say."""
KEPT_TAIL = 6
"""Cells of the end of a name, which stays where its middle is cut."""
LISTED = ", "
"""Between the words of a cell, where it is cut rather than inside one."""


@dataclass(frozen=True, slots=True)
class Strip:
    """One column as text: its heading in lines, its cells, the width of the widest."""

    index: int
    column: Column
    head: tuple[str, ...]
    cells: tuple[str, ...]
    body: int
    brief: bool = False

    @property
    def width(self) -> int:
        """Terminal cells that heading and body take."""
        return max(self.body, *map(width, self.head))

    @property
    def can_shorten(self) -> bool:
        """Whether figures in it can be shortened."""
        return not self.brief and self.column.kind in {*SHORTENED, "value"}

    def wanted(self, whole: bool) -> int:
        """Return the width for which other columns give way: that of `whole` words."""
        cuts = self.column.least if self.column.kind == "text" and not whole else 0
        return min(self.width, cuts or self.width)

    def least(self, room: int) -> int:
        """Return the width that it keeps in a room.

        Names are cut only beyond half the room, because people type them; words before
        that, and figures only where one alone beside the names is too wide.
        """
        if self.index == 0:
            return min(self.width, room // 2)
        if self.column.wraps and room >= USUAL_ROOM:
            return min(self.width, self.column.least)
        if self.column.kind == "text":
            return min(self.width, LEAST_TEXT if room >= USUAL_ROOM else SHORTEST_TEXT)
        return min(self.width, room - room // 2 - GAP)


def fit(table: Table, room: int | None, stack: bool = False) -> list[list[Strip]]:
    """Return the columns that fit, in one part; with `stack` all, in one or several.

    Every part is at most `room` wide; a room below 40 counts as 40.
    """
    strips = [_strip(table, i) for i in range(len(table.columns))]
    if room is None or total_width(strips) <= room:
        return [strips]
    room = max(room, LEAST_WIDTH)
    narrow = [_shortened(table, _broken(strip)) for strip in strips]
    parts = _parts(narrow, room) if stack else [_kept(narrow, room)]
    return [
        _fitted([strips[i] for i in part], [narrow[i] for i in part], room)
        for part in parts
    ]


def needed(table: Table) -> int:
    """Return the width in which every column of a table has room, figures shortened."""
    return total_width(
        [
            _shortened(table, _broken(_strip(table, i)))
            for i in range(len(table.columns))
        ]
    )


def total_width(strips: Sequence[Strip]) -> int:
    """Return the width of columns beside each other."""
    return sum(strip.width for strip in strips) + GAP * (len(strips) - 1)


def _strip(table: Table, index: int) -> Strip:
    """Return a column as text, with figures in full."""
    column = table.columns[index]
    cells = _cells(table, index, brief=False)
    return Strip(index, column, (clean(column.title),), cells, _widest(cells))


def _cells(table: Table, index: int, brief: bool) -> tuple[str, ...]:
    column = table.columns[index]
    known: dict[tuple[object, ...], str] = {}
    texts = []
    for row in table.rows:
        value = row.cells[index]
        key = (value.__class__, value, row.kinds, column.key in row.least)
        text = known.get(key)
        if text is None:
            text = known[key] = cell(value, row, column, brief)
        texts.append(INDENT * row.depth + text if index == 0 else text)
    return tuple(texts)


def _widest(cells: Iterable[str]) -> int:
    return max(map(width, cells), default=0)


def _broken(strip: Strip) -> Strip:
    """Return the column under its short heading, in lines."""
    title = clean(strip.column.short or strip.column.title)
    return replace(strip, head=broken(title, strip.body))


def _shortened(table: Table, strip: Strip) -> Strip:
    """Return the column with short figures, where they make it narrower."""
    if not strip.can_shorten:
        return strip
    cells = _cells(table, strip.index, brief=True)
    short = _broken(replace(strip, cells=cells, body=_widest(cells), brief=True))
    return short if short.width <= strip.width else replace(strip, brief=True)


def _kept(narrow: Sequence[Strip], room: int) -> list[int]:
    """Return the columns that fit beside each other: those that give way go first."""
    kept = list(range(len(narrow)))

    def over(widths: Sequence[int]) -> bool:
        return sum(widths[i] + GAP for i in kept) - GAP > room

    ranks = [strip.column.gives_way for strip in narrow]
    for i in sorted(filter(ranks.__getitem__, kept), key=lambda i: (-ranks[i], -i)):
        if over([strip.wanted(ranks[i] > LAST_TO_GO) for strip in narrow]):
            kept.remove(i)
    least = [narrow[i].least(room) + GAP for i in kept]
    used, fitting = -GAP, []
    for i, cells in zip(kept, least, strict=True):
        if used + cells <= room:
            used += cells
            fitting.append(i)
    return fitting


def _parts(narrow: Sequence[Strip], room: int) -> Iterator[list[int]]:
    """Yield as many columns at a time as fit at their narrowest, the names first.

    Where every part takes as many columns, no part is left with a single one.
    """
    name, *needed = (
        max(strip.least(room), min(strip.column.least, room // 2)) + GAP
        for strip in narrow
    )
    free = room + GAP - name
    sizes = filled(needed, free)
    even = -(-len(needed) // len(sizes))
    if even and all(
        sum(needed[i : i + even]) <= free for i in range(0, len(needed), even)
    ):
        sizes = [even] * len(sizes)
    for end, size in zip(accumulate(sizes), sizes, strict=True):
        yield [0, *range(end - size + 1, min(end, len(needed)) + 1)]


def _fitted(strips: list[Strip], narrow: Sequence[Strip], room: int) -> list[Strip]:
    """Return columns made narrower until they fit, all of one kind together."""
    if total_width(strips) <= room:
        return strips
    strips = [_broken(strip) for strip in strips]
    while total_width(strips) > room:
        full = [i for i, strip in enumerate(strips) if strip.can_shorten]
        if not full:
            return _squeezed(strips, room)
        widest = strips[max(full, key=lambda i: strips[i].width)]
        for i in full:
            if strips[i].column.kind == widest.column.kind:
                strips[i] = narrow[i]
    return strips


def _squeezed(strips: list[Strip], room: int) -> list[Strip]:
    """Return columns with what stands too wide cut: the names last."""
    over = total_width(strips) - room
    order = sorted(range(len(strips)), key=lambda i: (i == 0, -strips[i].width))
    for i in order:
        strip = strips[i]
        spare = min(over, strip.width - strip.least(room))
        strips[i] = _cut(strip, strip.width - spare) if spare else strip
        over -= spare
    return strips


def _cut(strip: Strip, room: int) -> Strip:
    """Return a column of a width; cells that wrap stay whole, and take more lines."""
    head = tuple(cut(line, room) for line in strip.head)
    cells = strip.cells
    if not strip.column.wraps:
        tail = KEPT_TAIL if strip.index == 0 else 0
        at = LISTED if strip.column.least else ""
        cells = tuple(cut(text, room, tail, at) for text in cells)
    return replace(strip, head=head, cells=cells, body=room)
