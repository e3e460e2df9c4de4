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
    task: Annotated[
        str | None,
        Option("--task", help="Only those for a task: classify, detect, generate, …"),
    ] = None,
    year: Annotated[
        str | None,
        Option("--year", help="Only those of a year, or of years such as 2018-2020."),
    ] = None,
    under: Annotated[
        str | None, Option("--under", help="Only those below so many parameters: 10M.")
    ] = None,
    variants: Annotated[
        bool, Option("--variants", help="A line for each variant too.")
    ] = False,
    *,
    rendering: Rendering,
) -> None:
    """List the shipped networks with params, MACs, depth and input.

    $ archcalc list
    $ archcalc list --task detect --year 2017- --under 100M
    """
    from functools import partial

    from archcalc.reports.shelf import Wanted, list_report

    output = rendering.output
    everything = (
        variants
        or rendering.format == "json"
        or (output is not None and output.suffix == ".json")
    )
    track = partial(tracked, what="networks")
    wanted = Wanted(family, task, year, under)
    rendering.emit(list_report(wanted, everything, track))
