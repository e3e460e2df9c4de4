"""`archcalc scale`: depth, width and resolution scaled together to a cost."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated

from archcalc.commands.declared import Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import LimitOptions, NetworkName, Rendering, Settings
from archcalc.errors import UsageError

RATIO = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?")


def scale(
    net: NetworkName,
    target_macs: Annotated[
        str,
        Option(
            "--target-macs",
            metavar="RATIO",
            help="How many times the MACs of now: 2x, 4x.",
        ),
    ] = "2x",
    depth: Annotated[
        str | None,
        Option("--depth", metavar="PARAM", help="The param of depth, if not `depth`."),
    ] = None,
    width: Annotated[
        str | None,
        Option("--width", metavar="PARAM", help="The param of width, if not `width`."),
    ] = None,
    size: Annotated[
        str | None,
        Option(
            "--size", metavar="PARAM", help="The param of resolution, if not `size`."
        ),
    ] = None,
    step: Annotated[
        str, Option("--step", rare=True, help="Step between the factors to try.")
    ] = "0.05",
    tolerance: Annotated[
        str,
        Option(
            "--tolerance",
            metavar="PERCENT",
            rare=True,
            help="How far from the target the MACs may be, in per cent.",
        ),
    ] = "2",
    top: Annotated[int, Option("--top", help="How many results to show.")] = 10,
    settings: Settings = None,
    *,
    rendering: Rendering,
    limit: LimitOptions = None,
) -> None:
    """Scale depth, width and resolution together to N times the MACs.

    $ archcalc scale efficientnet --target-macs 2x
    $ archcalc scale efficientnet --target-macs 3x --step 0.1
    """
    from archcalc.reports.scaling import scale_report
    from archcalc.sweeps.scaling import scalable
    from archcalc.sweeps.scaling import scale as scaled

    ratio = _number("--target-macs", target_macs.removesuffix("x"), Fraction(1))
    network = Loading(None, settings, limit=limit).load(net)
    names = scalable(network, depth, width, size)
    grid = _number("--step", step, Fraction(1, 1000))
    near = _number("--tolerance", tolerance.removesuffix("%"), Fraction(0)) / 100
    found = scaled(network, ratio, names, grid, near)
    report = scale_report(network, names, found[: max(top, 0)], ratio)
    rendering.emit(report)


def _number(option: str, text: str, least: Fraction) -> Fraction:
    """Return a decimal of at least so much; raise `UsageError` AC580."""
    if not RATIO.fullmatch(text) or Fraction(text) < least:
        raise UsageError.of(
            "AC580", f"{option} {text}: a number of at least {float(least):g} is needed"
        )
    return Fraction(text)
