"""The picture of a network that suits a slide best."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.errors import ArchcalcError
from archcalc.limits import Limits
from archcalc.network.analysis import Analysis
from archcalc.network.rows import Level
from archcalc.render.drawing.labelled import LabelledDiagram
from archcalc.render.drawing.layout import layout
from archcalc.render.drawing.marks import Painter, Point
from archcalc.render.drawing.pictures import painter_of

WIDE, HIGH = 660, 300
"""Pixels of a picture whose words have their own size on a slide of 16:9."""
READABLE = 0.72
LEAST = 0.3
"""How far a picture may shrink: without a thought, and at all."""
LONGEST = (720, 960, 1400)
"""Where a picture that is too long goes on in another row."""
MOST_BOXES = 80
LEVELS: tuple[Level, ...] = ("layers", "blocks", "stages")


def picture(analysis: Analysis, title: str, limits: Limits) -> Painter | None:
    """Return the finest picture that can be read, else the one with the largest words.

    None where a slide has no room for the network.
    """
    best: tuple[float, Painter | None] = LEAST, None
    for painter in _candidates(analysis, title, limits):
        found = scale(painter)
        if found >= READABLE:
            return painter
        if found > best[0]:
            best = found, painter
    return best[1]


def _candidates(analysis: Analysis, title: str, limits: Limits) -> Iterator[Painter]:
    for level in LEVELS:
        if sum(row.kind == "row" for row in analysis.outline(level)) > MOST_BOXES:
            continue
        try:
            figure = LabelledDiagram.of(analysis, title, level, limits)
            for style in ("volumes", "blocks"):
                yield from _ways(figure, style)
        except ArchcalcError:  # too many lines beside each other
            continue


def _ways(figure: LabelledDiagram, style: str) -> Iterator[Painter]:
    """Yield a style in rows of several lengths; nothing for volumes of symbols."""
    for longest in LONGEST:
        try:
            painter = painter_of(figure, style, "right")
        except ArchcalcError:
            return
        painter.longest = longest
        yield painter


def scale(painter: Painter) -> float:
    """Return how far a picture must shrink to fit a slide; above 1 it has room."""
    wide, high = size(painter)
    return min(WIDE / wide, HIGH / high)


def size(painter: Painter) -> Point:
    """Return the width and the height of a picture."""
    placed = layout(painter.figure.structure, painter.sizes, painter.longest)
    return painter.size(placed)
