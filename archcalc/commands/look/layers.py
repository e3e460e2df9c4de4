"""`archcalc layers`: the kinds of layer that a spec may name."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Argument
from archcalc.commands.options import (
    Format,
    Output,
    Plain,
    Standalone,
    emit,
)


def layers(
    kind: Annotated[
        str | None, Argument(metavar="[KIND]", help="One kind, in full.")
    ] = None,
    format: Format = None,
    output: Output = None,
    standalone: Standalone = False,
    plain: Plain = False,
) -> None:
    """List the kinds of layer, or explain one: arguments, shapes, source."""
    from archcalc.reports.layers import layer_report, layers_report

    emit(
        layers_report() if kind is None else layer_report(kind),
        format,
        output,
        standalone,
        plain,
    )
