"""`archcalc quiz`: a table with blanks, and its answers."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Option
from archcalc.commands.options import (
    Format,
    InputShape,
    LimitOptions,
    NetworkName,
    Output,
    Plain,
    Settings,
    Standalone,
    emit,
    load_network,
)


def quiz(
    net: NetworkName,
    seed: Annotated[int, Option("--seed", help="Another number, other questions.")] = 0,
    blank: Annotated[
        str, Option("--blank", help="What is asked: shape, params, weights, macs, ….")
    ] = "shape,params",
    questions: Annotated[
        int, Option("--questions", "-n", help="How many blanks there are.")
    ] = 8,
    key: Annotated[
        bool, Option("--key/--no-key", help="With the answers, or without.")
    ] = True,
    input: InputShape = None,
    settings: Settings = None,
    format: Format = None,
    output: Output = None,
    standalone: Standalone = False,
    plain: Plain = False,
    limit: LimitOptions = None,
) -> None:
    """Make a quiz: sizes and counts to fill in, with the arithmetic as hints."""
    from archcalc.reports.quiz import blanks_named, quiz_report

    network = load_network(net, input, settings, limit)
    asked = quiz_report(
        network, network.analyze(), seed, blanks_named(blank), questions, key
    )
    emit(asked, format, output, standalone, plain)
