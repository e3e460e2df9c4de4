"""`archcalc show`: the YAML of a network."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.completion import complete_networks
from archcalc.commands.declared import Argument
from archcalc.commands.output import write_spec


def show(
    net: Annotated[
        str,
        Argument(
            metavar="NET",
            help="A shipped name (vgg16, resnet50:v1.5), or a file.",
            autocompletion=complete_networks,
            show_default=False,
        ),
    ],
) -> None:
    """Print the YAML of a network.

    $ archcalc show vgg16
    $ archcalc show resnet50:v1.5
    """
    from archcalc.language.library import find
    from archcalc.readers import read_source

    path, _ = find(net)
    write_spec(read_source(path).text)
