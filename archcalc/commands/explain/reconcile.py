"""`archcalc reconcile`: where a published figure may come from."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Argument, Option
from archcalc.commands.options import (
    Format,
    InputShape,
    LimitOptions,
    NetworkName,
    Output,
    Plain,
    Settings,
    Standalone,
    emit,
    load_network,
)


def reconcile(
    net: NetworkName,
    claim: Annotated[
        str,
        Argument(metavar="CLAIM", help="3.8G, 96MB, '13.6 GFLOP', '5M params', 218.59"),
    ],
    everything: Annotated[
        bool, Option("--all", help="Every explanation, not the simplest alone.")
    ] = False,
    input: InputShape = None,
    settings: Settings = None,
    format: Format = None,
    output: Output = None,
    standalone: Standalone = False,
    plain: Plain = False,
    limit: LimitOptions = None,
) -> None:
    """Search the ways of counting that give a published figure, simplest first.

    Exit code 1 where none does.
    """
    from archcalc.checks.claims.reconcile import reconcile as search
    from archcalc.reports.reconcile import reconcile_report

    found = search(load_network(net, input, settings, limit), claim)
    emit(reconcile_report(found, everything), format, output, standalone, plain)
    if not found.ok:
        raise SystemExit(1)
