"""`archcalc layers`: the kinds of layer that a spec may name."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.completion import complete_kinds
from archcalc.commands.declared import Argument
from archcalc.commands.options import Rendering


def layers(
    kind: Annotated[
        str | None,
        Argument(
            metavar="[KIND]",
            help="A kind of layer; without one, all of them, one line each.",
            autocompletion=complete_kinds,
            show_default=False,
        ),
    ] = None,
    *,
    rendering: Rendering,
) -> None:
    """List the kinds of layer, or explain one with its arguments.

    $ archcalc layers
    $ archcalc layers conv
    """
    from archcalc.reports.layers import layer_report, layers_report

    rendering.emit(layers_report() if kind is None else layer_report(kind))
