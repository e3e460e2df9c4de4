"""`archcalc quiz`: a table with blanks, and its answers."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.completion import blanks, listed
from archcalc.commands.declared import Option
from archcalc.commands.options import Loading, NetworkName, Rendering


def quiz(
    net: NetworkName,
    seed: Annotated[int, Option("--seed", help="Another number, other questions.")] = 0,
    blank: Annotated[
        str,
        Option(
            "--blank",
            help="What is asked for: shape, params, weights, macs, …",
            autocompletion=listed(blanks),
        ),
    ] = "shape,params",
    questions: Annotated[int, Option("--questions", "-n", help="How many blanks.")] = 8,
    key: Annotated[
        bool, Option("--key/--no-key", help="With the answers (usual) or without.")
    ] = True,
    *,
    loading: Loading,
    rendering: Rendering,
) -> None:
    """Make a quiz: a table with blanks to fill in, and its answers.

    $ archcalc quiz vgg16
    $ archcalc quiz alexnet --blank shape,macs --seed 7 --no-key
    """
    from archcalc.reports.quiz import blanks_named, quiz_report

    network = loading.load(net)
    asked = quiz_report(
        network, network.analyze(), seed, blanks_named(blank), questions, key
    )
    rendering.emit(asked)
