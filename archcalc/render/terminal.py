"""A report for a terminal or a pipe: plain text, colour only where it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import zip_longest

from archcalc.errors import clean
from archcalc.render.fitting import GAP, LEAST_WIDTH, Strip, fit, needed, total_width
from archcalc.render.notes import dependences, footnotes, headline, sentence
from archcalc.render.paint import painter, role_of_word
from archcalc.render.widths import pad, wrap
from archcalc.reports.cells import Cell, Column, Line, NoteKind, RowKind, Table
from archcalc.reports.report import Report

RULE = "─"
INDENT = "  "
ROW_ROLES: dict[RowKind, str] = {
    "head": "heading",
    "subtotal": "heading",
    "total": "total",
    "aside": "aside",
}
NOTE_ROLES: dict[NoteKind, str] = {
    "erratum": "doubtful",
    "loose": "doubtful",
    "definition": "aside",
}
JUDGED = frozenset({"verdict", "status", "change"})
"""Keys of columns whose words are coloured by what they say."""
MUCH, SOME = Fraction(1, 4), Fraction(1, 10)
"""From which share of the total on a row is red, or yellow."""


def render(
    report: Report,
    *,
    width: int | None = None,
    color: bool = False,
    stack: bool = False,
) -> str:
    """Return the report as text, no line wider than `width` (None: as wide as it is).

    A width below 40 counts as 40. Columns that do not fit are left out and named, or
    with `stack` set below the others. `color` adds styles and changes no character.
    """
    room = width if width is None else max(width, LEAST_WIDTH)
    page = _Page(room, color, stack)
    return "\n\n".join("\n".join(block) for block in page.blocks(report))


class _Page:
    """Sets a report in blocks of lines, with one empty line between them."""

    def __init__(self, width: int | None, color: bool, stack: bool) -> None:
        self.width = width
        self.color = color
        self.paint = painter(color)
        self.stack = stack
        self.left_out: dict[str, None] = {}
        self.needed = 0

    def blocks(self, report: Report) -> Iterator[list[str]]:
        """Yield title, tables, footers and the main figures."""
        if report.title:
            yield self.styled(wrap(clean(report.title), self.width), "heading")
        for table in report.tables:
            yield from self.table(table)
        footers = [self.settings(report), self.notes(report), self.headlines(report)]
        yield from filter(None, footers)

    def table(self, table: Table) -> Iterator[list[str]]:
        """Yield a table, with `stack` in more than one part where it is too wide."""
        for i, strips in enumerate(fit(table, self.width, self.stack)):
            more = "(continued)" if i else ""
            title = f"{clean(table.title)} {more}".strip()
            heading = self.styled(wrap(title, self.width), "heading") if title else []
            yield [*heading, *self.lines(table, strips)]
            if not self.stack:
                kept = {strip.index for strip in strips}
                out = [c.title for j, c in enumerate(table.columns) if j not in kept]
                self.left_out |= dict.fromkeys(filter(None, out))
                self.needed = max(self.needed, needed(table) if out else 0)

    def lines(self, table: Table, strips: Sequence[Strip]) -> Iterator[str]:
        """Yield headings, a rule, and the rows, with a rule above the totals."""
        rule, places = RULE * total_width(strips), _layout(strips)
        height = max(len(strip.head) for strip in strips)
        for i in range(-height, 0):
            heads = [s.head[i] if len(s.head) >= -i else "" for s in strips]
            yield self.paint(_joined(places(heads)), "heading")
        yield rule
        lines = zip(*(strip.cells for strip in strips), strict=True)
        for (row, first_total), cells in zip(table.ruled(), lines, strict=True):
            if first_total:
                yield rule
            for part in _wrapped(strips, cells):
                put = places(part)
                yield _joined(self.colored(row, strips, put) if self.color else put)

    def colored(
        self, row: Line, strips: Sequence[Strip], cells: Iterable[str]
    ) -> Iterator[str]:
        """Yield a row's cells with the colours of the row and of what they say."""
        whole = ROW_ROLES.get(row.kind, "")
        for strip, cell in zip(strips, cells, strict=True):
            own = (
                "" if whole == "total" else _role(strip.column, row.cells[strip.index])
            )
            text = cell.strip()
            begin = cell.index(text)
            painted = self.paint(text, f"{whole} {own}".strip())
            yield f"{cell[:begin]}{painted}{cell[begin + len(text) :]}"

    def settings(self, report: Report) -> list[str]:
        """Return what the figures depend on, and which columns found no room."""
        given = dependences(report.settings)
        lines = list(wrap(given, self.width, INDENT)) if given else []
        if self.left_out:
            titles = clean(", ".join(self.left_out))
            told = f"left out at {self.width} columns: {titles} "
            which = "it" if len(self.left_out) == 1 else "them"
            told += f"(COLUMNS={self.needed} shows {which})"
            lines += wrap(told, self.width, INDENT)
        return self.styled(lines, "aside")

    def notes(self, report: Report) -> list[str]:
        """Return what columns mean, then the notes."""
        lines: list[str] = []
        for note in footnotes(report):
            if (
                note.kind == "definition"
                and note.text.partition(": ")[0] in self.left_out
            ):
                continue
            style = NOTE_ROLES.get(note.kind, "")
            lines += self.styled(wrap(sentence(note), self.width, INDENT), style)
        return lines

    def headlines(self, report: Report) -> list[str]:
        """Return the main figures, which end a report that has any."""
        lines: list[str] = []
        for one in report.headlines:
            lines += wrap(headline(one), self.width, INDENT)
        return self.styled(lines, "heading")

    def styled(self, lines: Iterable[str], role: str) -> list[str]:
        return [self.paint(line, role) for line in lines]


def _role(column: Column, cell: Cell) -> str:
    """Return how a cell is coloured: a verdict, a change, a share by its size."""
    if column.key in JUDGED and isinstance(cell, str):
        return role_of_word(cell)
    if isinstance(cell, bool) or not isinstance(cell, int | Fraction):
        return ""
    if column.kind in ("change", "growth"):
        return "bad" if cell > 0 else "good" if cell < 0 else ""
    if column.kind in ("percent", "bar"):
        return "bad" if cell >= MUCH else "doubtful" if cell >= SOME else ""
    return ""


def _layout(strips: Sequence[Strip]) -> Callable[[Sequence[str]], Iterable[str]]:
    """Return what sets one line of cells in the columns' places."""
    widths = [strip.width for strip in strips]
    sides = [strip.column.align for strip in strips]

    def places(cells: Sequence[str]) -> Iterable[str]:
        return map(pad, cells, widths, sides)

    return places


def _wrapped(
    strips: Sequence[Strip], cells: tuple[str, ...]
) -> Iterable[Sequence[str]]:
    """Return a row's cells in one line, or in several where words wrap."""
    if not any(strip.column.wraps for strip in strips):
        return (cells,)
    parts = [
        [*wrap(cell, strip.width)] if strip.column.wraps else [cell]
        for strip, cell in zip(strips, cells, strict=True)
    ]
    return zip_longest(*parts, fillvalue="")


def _joined(cells: Iterable[str]) -> str:
    return (" " * GAP).join(cells).rstrip()
