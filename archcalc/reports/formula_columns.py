"""The columns of `archcalc table --formulas`: figures as the lectures print them.

For VGG-16's first layer: `224·224·64 = 3,211,264` values, `(3·3·3)·64 = 1,728` weights.
"""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.catalogue import figures
from archcalc.figures.facts import Figures
from archcalc.figures.formulas.formulas import Equation, Formula
from archcalc.network.analysis import Analysis
from archcalc.network.rows import Level, Row
from archcalc.records import replace
from archcalc.reports.cells import Cell, Column, Line, Note
from archcalc.reports.explanation import Derivation, Explainer
from archcalc.reports.report import Report
from archcalc.reports.table import outlined

COUNTED = figures("activations", "weights", "macs")
FORMULA_COLUMNS = (
    Column("size_formula", "output size", "formula", gives_way=2),
    *(
        Column(f"{one.key}_formula", one.label, "formula", gives_way=one.key == "macs")
        for one in COUNTED
    ),
)
NOTE = Note(
    "formulas: the rules of each layer with its numbers; weights are without biases "
    "and normalization. `archcalc explain` shows the symbols.",
    "definition",
)


def with_formulas(
    report: Report, analysis: Analysis, level: Level, fold: bool = False
) -> Report:
    """Return a report of `archcalc table` with the formulas beside its columns.

    A row that stands for a whole group has figures in place of formulas.
    """
    table, *others = report.tables
    explainer = Explainer(analysis)
    rows = outlined(analysis, level, fold)
    lines = [
        _with(line, _formulas(explainer, row) if row.kind == "row" else (None,) * 4)
        for line, row in zip(table.rows, rows, strict=False)
    ]
    for line in table.rows[len(rows) :]:
        figures = analysis.total if line.kind == "total" else analysis.aux
        lines.append(_with(line, _plain(figures)))
    shown = replace(
        table, columns=(*table.columns, *FORMULA_COLUMNS), rows=tuple(lines)
    )
    return replace(report, tables=(shown, *others), notes=(*report.notes, NOTE))


def _with(line: Line, more: tuple[Cell, ...]) -> Line:
    return replace(line, cells=(*line.cells, *more))


def _formulas(explainer: Explainer, row: Row) -> tuple[Cell, ...]:
    """Return the cells of a row; a figure of 0 stays empty."""
    if explainer.is_group(row):
        return _plain(row.figures)
    lines = explainer.brief(row).lines
    found: dict[str, Formula] = {line.figure: line.formula for line in lines}
    formulas = (found.get(one.label) for one in COUNTED)
    return (_sizes(lines), *(f if f is None else Equation(f) for f in formulas))


def _plain(counted: Figures) -> tuple[Cell, ...]:
    """Return the cells of what stands for many layers: figures, and no sizes."""
    return (None, *(getattr(counted, one.key) for one in COUNTED))


def _sizes(lines: tuple[Derivation, ...]) -> Cell:
    """Return the arithmetic of the output's axes; one where all go the same way."""
    sizes = list(_axes(lines))
    if len(sizes) == 1:
        return sizes[0]
    return "; ".join(sizes) if sizes else None


def _axes(lines: tuple[Derivation, ...]) -> Iterator[Equation]:
    for line in lines:
        if line.formula.name is not None and not line.alike:
            yield Equation(line.formula)
