"""`archcalc compare`: networks side by side."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Option
from archcalc.commands.options import (
    Batch,
    Convention,
    Dtype,
    InPlace,
    Loading,
    NetworkNames,
    Rendering,
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
    *,
    loading: Loading,
    inplace: InPlace = True,
    rendering: Rendering,
) -> None:
    """Compare networks: totals with ratios, then branches or rows side by side."""
    from archcalc.reports.comparison import compare_report

    if len(nets) < 2:
        raise UsageError.of("AC511", "compare needs two networks or more")
    networks = [loading.load(name) for name in nets]
    analyses = [
        network.analyze(
            batch=batch, dtype=dtype, inplace=inplace, convention=convention
        )
        for network in networks
    ]
    rendering.emit(compare_report(analyses, memory))
