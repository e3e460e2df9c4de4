"""`archcalc draw`: a network as a picture."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.completion import among
from archcalc.commands.declared import OUTPUT, Option
from archcalc.commands.options import (
    Loading,
    NetworkName,
    Output,
    format_option,
    write_picture,
)
from archcalc.commands.pictures import picture_format


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
        str | None, Option("--direction", help="Where blocks run to: down or right.")
    ] = None,
    format: Annotated[
        str | None, format_option(("svg", "tikz", "mermaid", "pdf", "png"))
    ] = None,
    output: Output = None,
    standalone: Annotated[
        bool,
        Option("--standalone", "-s", group=OUTPUT, help="tikz: a whole document."),
    ] = False,
    *,
    loading: Loading,
) -> None:
    """Draw a network: branches, shortcuts, repeated blocks, shapes.

    $ archcalc draw resnet50 -o resnet50.svg
    $ archcalc draw alexnet --style volumes -o alexnet.svg
    """
    from archcalc.render import MADE_OF_SVG
    from archcalc.render.drawing.pictures import FORMATS, draw

    chosen = picture_format(format, output, FORMATS)
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
    write_picture(text, chosen, output)
