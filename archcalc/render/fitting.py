"""A table as columns of text that fit a width.

What does not fit is made narrower in this order, and no further than it must be:
headings break into lines, figures are shortened (widest column first), words are cut
with an ellipsis. Columns that still do not fit go into a second table below, with the
first column repeated. No row wraps, and no column is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from archcalc.errors import clean
from archcalc.render.numbers import SHORTENED, cell
from archcalc.render.widths import broken, cut, width
from archcalc.reports.cells import Column, Table

GAP = 2
INDENT = "  "
LEAST_WIDTH = 40
LEAST_TEXT = 12
KEPT_TAIL = 6


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

    def least(self, room: int) -> int:
        """Return the width that it keeps in a room.

        Names are cut only beyond half the room, because people type them; words before
        that, and figures only where one alone beside the names is too wide.
        """
        if self.index == 0:
            return min(self.width, room // 2)
        words = self.column.kind == "text"
        return min(self.width, LEAST_TEXT if words else room - room // 2 - GAP)


def fit(table: Table, room: int | None) -> Iterator[list[Strip]]:
    """Yield the table's columns in one part, or in several to be set one below another.

    Every part is at most `room` wide; a room below 40 counts as 40.
    """
    strips = [_strip(table, i) for i in range(len(table.columns))]
    if room is None or total_width(strips) <= room:
        yield strips
        return
    room = max(room, LEAST_WIDTH)
    narrow = [_shortened(table, _broken(strip)) for strip in strips]
    for part in _parts(narrow, room):
        yield _fitted([strips[i] for i in part], [narrow[i] for i in part], room)


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
        key = (value.__class__, value, row.kinds)
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


def _parts(narrow: Sequence[Strip], room: int) -> Iterator[list[int]]:
    """Yield as many columns at a time as fit at their narrowest, the names first.

    Where every part takes as many columns, no part is left with a lonely one.
    """
    name, *needed = (strip.least(room) + GAP for strip in narrow)
    free = room + GAP - name
    sizes = _greedy(needed, free)
    even = -(-len(needed) // len(sizes))
    if even and all(
        sum(needed[i : i + even]) <= free for i in range(0, len(needed), even)
    ):
        sizes = [even] * len(sizes)
    for end, size in zip(accumulate(sizes), sizes, strict=True):
        yield [0, *range(end - size + 1, min(end, len(needed)) + 1)]


def _greedy(needed: Sequence[int], free: int) -> list[int]:
    """Return how many neighbours fit together, time after time."""
    sizes, used = [0], 0
    for cells in needed:
        if sizes[-1] and used + cells > free:
            sizes.append(0)
            used = 0
        sizes[-1] += 1
        used += cells
    return sizes


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
    tail = KEPT_TAIL if strip.index == 0 else 0
    cells = tuple(cut(text, room, tail) for text in strip.cells)
    head = tuple(cut(line, room) for line in strip.head)
    return replace(strip, head=head, cells=cells, body=room)
