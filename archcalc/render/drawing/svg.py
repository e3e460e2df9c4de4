"""A painted picture as SVG: title above, colours for light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archcalc.render.drawing.blocks import COLOURS
from archcalc.render.drawing.channels import Polyline
from archcalc.render.drawing.layout import layout
from archcalc.render.drawing.marks import (
    Mark,
    Painter,
    Polygon,
    Rectangle,
    Thing,
    Words,
)
from archcalc.render.svg_writer import (
    MARGIN,
    TITLE,
    document,
    group,
    heading,
    line,
    polygon,
    rectangle,
    text,
)
from archcalc.render.typeset import FAMILY, text_width

STYLE = (
    f"text{{font:11px {FAMILY};fill:$ink;white-space:pre}}"
    f".t{{font-size:{TITLE}px;font-weight:600}}.u{{font-size:12px;fill:$soft}}"
    ".n{font-size:12px;font-weight:600}.m{text-anchor:middle}"
    ".s{fill:$soft}.o{fill-opacity:.82}.box{stroke:$line}"
    ".line{fill:none;stroke:$line;stroke-width:1.5}"
    ".tip{fill:$line}.frame{fill:$frame;stroke:$faint}.aux{stroke-dasharray:4 3}"
    + "".join(f".{kind}{{fill:${kind}}}" for kind in COLOURS)
)
EDGE = 6
"""Pixels around a drawing."""
SHADES = ".e{fill-opacity:.72}.p{fill-opacity:.86}.w{font-size:10.5px}"
"""The faces of volumes, and their words."""


def plain_svg(painter: Painter) -> str:
    """Return a picture for a slide: without its heading, light everywhere."""
    figure = painter.figure
    placed = layout(figure.structure, painter.sizes, painter.longest)
    wide, high = painter.size(placed)
    parts = _written(painter.painted(placed, EDGE, EDGE))
    about = (figure.title, figure.description, STYLE + SHADES)
    size = wide + 2 * EDGE, high + 2 * EDGE
    return document(size, *about, parts, COLOURS, dark=False)


def svg(painter: Painter) -> str:
    """Return a network as SVG in a style."""
    return drawn(painter)[0]


def drawn(painter: Painter) -> tuple[str, tuple[Thing, ...]]:
    """Return a network as SVG in a style, and the boxes and frames that it has."""
    figure = painter.figure
    placed = layout(figure.structure, painter.sizes, painter.longest)
    across, along = painter.size(placed)
    title = text_width(figure.title, TITLE, bold=True)
    wide = max(across, title, text_width(figure.subtitle, 12))
    shift = (wide - across) / 2 if painter.centred else 0
    marks = [*painter.painted(placed, MARGIN + shift, MARGIN + painter.top)]
    parts = [*heading(figure.title, figure.subtitle), *_written(marks)]
    size = wide + 2 * MARGIN, along + 2 * MARGIN + painter.top
    about = figure.title, figure.description, STYLE + SHADES
    things = tuple(mark for mark in marks if isinstance(mark, Thing))
    return document(size, *about, parts, COLOURS), things


def _written(marks: Iterable[Mark]) -> Iterator[str]:
    for mark in marks:
        if isinstance(mark, Polyline):
            yield from painted_line(mark)
        elif isinstance(mark, Rectangle):
            yield rectangle(*mark)
        elif isinstance(mark, Polygon):
            yield polygon(*mark)
        elif isinstance(mark, Words):
            yield text(*mark)
        else:
            yield group(_written(mark.marks), mark.about, data_path=mark.path)


def painted_line(drawn: Polyline) -> Iterator[str]:
    """Yield a line and its arrow."""
    points = drawn.points
    if drawn.arrow:
        (fx, fy), (x, y) = points[-2:]
        long = max(abs(x - fx), abs(y - fy)) or 1
        dx, dy = (x - fx) / long, (y - fy) / long
        back = x - 7 * dx, y - 7 * dy
        points = (*points[:-1], back)
        left = back[0] - 3.5 * dy, back[1] + 3.5 * dx
        right = back[0] + 3.5 * dy, back[1] - 3.5 * dx
        yield polygon([(x, y), left, right], "tip")
    yield line(points, "line")
