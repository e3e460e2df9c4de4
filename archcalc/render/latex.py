r"""A report as LaTeX: booktabs tables, figures in siunitx columns.

A fragment for `\input`, whose first comment lists the packages that it needs; a table
too long for a page is a `longtable`, which stands outside floats and wants a second run
of LaTeX. `plain` writes the figures out, without siunitx. `standalone` gives a document
that compiles as it is, on paper as wide as the tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from archcalc.figures.formulas.formulas import Equation
from archcalc.render.notes import dependences, footnotes, prose, sentence
from archcalc.render.numbers import COUNTS, cell, text
from archcalc.render.tex_text import declarations, escaped, written
from archcalc.render.widths import width
from archcalc.reports.cells import Cell, Column, ColumnKind, Line, Table
from archcalc.reports.report import Report
from archcalc.sizes.polynomials import Poly

INDENT = "\\quad "
IN_THE_PREAMBLE = "In the preamble (archcalc deck --preamble prints all of it):"
"""What stands before the packages that a part of a document needs."""
FIGURES = (
    "\\sisetup{group-minimum-digits=4, group-separator={,}, table-alignment=right, "
    "retain-explicit-plus}"
)
NUMBER = re.compile(r"[<>]?[-+]?\d+(\.\d+)?")
BAR_EMS = 4
"""Length of a bar of 100%, in the size of the letters."""
RAGGED = ">{\\raggedright\\arraybackslash}"
LONGEST_LINE = 64
"""Characters of the longest text that is not broken into lines."""
LONGEST_TABULAR = 45
"""Rows of the longest table that is kept on one page."""
PREFIXES = {
    "k": "\\kilo",
    "M": "\\mega",
    "G": "\\giga",
    "T": "\\tera",
    "P": "\\peta",
    "E": "\\exa",
    "Z": "\\zetta",
    "Y": "\\yotta",
    "R": "\\ronna",
    "Q": "\\quetta",
    "Ki": "\\kibi",
    "Mi": "\\mebi",
    "Gi": "\\gibi",
    "Ti": "\\tebi",
    "Pi": "\\pebi",
    "Ei": "\\exbi",
    "Zi": "\\zebi",
    "Yi": "\\yobi",
}
POINTS_A_CHARACTER, POINTS_A_COLUMN, POINTS_ROUND = 5, 12, 100
POINTS_A_NOTE, POINTS_A_LINE = 4, 12
NARROWEST_PAPER, WIDEST_PAPER, TALLEST_PAPER, A4_WIDTH = 420, 14_000, 842, 595
"""The paper of a whole document, and what its text takes, estimated in points."""


def render(report: Report, *, standalone: bool = False, plain: bool = False) -> str:
    """Return tables and notes, or with `standalone` a whole document.

    The title is a comment in a fragment: a paper has its own caption.
    """
    body = "\n\n".join(_blocks(report, standalone, plain))
    needs = [*_packages(body, plain), *declarations(body)]
    if standalone:
        wide = min(WIDEST_PAPER, max([NARROWEST_PAPER, *map(_points, report.tables)]))
        return "\n".join(document(body, needs, wide, _height(report, wide)))
    title = [_commented(report.title)] if report.title else []
    head = [*title, IN_THE_PREAMBLE, *needs]
    return "\n".join([*(f"% {line}" for line in head), body])


def _commented(title: str) -> str:
    """Return a title for a comment, its backslashes told apart from commands."""
    return prose(title).replace("\\", "\\ ")


def _packages(body: str, plain: bool) -> Iterator[str]:
    """Yield the lines of the preamble that the tables need."""
    if "{longtable}" in body:
        yield "\\usepackage{longtable} % run LaTeX twice for its columns"
    if RAGGED in body:
        yield "\\usepackage{array}"
    yield "\\usepackage{booktabs}"
    if not plain:
        yield "\\usepackage{siunitx}"
        yield FIGURES


def document(
    body: str, needs: list[str], wide: int = A4_WIDTH, high: int = TALLEST_PAPER
) -> Iterator[str]:
    """Yield a document on paper of a size in points."""
    paper = f"paperwidth={wide}bp,paperheight={high}bp"
    yield "\\documentclass{article}"
    yield "\\usepackage[T1]{fontenc}"
    yield "\\usepackage{lmodern}"
    yield f"\\usepackage[{paper},margin=36bp]{{geometry}}"
    yield from needs
    yield "\\setlength{\\parindent}{0pt}"
    yield "\\pagestyle{empty}"
    yield "\\begin{document}"
    yield body
    yield "\\end{document}"


def _height(report: Report, wide: int) -> int:
    """Return how high the paper is: as its content, an A4 page where that is longer."""
    lines = sum(len(table.rows) + 6 for table in report.tables) + 3
    room = (wide - POINTS_ROUND) // POINTS_A_NOTE
    lines += sum(1 + len(sentence(note)) // room for note in footnotes(report))
    return min(TALLEST_PAPER, POINTS_A_LINE * lines + POINTS_ROUND)


def _points(table: Table) -> int:
    """Return how wide a table is about to be, in points."""
    widest = [
        min(_widest(table, i), LONGEST_LINE if column.align == "left" else WIDEST_PAPER)
        for i, column in enumerate(table.columns)
    ]
    columns = POINTS_A_COLUMN * len(widest)
    return POINTS_A_CHARACTER * sum(widest) + columns + POINTS_ROUND


def _widest(table: Table, index: int) -> int:
    """Return the characters of a column's longest line; the first one is indented."""
    column = table.columns[index]
    indent = 0 if index else 2
    lines = [
        width(cell(row.cells[index], row, column)) + indent * row.depth
        for row in table.rows
    ]
    return max([width(column.title), *lines])


