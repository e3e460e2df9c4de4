"""How networks, analyses, reports, explanations and sweeps show themselves.

The HTML takes the colours around it, so that it is at home in light and dark themes;
the LaTeX is what nbconvert's own template sets, booktabs without siunitx.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import PurePath
from shutil import get_terminal_size
from typing import Any

from archcalc.errors import ArchcalcError
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Level
from archcalc.records import replace
from archcalc.render import format_of, render
from archcalc.render.explained import explained_format, render_explanation
from archcalc.render.findings import FORMATS as ALL_OF_FINDINGS
from archcalc.render.findings import render_findings
from archcalc.render.quiz import quiz_format, render_quiz
from archcalc.reports.cells import Note
from archcalc.reports.check import CheckReport
from archcalc.reports.explanation import Explanation
from archcalc.reports.quiz import Quiz
from archcalc.reports.report import Report
from archcalc.reports.sweep import sweep_report
from archcalc.reports.table import outlined, table_of
from archcalc.sweeps.sweep import Sweep

MOST_ROWS = 120
OF_FINDINGS = tuple(name for name in ALL_OF_FINDINGS if name != "json")
"""What the findings of a check can be too, beside what any report can be."""
COARSER: tuple[Level, ...] = ("layers", "blocks", "stages")
FORMATS: dict[str, tuple[str, dict[str, bool]]] = {
    "text/html": ("html", {}),
    "text/markdown": ("markdown", {}),
    "text/latex": ("latex", {"plain": True}),
    "text/plain": ("terminal", {}),
}
"""The format of each MIME type; the front end picks the richest that it knows."""


def bundle(
    shown: object,
    include: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
) -> dict[str, str]:
    """Return texts by MIME type; a network that does not fit says what is wrong."""
    wanted = set(FORMATS if include is None else include) - set(exclude or ())
    kinds = [kind for kind in FORMATS if kind in wanted]
    if isinstance(shown, Explanation):
        return {kind: _explained(shown, FORMATS[kind][0]) for kind in kinds}
    try:
        report = report_of(shown, fold=kinds == ["text/plain"])
    except ArchcalcError as error:
        return {"text/plain": str(error)}
    return {kind: _rendered(report, *FORMATS[kind]) for kind in kinds}


def written(
    shown: object,
    format: str | None,
    path: PurePath | None,
    options: Mapping[str, Any],
) -> str:
    """Return the whole of it in a format, or in the one that a file's ending means.

    Raises `UsageError` AC530 for an unknown format or ending, AC531 for an option that
    the format does not have.
    """
    if isinstance(shown, Explanation):
        return render_explanation(shown, explained_format(format, path), **options)
    if isinstance(shown, Quiz):
        return render_quiz(shown, quiz_format(format, path), **options)
    if isinstance(shown, CheckReport) and format in OF_FINDINGS:
        return render_findings(shown.outcomes, format)
    chosen = format_of(format, path)
    return render(report_of(shown, None), chosen, **options)


def _rendered(report: Report, format: str, options: dict[str, bool]) -> str:
    if isinstance(report, CheckReport) and format == "terminal":
        return render_findings(report.outcomes)
    width = {"width": get_terminal_size().columns} if format == "terminal" else {}
    return render(report, format, **options, **width)


def _explained(explanation: Explanation, format: str) -> str:
    width = {"width": get_terminal_size().columns} if format == "terminal" else {}
    return render_explanation(explanation, format, **width)


def report_of(
    shown: object, most: int | None = MOST_ROWS, fold: bool = False
) -> Report:
    """Return a report as it is; a network, analysis or sweep as its table.

    A table with more than `most` rows shows blocks or stages, a sweep its first rows,
    and both say so. With `fold`, as on the terminal, equal blocks share a row.
    """
    if isinstance(shown, Report):
        return shown
    if isinstance(shown, Sweep):
        return _of_sweep(shown, most)
    if not isinstance(shown, Network | Analysis):
        raise TypeError(f"{type(shown).__name__} is no network, analysis or report")
    network = shown if isinstance(shown, Network) else None
    analysis = shown if isinstance(shown, Analysis) else shown.analyze()
    level = "layers" if most is None else _level(analysis, most, fold)
    report = table_of(network, analysis, level, fold=fold)
    if level == "layers":
        return report
    text = f'{level} only; archcalc.table({analysis.name!r}, level="layers") has all'
    return replace(report, notes=(*report.notes, Note(text)))


def _level(analysis: Analysis, most: int, fold: bool) -> Level:
    """Return the finest level at which a table has at most so many rows."""
    fitting = [x for x in COARSER if len(outlined(analysis, x, fold)) <= most]
    return fitting[0] if fitting else COARSER[-1]


def _of_sweep(found: Sweep, most: int | None) -> Report:
    if most is None:
        return sweep_report(found, list(found))
    rows = list(islice(found, most + 1))
    report = sweep_report(found, rows[:most])
    if len(rows) <= most:
        return report
    more = Note(f"These are the first {most} rows; rows() gives all of them.")
    return replace(report, notes=(*report.notes, more))
