"""`archcalc deck`: the slides of a lecture about a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from archcalc.commands.completion import complete_networks
from archcalc.commands.declared import OUTPUT, Argument, Option
from archcalc.commands.loading import Loading
from archcalc.commands.options import Batch, Dtype, LevelOrNone, Output, format_option
from archcalc.commands.output import write
from archcalc.errors import UsageError

if TYPE_CHECKING:
    from archcalc.network.analysis import Analysis
    from archcalc.network.network import Network

Shown = Annotated[
    str | None,
    Argument(
        metavar="[NET]",
        help="A shipped name (vgg16, resnet50:v1.5), a YAML file, a model (.onnx, "
        ".keras, …) or a PyTorch module (mine.py:Net).",
        autocompletion=complete_networks,
        show_default=False,
    ),
]
Beside = Annotated[
    str | None,
    Option(
        "--beside",
        metavar="NETS",
        help="Networks to compare with, such as vgg16,resnet50; or none.",
    ),
]
MaxRows = Annotated[
    int,
    Option("--max-rows", metavar="N", help="At most N rows of a table on one slide."),
]
Frames = Annotated[
    bool,
    Option(
        "--frames",
        group=OUTPUT,
        help="Write only the frames, for your own talk (beamer).",
    ),
]
Preamble = Annotated[
    bool,
    Option(
        "--preamble",
        group=OUTPUT,
        help="Print the LaTeX preamble that all tables and drawings need.",
    ),
]


def deck(
    net: Shown = None,
    beside: Beside = None,
    level: LevelOrNone = None,
    max_rows: MaxRows = 16,
    batch: Batch = 1,
    dtype: Dtype = "float32",
    format: Annotated[str | None, format_option(("beamer", "marp", "reveal"))] = None,
    output: Output = None,
    frames: Frames = False,
    preamble: Preamble = False,
    *,
    loading: Loading,
) -> None:
    """Write slides: drawing, tables, three layers worked out, memory.

    $ archcalc deck alexnet -o alexnet.tex
    $ archcalc deck vgg16 --beside alexnet,resnet50 -o vgg16.md
    """
    if preamble:
        from archcalc.render.preamble import PREAMBLE

        write(PREAMBLE, output)
        return
    chosen = _format(format, output, frames)
    if net is None:
        message = "slides need a network"
        raise UsageError.of("AC536", message, help="archcalc deck NET -o slides.tex")
    from archcalc.render.deck.picture import picture, size
    from archcalc.render.drawing.svg import plain_svg
    from archcalc.reports.deck import deck as slides_of

    network = loading.load(net)
    analysis = network.analyze(batch=batch, dtype=dtype)
    others = [] if beside == "none" else _others(beside, network, analysis)
    made = slides_of(network, analysis, others, level, max_rows)  # type: ignore[arg-type]  # outline checks the level
    painter = picture(analysis, network.title, network.limits)
    if chosen == "beamer":
        from archcalc.render.deck import beamer

        write(beamer.render(made, painter, frames=frames), output)
    elif output is not None:
        from archcalc.render.deck import markdown

        image = None
        if painter is not None:
            drawn = output.with_name(f"{output.stem}-drawing.svg")
            write(plain_svg(painter), drawn)
            wide, high = size(painter)
            image = markdown.Image(drawn.name, wide / high)
        write(markdown.render(made, image, chosen), output)


def _format(format: str | None, output: Path | None, frames: bool) -> str:
    """Return the format of the slides; refuse what it does not have.

    Raises `UsageError` AC537 for Markdown without a file, AC531 for frames of it.
    """
    from archcalc.render import format_of
    from archcalc.render.deck import FORMATS

    if format is None and output is None:
        return "beamer"
    chosen = format_of(format, output, FORMATS, "format of slides")
    if chosen != "beamer" and output is None:
        message = f"{chosen} needs a file; the drawing is written beside it"
        raise UsageError.of("AC537", message, help=f"-f {chosen} -o slides.md")
    if chosen != "beamer" and frames:
        raise UsageError.of("AC531", f"format {chosen} has no option 'frames'")
    return chosen


def _others(beside: str | None, network: Network, analysis: Analysis) -> list[Analysis]:
    """Return the networks to compare with, under the same batch and number format."""
    from archcalc.network.network import load
    from archcalc.reports.deck import OTHERS

    setting = analysis.setting
    names = OTHERS if beside is None else [n.strip() for n in beside.split(",")]
    others = (load(name, limits=network.limits) for name in names)
    return [
        other.analyze(batch=setting.batch, dtype=setting.dtype)
        for other in others
        if other.name != network.name
    ]
