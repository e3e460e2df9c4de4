"""The report of `verify`: how much was compared with torch, and what differs."""

from __future__ import annotations

from archcalc.network.verification import WHATS, Mismatch, Verification, value, words
from archcalc.reports.cells import Cell, Column, Line, Note, Table
from archcalc.reports.report import Report

COMPARED = (Column("what", "compared", "name"), Column("count", "how many", "count"))
DIFFERENCES = (
    Column("node", "where", "name"),
    Column("what", "what", "text"),
    Column("ours", "here", "text"),
    Column("torch", "in torch", "text"),
)


def verification_report(found: Verification) -> Report:
    """Return what was compared, then every difference."""
    counts = tuple(
        Line((words(what, found.compared[what]), found.compared[what]), path=what)
        for what in WHATS
    )
    tables = [Table("", COMPARED, counts)]
    if found.differences:
        lines = tuple(_line(one) for one in found.differences)
        tables.append(Table("differences", DIFFERENCES, lines))
    note = Note(found.show().split("\n", 1)[0])
    title = f"{found.name} in torch {found.version}"
    return Report("verify", title, found.name, tuple(tables), (note,), ok=found.ok)


def _line(one: Mismatch) -> Line:
    sides: list[Cell] = [value(one.ours), value(one.torch)]
    return Line((one.node, one.what, *sides), path=one.node)