def _blocks(report: Report, standalone: bool, plain: bool) -> Iterator[str]:
    """Yield title, tables, settings and notes."""
    if standalone and report.title:
        yield f"{{\\large\\bfseries {escaped(report.title)}\\par}}\\medskip"
    for table in report.tables:
        yield "\n".join(table_lines(table, plain))
    given = dependences(report.settings, escaped, " $\\cdot$ ")
    notes = (sentence(n, "\\emph{{{}:}} ", _prose) for n in footnotes(report))
    lines = [*filter(None, [given]), *notes]
    if lines:
        small = "\n".join(f"{line}\\par" for line in lines)
        yield f"{{\\footnotesize\\raggedright\n{small}}}"


def _prose(words: str) -> str:
    return written(prose(words))


# -- tables ----------------------------------------------------------------------------


def table_lines(table: Table, plain: bool) -> Iterator[str]:
    """Yield the lines of a table, which breaks over pages where it is long."""
    if table.title:
        yield f"\\textbf{{{escaped(table.title)}}}\\par\\smallskip"
    long = len(table.rows) > LONGEST_TABULAR
    name = "longtable" if long else "tabular"
    place = "[l]" if long else ""
    columns = "".join(_column(table, i, plain) for i in range(len(table.columns)))
    yield f"\\begin{{{name}}}{place}{{@{{}}{columns}@{{}}}}"
    yield "\\toprule"
    titles = [_heading(table, i, plain) for i in range(len(table.columns))]
    yield f"{_line(titles)}\n\\midrule" + ("\n\\endhead" if long else "")
    yield from _rows(table, plain)
    yield "\\bottomrule"
    yield f"\\end{{{name}}}" + ("" if long else "\\par\\smallskip")


def _rows(table: Table, plain: bool) -> Iterator[str]:
    for row, first_total in table.ruled():
        if first_total:
            yield "\\midrule"
        yield _line(_cells(table, row, plain))


def _line(cells: list[str]) -> str:
    r"""Return a row; what could be taken for an argument of `\\` above is guarded."""
    line = f"{' & '.join(cells)} \\\\"
    return f"{{}}{line}" if line.lstrip().startswith(("[", "*")) else line


