"""A network drawn in a style and a format: what `archcalc draw` writes."""

from __future__ import annotations

from collections.abc import Collection

from archcalc.errors import UsageError, unknown
from archcalc.network.analysis import Analysis
from archcalc.network.network import Network
from archcalc.network.rows import Level
from archcalc.render.drawing.labelled import LabelledDiagram, full_title
from archcalc.reports.diagram import diagram

STYLES = ("blocks", "volumes")
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
) -> str:
    """Return the picture of a network as text, the same in every process.

    `level` says what is one box: `ops`, `layers`, `blocks` or `stages`. Where it is not
    said, `blocks` draws layers, and `volumes` modules where there are many layers.

    Raises `UsageError` AC530 for an unknown format, AC535 for volumes of symbols, AC536
    for an unknown style, or for volumes in a format that has none, and `LimitError`
    where too many lines run beside boxes.
    """
    known("style", style, STYLES, "AC536")
    known("format", format, FORMATS, "AC530")
    if style == "volumes" and format != "svg":
        message = f"volumes are drawn as svg, not as {format}"
        raise UsageError.of("AC536", message, help=f"--style blocks --format {format}")
    if level is None:
        many = style == "volumes" and len(analysis.rows) > MOST_VOLUMES
        level = "blocks" if many else "layers"
    if format == "mermaid":
        return _mermaid(network, analysis, level)
    figure = LabelledDiagram.of(analysis, full_title(network), level, network.limits)
    if format == "tikz":
        from archcalc.render.drawing.tikz import tikz

        return tikz(figure, standalone)
    if style == "volumes":
        from archcalc.render.drawing.volumes import volumes

        return volumes(figure)
    from archcalc.render.drawing.blocks import blocks

    return blocks(figure)


def _mermaid(network: Network, analysis: Analysis, level: Level) -> str:
    from archcalc.render.mermaid import render
    from archcalc.reports.report import Report

    one = diagram(analysis, full_title(network), level)
    return render(
        Report("draw", full_title(network), network.name, (), diagrams=(one,))
    )


def known(what: str, word: str, words: Collection[str], code: str) -> None:
    """Raise `UsageError` where a word is none of those that are known."""
    if word not in words:
        raise unknown(code, what, word, words)
