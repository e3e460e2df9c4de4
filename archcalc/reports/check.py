"""The report of a check: what was found in each file, and a line about the file."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.checks.findings import Checked, Finding, everything
from archcalc.records import dataclass
from archcalc.reports.cells import Column, Line, Note, Table
from archcalc.reports.report import Report

COLUMNS = (
    Column("place", "place", "name"),
    Column("code", "rule", "text"),
    Column("severity", "severity", "text"),
    Column("message", "message", "text"),
    Column("help", "help", "text"),
)


@dataclass(frozen=True, slots=True, repr=False)
class CheckReport(Report):
    """What a check found, in a table, and the outcome for each file."""

    outcomes: tuple[Checked, ...] = ()


def check_report(outcomes: Sequence[Checked]) -> CheckReport:
    """Return the findings of all files in one table; none where nothing was found."""
    rows = tuple(_line(finding) for finding in everything(outcomes))
    tables = (Table("", COLUMNS, rows),) if rows else ()
    names = ", ".join(outcome.path for outcome in outcomes)
    notes = tuple(Note(outcome.summary()) for outcome in outcomes)
    ok = not any(finding.fails for finding in everything(outcomes))
    title, kept = f"Check of {names}", tuple(outcomes)
    return CheckReport("check", title, names, tables, notes, ok=ok, outcomes=kept)


def _line(finding: Finding) -> Line:
    problem, place = finding.problem, str(finding.place)
    parts = (problem.message, *problem.facts)
    said = "; ".join(" ".join(part.split()) for part in parts)
    cells = (place, finding.code, finding.severity, said, problem.help)
    return Line(cells, path=place)
