"""The report of a check: what was found in each file, and a line about the file."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.checks.findings import Checked, Finding, everything
from archcalc.reports.cells import Column, Line, Note, Table
from archcalc.reports.report import Report

COLUMNS = (
    Column("place", "place", "name"),
    Column("code", "rule", "text"),
    Column("severity", "severity", "text"),
    Column("message", "message", "text"),
    Column("help", "help", "text"),
)


def check_report(outcomes: Sequence[Checked]) -> Report:
    """Return the findings of all files in one table; none where nothing was found."""
    rows = tuple(_line(finding) for finding in everything(outcomes))
    tables = (Table("", COLUMNS, rows),) if rows else ()
    names = ", ".join(outcome.path for outcome in outcomes)
    notes = tuple(Note(outcome.summary()) for outcome in outcomes)
    ok = not any(finding.fails for finding in everything(outcomes))
    return Report("check", f"Check of {names}", names, tables, notes, ok=ok)


def _line(finding: Finding) -> Line:
    problem, place = finding.problem, str(finding.place)
    parts = (problem.message, *problem.facts)
    said = "; ".join(" ".join(part.split()) for part in parts)
    cells = (place, finding.code, finding.severity, said, problem.help)
    return Line(cells, path=place)
