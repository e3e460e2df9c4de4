"""`archcalc layers`: the kinds of layer that a spec may name."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Argument
from archcalc.commands.options import Rendering


def layers(
    kind: Annotated[
        str | None, Argument(metavar="[KIND]", help="One kind, in full.")
    ] = None,
    *,
    rendering: Rendering,
) -> None:
    """List the kinds of layer, or explain one: arguments, shapes, source."""
    from archcalc.reports.layers import layer_report, layers_report

    rendering.emit(layers_report() if kind is None else layer_report(kind))
