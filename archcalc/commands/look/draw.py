"""`archcalc draw`: a network as a picture."""

from __future__ import annotations

from typing import Annotated

from archcalc.commands.declared import Option
from archcalc.commands.options import Loading, NetworkName, write_picture
from archcalc.commands.pictures import PictureOutput, picture_format


def draw(
    net: NetworkName,
    style: Annotated[
        str,
        Option("--style", help="blocks: boxes with words; volumes: tensors to scale."),
    ] = "blocks",
    level: Annotated[
        str | None,
        Option("--level", help="What is one box: ops, layers, blocks or stages."),
    ] = None,
    direction: Annotated[
        str | None, Option("--direction", help="Where blocks run to: down or right.")
    ] = None,
    format: Annotated[
        str | None, Option("--format", "-f", help="svg, tikz, mermaid, pdf or png.")
    ] = None,
    output: PictureOutput = None,
    standalone: Annotated[
        bool, Option("--standalone", "-s", help="tikz: a whole document.")
    ] = False,
    *,
    loading: Loading,
) -> None:
    """Draw a network from its own structure: branches, skips, repetitions, shapes."""
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
