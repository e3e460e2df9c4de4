"""A report's tables as a drawing (SVG), for slides: text stays text.

No font and no address is asked for: column widths come from the metrics of Helvetica,
and every cell is anchored at its column's edge, so that another font shifts nothing.
It brings light and dark colours and its own background.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from html import escape

from archcalc.errors import clean
from archcalc.records import dataclass
from archcalc.render.notes import dependences, footnotes, sentence
from archcalc.render.numbers import cell
from archcalc.render.svg_writer import element
from archcalc.render.typeset import FAMILY, text_width, wrapped
from archcalc.reports.cells import Cell, Column, Line, RowKind, Table
from archcalc.reports.report import Report

SIZE, SMALL, LARGE = 14, 12, 18
"""Sizes of letters in pixels."""
LINE, GAP, MARGIN, INDENT = 21, 20, 20, 16
"""Pixels: from line to line, between columns, around the page, for a depth."""
BAR = 80
"""Pixels of a bar of 100%."""
LEAST_ROOM, MOST_ROOM = 320, 1100
"""Pixels of the widths between which notes are wrapped."""
STYLES: dict[RowKind, tuple[str, str]] = {
    "head": ("b", ""),
    "subtotal": ("b", ""),
    "total": ("b", "b"),
    "aside": ("d", "d"),
}
"""Classes of a row's name and of its other cells."""
STYLE = (
    f"text{{font:{SIZE}px {FAMILY};fill:#1f2328;white-space:pre;"
    "font-variant-numeric:tabular-nums}"
    f".t{{font-size:{LARGE}px;font-weight:600}}.b{{font-weight:600}}"
    f".s{{font-size:{SMALL}px}}.s,.d{{fill:#59636e}}.e{{text-anchor:end}}"
    ".p{fill:#54aeff}.r{stroke:#1f2328}.h{stroke:#d1d9e0}.k{fill:#ffffff}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s,.d{fill:#9198a1}"
    ".r{stroke:#e6edf3}.h{stroke:#3d444d}.k{fill:#0d1117}}"
)


def render(report: Report) -> str:
    """Return one drawing with title, tables, settings and notes below each other."""
    page = _Page()
    if report.title:
        page.line(clean(report.title), "t", LARGE)
    grids = [_Grid.of(table) for table in report.tables]
    room = max([LEAST_ROOM, *(grid.width for grid in grids)])
    for grid in grids:
        page.table(grid)
    page.y += LINE // 2
    for paragraph in _footers(report):
        for line in wrapped(paragraph, SMALL, min(room, MOST_ROOM)):
            page.line(line, "s", SMALL)
    title = clean(report.title or report.subject or report.kind)
    return page.drawing(title)


def _footers(report: Report) -> Iterator[str]:
    yield dependences(report.settings)
    yield from map(sentence, footnotes(report))


@dataclass(frozen=True, slots=True)
class _Grid:
    """A table as text, with the left and right edge of each column."""

    table: Table
    cells: tuple[tuple[str, ...], ...]
    edges: tuple[tuple[float, float], ...]

    @property
    def width(self) -> float:
        """From the first column's left to the last one's right edge."""
        return self.edges[-1][1]

    @classmethod
    def of(cls, table: Table) -> _Grid:
        """Return a table with columns as wide as their widest cell."""
        cells = tuple(
            tuple(
                _text(value, row, column)
                for value, column in zip(row.cells, table.columns, strict=True)
            )
            for row in table.rows
        )
        edges, left = [], 0.0
        for i, column in enumerate(table.columns):
            wide = [text_width(clean(column.title), SIZE, bold=True)]
            wide += [BAR] if column.kind == "bar" else []
            wide += [
                text_width(shown[i], SIZE, row.kind == "total" or not i)
                + (0 if i else INDENT * row.depth)
                for shown, row in zip(cells, table.rows, strict=True)
            ]
            edges.append((left, left + max(wide)))
            left = edges[-1][1] + GAP
        return cls(table, cells, tuple(edges))


def _text(value: Cell, row: Line, column: Column) -> str:
    """Return a cell's text; a bar is drawn instead."""
    return "" if column.kind == "bar" else cell(value, row, column)


class _Page:
    """Collects the elements of a drawing from top to bottom."""

    def __init__(self) -> None:
        self.y = MARGIN
        self.right = 0.0
        self.parts: list[str] = []

    def line(self, shown: str, style: str, size: int) -> None:
        """Add a line of text."""
        self.y += round(size * 1.5)
        self.put(0, self.y - size // 2, shown, style)
        self.right = max(self.right, text_width(shown, size, style != "s"))

    def put(self, x: float, y: float, shown: str, style: str = "") -> None:
        """Add a text at a place; `e` in its style anchors its end there."""
        if shown:
            x, inner = x + MARGIN, escape(shown)
            self.parts.append(element("text", inner, x=x, y=y, class_=style or None))

    def rule(self, width: float, style: str) -> None:
        """Add a line across the table."""
        y, end = self.y + 0.5, MARGIN + width
        line = element("line", class_=style, x1=MARGIN, x2=end, y1=y, y2=y)
        self.parts.append(line)

    def table(self, grid: _Grid) -> None:
        """Add a table under its title."""
        self.y += LINE // 2
        if grid.table.title:
            self.line(clean(grid.table.title), "b", SIZE)
        self.right = max(self.right, grid.width)
        self.row(grid, [clean(c.title) for c in grid.table.columns], "b", "b", 0)
        self.rule(grid.width, "r")
        for shown, (row, first) in zip(grid.cells, grid.table.ruled(), strict=True):
            if first:
                self.rule(grid.width, "r")
            self.row(grid, shown, *STYLES.get(row.kind, ("", "")), row.depth)
            self.bars(grid, row)
        self.rule(grid.width, "h")

    def row(
        self, grid: _Grid, shown: Sequence[str], first: str, rest: str, depth: int
    ) -> None:
        """Add a row of cells, each at its column's edge."""
        self.y += LINE
        for i, (value, (left, right)) in enumerate(zip(shown, grid.edges, strict=True)):
            style = rest if i else first
            x = left + (0 if i else INDENT * depth)
            if grid.table.columns[i].align == "right":
                x, style = right, f"e {style}".strip()
            self.put(x, self.y - 6, value, style)

    def bars(self, grid: _Grid, row: Line) -> None:
        """Add the shares of a row that are drawn."""
        places = zip(row.cells, grid.table.columns, grid.edges, strict=True)
        for value, column, (left, _) in places:
            if column.kind == "bar" and isinstance(value, int | Fraction):
                x, y = left + MARGIN, self.y - 16
                wide = float(min(value, 1)) * BAR
                self.parts.append(
                    element("rect", class_="p", x=x, y=y, width=wide, height=11)
                )

    def drawing(self, title: str) -> str:
        """Return the SVG, as large as what was put in it."""
        wide, high = round(self.right + 2 * MARGIN), self.y + MARGIN
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
            f'viewBox="0 0 {wide} {high}" role="img">'
        )
        about = f"<title>{escape(title)}</title>\n<style>{STYLE}</style>"
        back = f'<rect class="k" width="{wide}" height="{high}"/>'
        return "\n".join([head, about, back, *self.parts, "</svg>"])
