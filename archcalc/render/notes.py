"""What stands under a report's tables, in the order in which it is read."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.errors import clean
from archcalc.reports.cells import Note
from archcalc.reports.report import Report

LONGEST = 4000
SPEAKS_FOR_ITSELF = ("definition", "assumption")


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


def sentence(note: Note) -> str:
    """Return a note in plain text: `erratum: … (cite)`."""
    before = f"{label(note)}: " if label(note) else ""
    cite = f" ({prose(note.cite)})" if note.cite else ""
    return f"{before}{prose(note.text)}{cite}"
