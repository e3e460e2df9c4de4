"""`archcalc list`: the shelf of networks."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Option
from archcalc.commands.options import Rendering
from archcalc.commands.progress import tracked


def list_networks(
    family: Annotated[
        str | None, Option("--family", help="Only one family: vgg, resnet, …")
    ] = None,
    task: Annotated[
        str | None,
        Option(
            "--task", help="Only networks for a task: classify, detect, generate, …"
        ),
    ] = None,
    year: Annotated[
        str | None,
        Option(
            "--year", help="Only networks of a year (2015) or of years (2018-2020)."
        ),
    ] = None,
    under: Annotated[
        str | None,
        Option(
            "--under",
            metavar="PARAMS",
            help="Only networks with fewer parameters than this: 10M.",
        ),
    ] = None,
    variants: Annotated[
        bool, Option("--variants", help="Also list the variants of each network.")
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
