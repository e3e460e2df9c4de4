"""A network drawn in a style and a format: what `archcalc draw` writes."""

from __future__ import annotations

from collections.abc import Collection

from archcalc.errors import UsageError, unknown
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Level
from archcalc.render.drawing.labelled import LabelledDiagram, full_title
from archcalc.render.drawing.marks import Painter
from archcalc.reports.diagram import diagram

STYLES = ("blocks", "volumes")
DIRECTIONS = ("down", "right")
FORMATS = {"svg": (".svg",), "tikz": (".tex", ".tikz"), "mermaid": (".mmd", ".mermaid")}
MOST_VOLUMES = 24
"""Of a network with more layers, the style `volumes` draws modules whole."""


def draw(
    network: Network,
    analysis: Analysis,
    style: str = "blocks",
    format: str = "svg",
    level: Level | None = None,
    standalone: bool = False,
    direction: str | None = None,
) -> str:
    """Return the picture of a network as text, the same in every process.

    `level` says what is one box: `ops`, `layers`, `blocks` or `stages`. Where it is not
    said, `blocks` draws layers, and `volumes` modules where there are many layers.
    `direction` is `down` or `right`; volumes always run to the right.

    Raises `UsageError` AC530 for an unknown format, AC535 for volumes of symbols, AC536
    for an unknown style or direction, or for one that a style does not have, and
    `LimitError` where too many lines run beside boxes.
    """
    known("style", style, STYLES, "AC536")
    known("format", format, FORMATS, "AC530")
    direction = _direction(style, format, direction)
    if format == "mermaid":
        level = level or _usual_level(analysis, style)
        return _mermaid(network, analysis, level, direction)
    paints = painter(network, analysis, style, level, direction)
    if format == "tikz":
        from archcalc.render.drawing.tikz import tikz

        return tikz(paints, standalone)
    from archcalc.render.drawing.svg import svg

    return svg(paints)


def painter(
    network: Network,
    analysis: Analysis,
    style: str = "blocks",
    level: Level | None = None,
    direction: str | None = None,
) -> Painter:
    """Return what paints a network in a style. Raises as `draw`."""
    known("style", style, STYLES, "AC536")
    level = level or _usual_level(analysis, style)
    figure = LabelledDiagram.of(analysis, full_title(network), level, network.limits)
    return painter_of(figure, style, _direction(style, "svg", direction))


def _usual_level(analysis: Analysis, style: str) -> Level:
    """Return what is one box where it is not said."""
    many = style == "volumes" and len(analysis.rows) > MOST_VOLUMES
    return "blocks" if many else "layers"


def _direction(style: str, format: str, direction: str | None) -> str:
    """Return where a picture runs to; refuse what a style does not have."""
    if direction is not None:
        known("direction", direction, DIRECTIONS, "AC536")
    if style == "blocks":
        return direction or "down"
    if format == "mermaid":
        message = "volumes are drawn as svg or tikz, not as mermaid"
        raise UsageError.of("AC536", message, help="--style blocks --format mermaid")
    if direction == "down":
        message = "volumes are drawn from left to right"
        raise UsageError.of("AC536", message, help="--style blocks --direction down")
    return "right"


def painter_of(figure: LabelledDiagram, style: str, direction: str) -> Painter:
    """Return what paints a style in a direction."""
    if style == "volumes":
        from archcalc.render.drawing.volumes import VolumePainter

        return VolumePainter(figure)
    if direction == "right":
        from archcalc.render.drawing.across import AcrossPainter

        return AcrossPainter(figure)
    from archcalc.render.drawing.blocks import BlockPainter

    return BlockPainter(figure)


def _mermaid(network: Network, analysis: Analysis, level: Level, direction: str) -> str:
    from archcalc.render.mermaid import render
    from archcalc.reports.report import Report

    one = diagram(analysis, full_title(network), level)
    report = Report("draw", full_title(network), network.name, (), diagrams=(one,))
    return render(report, across=direction == "right")


def known(what: str, word: str, words: Collection[str], code: str) -> None:
    """Raise `UsageError` where a word is none of those that are known."""
    if word not in words:
        raise unknown(code, what, word, words)
