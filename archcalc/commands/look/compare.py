"""`archcalc compare`: networks side by side."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Option
from archcalc.commands.options import (
    Batch,
    Convention,
    Dtype,
    Format,
    InPlace,
    InputShape,
    LimitOptions,
    NetworkNames,
    Output,
    Plain,
    Settings,
    Standalone,
    emit,
    load_network,
)
from archcalc.errors import UsageError


def compare(
    nets: NetworkNames,
    memory: Annotated[
        bool, Option("--memory", help="Bytes as well: peaks, saved, on disk.")
    ] = False,
    batch: Batch = 1,
    dtype: Dtype = "float32",
    convention: Convention = "macs",
    input: InputShape = None,
    settings: Settings = None,
    inplace: InPlace = True,
    format: Format = None,
    output: Output = None,
    standalone: Standalone = False,
    plain: Plain = False,
    limit: LimitOptions = None,
) -> None:
    """Compare networks: totals with ratios, then branches or rows side by side."""
    from archcalc.reports.comparison import compare_report

    if len(nets) < 2:
        raise UsageError.of("AC511", "compare needs two networks or more")
    networks = [load_network(name, input, settings, limit) for name in nets]
    analyses = [
        network.analyze(
            batch=batch, dtype=dtype, inplace=inplace, convention=convention
        )
        for network in networks
    ]
    emit(compare_report(analyses, memory), format, output, standalone, plain)
