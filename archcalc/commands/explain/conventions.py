"""`archcalc conventions`: one network counted every way, or what each way counts."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.completion import complete_networks
from archcalc.commands.declared import Argument
from archcalc.commands.loading import Loading
from archcalc.commands.options import Batch, Rendering


def conventions(
    net: Annotated[
        str | None,
        Argument(
            metavar="[NET]",
            help="A network, as a name or a file; without one, what each convention "
            "counts.",
            autocompletion=complete_networks,
            show_default=False,
        ),
    ] = None,
    batch: Batch = 1,
    *,
    loading: Loading,
    rendering: Rendering,
) -> None:
    """Count a network by every convention, and say where they differ.

    $ archcalc conventions resnet50
    $ archcalc conventions
    """
    from archcalc.reports.conventions import conventions_report, list_report

    if net is None:
        rendering.emit(list_report())
        return
    network = loading.load(net)
    rendering.emit(conventions_report(network, batch))
