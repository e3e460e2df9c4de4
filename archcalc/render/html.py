"""A report as HTML: a fragment that takes the colours around it, or a whole page.

Lines are drawn in the colour of the text, so that a fragment is at home in light and
dark notebooks alike. The page has its own colours for both. Nothing is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from html import escape

from archcalc.errors import LONGEST_SHOWN, clean
from archcalc.render.notes import dependences, footnotes, linked, sentence
from archcalc.render.numbers import cell
from archcalc.reports.cells import Cell, Column, Line, Table
from archcalc.reports.report import Report

BAR_EMS = 5
"""Length of a bar of 100%, in the size of the letters."""
LEFT = "text-align: left"
"""Stands in each cell of words: Jupyter's own style sets all cells right, and it drops
ours from a notebook that it does not trust."""
STYLE = """\
.archcalc { overflow-x: auto; font-size: 0.9em; line-height: 1.45; }
.archcalc table { border-collapse: collapse; margin: 0.6em 0; color: inherit; }
.archcalc caption { text-align: left; font-weight: 600; padding: 0.3em 0;
  color: inherit; }
.archcalc th, .archcalc td { padding: 0.12em 0.7em; text-align: left; color: inherit;
  background: none; border: 0; font-weight: 400; white-space: nowrap;
  max-width: none; vertical-align: baseline; }
.archcalc th:first-child { padding-left: 0.2em; }
.archcalc thead th { font-weight: 600; vertical-align: bottom; white-space: normal;
  border-bottom: 1px solid; }
.archcalc .figure { text-align: right; font-variant-numeric: tabular-nums; }
.archcalc .bar { display: inline-block; height: 0.8em; background: #54aeff; }
.archcalc .text { white-space: normal; min-width: 12em; }
.archcalc .group th, .archcalc .total th, .archcalc .total td { font-weight: 600; }
.archcalc .first-total > * { border-top: 1px solid; }
.archcalc .aside { opacity: 0.75; }
.archcalc tbody tr:hover { background: rgba(127, 127, 127, 0.14); }
.archcalc ul { margin: 0.4em 0; padding-left: 1.1em; font-size: 0.92em;
  max-width: 52em; }
.archcalc p { margin: 0.4em 0; font-size: 0.92em; opacity: 0.85; }
.archcalc h3 { font-size: 1.05em; margin: 1.1em 0 0.3em; }
.archcalc h3 small { font-weight: 400; opacity: 0.8; }
.archcalc .formulas th, .archcalc .formulas td { white-space: normal;
  vertical-align: top; }
.archcalc .title { font-size: 1.15em; font-weight: 600; opacity: 1; }"""
PAGE_STYLE = """\
:root { color-scheme: light dark; }
body { margin: 2em auto; padding: 0 1em; max-width: 100em;
  font-family: system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
  color: #1f2328; background: #ffffff; }
a { color: #0969da; }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117; }
  a { color: #4493f8; }
}
@media print { body { margin: 0; } .archcalc { overflow: visible; } }"""


def render(report: Report, *, standalone: bool = False) -> str:
    """Return a fragment, or with `standalone` a page of its own."""
    title = report.title or report.subject or report.kind
    return framed(title, "\n".join(_body(report)), standalone)


def framed(title: str, body: str, standalone: bool) -> str:
    """Return a body with its style, as a fragment or as a page under a title."""
    if not standalone:
        return f'<div class="archcalc">\n<style>\n{STYLE}\n</style>\n{body}\n</div>'
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{shown(title)}</title>",
            f"<style>\n{PAGE_STYLE}\n{STYLE}\n</style>\n</head>",
            f'<body>\n<main class="archcalc">\n{body}\n</main>\n</body>\n</html>',
        ]
    )


def shown(value: str, longest: int = LONGEST_SHOWN) -> str:
    """Return a text that HTML shows as it is."""
    return escape(clean(value, longest))


def _body(report: Report) -> Iterator[str]:
    if report.title:
        yield f'<p class="title">{shown(report.title)}</p>'
    for table in report.tables:
        yield from table_lines(table)
    given = dependences(report.settings, escape)
    if given:
        yield f"<p>{given}</p>"
    mark = "<strong>{}:</strong> "
    notes = [f"<li>{sentence(n, mark, _prose)}</li>" for n in footnotes(report)]
    if notes:
        yield "\n".join(["<ul>", *notes, "</ul>"])


def table_lines(table: Table) -> Iterator[str]:
    """Yield the HTML of a table."""
    yield "<table>"
    if table.title:
        yield f"<caption>{shown(table.title)}</caption>"
    heads = [
        f'<th scope="col"{_class(column)}>{shown(column.title)}</th>'
        for column in table.columns
    ]
    yield f"<thead><tr>{''.join(heads)}</tr></thead>"
    yield "<tbody>"
    for row, first_total in table.ruled():
        yield _row(row, table.columns, first_total)
    yield "</tbody>\n</table>"


def _class(column: Column) -> str:
    if column.align == "right":
        return ' class="figure"'
    words = ' class="text"' if column.kind in ("text", "formula") else ""
    return f'{words} style="{LEFT}"'


def _row(row: Line, columns: tuple[Column, ...], first_total: bool) -> str:
    """Return a row; its first cell is its heading."""
    kinds = {"head": "group", "subtotal": "group", "total": "total", "aside": "aside"}
    names = [kinds.get(row.kind, ""), "first-total" if first_total else ""]
    classes = f' class="{" ".join(filter(None, names))}"' if any(names) else ""
    inset = f"; padding-left: {0.2 + 1.2 * row.depth:.1f}em" if row.depth else ""
    name, *others = zip(row.cells, columns, strict=True)
    head = escape(cell(name[0], row, name[1]))
    cells = [f'<th scope="row" style="{LEFT}{inset}">{head}</th>']
    cells += [
        f"<td{_class(column)}>{_inside(value, row, column)}</td>"
        for value, column in others
    ]
    return f"<tr{classes}>{''.join(cells)}</tr>"


def _inside(value: Cell, row: Line, column: Column) -> str:
    """Return a cell's text, or the bar that it is."""
    if column.kind == "bar" and isinstance(value, int | Fraction):
        length = f"{float(value * BAR_EMS):.2f}em"
        return f'<span class="bar" style="width: {length}"></span>'
    return escape(cell(value, row, column))


def _prose(value: str) -> str:
    """Return running text in which plain web addresses are links."""
    return linked(value, escape, _link)


def _link(address: str) -> str:
    return f'<a href="{escape(address)}" rel="noreferrer">{escape(address)}</a>'
