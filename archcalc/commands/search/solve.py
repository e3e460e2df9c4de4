"""`archcalc solve`: the largest value of a param that meets a constraint."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import (
    Batch,
    InputShapes,
    LimitOptions,
    NetworkName,
    Rendering,
    Settings,
)
from archcalc.errors import UsageError


def solve(
    net: NetworkName,
    where: Annotated[
        str | None,
        Option("--where", "--max", help='The constraint: "macs <= 600M".'),
    ] = None,
    maximize: Annotated[
        str | None,
        Option(
            "--maximize",
            metavar="PARAM[=VALUES]",
            help="The param, with the values to try if not 1:1024: width=0.1:4:0.01.",
        ),
    ] = None,
    batch: Batch = 1,
    settings: Settings = None,
    input: InputShapes = None,
    *,
    rendering: Rendering,
    limit: LimitOptions = None,
) -> None:
    """Find the largest value of a param that meets a constraint.

    $ archcalc solve mobilenet-v2 --where "macs <= 200M" --maximize width
    $ archcalc solve efficientnet --where "params <= 10M" --maximize depth=1:3:0.1
    """
    from archcalc.reports.scaling import solve_report
    from archcalc.sweeps.axes import value_of
    from archcalc.sweeps.scaling import solve as solved
    from archcalc.sweeps.values import values_of

    if where is None or maximize is None:
        raise UsageError.of(
            "AC580",
            "solve needs a constraint and a param",
            help='--where "macs <= 600M" --maximize width',
        )
    name, _, text = maximize.partition("=")
    network = Loading(input, settings, limit=limit).load(net)
    now = value_of(network, name)
    whole = type(now) is int and now > 1
    values = values_of(name, text or ("1:1024" if whole else "0.01:16:0.01"))
    report = solve_report(network, solved(network, where, name, values, batch), where)
    rendering.emit(report)
