"""`archcalc compare`: networks side by side."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import (
    Batch,
    Convention,
    Dtype,
    InPlace,
    NetworkNames,
    RenderingOrDrawing,
)
from archcalc.errors import UsageError


def compare(
    nets: NetworkNames,
    level: Annotated[
        str | None,
        Option(
            "--level",
            help="Also compare row by row: ops, layers, blocks or stages. csv, json, … "
            "have layers.",
        ),
    ] = None,
    memory: Annotated[
        bool,
        Option(
            "--bytes",
            "--memory",
            help="Also compare bytes: peaks, what the backward pass needs, on disk.",
        ),
    ] = False,
    batch: Batch = 1,
    dtype: Dtype = "float32",
    convention: Convention = "macs",
    *,
    loading: Loading,
    inplace: InPlace = True,
    rendering: RenderingOrDrawing,
) -> None:
    """Put networks side by side: totals with ratios, stages, rows.

    $ archcalc compare resnet18 resnet50
    $ archcalc compare alexnet vgg16 --level layers
    """
    from archcalc.network.analysis import Analysis
    from archcalc.network.network import Network
    from archcalc.reports.comparison import compare_report

    if len(nets) < 2:
        raise UsageError.of("AC511", "compare needs two networks or more")
    given = [
        one.analyze(batch=batch, dtype=dtype, inplace=inplace, convention=convention)
        if isinstance(one, Network)
        else one
        for one in loading.given_all(nets)
    ]
    analyses = [one for one in given if isinstance(one, Analysis)]
    if len(analyses) < len(given):
        from archcalc.reports.weights.comparison import compare_weights

        for one in given:
            if not isinstance(one, Analysis):
                one.refuse({"--level": level is not None})
        rendering.emit(compare_weights(given, memory))
        return
    if level is None and rendering.chosen != "terminal":
        level = "layers"
    rendering.emit(compare_report(analyses, memory, level))  # type: ignore[arg-type]  # outline checks the level
