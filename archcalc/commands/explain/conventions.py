"""`archcalc conventions`: one network counted every way, or what each way counts."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Argument
from archcalc.commands.options import (
    Batch,
    Format,
    InputShape,
    LimitOptions,
    Output,
    Plain,
    Settings,
    Standalone,
    complete_networks,
    emit,
    load_network,
)


def conventions(
    net: Annotated[
        str | None,
        Argument(
            metavar="[NET]",
            help="A shipped name or a YAML file; the paragraphs alone where left out.",
            autocompletion=complete_networks,
            show_default=False,
        ),
    ] = None,
    batch: Batch = 1,
    input: InputShape = None,
    settings: Settings = None,
    format: Format = None,
    output: Output = None,
    standalone: Standalone = False,
    plain: Plain = False,
    limit: LimitOptions = None,
) -> None:
    """Count a network by every convention, side by side, and say where they differ."""
    from archcalc.reports.conventions import conventions_report, list_report

    if net is None:
        emit(list_report(), format, output, standalone, plain)
        return
    network = load_network(net, input, settings, limit)
    emit(conventions_report(network, batch), format, output, standalone, plain)
