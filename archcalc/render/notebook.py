"""How networks, analyses, reports and explanations show themselves in a notebook.

The HTML takes the colours around it, so that it is at home in light and dark themes;
the LaTeX is what nbconvert's own template sets, booktabs without siunitx.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from shutil import get_terminal_size

from archcalc.errors import ArchcalcError
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Level
from archcalc.render import render
from archcalc.render.explained import render_explanation
from archcalc.reports.cells import Note
from archcalc.reports.explanation import Explanation
from archcalc.reports.report import Report
from archcalc.reports.table import table

MOST_ROWS = 120
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
        report = report_of(shown)
    except ArchcalcError as error:
        return {"text/plain": str(error)}
    return {kind: _rendered(report, *FORMATS[kind]) for kind in kinds}


def _rendered(report: Report, format: str, options: dict[str, bool]) -> str:
    width = {"width": get_terminal_size().columns} if format == "terminal" else {}
    return render(report, format, **options, **width)


def _explained(explanation: Explanation, format: str) -> str:
    width = {"width": get_terminal_size().columns} if format == "terminal" else {}
    return render_explanation(explanation, format, **width)


def report_of(shown: object) -> Report:
    """Return a report as it is, a network or analysis as its table.

    A table too long for a notebook shows blocks or stages, and says so.
    """
    if isinstance(shown, Report):
        return shown
    if not isinstance(shown, Network | Analysis):
        raise TypeError(f"{type(shown).__name__} is no network, analysis or report")
    analysis = shown.analyze() if isinstance(shown, Network) else shown
    fitting = [x for x in COARSER if len([*analysis.outline(x)]) <= MOST_ROWS]
    level = fitting[0] if fitting else COARSER[-1]
    report = table(shown, level=level)
    if level == "layers":
        return report
    text = f'{level} only; archcalc.table({analysis.name!r}, level="layers") has all'
    return replace(report, notes=(*report.notes, Note(text)))
