"""`archcalc table`: a network layer by layer."""

from __future__ import annotations

from typing import Annotated

import typer

from archcalc.commands.options import (
    Batch,
    Dtype,
    Format,
    InPlace,
    InputShape,
    LimitOptions,
    NetworkName,
    Output,
    Settings,
    emit,
    load_network,
)


def table(
    net: NetworkName,
    level: Annotated[
        str, typer.Option("--level", help="ops, layers, blocks or stages.")
    ] = "layers",
    columns: Annotated[
        str | None,
        typer.Option("--columns", help="Columns: shape,params, or +depth,-flops."),
    ] = None,
    view: Annotated[
        str | None, typer.Option("--view", help="lecture: the course's own layout.")
    ] = None,
    batch: Batch = 1,
    dtype: Dtype = "float32",
    input: InputShape = None,
    settings: Settings = None,
    inplace: InPlace = True,
    format: Format = None,
    output: Output = None,
    limit: LimitOptions = None,
) -> None:
    """Print a network layer by layer: shapes, parameters, operations, activations."""
    from archcalc.expectations import judge_known
    from archcalc.tables import chosen_columns, table_report

    network = load_network(net, input, settings, limit)
    analysis = network.analyze(batch=batch, dtype=dtype, inplace=inplace)
    judged = list(judge_known(network, analysis))
    if view is not None:
        from archcalc.lecture import lecture_report

        emit(lecture_report(network, analysis, view, judged), format, output)
        return
    report = table_report(network, analysis, level, chosen_columns(columns), judged)  # type: ignore[arg-type]  # outline checks the level
    emit(report, format, output)
