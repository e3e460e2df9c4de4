"""What stands under a report's tables, in the order in which it is read.

Every format says with `safe` how a text of a user's becomes text of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from archcalc.errors import clean
from archcalc.render.numbers import at_least, text
from archcalc.reports.cells import Cell, Headline, Note
from archcalc.reports.report import Report

LONGEST = 4000
SPEAKS_FOR_ITSELF = ("definition", "assumption")
ADDRESS = r"(?a)https?://[\w./~:?=&%+,;-]*[\w/]"
Safe = Callable[[str], str]


def footnotes(report: Report) -> Iterator[Note]:
    """Yield what tables and columns say of themselves, each once, then the notes."""
    own = [
        note
        for table in report.tables
        for note in (
            *((table.note,) if table.note else ()),
            *(f"{c.title}: {c.note}" for c in table.columns if c.note),
        )
    ]
    yield from (Note(text, "definition") for text in dict.fromkeys(own))
    yield from report.notes


def label(note: Note) -> str:
    """Return the word before a note, or nothing: `erratum`."""
    return "" if note.kind in SPEAKS_FOR_ITSELF else note.kind


def prose(text: str) -> str:
    """Return running text safe to print: line breaks and runs of spaces are spaces."""
    return clean(" ".join(text.split()), LONGEST)


def sentence(note: Note, mark: str = "{}: ", safe: Safe = prose) -> str:
    """Return a note: `erratum: … (cite)`, its word marked as a format does."""
    before = mark.format(label(note)) if label(note) else ""
    cite = f" ({safe(note.cite)})" if note.cite else ""
    return f"{before}{safe(note.text)}{cite}"


def linked(value: str, safe: Safe, link: Safe) -> str:
    """Return running text in which plain web addresses are links."""
    value, end = prose(value), 0
    parts: list[str] = []
    for match in re.finditer(ADDRESS, value):
        parts += [safe(value[end : match.start()]), link(match[0])]
        end = match.end()
    return "".join([*parts, safe(value[end:])])


def headline(one: Headline) -> str:
    """Return main figures in a line: `vgg16: 138,357,544 parameters, …`."""
    figures = (
        f"{at_least(shown) if name in one.least else shown} {name}"
        for shown, name in ((text(v, kind), name) for v, name, kind in one.figures)
    )
    return f"{clean(one.subject)}: {', '.join(figures)}"


def dependences(
    settings: Mapping[str, Cell], safe: Safe = str, between: str = " · "
) -> str:
    """Return what the figures depend on, in a line: `input 3×32×32 · batch 1`."""
    return between.join(
        f"{safe(clean(key))} {safe(text(value, 'text'))}"
        for key, value in settings.items()
        if value is not None
    )
