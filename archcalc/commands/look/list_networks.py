"""`archcalc list`: the shelf of networks."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Option
from archcalc.commands.options import Rendering
from archcalc.commands.progress import tracked


def list_networks(
    family: Annotated[
        str | None, Option("--family", help="Only this family: vgg, resnet, …")
    ] = None,
    variants: Annotated[
        bool, Option("--variants", help="A line for each variant too.")
    ] = False,
    *,
    rendering: Rendering,
) -> None:
    """List the shipped networks with params, MACs, depth and input.

    $ archcalc list
    $ archcalc list --family resnet --variants
    """
    from functools import partial

    from archcalc.reports.shelf import list_report

    output = rendering.output
    everything = (
        variants
        or rendering.format == "json"
        or (output is not None and output.suffix == ".json")
    )
    track = partial(tracked, what="networks")
    rendering.emit(list_report(family, everything, track))
