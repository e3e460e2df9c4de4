"""`archcalc reconcile`: where a published figure may come from."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Argument, Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import NetworkName, Rendering


def reconcile(
    net: NetworkName,
    claim: Annotated[
        str,
        Argument(
            metavar="FIGURE",
            help="As it is published: 3.8G, 96MB, '13.6 GFLOP', 'depth 50', 218.59.",
            show_default=False,
        ),
    ],
    everything: Annotated[
        bool, Option("--all", help="List every reading, not only the simplest ones.")
    ] = False,
    *,
    loading: Loading,
    rendering: Rendering,
) -> None:
    """Find the ways of counting that give a published figure.

    The simplest comes first. Exit code 1 if no way gives the figure.

    $ archcalc reconcile resnet50 3.8G
    $ archcalc reconcile bottleneck-inception 358M
    """
    from archcalc.checks.claims.reconcile import reconcile as search
    from archcalc.reports.reconcile import reconcile_report

    report = reconcile_report(search(loading.load(net), claim), everything)
    rendering.emit(report)
    if not report.ok:
        raise SystemExit(1)
