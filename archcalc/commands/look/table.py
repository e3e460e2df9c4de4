"""`archcalc table`: a network layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from archcalc.commands.completion import among, listed, table_columns
from archcalc.commands.declared import Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import (
    Batch,
    Convention,
    Dtype,
    InPlace,
    Level,
    NetworkName,
    RenderingOrDrawing,
)
from archcalc.commands.output import colored, columns, write
from archcalc.records import replace

if TYPE_CHECKING:
    from archcalc.checks.claims.expectations import Judged
    from archcalc.network.analysis import Analysis
    from archcalc.network.network import Network
    from archcalc.reports.report import Report

Columns = Annotated[
    str | None,
    Option(
        "--columns",
        help="Columns to show: shape,params; or a change to the usual ones: "
        "+depth,-flops.",
        autocompletion=listed(table_columns),
    ),
]
View = Annotated[
    str | None,
    Option(
        "--view",
        help="Another layout: lecture, as on the CS231n slides.",
        autocompletion=among("lecture"),
    ),
]
Formulas = Annotated[
    bool, Option("--formulas", help="Add the formula of each figure, with its numbers.")
]
Bars = Annotated[
    bool, Option("--bars", help="Add a bar for the share of each row in the total.")
]
Fold = Annotated[
    bool | None,
    Option(
        "--fold/--all",
        help="Show equal blocks that follow each other as one row (usual on a "
        "terminal), or show all.",
        show_default=False,
    ),
]
Training = Annotated[
    bool,
    Option(
        "--training",
        help="Count a training step: forward and backward, without frozen parts.",
    ),
]
BARRED = ("layer", "params", "macs", "activations")
"""What is shown with bars where no columns are asked for: it fits 80 columns."""


def table(
    net: NetworkName,
    level: Level = "layers",
    columns: Columns = None,
    view: View = None,
    formulas: Formulas = False,
    bars: Bars = False,
    training: Training = False,
    fold: Fold = None,
    batch: Batch = 1,
    dtype: Dtype = "float32",
    convention: Convention = "macs",
    *,
    loading: Loading,
    inplace: InPlace = True,
    rendering: RenderingOrDrawing,
) -> None:
    """Print a network layer by layer: shapes, params, MACs, memory.

    $ archcalc table vgg16
    $ archcalc table resnet50 --level stages --columns shape,params,macs
    """
    from archcalc.network.network import Network
    from archcalc.reports.table import chosen_columns, insisted, table_report

    network = loading.given(net)
    if not isinstance(network, Network):
        network.refuse(
            {"--view": view is not None, "--formulas": formulas, "--bars": bars}
            | {"--training": training, "--batch": batch != 1}
            | {"--dtype": dtype != "float32", "--convention": convention != "macs"}
        )
        from archcalc.reports.weights.table import weights_table

        folds = rendering.chosen == "terminal" if fold is None else fold
        rendering.emit(weights_table(network, level, columns, folds))
        return
    analysis = network.analyze(
        batch=batch, dtype=dtype, inplace=inplace, convention=convention
    )
    judged = _errata(network, analysis)
    if view is not None:
        from archcalc.reports.slide import lecture_report

        report = lecture_report(network, analysis, view, judged)
        _lecture(report, dtype, rendering)
        return
    chosen = chosen_columns(columns, training)
    if not columns and (formulas or bars):
        chosen = ("layer", "shape") if formulas else BARRED
    folds = rendering.chosen == "terminal" if fold is None else fold
    report = table_report(network, analysis, level, chosen, judged, folds)  # type: ignore[arg-type]  # outline checks the level
    report = insisted(report, columns)
    if bars:
        from archcalc.reports.bars import with_bars

        report = with_bars(report)
    if formulas:
        from archcalc.reports.formula_columns import with_formulas

        report = with_formulas(report, analysis, level, folds)  # type: ignore[arg-type]  # checked above
    rendering.emit(report)


def _errata(network: Network, analysis: Analysis) -> list[Judged]:
    """Return the published figures that are known to be wrong, if a variant has any."""
    own = (e for e in network.spec.about.expect if e.variant == network.variant)
    if all(entry.verdict == "agrees" for entry in own):
        return []
    from archcalc.checks.claims.expectations import judge_known

    return list(judge_known(network, analysis))


def _lecture(report: Report, dtype: str, rendering: RenderingOrDrawing) -> None:
    """Print the slide's lines; in another format, the same as a table."""
    from archcalc.figures.formats import dtype_bits
    from archcalc.render import render
    from archcalc.reports.slide import lecture_lines

    if rendering.chosen != "terminal":
        rendering.emit(report)
        return
    output = rendering.output
    lines = lecture_lines(report, max(dtype_bits(dtype) // 8, 1))
    below = replace(report, title="", tables=())
    notes = render(
        below, "terminal", width=columns(), color=colored() and output is None
    )
    write("\n".join([*lines, "", notes]), output)
