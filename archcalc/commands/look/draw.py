"""`archcalc draw`: a network as a picture."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.completion import among
from archcalc.commands.declared import OUTPUT, Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import NetworkName, Output, format_option
from archcalc.commands.pictures import Open, deliver, file_for, picture_format, stem


def draw(
    net: NetworkName,
    style: Annotated[
        str,
        Option(
            "--style",
            help="blocks: a box for each layer; volumes: tensors drawn to scale.",
            autocompletion=among("blocks", "volumes"),
        ),
    ] = "blocks",
    level: Annotated[
        str | None,
        Option(
            "--level",
            help="What is one box: ops, layers, blocks or stages.",
            autocompletion=among("ops", "layers", "blocks", "stages"),
        ),
    ] = None,
    direction: Annotated[
        str | None,
        Option(
            "--direction",
            help="Direction of the drawing: down or right.",
            autocompletion=among("down", "right"),
        ),
    ] = None,
    format: Annotated[
        str | None, format_option(("svg", "tikz", "mermaid", "pdf", "png"))
    ] = None,
    output: Output = None,
    standalone: Annotated[
        bool,
        Option(
            "--standalone", "-s", group=OUTPUT, help="Write a whole document (tikz)."
        ),
    ] = False,
    open: Open = False,
    *,
    loading: Loading,
) -> None:
    """Draw a network: branches, shortcuts, repeated blocks, shapes.

    On a terminal the picture goes to a file that is named after the network.

    $ archcalc draw resnet50 -o resnet50.svg
    $ archcalc draw alexnet --style volumes -o alexnet.svg
    """
    from archcalc.render import MADE_OF_SVG
    from archcalc.render.drawing.pictures import FORMATS, draw

    file = file_for(stem(net), format, output, open)
    chosen = picture_format(format, file, FORMATS)
    network = loading.load(net)
    made = "svg" if chosen in MADE_OF_SVG else chosen
    text = draw(
        network,
        network.analyze(),
        style,
        made,
        level,  # type: ignore[arg-type]  # outline checks the level
        standalone,
        direction,
    )
    deliver(text, chosen, file, output, open)
