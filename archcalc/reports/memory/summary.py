"""The report of `archcalc memory`: four figures, where they sit, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction

from archcalc.catalogue import FIGURES
from archcalc.checks.claims.expectations import Judged
from archcalc.errors import ShapeError, UsageError
from archcalc.figures.memory.at_rest import stored_dtype
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Level, Row
from archcalc.reports.cells import Cell, Column, Line, Note, Table, column
from archcalc.reports.memory.cells import NEEDS_HEADS, NEEDS_NUMBERS, ratio
from archcalc.reports.memory.notes import (
    at,
    definitions,
    inference_notes,
    where_the_most_is,
)
from archcalc.reports.report import Report
from archcalc.reports.table import assumption_notes, erratum_notes, settings
from archcalc.sizes.dims import Dim

BYTES = (
    Column("bytes", "bytes", "bytes", unit="B"),
    Column("binary", "binary", "bytes", unit="B", binary=True),
)
"""A figure in powers of 1000 and in powers of 1024."""
WHERE = Column("where", "where", "text")


def memory_report(
    network: Network,
    analysis: Analysis,
    level: Level = "stages",
    rule: str = "lecture",
    judged: Sequence[Judged] = (),
) -> Report:
    """Return the four figures with a bar per stage, and a footer that defines each.

    Raises `UsageError` AC545 for an unknown activations rule.
    """
    if rule == "lecture" and not analysis.setting.inplace:
        rule = "kept"
    notes = [*assumption_notes(analysis), *definitions(analysis, rule)]
    notes += where_the_most_is(analysis)
    notes += _where_numbers(inference_notes(analysis))
    notes += erratum_notes([j for j in judged if "activation" in j.metric])
    tables = [_four(analysis, rule), _stages(analysis, level)]
    return report(network, analysis, tables, notes)


def report(
    network: Network,
    analysis: Analysis,
    tables: Sequence[Table],
    notes: Sequence[Note],
) -> Report:
    """Return a report of memory with the settings that it depends on."""
    setting = analysis.setting
    shown = {k: v for k, v in settings(analysis).items() if k != "convention"}
    shown["optimizer"] = setting.optimizer
    if setting.mixed:
        shown["weights"] = "float32"
    if setting.checkpoint != "none":
        shown["checkpoint"] = setting.checkpoint
    if setting.accumulate:
        shown["gradients"] = "accumulated"
    return Report(
        "memory", network.title, network.name, tuple(tables), tuple(notes), shown
    )


def where_known(figure: Callable[[], Cell]) -> Cell:
    """Return a figure, or in words that it needs numbers, or every side head."""
    try:
        return figure()
    except ShapeError:
        return NEEDS_HEADS
    except UsageError as error:
        if error.problems[0].code != "AC541":
            raise
        return NEEDS_NUMBERS


def _where_numbers(notes: Iterable[Note]) -> Iterator[Note]:
    """Yield notes unless they need numbers that are symbols."""
    try:
        yield from notes
    except UsageError as error:
        if error.problems[0].code != "AC541":
            raise


def _four(analysis: Analysis, rule: str) -> Table:
    """Return the four figures in bytes; what needs numbers says so."""
    memory = analysis.memory
    figures: tuple[tuple[str, Callable[[], Cell], Callable[[], str]], ...] = (
        ("activations", lambda: memory.activations_by(rule), lambda: f"rule {rule}"),
        (
            "peak",
            lambda: memory.peak_inference,
            lambda: at(analysis, memory.inference),
        ),
        (
            "training",
            lambda: memory.peak_training.peak,
            lambda: at(analysis, memory.peak_training),
        ),
        ("disk", lambda: memory.on_disk, lambda: stored_dtype(analysis)),
    )
    lines = []
    for key, figure, about in figures:
        title = FIGURES[key].in_memory or FIGURES[key].label
        size = where_known(figure)
        where = None if isinstance(size, str) else about()
        lines.append(Line((title, size, size, where), path=title))
    columns = (Column("figure", "figure", "name"), *BYTES, WHERE)
    return Table("", columns, tuple(lines))


STAGES = (
    Column("layer", "layer", "name"),
    column("activation_bytes", title="activations"),
    Column("activations_bar", "share", "bar"),
    column("peak"),
    column("disk", title="on disk"),
    Column("disk_bar", "share", "bar"),
)


def _stages(analysis: Analysis, level: Level) -> Table:
    """Return activations, peak and weights of each row, with bars of their shares."""
    main = tuple(n.index for n in analysis.graph.nodes if not n.aux)
    whole = Row("total", "", (), analysis.total, main, max(analysis.graph.outputs))
    size = analysis.memory.disk(main)
    lines = [_stage(analysis, row, size) for row in analysis.outline(level)]
    total = _stage(analysis, whole, size)
    cells = (*total.cells[:2], Fraction(1), *total.cells[3:5], Fraction(1))
    lines.append(Line(cells, "total", path="total"))
    return Table("where they sit", STAGES, tuple(lines))


def _stage(analysis: Analysis, row: Row, whole: Dim) -> Line:
    weights = analysis.memory.disk(row.nodes)
    cells = (
        row.short or row.name,
        row.activation_bytes,
        ratio(row.activation_bytes, analysis.total.activation_bytes),
        where_known(lambda: analysis.memory.live(row.nodes)),
        weights,
        ratio(weights, whole),
    )
    return Line.of(row, cells)
