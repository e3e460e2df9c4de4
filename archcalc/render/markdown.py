"""A report as GitHub-flavoured Markdown, for a README, an issue or a pull request.

Nothing in a name becomes markup: punctuation that Markdown or HTML knows is escaped,
and `@name`, `#12` and addresses are kept from turning into mentions and links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archcalc.errors import clean
from archcalc.render.notes import dependences, footnotes, linked, sentence
from archcalc.render.numbers import cell
from archcalc.reports.cells import Column, Line, Table
from archcalc.reports.report import Report

ESCAPES = {ord(c): f"\\{c}" for c in "\\`*_[]~!$#"} | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
}
MENTION = re.compile(r"[@#](?=\w)|\bGH-(?=\d)|:(?=[\w+\\-]+:)", re.IGNORECASE)
ADDRESS = re.compile(r"://|\bwww\.", re.IGNORECASE)
NOTHING = "&#8203;"
INDENT = "&nbsp;&nbsp;"
BOLD_NAMES = ("head", "subtotal", "total")


def render(report: Report) -> str:
    """Return title, tables and notes, parted by empty lines."""
    blocks = [f"### {escaped(report.title)}"] if report.title else []
    for table in report.tables:
        if table.title:
            blocks.append(f"**{escaped(table.title)}**")
        blocks.append("\n".join(table_lines(table)))
    given = dependences(report.settings, escaped)
    notes = (sentence(note, "**{}:** ", running) for note in footnotes(report))
    footers = [f"- {line}" for line in (*filter(None, [given]), *notes)]
    return "\n\n".join([*blocks, *filter(None, ["\n".join(footers)])])


def escaped(value: str) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    return _inert(clean(value)).strip()


def _inert(safe: str) -> str:
    marked = MENTION.sub(lambda m: m[0] + NOTHING, safe.translate(ESCAPES))
    marked = ADDRESS.sub(
        lambda m: m[0].replace(":", "&#58;").replace(".", "&#46;"), marked
    )
    return marked.replace("|", "&#124;")


def table_lines(table: Table) -> Iterator[str]:
    """Yield the lines of a table."""
    yield _line([escaped(column.title) for column in table.columns])
    rules = {"left": "---", "right": "---:"}
    yield _line([rules[column.align] for column in table.columns])
    for row in table.rows:
        yield _line(_cells(row, table.columns))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: Line, columns: Sequence[Column]) -> list[str]:
    """Return a row's cells; totals stand bold, groups have a bold name."""
    name, *others = (
        escaped(cell(value, row, column))
        for value, column in zip(row.cells, columns, strict=True)
    )
    if row.kind in BOLD_NAMES:
        name = _bold(name)
    if row.kind == "total":
        others = [_bold(other) for other in others]
    return [INDENT * row.depth + name, *others]


def _bold(shown: str) -> str:
    return f"**{shown}**" if shown else shown


def running(value: str) -> str:
    """Return escaped running text in which plain web addresses are links."""
    return linked(value, _inert, "<{}>".format)
