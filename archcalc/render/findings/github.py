"""Annotations for GitHub's workflow runs, after the text in full.

GitHub shows ten annotations of a kind for each step at most, so that the text is
printed as well, and a table is written where a step summary is offered (`summary`).
(GitHub documentation, "Workflow commands for GitHub Actions".)
"""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.checks.catalogue import every_rule
from archcalc.checks.findings import Checked, Finding, everything
from archcalc.errors import clean
from archcalc.render import markdown
from archcalc.render.findings import full, repository_path
from archcalc.render.findings.concise import total
from archcalc.reports.cells import Column, Line, Table
from archcalc.reports.report import Report

COLUMNS = (
    Column("place", "where", "name"),
    Column("code", "rule", "text"),
    Column("severity", "severity", "text"),
    Column("message", "what", "text"),
    Column("help", "help", "text"),
)


def render(outcomes: Sequence[Checked]) -> str:
    """Return the text in full, then an annotation for each finding."""
    return "\n".join([full.render(outcomes), *map(annotation, everything(outcomes))])


def annotation(finding: Finding) -> str:
    """Return one workflow command: `::error file=…,line=…::message`."""
    place = finding.place
    rule = every_rule().get(finding.code)
    about = {
        "file": clean(repository_path(place.file)),
        "line": str(place.line),
        "col": str(place.column),
        "endColumn": str(place.column + place.width),
        "title": f"{finding.code} {rule.name if rule else ''}".strip(),
    }
    given = ",".join(f"{key}={_property(value)}" for key, value in about.items())
    return f"::{finding.severity} {given}::{_data(finding.details)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def summary(outcomes: Sequence[Checked]) -> str:
    """Return a Markdown table of the findings, for a step's summary."""
    rows = [
        Line((str(f.place), f.code, f.severity, f.problem.message, f.problem.help))
        for f in everything(outcomes)
    ]
    title = f"archcalc: {total(outcomes)}"
    tables = (Table("", COLUMNS, tuple(rows)),) if rows else ()
    return markdown.render(Report("check", title, "check", tables)) + "\n"