def _column(table: Table, index: int, plain: bool) -> str:
    """Return a column's type: words left, figures of one kind at their decimal sign."""
    column = table.columns[index]
    if column.align == "left":
        wide = f"p{{{LONGEST_LINE * POINTS_A_CHARACTER}bp}}"
        return f"{RAGGED}{wide}" if _widest(table, index) > LONGEST_LINE else "l"
    if plain or not _aligned(column):
        return "r"
    digits, decimals = 1, 0
    for row in table.rows:
        value = row.cells[index]
        if _is_number(value):
            whole, _, part = _digits(value).partition(".")
            digits = max(digits, len(whole.lstrip("-")))
            decimals = max(decimals, len(part))
    return f"S[table-format={digits}.{decimals}]"


def _heading(table: Table, index: int, plain: bool) -> str:
    column = table.columns[index]
    title = escaped(column.title)
    inside = _aligned(column) and not plain
    return f"{{{title}}}" if inside else title


def _aligned(column: Column) -> bool:
    return column.kind in COUNTS


def _is_number(value: Cell) -> bool:
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


def _digits(value: Cell) -> str:
    return text(value, "count").replace(",", "")


def _cells(table: Table, row: Line, plain: bool) -> list[str]:
    """Return a row's cells; groups and totals have a bold name."""
    pairs = zip(row.cells, table.columns, strict=True)
    name, *others = (_cell(value, row, column, plain) for value, column in pairs)
    if row.kind in ("head", "subtotal", "total") and name:
        name = f"\\textbf{{{name}}}"
    return [INDENT * row.depth + name, *others]


def _cell(value: Cell, row: Line, column: Column, plain: bool) -> str:
    """Return a cell; in a column of siunitx, what is no number stands in braces."""
    kind = row.kind_in(column)
    if column.key in row.least and value is not None:
        shown = escaped(cell(value, row, column))
        return shown if plain or not _aligned(column) else f"{{{shown}}}"
    if kind == "bar" and isinstance(value, int | Fraction):
        return f"\\rule{{{float(value * BAR_EMS):.2f}em}}{{1.1ex}}"
    if _aligned(column) and not plain and value is not None:
        return _digits(value) if _is_number(value) else f"{{{_text(value, kind)}}}"
    if _is_number(value) and not plain:
        return _quantity(cell(value, row, column), kind)
    if isinstance(value, Poly | tuple):
        return _text(value, kind)
    if isinstance(value, Equation):
        return f"${value.latex()}$"
    return escaped(cell(value, row, column))


def _text(value: Cell, kind: ColumnKind) -> str:
    """Return a shape or a size that stayed a name as mathematics, or a text."""
    if isinstance(value, tuple):
        factors = " \\times ".join(map(_factor, value))
        return f"${factors}$" if value else ""
    if isinstance(value, Poly):
        unit = "\\,B" if kind == "bytes" else ""
        return f"${_factor(value) if unit else value.latex()}${unit}"
    return escaped(text(value, kind))


def _factor(size: int | Poly) -> str:
    """Return one size of a shape; a sum stands in brackets."""
    if isinstance(size, Poly):
        return f"({size.latex()})" if len(size.terms()) > 1 else size.latex()
    return str(size)


def _quantity(shown: str, kind: ColumnKind) -> str:
    r"""Return a rounded figure with its unit: `\qty{1.2}{\mega\byte}`."""
    number, unit = shown.replace(",", ""), ""
    if kind in ("percent", "growth"):
        number, unit = number.removesuffix("%"), "\\percent"
    elif kind == "bytes":
        number, _, unit = number.partition(" ")
        unit = f"{PREFIXES.get(unit[:-1], '')}\\byte"
    after = "$\\times$" if number.endswith("×") else ""
    number = number.removesuffix("×")
    if not NUMBER.fullmatch(number):
        return escaped(shown)
    return f"\\qty{{{number}}}{{{unit}}}" if unit else f"\\num{{{number}}}{after}"
