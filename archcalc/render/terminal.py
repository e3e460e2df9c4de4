"""A report for a terminal or a pipe: plain text, colour only where it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from archcalc.errors import clean
from archcalc.render.fitting import GAP, LEAST_WIDTH, Strip, fit, total_width
from archcalc.render.notes import dependences, footnotes, headline, sentence
from archcalc.render.widths import pad, wrap
from archcalc.reports.cells import NoteKind, RowKind, Table
from archcalc.reports.report import Report

RULE = "─"
INDENT = "  "
BOLD, DIM, YELLOW, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"
STYLES: dict[RowKind, str] = {
    "head": BOLD,
    "subtotal": BOLD,
    "total": BOLD,
    "aside": DIM,
}
NOTE_STYLES: dict[NoteKind, str] = {"erratum": YELLOW, "definition": DIM}


def render(
    report: Report,
    *,
    width: int | None = None,
    color: bool = False,
    stack: bool = False,
) -> str:
    """Return the report as text, no line wider than `width` (None: as wide as it is).

    A width below 40 counts as 40. Columns that do not fit are left out and named, or
    with `stack` set below the others. `color` adds ANSI styles and changes no
    character.
    """
    room = width if width is None else max(width, LEAST_WIDTH)
    page = _Page(room, color, stack)
    return "\n\n".join("\n".join(block) for block in page.blocks(report))


class _Page:
    """Sets a report in blocks of lines, with one empty line between them."""

    def __init__(self, width: int | None, color: bool, stack: bool) -> None:
        self.width = width
        self.color = color
        self.stack = stack
        self.left_out: dict[str, None] = {}

    def blocks(self, report: Report) -> Iterator[list[str]]:
        """Yield title, tables, footers and the main figures."""
        if report.title:
            yield self.styled(wrap(clean(report.title), self.width), BOLD)
        for table in report.tables:
            yield from self.table(table)
        footers = [self.settings(report), self.notes(report), self.headlines(report)]
        yield from filter(None, footers)

    def table(self, table: Table) -> Iterator[list[str]]:
        """Yield a table, with `stack` in more than one part where it is too wide."""
        for i, strips in enumerate(fit(table, self.width, self.stack)):
            more = "(continued)" if i else ""
            title = f"{clean(table.title)} {more}".strip()
            heading = self.styled(wrap(title, self.width), BOLD) if title else []
            yield [*heading, *self.lines(table, strips)]
            if not self.stack:
                kept = {strip.index for strip in strips}
                out = [c.title for j, c in enumerate(table.columns) if j not in kept]
                self.left_out |= dict.fromkeys(filter(None, out))

    def lines(self, table: Table, strips: Sequence[Strip]) -> Iterator[str]:
        """Yield headings, a rule, and the rows, with a rule above the totals."""
        rule, line = RULE * total_width(strips), _layout(strips)
        height = max(len(strip.head) for strip in strips)
        for i in range(-height, 0):
            heads = [s.head[i] if len(s.head) >= -i else "" for s in strips]
            yield self.style(line(heads), BOLD)
        yield rule
        lines = zip(*(strip.cells for strip in strips), strict=True)
        for (row, first_total), cells in zip(table.ruled(), lines, strict=True):
            if first_total:
                yield rule
            yield self.style(line(cells), STYLES.get(row.kind, ""))

    def settings(self, report: Report) -> list[str]:
        """Return what the figures depend on, and which columns found no room."""
        given = dependences(report.settings)
        lines = list(wrap(given, self.width, INDENT)) if given else []
        if self.left_out:
            titles = clean(", ".join(self.left_out))
            told = f"left out at this width: {titles} (--stack prints them below)"
            lines += wrap(told, self.width, INDENT)
        return self.styled(lines, DIM)

    def notes(self, report: Report) -> list[str]:
        """Return what columns mean, then the notes."""
        lines: list[str] = []
        for note in footnotes(report):
            if (
                note.kind == "definition"
                and note.text.partition(": ")[0] in self.left_out
            ):
                continue
            style = NOTE_STYLES.get(note.kind, "")
            lines += self.styled(wrap(sentence(note), self.width, INDENT), style)
        return lines

    def headlines(self, report: Report) -> list[str]:
        """Return the main figures, which end a report that has any."""
        lines: list[str] = []
        for one in report.headlines:
            lines += wrap(headline(one), self.width, INDENT)
        return self.styled(lines, BOLD)

    def styled(self, lines: Iterable[str], style: str) -> list[str]:
        return [self.style(line, style) for line in lines]

    def style(self, line: str, style: str) -> str:
        return f"{style}{line}{PLAIN}" if self.color and style and line else line


def _layout(strips: Sequence[Strip]) -> Callable[[Sequence[str]], str]:
    """Return what sets one line of cells in the columns' places."""
    widths = [strip.width for strip in strips]
    sides = [strip.column.align for strip in strips]

    def line(cells: Sequence[str]) -> str:
        return (" " * GAP).join(map(pad, cells, widths, sides)).rstrip()

    return line
