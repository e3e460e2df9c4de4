"""`archcalc reconcile`: where a published figure may come from."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Argument, Option
from archcalc.commands.options import Loading, NetworkName, Rendering


def reconcile(
    net: NetworkName,
    claim: Annotated[
        str,
        Argument(metavar="CLAIM", help="3.8G, 96MB, '13.6 GFLOP', 'depth 50', 218.59"),
    ],
    everything: Annotated[
        bool, Option("--all", help="Every explanation, not the simplest alone.")
    ] = False,
    *,
    loading: Loading,
    rendering: Rendering,
) -> None:
    """Search the ways of counting that give a published figure, simplest first.

    Exit code 1 where none does.
    """
    from archcalc.checks.claims.reconcile import reconcile as search
    from archcalc.reports.reconcile import reconcile_report

    found = search(loading.load(net), claim)
    rendering.emit(reconcile_report(found, everything))
    if not found.ok:
        raise SystemExit(1)
